package provision

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventscale/eventscale/internal/state"
)

// Whoever takes the tags from an object does not make it somebody else's; whoever puts theirs on it does.
func TestARecordedObjectIsOursUntilOthersSayThatItIsTheirs(t *testing.T) {
	for name, c := range map[string]struct {
		tags    Tags
		claimed bool
	}{
		"its tags":                   {tagged("Queue", nil), false},
		"no tags":                    {nil, false},
		"other tags":                 {Tags{"team": "blue"}, false},
		"our stack, no resource":     {Tags{StackTag: stackName}, false},
		"our resource, but no stack": {Tags{LogicalIDTag: "Queue"}, false},
		"another stack":              {Tags{StackTag: "others", LogicalIDTag: "Queue"}, true},
		"another resource":           {Tags{StackTag: stackName, LogicalIDTag: "DeadLetters"}, true},
		"another owner":              {Tags{StackTag: stackName, LogicalIDTag: "Queue", "owner": "them"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			up := func() error {
				e := w.engine(w.one(traits{})...)
				e.Owner = Tags{"owner": "us"}
				return e.up(t.Context())
			}
			if err := up(); err != nil {
				t.Fatal(err)
			}
			o := w.named("Test::Queue", "", "queue")
			o.properties.Tags = c.tags
			before := len(w.mutations())
			err := up()
			if !c.claimed {
				if err != nil || o.properties.Tags[StackTag] != stackName || o.properties.Tags[LogicalIDTag] != "Queue" {
					t.Errorf("%v; the tags are %v", err, o.properties.Tags)
				}
				return
			}
			refused(t, err)
			if calls := w.mutations()[before:]; len(calls) > 0 {
				t.Errorf("calls: %v", calls)
			}
			e := w.engine(w.one(traits{})...)
			e.Owner = Tags{"owner": "us"}
			if err := e.adopt(t.Context()); err != nil || !w.saved().Record("Queue").Adopted {
				t.Errorf("%v; recorded is %+v", err, w.saved().Record("Queue"))
			}
		})
	}
}

// An update of the owner's tags that was cut off leaves those of before, which are nobody else's.
func TestTagsOfBeforeAnUpdateAreOurs(t *testing.T) {
	w := newWorld()
	w.put("Test::Queue", "queue", properties{Size: 7, Tags: Tags{StackTag: stackName, LogicalIDTag: "Queue", "owner": "a"}})
	for _, status := range []Status{UpdateInProgress, UpdateFailed} {
		s := w.saved()
		s.Put(state.Record{
			LogicalID: "Queue", Type: "Test::Queue", Name: "queue", PhysicalID: "queue-1", Status: string(status),
			Tags: Tags{StackTag: stackName, LogicalIDTag: "Queue", "owner": "b"},
		})
		w.disk = s
		e := w.engine(w.one(traits{})...)
		e.Owner = Tags{"owner": "b"}
		if err := e.up(t.Context()); err != nil {
			t.Errorf("%s: %v", status, err)
		}
	}
}

// lingering is a queue that is read as it was, though it has been deleted: Confirm makes it anew.
func (w *world) lingering(t *testing.T, confirmed *[]string, wait time.Duration) []Resource {
	k := w.kind("Test::Queue", traits{})
	k.Confirm = func(ctx context.Context, id Identity, want properties) error {
		*confirmed = append(*confirmed, id.Name)
		if r := w.saved().Record("Queue"); r == nil || r.Status != string(CreateInProgress) && r.Status != string(UpdateInProgress) {
			t.Errorf("no intent is recorded: %+v", r)
		}
		until := time.Now().Add(wait)
		_, err := Retry(ctx, Patience{
			Reason: "the name", Cap: time.Hour, First: time.Second,
			Passing: func(error) bool { return time.Now().Before(until) },
		}, func(context.Context) (struct{}, error) {
			if time.Now().Before(until) {
				return struct{}{}, errPending
			}
			return struct{}{}, nil
		})
		return err
	}
	return []Resource{Declare("Queue", k, "queue", func(Refs) properties { return properties{Size: 1, Tags: tagged("Queue", nil)} })}
}

func TestOnlyWhatIsNotKnownToBeMadeIsConfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		status   string // of the record; "" where there is none
		size     int    // of the object
		confirms bool
	}{
		"found, as wanted":           {"", 1, true},
		"found, to be changed":       {"", 7, true},
		"made":                       {string(CreateComplete), 1, false},
		"made, to be changed":        {string(UpdateComplete), 7, false},
		"a creation cut off":         {string(CreateInProgress), 1, true},
		"an update cut off":          {string(UpdateFailed), 7, true},
		"a destroy that was cut off": {string(DeleteInProgress), 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				o := w.put("Test::Queue", "queue", properties{Size: c.size, Tags: tagged("Queue", nil)})
				if c.status != "" {
					s := w.saved()
					s.Put(state.Record{
						LogicalID: "Queue", Type: "Test::Queue", Name: "queue", PhysicalID: o.id, ARN: o.arn(), Status: c.status, Tags: tagged("Queue", nil),
					})
					w.disk = s
				}
				var confirmed []string
				list := w.lingering(t, &confirmed, time.Minute)
				if p := w.plan(t, list...); p.Uncertain() != c.confirms {
					t.Errorf("uncertain: %t", p.Uncertain())
				}
				w.mustUp(t, list...)
				if got := len(confirmed) == 1; got != c.confirms {
					t.Errorf("confirmed: %v", confirmed)
				}
				last := slices.IndexFunc(w.events, func(e Event) bool { return e.Status == CreateComplete || e.Status == UpdateComplete })
				if c.confirms && (last < 0 || !strings.Contains(w.events[last-1].Reason, "the name")) {
					t.Errorf("the wait was not told: %+v", w.events)
				}
				confirmed = nil
				w.mustUp(t, list...)
				if len(confirmed) > 0 {
					t.Error("it was confirmed twice")
				}
			})
		})
	}
}

