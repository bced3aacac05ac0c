package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// graph is a random stack: after[i] are the nodes that node i depends on, all of them before it.
type graph struct {
	after   [][]int
	failing []int
}

func drawGraph(t *rapid.T) graph {
	var g graph
	for i := range rapid.IntRange(1, 12).Draw(t, "nodes") {
		var after []int
		if i > 0 {
			after = rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 0, min(i, 3), rapid.ID).Draw(t, "after")
		}
		g.after = append(g.after, after)
	}
	g.failing = rapid.SliceOfNDistinct(rapid.IntRange(0, len(g.after)-1), 0, min(3, len(g.after)), rapid.ID).Draw(t, "failing")
	return g
}

func id(i int) string { return fmt.Sprintf("N%d", i) }

// list makes the graph's resources. Each refers to what it depends on, so the cloud refuses a creation
// that comes too early and a deletion that comes before that of its users.
func (g graph) list(w *world) []Resource {
	var resources []Resource
	for i, after := range g.after {
		var uses []string
		for _, b := range after {
			uses = append(uses, id(b))
		}
		want := func(refs Refs) properties {
			return properties{Uses: references(refs, uses), Tags: tagged(id(i), nil)}
		}
		resources = append(resources, Declare(id(i), w.kind("Test::Node", traits{}), id(i), want, uses...))
	}
	return resources
}

// before returns what each node waits for: its dependencies, or on destroy its dependents.
func (g graph) before(destroy bool) [][]int {
	if !destroy {
		return g.after
	}
	before := make([][]int, len(g.after))
	for i, after := range g.after {
		for _, b := range after {
			before[b] = append(before[b], i)
		}
	}
	return before
}

// fate says what shall become of each node: done, failed or skipped, and after how many calls in a row.
func (g graph) fate(destroy bool) (fates []string, longest int) {
	before := g.before(destroy)
	fates, depth := make([]string, len(before)), make([]int, len(before))
	var decide func(i int)
	decide = func(i int) {
		if fates[i] != "" {
			return
		}
		fates[i], depth[i] = "done", 1
		if slices.Contains(g.failing, i) {
			fates[i] = "failed"
		}
		for _, b := range before[i] {
			decide(b)
			depth[i] = max(depth[i], depth[b]+1)
			if fates[b] != "done" {
				fates[i] = "skipped"
			}
		}
		if fates[i] == "skipped" {
			depth[i] = 0
		}
		longest = max(longest, depth[i])
	}
	for i := range before {
		decide(i)
	}
	return fates, longest
}

// slowly lets every mutating call take a second, and those of the failing nodes fail.
func (g graph) slowly(w *world, verb string) {
	w.around = func(c call, effect func() error) error {
		if !c.mutates() {
			return effect()
		}
		_ = sleep(context.Background(), time.Second)
		for _, i := range g.failing {
			if c.verb == verb && c.name == id(i) {
				return fmt.Errorf("boom of <%s>", c.name)
			}
		}
		return effect()
	}
}

// outcome is what a run did.
type outcome struct {
	err     error
	elapsed time.Duration
	events  []Event
	left    int // objects
}

// run makes the graph with no failures, if it is to be destroyed, and then does one run with them.
func (g graph) run(t *testing.T, destroy bool) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		resources := g.list(w)
		run, verb := w.engine(resources...).up, "create"
		if destroy {
			w.mustUp(t, resources...)
			w.events = nil
			run, verb = w.engine(resources...).Destroy, "delete"
		}
		g.slowly(w, verb)
		start := time.Now()
		o.err = run(t.Context())
		o.elapsed = time.Since(start)
		o.events, o.left = w.events, len(w.objects)
	})
	return o
}

// A run costs its longest chain of calls and no more; a failure stops what depends on it and nothing
// else; and the error names each cause once, and all that was skipped.
func TestRandomGraphs(t *testing.T) {
	for _, destroy := range []bool{false, true} {
		t.Run(fmt.Sprintf("destroy=%v", destroy), func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				g := drawGraph(rt)
				fates, longest := g.fate(destroy)
				o := g.run(t, destroy)
				if want := time.Duration(longest) * time.Second; o.elapsed != want {
					rt.Errorf("it took %s, not %s", o.elapsed, want)
				}
				g.told(rt, o, fates)
				done := len(fates) - count(fates, "failed") - count(fates, "skipped")
				if destroy {
					done = len(fates) - done
				}
				if o.left != done {
					rt.Errorf("%d objects, not %d", o.left, done)
				}
			})
		})
	}
}

func count(fates []string, fate string) int {
	return len(slices.DeleteFunc(slices.Clone(fates), func(f string) bool { return f != fate }))
}

