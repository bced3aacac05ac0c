package provision

import (
	"errors"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/state"
)

// ownedBy puts a queue and its record into the world: of one owner, with the tags of another.
func (w *world) ownedBy(recorded, tagged Tags) *Engine {
	s := w.saved()
	s.Put(state.Record{
		LogicalID: "Queue", Type: "Test::Queue", Name: "queue", PhysicalID: "queue-1", Status: string(CreateComplete), Tags: recorded,
	})
	w.disk = s
	w.put("Test::Queue", "queue", properties{Size: 1, Tags: tagged})
	e := w.engine()
	e.Owner = Tags{"owner": "a"}
	return e
}

// A stack of the same name around another group has the same names: what it took over is not ours to delete.
func TestDestroyLeavesWhatAStackOfOurNameTookOver(t *testing.T) {
	ours := tagged("Queue", Tags{"owner": "a"})
	for name, c := range map[string]struct {
		tags Tags
		left int
	}{
		"ours":                   {ours, 0},
		"of another owner":       {tagged("Queue", Tags{"owner": "b", AdoptedTag: "true"}), 1},
		"without an owner's tag": {tagged("Queue", nil), 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			e := w.ownedBy(ours, c.tags)
			e.Inspect(t.Context())
			if err := e.Destroy(t.Context()); err != nil || len(w.objects) != c.left || len(w.saved().Resources) > 0 {
				t.Errorf("%v; left are %v, recorded %v", err, w.objects, w.saved().Resources)
			}
		})
	}
}

// What an up wants no longer can have come to be somebody else's, as well as what a destroy deletes.
func TestUpLeavesWhatItWantsNoLongerAndIsNotOurs(t *testing.T) {
	for name, c := range map[string]struct {
		tags Tags
		left int
	}{
		"ours":                         {tagged("Queue", Tags{"owner": "a"}), 0},
		"made anew by somebody else":   {nil, 1},
		"made anew by another stack":   {Tags{StackTag: "others", LogicalIDTag: "Queue"}, 1},
		"taken by a stack of our name": {tagged("Queue", Tags{"owner": "b"}), 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			e := w.ownedBy(tagged("Queue", Tags{"owner": "a"}), c.tags)
			if err := e.up(t.Context()); err != nil || len(w.objects) != c.left || len(w.saved().Resources) > 0 {
				t.Errorf("%v; left are %v, recorded %v", err, w.objects, w.saved().Resources)
			}
			if last := w.events[len(w.events)-1]; (c.left > 0) != strings.HasPrefix(last.Reason, "left as it is") {
				t.Errorf("the last event is %+v", last)
			}
		})
	}
}

// Whose an object is whose tags cannot be read is not known: it stays, with what must go after it, and all else goes.
func TestAnObjectOfUnknownOwnerStopsNoOther(t *testing.T) {
	denied := errors.New("AccessDenied")
	for name, end := range map[string]func(*Engine) error{
		"destroy": func(e *Engine) error { e.Inspect(t.Context()); return e.Destroy(t.Context()) },
		"up":      func(e *Engine) error { return e.up(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.mustUp(t, w.list(first)...)
			before := len(w.objects)
			w.around = func(c call, effect func() error) error {
				if c.verb == "read" && strings.HasPrefix(c.name, "role") {
					return denied
				}
				return effect()
			}
			err := end(w.engine())
			run, ok := errors.AsType[*RunError](err)
			if !ok || len(run.Failures) != 1 || run.Failures[0].Error() != "deleting Test::Role Role: AccessDenied" {
				t.Fatalf("the error is %v", err)
			}
			if w.saved().Record("Role") == nil || len(w.objects) == 0 || len(w.objects) >= before/2 {
				t.Errorf("left are %d of %d, recorded %v", len(w.objects), before, w.saved().Resources)
			}
			w.around = nil
			e := w.engine()
			e.Inspect(t.Context())
			if err := e.Destroy(t.Context()); err != nil || len(w.objects) > 0 {
				t.Errorf("%v; left are %v", err, w.objects)
			}
		})
	}
}