// What AWS says is there can be missing in what it shows, and may have been taken over from its owner.
func TestAClaimWaitsUntilTheObjectIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for adopted, tags := range map[bool]Tags{false: nil, true: {AdoptedTag: "true"}} {
			w := newWorld()
			list := w.one(traits{})
			w.put("Test::Queue", "queue", properties{Size: 1, Tags: tagged("Queue", tags)})
			start := time.Now()
			w.around = func(c call, effect func() error) error {
				if c.verb == "read" && time.Since(start) < 3*time.Second {
					return ErrNotFound
				}
				return effect()
			}
			w.mustUp(t, list...)
			if r := w.saved().Record("Queue"); r.Adopted != adopted || r.PhysicalID != "queue-1" || len(w.objects) != 1 {
				t.Errorf("adopted: %t; recorded is %+v", adopted, r)
			}
			if got := w.named("Test::Queue", "", "queue").properties.Tags[AdoptedTag] == "true"; got != adopted {
				t.Errorf("the tag of an adopted object is there: %t", got)
			}
		}
	})
}

// A destroy right after a run that was killed: AWS may not show yet what that run made.
func TestDestroyWaitsForWhatWasJustMade(t *testing.T) {
	for name, c := range map[string]struct {
		status string // of the record
		id     bool   // it is recorded
		there  bool
		waits  bool
	}{
		"an intent that had its effect": {string(CreateInProgress), false, true, true},
		"an intent that had none":       {string(CreateInProgress), false, false, true},
		"made":                          {string(CreateComplete), true, true, true},
		"made, and deleted by others":   {string(CreateComplete), true, false, true},
		"deleted by us":                 {string(DeleteInProgress), true, false, false},
		"an intent, deleted by us":      {string(DeleteInProgress), false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				r := state.Record{LogicalID: "Queue", Type: "Test::Queue", Name: "queue", Status: c.status, Tags: tagged("Queue", nil)}
				if c.id {
					r.PhysicalID, r.ARN = "queue-1", "arn:queue-1"
				}
				s := w.saved()
				s.Put(r)
				w.disk = s
				if c.there {
					w.put("Test::Queue", "queue", properties{Tags: tagged("Queue", nil)})
				}
				start := time.Now()
				w.around = func(c call, effect func() error) error {
					if time.Since(start) < 3*time.Second && c.verb == "read" {
						return ErrNotFound
					}
					return effect()
				}
				k := w.kind("Test::Queue", traits{})
				k.Appears = 5 * time.Second
				e := w.engine()
				e.Types = []Type{Erase(k)}
				e.Inspect(t.Context())
				if err := e.Destroy(t.Context()); err != nil || len(w.objects) > 0 || len(w.saved().Resources) > 0 {
					t.Errorf("%v; left are %v, recorded %v", err, w.objects, w.saved().Resources)
				}
				if took := time.Since(start); (took > 0) != c.waits || took > 5*time.Second {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// What appears late can be somebody else's as well as what is there at once.
func TestDestroyLeavesWhatAppearsLateAndIsNotOurs(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		tags Tags
	}{
		"an intent":            {"", Tags{StackTag: "others", LogicalIDTag: "Queue"}},
		"an intent, adopted":   {"", tagged("Queue", Tags{AdoptedTag: "true"})},
		"recorded":             {"queue-1", Tags{StackTag: "others", LogicalIDTag: "Queue"}},
		"recorded, and remade": {"queue-1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				s := w.saved()
				s.Put(state.Record{LogicalID: "Queue", Type: "Test::Queue", Name: "queue", PhysicalID: c.id, Status: string(CreateComplete)})
				w.disk = s
				w.put("Test::Queue", "queue", properties{Tags: c.tags})
				start := time.Now()
				w.around = func(c call, effect func() error) error {
					if time.Since(start) < time.Second && c.verb == "read" {
						return ErrNotFound
					}
					return effect()
				}
				k := w.kind("Test::Queue", traits{})
				k.Appears = 5 * time.Second
				e := w.engine()
				e.Types = []Type{Erase(k)}
				e.Inspect(t.Context())
				if err := e.Destroy(t.Context()); err != nil || len(w.objects) != 1 || len(w.saved().Resources) > 0 {
					t.Errorf("%v; left are %v, recorded %v", err, w.objects, w.saved().Resources)
				}
			})
		})
	}
}