// told checks the error and the last event of each node.
func (g graph) told(t *rapid.T, o outcome, fates []string) {
	if count(fates, "done") == len(fates) {
		if o.err != nil {
			t.Errorf("the error is %v", o.err)
		}
		return
	}
	run, ok := errors.AsType[*RunError](o.err)
	if !ok {
		t.Fatalf("the error is %v", o.err)
	}
	last := map[string]Event{}
	for _, e := range o.events {
		last[e.LogicalID] = e
	}
	for i, fate := range fates {
		named := strings.Count(o.err.Error(), "boom of <"+id(i)+">")
		skipped := slices.Contains(run.Skipped, id(i))
		e := last[id(i)]
		if (fate == "failed") != (named == 1) || (fate == "skipped") != skipped ||
			(fate == "failed") != e.Status.Failed() || (fate == "skipped") != (e.Status == Skipped) || !e.Status.Done() {
			t.Errorf("%s %s, but: named %d times, skipped %v, last event %+v, error:\n%v", id(i), fate, named, skipped, e, o.err)
		}
	}
	if len(run.Skipped) != count(fates, "skipped") || len(run.Failures) != count(fates, "failed") || run.Total != len(fates) {
		t.Errorf("the error is %+v", run)
	}
}

// Dependents begin when they can refer to an object, not when it is all done.
func TestDependentsDoNotWaitForReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		slow := Declare("Slow", w.kind("Test::Slow", traits{slow: true, steps: true}), "slow", func(Refs) properties {
			return properties{Size: 1, Tags: tagged("Slow", nil)}
		})
		user := Declare("User", w.kind("Test::User", traits{}), "user", func(refs Refs) properties {
			return properties{Uses: []string{refs.Ref("Slow")}, Tags: tagged("User", nil)}
		}, "Slow")
		graph{}.slowly(w, "")
		w.mustUp(t, slow, user)
		done := func(id string) time.Duration {
			i := slices.IndexFunc(w.events, func(e Event) bool { return e.LogicalID == id && e.Status == CreateComplete })
			return w.events[i].Time.Sub(w.events[0].Time)
		}
		// One second to make each; Slow then takes one more for its size, and two pauses.
		if user, slow := done("User"), done("Slow"); user != 2*time.Second || slow < 3*time.Second {
			t.Errorf("User was done after %s, Slow after %s", user, slow)
		}
	})
}

// A failure after dependents were freed does not stop them, and is told.
func TestAFailureAfterCreateLeavesDependentsAlone(t *testing.T) {
	w := newWorld()
	boom := errors.New("boom")
	w.around = func(c call, effect func() error) error {
		if c.verb == "update" && c.name == "queue" {
			return boom
		}
		return effect()
	}
	synctest.Test(t, func(t *testing.T) {
		err := w.engine(w.list(first)...).up(t.Context())
		run, ok := errors.AsType[*RunError](err)
		if !ok || !errors.Is(err, boom) || err.Error() != "creating Test::Queue Queue: boom" || len(run.Skipped) > 0 {
			t.Fatalf("the error is %+v", err)
		}
		if run.Recorded != 9 || run.Total != 9 {
			t.Errorf("%d of %d recorded", run.Recorded, run.Total)
		}
		w.around = nil
		w.mustUp(t, w.list(first)...)
		w.is(t, w.list(first))
	})
}

// What is no longer wanted may still serve what could not be brought to its new shape.
func TestNothingIsRetiredAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		w.around = func(c call, effect func() error) error {
			if c.verb == "update" && c.name == "queue" {
				return errors.New("boom")
			}
			return effect()
		}
		err := w.engine(w.list(reduced)...).up(t.Context())
		run, ok := errors.AsType[*RunError](err)
		slices.Sort(run.Skipped)
		if want := []string{"Alarm", "DeadLetters", "Function", "Logs", "Policy", "RolePolicy"}; !ok || !slices.Equal(run.Skipped, want) {
			t.Errorf("the error is %v; skipped %v", err, run.Skipped)
		}
		if len(w.objects) != 9 {
			t.Errorf("objects are %v", w.objects)
		}
	})
}

func TestRecordsInACircleDoNotHoldADestroyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.mustUp(t, w.list(first)...)
		for i := range w.disk.Resources {
			r := &w.disk.Resources[i]
			r.DependsOn = append(r.DependsOn, r.LogicalID)
		}
		ring := w.clone()
		last := len(ring.disk.Resources) - 1
		ring.disk.Resources[0].DependsOn = []string{ring.disk.Resources[last].LogicalID}
		if err := w.engine(w.list(first)...).Destroy(t.Context()); err != nil {
			t.Error(err)
		}
		_ = ring.engine(ring.list(first)...).Destroy(t.Context()) // in which order is anybody's guess; that it ends is not
	})
}
