package provision

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/state"
)

// put makes an object without eventscale.
func (w *world) put(typeName, name string, p properties) *thing {
	o := w.add(typeName, name)
	o.properties = p.clone()
	return o
}

// one is the list of one resource, a queue.
func (w *world) one(t traits) []Resource {
	return []Resource{Declare("Queue", w.kind("Test::Queue", t), "queue", func(Refs) properties {
		p := properties{Size: 1}
		if !t.untaggable {
			p.Tags = tagged("Queue", nil)
		}
		return p
	})}
}

func TestAnObjectOfOurTagsIsAdopted(t *testing.T) {
	w := newWorld()
	o := w.put("Test::Queue", "queue", properties{Size: 7, Tags: tagged("Queue", nil)})
	w.mustUp(t, w.one(traits{})...)
	if r := w.saved().Record("Queue"); r == nil || r.PhysicalID != o.id || r.Adopted {
		t.Errorf("recorded is %+v", r)
	}
	w.is(t, w.one(traits{}))
}

func TestAnObjectThatNeedsNoChangeIsAdoptedWithoutACall(t *testing.T) {
	w := newWorld()
	w.put("Test::Queue", "queue", properties{Size: 1, Tags: tagged("Queue", nil)})
	if p := w.plan(t, w.one(traits{})...); !p.Empty() || !p.Steps[0].Adopt || p.Steps[0].Foreign {
		t.Errorf("the plan is %+v", p.Steps)
	}
	w.mustUp(t, w.one(traits{})...)
	w.is(t, w.one(traits{}))
	if m := w.mutations(); len(m) > 0 {
		t.Errorf("calls: %v", m)
	}
}

// What carries no tags is somebody else's, unless other objects of the stack are there: then the state was lost.
func TestAnUntaggableObjectIsOursBesideOurOthers(t *testing.T) {
	w := newWorld()
	w.put("Test::Queue", "queue", properties{Size: 7})
	refused(t, w.engine(w.one(traits{untaggable: true})...).up(t.Context()))
	if len(w.mutations()) > 0 {
		t.Errorf("calls: %v", w.mutations())
	}

	w = newWorld()
	w.mustUp(t, w.list(first)...)
	w.disk.Resources = nil
	w.mustUp(t, w.list(first)...)
	for _, id := range []string{"Policy", "RolePolicy"} {
		if r := w.saved().Record(id); r == nil || r.Adopted {
			t.Errorf("%s is recorded as %+v", id, r)
		}
	}
}

// An adopted object is marked, so that neither a second life of the stack nor a lost state makes it ours.
func TestAnAdoptedObjectStaysAdopted(t *testing.T) {
	w := newWorld()
	w.put("Test::Queue", "queue", properties{Size: 7})
	e := w.engine(w.one(traits{})...)
	if err := e.adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.engine(w.one(traits{})...).Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mustUp(t, w.one(traits{})...)
	if r := w.saved().Record("Queue"); !r.Adopted {
		t.Error("it is not adopted in the stack's second life")
	}
	if p := w.plan(t, w.one(traits{})...); !p.Empty() {
		t.Errorf("the plan is %+v", p.Steps)
	}
	w.disk.Resources = nil
	w.mustUp(t, w.one(traits{})...)
	if err := w.engine(w.one(traits{})...).Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.objects) != 1 {
		t.Error("destroy deleted it")
	}
}

// More tags can mark an object as ours: a stack of the same name around another group is another.
func TestAllOwnerTagsMustBeOurs(t *testing.T) {
	w := newWorld()
	w.put("Test::Queue", "queue", properties{Size: 7, Tags: Tags{StackTag: stackName, LogicalIDTag: "Queue", "eventscale:asg": "others"}})
	e := w.engine(w.one(traits{})...)
	e.Owner = Tags{"eventscale:asg": "ours"}
	err := e.up(t.Context())
	refused(t, err)
	if !strings.Contains(err.Error(), "eventscale:asg=others") {
		t.Errorf("the error is %v", err)
	}
}

