package provision

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// statuses returns what was told of each resource, in order.
func statuses(events []Event) map[string][]Status {
	told := map[string][]Status{}
	for _, e := range events {
		told[e.LogicalID] = append(told[e.LogicalID], e.Status)
	}
	return told
}

func TestEventsTellTheLifeOfEachResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		for _, step := range []struct {
			to     design
			within Status
			done   Status
		}{
			{first, CreateInProgress, CreateComplete},
			{changed, UpdateInProgress, UpdateComplete},
			{nothing, DeleteInProgress, DeleteComplete},
		} {
			w.events = nil
			if err := w.bringTo(t.Context(), step.to); err != nil {
				t.Fatal(err)
			}
			told := statuses(w.events)
			for _, id := range allBut("") {
				want := []Status{step.within, step.done}
				if id == "Function" && step.within == CreateInProgress {
					want = []Status{step.within, step.within, step.within, step.done} // it waits twice
				}
				if d := cmp.Diff(want, told[id]); d != "" {
					t.Errorf("%s (-want +got):\n%s", id, d)
				}
			}
		}
	})
}

func TestEventsComeOneAtATimeAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		var inside atomic.Int32
		var last Event
		e := w.engine(w.list(first)...)
		e.Emit = func(e Event) {
			if inside.Add(1) > 1 {
				t.Error("two events at a time")
			}
			runtime.Gosched() // let others in, if they can come
			if e.Time.Before(last.Time) {
				t.Errorf("%+v comes after %+v", e, last)
			}
			last = e
			inside.Add(-1)
		}
		if err := e.up(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestEventsTellWhatWhereAndHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		graph{}.slowly(w, "")
		start := time.Now()
		w.mustUp(t, w.one(traits{slow: true})...)
		want := []Event{
			{Time: start, Status: CreateInProgress},
			{Time: start.Add(time.Second), Status: CreateInProgress, Elapsed: time.Second, Reason: "waiting for the object", Until: start.Add(time.Minute + time.Second)},
		}
		for i, e := range want {
			e.LogicalID, e.Type, e.Name = "Queue", "Test::Queue", "queue"
			if d := cmp.Diff(e, w.events[i]); d != "" {
				t.Errorf("event %d (-want +got):\n%s", i, d)
			}
		}
		if last := w.events[len(w.events)-1]; last.Status != CreateComplete || last.Elapsed != last.Time.Sub(start) {
			t.Errorf("the last event is %+v", last)
		}
	})
}

func TestARunWithoutListenersWorks(t *testing.T) {
	w := newWorld()
	e := w.engine(w.one(traits{})...)
	e.Emit = nil
	if err := e.up(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStatusesThatEndARow(t *testing.T) {
	for s, want := range map[Status]struct{ done, failed bool }{
		CreateInProgress: {}, UpdateInProgress: {}, DeleteInProgress: {}, DeletePending: {},
		CreateComplete: {done: true}, UpdateComplete: {done: true}, DeleteComplete: {done: true}, Skipped: {done: true},
		CreateFailed: {true, true}, UpdateFailed: {true, true}, DeleteFailed: {true, true},
	} {
		if s.Done() != want.done || s.Failed() != want.failed {
			t.Errorf("%s: done %v, failed %v", s, s.Done(), s.Failed())
		}
	}
}
