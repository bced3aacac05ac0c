package provision

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// actions returns what a plan does, by logical ID.
func actions(p *Plan) map[string]Action {
	all := map[string]Action{}
	for _, s := range p.Steps {
		all[s.LogicalID] = s.Action
	}
	return all
}

func TestPlanActions(t *testing.T) {
	all := func(a Action) map[string]Action {
		m := map[string]Action{}
		for _, id := range allBut("") {
			m[id] = a
		}
		return m
	}
	with := func(m map[string]Action, a Action, ids ...string) map[string]Action {
		for _, id := range ids {
			m[id] = a
		}
		return m
	}
	for _, c := range []struct {
		name         string
		before, then design
		want         map[string]Action
	}{
		{"create", nothing, first, all(Create)},
		{"keep", first, first, all(Keep)},
		{"update", first, changed, all(Update)},
		{"other names", first, renamed, all(Replace)},
		{"what is fixed", first, remade, with(all(Keep), Replace, "Function")},
		{"another group", first, moved, with(with(all(Keep), Replace, "Policy"), Update, "Alarm")},
		{"remove", first, reduced, with(with(all(Keep), Delete, reduced.without...), Update, "Queue", "Function")},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if err := w.bringTo(t.Context(), c.before); err != nil {
					t.Fatal(err)
				}
				calls, saves := len(w.mutations()), w.saves
				p := w.plan(t, w.list(c.then)...)
				if d := cmp.Diff(c.want, actions(p)); d != "" {
					t.Errorf("actions (-want +got):\n%s", d)
				}
				if p.Empty() != (c.name == "keep") || len(p.Replacements()) != p.Count(Replace) {
					t.Errorf("empty: %v, replacements: %v", p.Empty(), p.Replacements())
				}
				if len(w.mutations()) != calls || w.saves != saves {
					t.Error("planning changed something")
				}
			})
		})
	}
}

// changesOf returns what a plan says of one resource.
func changesOf(p *Plan, logicalID string) []Change { return p.step(logicalID).Changes }

func TestPlanShowsEachPropertyAndNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		want := []Change{
			{"Size", "1", "2", false},
			{"Env.PASSWORD", "(sensitive)", "(sensitive)", false},
			{"Tags.new", "", "y", false}, {"Tags.old", "x", "", false}, {"Tags.team", "red", "blue", false},
		}
		if d := cmp.Diff(want, changesOf(w.plan(t, w.list(changed)...), "Function")); d != "" {
			t.Errorf("changes (-want +got):\n%s", d)
		}
	})
}

func TestPlanShowsWhatIsNotKnownYetAsCloudFormationWould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		// The role is gone: what used it will refer to one that is still to be made.
		delete(w.objects, w.named("Test::Role", "", "role").id)
		p := w.plan(t, w.list(first)...)
		if s := p.step("Role"); s.Action != Create || !s.Gone {
			t.Errorf("the role: %+v", s)
		}
		uses := w.named("Test::Function", "", "function").properties.Uses
		want := []Change{{"Uses", quoted(uses...), quoted("${Role.Arn}", uses[1], uses[2]), false}}
		if d := cmp.Diff(want, changesOf(p, "Function")); d != "" {
			t.Errorf("the function (-want +got):\n%s", d)
		}
	})
}

func quoted(values ...string) string {
	text := "["
	for i, v := range values {
		if i > 0 {
			text += ","
		}
		text += `"` + v + `"`
	}
	return text + "]"
}

func TestRefsOfWhatIsNotKnown(t *testing.T) {
	refs := Refs{of: func(id string) object {
		return map[string]object{"Known": {physicalID: "id", arn: "arn", uniqueID: "unique"}, "Plain": {physicalID: "id", arn: "arn"}}[id]
	}}
	got := []string{refs.Ref("Known"), refs.ARN("Known"), refs.UniqueID("Known"), refs.UniqueID("Plain"), refs.Ref("X"), refs.ARN("X"), refs.UniqueID("X")}
	if want := []string{"id", "arn", "unique", "", "${X}", "${X.Arn}", "${X.Id}"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheVersionTagIsNoReasonForAChange(t *testing.T) {
	w := newWorld()
	resources := func(version string) []Resource {
		return []Resource{Declare("Role", w.kind("Test::Role", traits{}), "role", func(Refs) properties {
			return properties{Tags: Tags{StackTag: stackName, LogicalIDTag: "Role", VersionTag: version}}
		})}
	}
	w.mustUp(t, resources("1.0.0")...)
	if p := w.plan(t, resources("2.0.0")...); !p.Empty() {
		t.Errorf("the plan is %+v", p.Steps)
	}
}

func TestAReplacementSaysWhichNameChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		want := []Change{{"Name", "role", "role-v2", true}}
		if d := cmp.Diff(want, changesOf(w.plan(t, w.list(renamed)...), "Role")); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

// Deletions come last, dependents first.
func TestPlanListsDeletionsInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		var deleted []string
		for _, s := range w.plan(t, w.list(reduced)...).Steps {
			if s.Action == Delete {
				deleted = append(deleted, s.LogicalID)
			} else if len(deleted) > 0 {
				t.Errorf("%s comes after deletions", s.LogicalID)
			}
		}
		if want := []string{"Alarm", "Policy", "Logs", "DeadLetters"}; !slices.Equal(deleted, want) {
			t.Errorf("deleted in the order %v, not %v", deleted, want)
		}
	})
}

func TestReadingTellsWhatIsThere(t *testing.T) {
	w := newWorld()
	o := w.put("Test::Queue", "queue", properties{})
	reading, err := w.engine(w.one(traits{})...).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := reading.PhysicalID("Queue"); got != o.id {
		t.Errorf("the queue is %q", got)
	}
	if got := reading.PhysicalID("Role"); got != "" {
		t.Errorf("the role, which is not there, is %q", got)
	}
}

// A replacement that is taken back before the old object is deleted deletes nothing of that name.
func TestAReplacementTakenBackDeletesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		w.around = func(c call, effect func() error) error {
			if c.mutates() {
				return errCrashed
			}
			return effect()
		}
		_ = w.engine(w.list(renamed)...).up(t.Context())
		w.around = nil
		if w.saved().Record("Queue.replaced") == nil && w.saved().Record("DeadLetters.replaced") == nil {
			t.Fatal("nothing was to be replaced")
		}
		if n := w.plan(t, w.list(first)...).Count(Delete); n > 0 {
			t.Errorf("the plan deletes %d", n)
		}
		w.convergesTo(t, first)
	})
}