var foreignTags = map[string]Tags{
	"no tags":                    nil,
	"other tags":                 {"team": "blue"},
	"another stack":              {StackTag: "others", LogicalIDTag: "Queue"},
	"another resource":           {StackTag: stackName, LogicalIDTag: "DeadLetters"},
	"a stack with our prefix":    {StackTag: stackName + "-2", LogicalIDTag: "Queue"},
	"our stack, no resource":     {StackTag: stackName},
	"our resource, but no stack": {LogicalIDTag: "Queue"},
}

func TestAForeignObjectIsRefusedAndNotTouched(t *testing.T) {
	for name, tags := range foreignTags {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			o := w.put("Test::Queue", "queue", properties{Size: 7, Tags: tags})
			before := o.properties.clone()
			err := w.engine(w.one(traits{})...).up(t.Context())
			refused(t, err)
			if d := cmp.Diff(before, o.properties, plainly); d != "" || len(w.mutations()) > 0 || w.saves > 0 {
				t.Errorf("calls %v, %d saves, object (-before +after):\n%s", w.mutations(), w.saves, d)
			}
		})
	}
}

// refused checks that an error refuses the object called queue.
func refused(t *testing.T, err error) {
	t.Helper()
	foreign, ok := errors.AsType[*ForeignError](err)
	if !ok || foreign.Name != "queue" || !strings.Contains(err.Error(), "Test::Queue queue exists and does not belong to this stack") {
		t.Fatalf("the error is %v", err)
	}
	if !strings.Contains(foreign.Hint(), "--adopt") {
		t.Errorf("the hint is %q", foreign.Hint())
	}
}

func TestAllForeignObjectsAreNamedAtOnce(t *testing.T) {
	w := newWorld()
	w.put("Test::Role", "role", properties{})
	w.put("Test::Logs", "logs", properties{Tags: Tags{StackTag: "others", LogicalIDTag: "Logs"}})
	err := w.engine(w.list(first)...).up(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Test::Role role exists") || !strings.Contains(err.Error(), "its tags say eventscale:logical-id=Logs, eventscale:stack=others") {
		t.Errorf("the error is %v", err)
	}
}

// Somebody can make an object of our name after we have read that there is none.
func TestAForeignObjectThatAppearsDuringTheRunIsRefused(t *testing.T) {
	w := newWorld()
	w.around = func(c call, effect func() error) error {
		if c.verb == "create" {
			w.put("Test::Queue", "queue", properties{Size: 7})
		}
		return effect()
	}
	refused(t, w.engine(w.one(traits{})...).up(t.Context()))
	if o := w.named("Test::Queue", "", "queue"); o.properties.Size != 7 || len(o.properties.Tags) > 0 {
		t.Errorf("the object was touched: %+v", o)
	}
	if r := w.saved().Resources; len(r) > 0 {
		t.Errorf("recorded is %+v", r)
	}
}

func TestAdoptTakesOverAndDestroyLeaves(t *testing.T) {
	for name, tags := range foreignTags {
		for _, appears := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				w := newWorld()
				w.appears(appears, properties{Size: 7, Tags: tags})
				e := w.engine(w.one(traits{})...)
				if err := e.adopt(t.Context()); err != nil {
					t.Fatal(err)
				}
				o := w.named("Test::Queue", "", "queue")
				if o.properties.Size != 1 || o.properties.Tags[StackTag] != stackName {
					t.Errorf("the object was not taken over: %+v", o)
				}
				if r := w.saved().Record("Queue"); r == nil || !r.Adopted || r.PhysicalID != o.id {
					t.Fatalf("recorded is %+v", r)
				}
				w.survives(t, o)
			})
		}
	}
}

// appears makes somebody else's queue: now, or when we are about to create ours.
func (w *world) appears(later bool, p properties) {
	if !later {
		w.put("Test::Queue", "queue", p)
		return
	}
	w.around = func(c call, effect func() error) error {
		if c.verb == "create" {
			w.put("Test::Queue", "queue", p)
		}
		return effect()
	}
}

