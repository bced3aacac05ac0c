package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
)

// crash ends a process at one step: no call and no save after it has an effect. Before and after each
// call and each save there is a step.
type crash struct {
	mu    sync.Mutex
	after int // steps until then
	dead  bool
}

var errCrashed = errors.New("the process is dead")

func (c *crash) alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = c.dead || c.after == 0
	c.after--
	return !c.dead
}

func (c *crash) call(_ call, effect func() error) error {
	if !c.alive() {
		return errCrashed
	}
	err := effect()
	if !c.alive() {
		return errCrashed
	}
	return err
}

func (c *crash) save(write func()) error {
	if !c.alive() {
		return errCrashed
	}
	write()
	if !c.alive() {
		return errCrashed
	}
	return nil
}

// crashes runs until the given step, and reports whether the run came so far.
func (w *world) crashes(ctx context.Context, step int, d design) bool {
	c := &crash{after: step}
	w.around, w.onSave = c.call, c.save
	defer func() { w.around, w.onSave = nil, nil }()
	_ = w.bringTo(ctx, d)
	return c.dead
}

// bringTo runs up, or destroy where the design is nothing.
func (w *world) bringTo(ctx context.Context, d design) error {
	if len(w.list(d)) == 0 {
		return w.engine().Destroy(ctx)
	}
	w.owner = d.owner
	e := w.engine(w.list(d)...)
	w.group = d.group
	return e.up(ctx)
}

func TestConvergesFromEveryCrash(t *testing.T) {
	for _, c := range []struct {
		name                   string
		before, crashing, then design
	}{
		{"create", nothing, first, first},
		{"create, then destroy", nothing, first, nothing},
		{"create, then otherwise", nothing, first, changed},
		{"create, then under other names", nothing, first, renamed},
		{"update", first, changed, changed},
		{"update, then back", first, changed, first},
		{"update, then destroy", first, changed, nothing},
		{"replace by another name", first, renamed, renamed},
		{"replace by another name, then back", first, renamed, first},
		{"replace by another name, then destroy", first, renamed, nothing},
		{"replace under the same name", first, remade, remade},
		{"replace under the same name, then destroy", first, remade, nothing},
		{"replace in another group", first, moved, moved},
		{"replace in another group, then destroy", first, moved, nothing},
		{"remove", first, reduced, reduced},
		{"remove, then back", first, reduced, first},
		{"remove, then under other names", first, reduced, renamed},
		{"give to another owner", owned("a"), owned("b"), owned("b")},
		{"give to another owner, then to a third", owned("a"), owned("b"), owned("c")},
		{"give to another owner, then destroy", owned("a"), owned("b"), nothing},
		{"destroy", first, nothing, nothing},
		{"destroy, then create", first, nothing, first},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before := newWorld()
			before.owner, before.group = c.before.owner, c.before.group
			if len(before.list(c.before)) > 0 {
				synctest.Test(t, func(t *testing.T) { before.mustUp(t, before.list(c.before)...) })
			}
			for step, crashed := 0, true; crashed; step++ {
				synctest.Test(t, func(t *testing.T) { crashed = convergesFrom(t, before.clone(), step, c.crashing, c.then) })
				if t.Failed() {
					t.Fatalf("after a crash at step %d", step)
				}
			}
		})
	}
}

// convergesFrom crashes at a step, runs again, and a third time. It reports whether there was a crash.
func convergesFrom(t *testing.T, w *world, step int, crashing, then design) bool {
	crashed := w.crashes(t.Context(), step, crashing)
	w.convergesTo(t, then)
	return crashed
}

// convergesTo runs to a design and once more, which then has nothing to do.
func (w *world) convergesTo(t *testing.T, then design) {
	t.Helper()
	atCrash := w.saved()
	if err := w.bringTo(t.Context(), then); err != nil {
		t.Errorf("the second run: %v\nit began from %v", err, ids(atCrash))
	}
	w.is(t, w.list(then))
	calls, saves := len(w.mutations()), w.saves
	if err := w.bringTo(t.Context(), then); err != nil {
		t.Errorf("the third run: %v", err)
	}
	if more := w.mutations()[calls:]; len(more) > 0 || w.saves > saves {
		t.Errorf("the third run made the calls %v and %d saves", more, w.saves-saves)
	}
}

// walks are how many rows of crashes are tried; each takes some milliseconds.
const walks = 300

// Each run is of another design and ends somewhere. What it has left the next one meets, and at last one that ends
// well.
func TestConvergesFromManyCrashes(t *testing.T) {
	elsewhere := design{size: 3, group: "b", owner: "b", suffix: "-v2"}
	designs := []design{nothing, first, changed, renamed, reduced, moved, owned("b"), elsewhere}
	for seed := range uint64(walks) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, random := newWorld(), rand.New(rand.NewPCG(seed, 0))
				some := func() design {
					d := designs[random.IntN(len(designs))]
					d.owner = cmp.Or(d.owner, "a") // each stack has one
					return d
				}
				for range 1 + random.IntN(5) {
					d := some()
					w.crashes(t.Context(), random.IntN(120), d)
					t.Logf("crashed on the way to %+v", d)
				}
				w.convergesTo(t, some())
				w.convergesTo(t, nothing)
			})
		})
	}
}

// owned is the first design, made for an owner.
func owned(by string) design {
	d := first
	d.owner = by
	return d
}

// The SDK repeats a call whose answer was lost: the second answer says that the object exists.
func TestALostAnswerIsOurOwnObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.around = func(c call, effect func() error) error {
			if c.verb == "create" {
				if err := effect(); err != nil {
					return err
				}
			}
			return effect()
		}
		w.mustUp(t, w.list(first)...)
		w.is(t, w.list(first))
	})
}

// What a call is about to do is on the disk before it, and what it did before anything builds on it.
func TestIntentIsSavedBeforeEachCall(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, then design
	}{
		{"create", nothing, first}, {"update", first, changed}, {"replace", first, renamed},
		{"remove", first, reduced}, {"destroy", first, nothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if err := w.bringTo(t.Context(), c.before); err != nil {
					t.Fatal(err)
				}
				w.around = func(c call, effect func() error) error {
					if err := w.intended(c); err != nil {
						t.Error(err)
					}
					return effect()
				}
				if err := w.bringTo(t.Context(), c.then); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// intended returns an error where the disk does not tell of a call that is about to be made.
func (w *world) intended(c call) error {
	if !c.mutates() {
		return nil
	}
	for _, r := range w.saved().Resources {
		if r.Type != c.typeName || r.Name != c.name {
			continue
		}
		status, known := Status(r.Status), r.PhysicalID != ""
		switch {
		case c.verb == "create" && status == CreateInProgress && !known,
			c.verb == "delete" && status == DeleteInProgress && known,
			c.verb != "create" && c.verb != "delete" && known && (status == CreateInProgress || status == UpdateInProgress):
			return nil
		}
		return fmt.Errorf("before %v the disk says %+v", c, r)
	}
	return fmt.Errorf("before %v nothing of it is on the disk: %v", c, ids(w.saved()))
}

func TestResultsAreSavedBeforeDependentsBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		resources := w.list(first)
		w.around = func(c call, effect func() error) error {
			saved := w.saved()
			for _, r := range resources {
				for _, before := range r.DependsOn {
					if record := saved.Record(before); c.verb == "create" && r.Type.Name == c.typeName && (record == nil || record.PhysicalID == "") {
						t.Errorf("%s is created, and the disk does not know its %s", r.LogicalID, before)
					}
				}
			}
			return effect()
		}
		w.mustUp(t, resources...)
	})
}
