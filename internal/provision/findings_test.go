package provision

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/state"
)

// claims says of every resource of a list whose it is, by a journal that knows nothing.
func (w *world) claims(t *testing.T, list ...Resource) map[string]Claim {
	t.Helper()
	e := w.engine(list...)
	e.Journal = NewJournal(state.New(stackName, "123456789012", "eu-central-1", "gpu-workers"), func(*state.Snapshot) error { return nil })
	reading, err := e.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]Claim{}
	for _, f := range e.Findings(reading) {
		claims[f.LogicalID] = f.Claim
	}
	return claims
}

func TestFindingsTellWhoseAnObjectIs(t *testing.T) {
	adopted := tagged("Queue", Tags{AdoptedTag: "true"})
	for name, c := range map[string]struct {
		traits traits
		there  *properties
		want   Claim
	}{
		"nothing":                  {traits{}, nil, Missing},
		"ours":                     {traits{}, &properties{Tags: tagged("Queue", nil)}, Found},
		"adopted":                  {traits{}, &properties{Tags: adopted}, Adopted},
		"somebody else's":          {traits{}, &properties{Tags: Tags{StackTag: "others", LogicalIDTag: "Queue"}}, Foreign},
		"without tags, and alone":  {traits{untaggable: true}, &properties{}, Foreign},
		"borrowed":                 {traits{untaggable: true, borrowed: true}, &properties{}, Adopted},
		"borrowed, and not there":  {traits{untaggable: true, borrowed: true}, nil, Missing},
		"ours, and of another use": {traits{}, &properties{Tags: tagged("DeadLetters", nil)}, Foreign},
	} {
		w := newWorld()
		if c.there != nil {
			w.put("Test::Queue", "queue", *c.there)
		}
		if got := w.claims(t, w.one(c.traits)...)["Queue"]; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// What carries no tags goes with the other objects, unless it hangs on one that is somebody else's.
func TestFindingsOfWhatCarriesNoTags(t *testing.T) {
	w := newWorld()
	w.mustUp(t, w.list(first)...)
	for id, claim := range w.claims(t, w.list(first)...) {
		if claim != Found && id != "Metrics" {
			t.Errorf("%s is %s", id, claim)
		}
	}
	w.named("Test::Role", "", "role").properties.Tags = nil
	claims := w.claims(t, w.list(first)...)
	if claims["Role"] != Foreign || claims["RolePolicy"] != Foreign || claims["Policy"] != Found {
		t.Errorf("claims are %v", claims)
	}
}

// A destroy by the records of what was found is as good as one by the state.
func TestRecordsOfFindingsAreEnoughForADestroy(t *testing.T) {
	w := newWorld()
	list := w.list(first)
	w.mustUp(t, list...)
	before := w.saved()
	e := w.engine(list...)
	reading, err := e.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := state.New(stackName, "123456789012", "eu-central-1", "gpu-workers")
	for _, f := range e.Findings(reading) {
		s.Put(f.Record(first.tags))
	}
	for i := range before.Resources {
		have := s.Record(before.Resources[i].LogicalID)
		if have == nil || !slices.Equal(have.DependsOn, before.Resources[i].DependsOn) {
			t.Errorf("%s is recorded as %+v", before.Resources[i].LogicalID, have)
		} else if d := cmp.Diff(before.Resources[i].Tags, have.Tags); d != "" {
			t.Errorf("%s (-before +found):\n%s", have.LogicalID, d)
		}
	}
	w.disk = s
	if err := w.engine(list...).Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, o := range w.objects {
		if o.typeName != "Test::Metrics" {
			t.Errorf("%s %s is left", o.typeName, o.name)
		}
	}
}

func TestCarryLosesNoRecord(t *testing.T) {
	s := state.New(stackName, "", "", "")
	for _, name := range []string{"a", "b", "c"} {
		Carry(s, state.Record{LogicalID: "Queue", Type: "Test::Queue", Name: name, Status: string(CreateComplete)})
	}
	var got []string
	for _, r := range s.Resources {
		got = append(got, r.LogicalID+" "+r.Name+" "+r.Status)
	}
	want := []string{"Queue a CREATE_COMPLETE", "Queue.replaced b DELETE_PENDING", "Queue.replaced-2 c DELETE_PENDING"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestDestroyDeletesWhatWasAdoptedIfTold(t *testing.T) {
	for _, borrowed := range []bool{false, true} {
		w := newWorld()
		w.put("Test::Queue", "queue", properties{Size: 1})
		list := w.one(traits{untaggable: borrowed, borrowed: borrowed})
		if err := w.engine(list...).adopt(t.Context()); err != nil {
			t.Fatal(err)
		}
		e := w.engine(list...)
		e.DeleteAdopted = true
		e.Inspect(t.Context())
		if err := e.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := len(w.objects); left != 0 && !borrowed || left != 1 && borrowed {
			t.Errorf("borrowed %t: %d objects are left", borrowed, left)
		}
	}
}

// What was adopted and has another's tags by now is theirs, even for a destroy that deletes the adopted.
func TestWhatWasTakenBackIsLeft(t *testing.T) {
	w := newWorld()
	o := w.put("Test::Queue", "queue", properties{Size: 1})
	if err := w.engine(w.one(traits{})...).adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.properties.Tags = Tags{StackTag: "others"}
	e := w.engine(w.one(traits{})...)
	e.DeleteAdopted = true
	e.Inspect(t.Context())
	if err := e.Destroy(t.Context()); err != nil || w.object(o.id) == nil {
		t.Errorf("%v; objects are %v", err, w.objects)
	}
}