// survives checks that the object is there when the stack is gone.
func (w *world) survives(t *testing.T, o *thing) {
	t.Helper()
	if err := w.engine(w.one(traits{})...).Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.object(o.id) == nil || len(w.saved().Resources) > 0 {
		t.Errorf("objects %v, records %v", w.objects, w.saved().Resources)
	}
	if last := w.events[len(w.events)-1]; last.Status != DeleteComplete || !strings.HasPrefix(last.Reason, "left as it is") {
		t.Errorf("the last event is %+v", last)
	}
}

func TestAdoptedStaysAdopted(t *testing.T) {
	w := newWorld()
	o := w.put("Test::Queue", "queue", properties{Size: 7})
	e := w.engine(w.one(traits{})...)
	if err := e.adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.properties.Size = 8 // drift
	w.mustUp(t, w.one(traits{})...)
	w.survives(t, o)
}

func TestWhatIsMadeInPlaceOfAnAdoptedObjectIsOurs(t *testing.T) {
	w := newWorld()
	w.put("Test::Queue", "queue", properties{Size: 7})
	e := w.engine(w.one(traits{})...)
	if err := e.adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	clear(w.objects) // its owner deletes it
	if p := w.plan(t, w.one(traits{})...); !p.Steps[0].Gone || p.Steps[0].Action != Create {
		t.Errorf("the plan is %+v", p.Steps[0])
	}
	w.mustUp(t, w.one(traits{})...)
	if err := w.engine(w.one(traits{})...).Destroy(t.Context()); err != nil || len(w.objects) > 0 {
		t.Errorf("%v; left is %v", err, w.objects)
	}
}

