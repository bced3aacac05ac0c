package provision

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var errInterrupted = errors.New("interrupted")

// interrupt lets calls take a second and begin only while the context lives, and cancels it in the
// middle of the first mutating ones.
func (w *world) interrupt(t *testing.T) context.Context {
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(500*time.Millisecond, func() { cancel(errInterrupted) })
	w.around = func(c call, effect func() error) error {
		if ctx.Err() != nil {
			t.Errorf("%v was begun after the interruption", c)
		}
		if c.mutates() {
			_ = sleep(context.WithoutCancel(ctx), time.Second)
		}
		return effect()
	}
	return ctx
}

func TestAnInterruptedRunFinishesCallsInFlightAndSkipsTheRest(t *testing.T) {
	for _, c := range []struct {
		name             string
		before, then     design
		recorded, listed int
		skipped          []string
	}{
		{"create", nothing, plainList(first), 2, 4, []string{"Alarm", "Queue"}},
		{"destroy", plainList(first), nothing, 3, 4, []string{"DeadLetters", "Policy", "Queue"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				if err := w.bringTo(t.Context(), c.before); err != nil {
					t.Fatal(err)
				}
				err := w.bringTo(w.interrupt(t), c.then)
				run, ok := errors.AsType[*RunError](err)
				if !ok || !errors.Is(run.Stopped, errInterrupted) || err.Error() != "interrupted" || len(run.Failures) > 0 {
					t.Fatalf("the error is %v", err)
				}
				slices.Sort(run.Skipped)
				if !slices.Equal(run.Skipped, c.skipped) || run.Recorded != c.recorded || run.Total != c.listed {
					t.Errorf("%+v", run)
				}
				if got := len(w.saved().Resources); got != c.recorded || len(w.objects) != c.recorded {
					t.Errorf("%d records of %d objects, want %d", got, len(w.objects), c.recorded)
				}
				w.around = nil
				if err := w.bringTo(t.Context(), c.then); err != nil {
					t.Fatal(err)
				}
				w.is(t, w.list(c.then))
			})
		})
	}
}

// plainList is a design of four resources in three layers, each made by one call.
func plainList(d design) design {
	d.without = []string{"Role", "RolePolicy", "Logs", "Function", "Metrics"}
	d.size = 0 // what Create leaves out is then as wanted
	return d
}

// A run that was done before the interruption was noticed is a run that is done.
func TestAnInterruptionAfterTheLastCallIsNoError(t *testing.T) {
	w := newWorld()
	ctx, cancel := context.WithCancelCause(t.Context())
	e := w.engine(w.one(traits{})...)
	e.Emit = func(e Event) {
		if e.Status == CreateComplete {
			cancel(errInterrupted)
		}
	}
	if err := e.up(ctx); err != nil {
		t.Error(err)
	}
}

// A wait is cut short; what was made is recorded, and the next run goes on with it.
func TestAnInterruptedWaitIsGoneOnWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(500*time.Millisecond, func() { cancel(errInterrupted) })
		err := w.engine(w.list(first)...).up(ctx)
		run, ok := errors.AsType[*RunError](err)
		if !ok || !errors.Is(err, errInterrupted) || len(run.Failures) > 0 || !slices.Equal(run.Skipped, []string{"Function"}) || run.Recorded != 9 {
			t.Fatalf("the error is %+v", run)
		}
		if r := w.saved().Record("Function"); r.Status != string(CreateInProgress) {
			t.Errorf("the function is recorded as %s", r.Status)
		}
		w.mustUp(t, w.list(first)...)
		w.is(t, w.list(first))
	})
}