func TestAnAdoptedObjectThatIsReplacedIsLeft(t *testing.T) {
	w := newWorld()
	o := w.put("Test::Role", "role", properties{})
	e := w.engine(w.list(design{without: allBut("Role")})...)
	if err := e.adopt(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.mustUp(t, w.list(design{suffix: "-v2", without: allBut("Role")})...)
	if w.object(o.id) == nil || w.named("Test::Role", "", "role-v2") == nil {
		t.Errorf("objects are %v", w.objects)
	}
}

// A new object may not be shown for some seconds. With another name asked for, nothing would find it any more.
func TestWhatWasNotShownIsDeletedWhenItIsReplaced(t *testing.T) {
	w := newWorld()
	without := allBut("Role")
	w.mustUp(t, w.list(design{without: without})...)
	shown := w.objects
	w.objects = map[string]*thing{}
	e := w.engine(w.list(design{suffix: "-v2", without: without})...)
	reading, err := e.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.objects = shown
	plan, err := e.Plan(reading, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Apply(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if w.named("Test::Role", "", "role") != nil || w.named("Test::Role", "", "role-v2") == nil || len(w.saved().Resources) != 1 {
		t.Errorf("objects are %v, recorded is %v", w.objects, w.saved().Resources)
	}
}

func allBut(logicalID string) []string {
	all := []string{"DeadLetters", "Queue", "Role", "RolePolicy", "Logs", "Function", "Policy", "Alarm", "Metrics"}
	return slices.DeleteFunc(all, func(id string) bool { return id == logicalID })
}

func TestABorrowedObjectThatWasThereIsLeft(t *testing.T) {
	w := newWorld()
	borrowed := traits{untaggable: true, borrowed: true}
	o := w.put("Test::Queue", "queue", properties{Size: 1})
	w.mustUp(t, w.one(borrowed)...)
	if m := w.mutations(); len(m) > 0 {
		t.Errorf("calls: %v", m)
	}
	w.survives(t, o)
}

func TestABorrowedObjectThatWasMadeIsDeleted(t *testing.T) {
	w := newWorld()
	borrowed := w.one(traits{untaggable: true, borrowed: true})
	w.mustUp(t, borrowed...)
	if err := w.engine(borrowed...).Destroy(t.Context()); err != nil || len(w.objects) > 0 {
		t.Errorf("%v; left is %v", err, w.objects)
	}
}

// A destroy can find intents of creations whose answer never came.
func TestDestroyFindsOutWhatBecameOfAnIntent(t *testing.T) {
	for _, c := range []struct {
		name   string
		traits traits
		there  *properties // what is there under the name
		left   int         // objects after it
		reason string
	}{
		{"never made", traits{}, nil, 0, "it was never made"},
		{"ours", traits{}, &properties{Tags: tagged("Queue", nil)}, 0, ""},
		{"ours by its name", traits{untaggable: true}, &properties{}, 0, ""},
		{"somebody else's", traits{}, &properties{}, 1, "left as it is: it belongs to somebody else"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			s := w.saved()
			s.Put(state.Record{LogicalID: "Queue", Type: "Test::Queue", Name: "queue", Status: string(CreateInProgress), Tags: tagged("Queue", nil)})
			w.disk = s
			if c.there != nil {
				w.put("Test::Queue", "queue", *c.there)
			}
			e := w.engine()
			e.Types = []Type{Erase(w.kind("Test::Queue", c.traits))}
			if err := e.Destroy(t.Context()); err != nil {
				t.Fatal(err)
			}
			if last := w.events[len(w.events)-1]; len(w.objects) != c.left || last.Reason != c.reason || last.Status != DeleteComplete {
				t.Errorf("left are %v, the last event is %+v", w.objects, last)
			}
			if r := w.saved().Resources; len(r) > 0 {
				t.Errorf("recorded is %+v", r)
			}
		})
	}
}

func TestDestroyKeepsTheRecordOfAnUnknownType(t *testing.T) {
	w := newWorld()
	w.mustUp(t, w.one(traits{})...)
	e := w.engine()
	e.Types = nil
	err := e.Destroy(t.Context())
	if err == nil || !strings.Contains(err.Error(), "deleting Test::Queue Queue: this eventscale does not know the type") {
		t.Errorf("the error is %v", err)
	}
	if len(w.objects) != 1 || w.saved().Record("Queue") == nil {
		t.Errorf("objects %v, records %v", w.objects, w.saved().Resources)
	}
}

func TestAnUnreadableObjectIsNoLicenceToCreate(t *testing.T) {
	w := newWorld()
	denied := errors.New("AccessDenied")
	w.around = func(c call, effect func() error) error {
		if c.verb == "read" {
			return denied
		}
		return effect()
	}
	_, err := w.engine(w.one(traits{})...).Read(context.Background())
	if !errors.Is(err, denied) || err.Error() != "reading Test::Queue Queue: AccessDenied" {
		t.Errorf("the error is %v", err)
	}
}

// Others may tag our objects: a cost-allocation rule, an organisation's policy.
func TestTagsOfOthersAreKept(t *testing.T) {
	w := newWorld()
	w.mustUp(t, w.list(design{tags: first.tags, without: allBut("Role")})...)
	o := w.named("Test::Role", "", "role")
	o.properties.Tags["cost-center"] = "42"
	w.mustUp(t, w.list(design{tags: changed.tags, without: allBut("Role")})...)
	want := tagged("Role", Tags{"team": "blue", "new": "y", "cost-center": "42"})
	if d := cmp.Diff(want, o.properties.Tags); d != "" {
		t.Errorf("tags (-want +got):\n%s", d)
	}
}

func TestInspectTellsWhatDestroyMustLeave(t *testing.T) {
	w := newWorld()
	w.mustUp(t, w.list(first)...)
	for _, o := range w.objects {
		if strings.HasPrefix(o.name, "queue") {
			o.properties.Tags = Tags{StackTag: "others", LogicalIDTag: "Queue"}
		}
	}
	e := w.engine(w.list(first)...)
	before := len(w.mutations())
	e.Inspect(t.Context())
	if calls := w.mutations(); len(calls) != before {
		t.Errorf("it changed something: %v", calls[before:])
	}
	if !e.strangers["Queue"] || e.strangers["DeadLetters"] || e.strangers["Function"] {
		t.Errorf("strangers are %v", e.strangers)
	}
}
