package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventscale/eventscale/internal/state"
)

func record(id string) func(*state.Snapshot) {
	return func(s *state.Snapshot) { s.Put(state.Record{LogicalID: id}) }
}

func TestThoseWhoRecordAtOnceShareASave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 50
		var saves int
		var durable atomic.Pointer[state.Snapshot]
		durable.Store(&state.Snapshot{})
		j := NewJournal(&state.Snapshot{}, func(s *state.Snapshot) error {
			saves++
			_ = sleep(context.Background(), time.Second)
			durable.Store(s.Clone())
			return nil
		})
		var writers sync.WaitGroup
		for i := range n {
			writers.Go(func() {
				if err := j.Record(record(id(i))); err != nil {
					t.Error(err)
				}
				if durable.Load().Record(id(i)) == nil {
					t.Errorf("Record returned and %s is not durable", id(i))
				}
			})
		}
		writers.Wait()
		// The first save holds what was recorded when it began, the second the rest.
		if saves > 2 || len(j.Snapshot().Resources) != n {
			t.Errorf("%d saves of %d records", saves, len(j.Snapshot().Resources))
		}
	})
}

func TestARecordMadeDuringASaveWaitsForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := NewJournal(&state.Snapshot{}, func(s *state.Snapshot) error { return sleep(context.Background(), time.Second) })
		start := time.Now()
		took := func(id string) (elapsed func() time.Duration) {
			done := make(chan time.Duration, 1)
			go func() { _ = j.Record(record(id)); done <- time.Since(start) }()
			return func() time.Duration { return <-done }
		}
		one := took("One")
		synctest.Wait()
		two := took("Two")
		if a, b := one(), two(); a != time.Second || b != 2*time.Second {
			t.Errorf("they took %s and %s", a, b)
		}
	})
}

func TestTheSerialFollowsTheFile(t *testing.T) {
	j := NewJournal(&state.Snapshot{Serial: 4}, func(s *state.Snapshot) error { s.Serial++; return nil })
	for range 3 {
		if err := j.Record(record("A")); err != nil {
			t.Fatal(err)
		}
	}
	if got := j.Snapshot().Serial; got != 7 {
		t.Errorf("the serial is %d", got)
	}
}

func TestASnapshotIsACopy(t *testing.T) {
	j := NewJournal(&state.Snapshot{}, func(*state.Snapshot) error { return nil })
	_ = j.Record(record("A"))
	j.Snapshot().Record("A").Status = "changed"
	if got := j.Snapshot().Record("A").Status; got != "" {
		t.Errorf("a copy changed the journal to %q", got)
	}
}

func TestNothingIsRecordedAfterASaveThatFailed(t *testing.T) {
	full := errors.New("no space left on device")
	saves := 0
	j := NewJournal(&state.Snapshot{}, func(*state.Snapshot) error { saves++; return full })
	for range 3 {
		if err := j.Record(record("A")); !errors.Is(err, full) {
			t.Errorf("the error is %v", err)
		}
	}
	if saves != 1 || !errors.Is(j.Err(), full) {
		t.Errorf("%d saves; the error is %v", saves, j.Err())
	}
}

// breaks lets every save fail from the n-th on, as the store does.
func (w *world) breaks(n int) *state.SaveError {
	failure := &state.SaveError{Path: "workers.json", Data: []byte("{}"), Err: errors.New("no space left on device")}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.onSave = func(write func()) error {
		if n--; n < 0 {
			return failure
		}
		write()
		return nil
	}
	return failure
}

// Wherever the disk breaks, no call is begun that could not be recorded, and the failure is told once.
func TestASaveThatFailsStopsEverything(t *testing.T) {
	for _, c := range []struct {
		name         string
		before, then design
	}{{"create", nothing, first}, {"update", first, changed}, {"replace", first, renamed}, {"destroy", first, nothing}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for broken, n := true, 0; broken; n++ {
					broken = stopsAfter(t, n, c.before, c.then)
				}
			})
		})
	}
}

// stopsAfter breaks the disk after n saves, and reports whether the run came so far.
func stopsAfter(t *testing.T, n int, before, then design) bool {
	w := newWorld()
	if err := w.bringTo(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	failure := w.breaks(n)
	w.around = func(c call, effect func() error) error {
		if err := w.intended(c); err != nil && c.mutates() {
			t.Error(err)
		}
		return effect()
	}
	err := w.bringTo(t.Context(), then)
	if err == nil {
		return false
	}
	save, ok := errors.AsType[*state.SaveError](err)
	if !ok || save != failure || err.Error() != failure.Error() {
		t.Errorf("after %d saves the error is %v", n, err)
	}
	return true
}

// A state that could not be saved must be told, whatever else has happened.
func TestASaveErrorIsNotHiddenByACancelledContext(t *testing.T) {
	w := newWorld()
	failure := w.breaks(0)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e := w.engine(w.one(traits{})...)
	e.Emit = func(Event) { cancel() }
	if err := e.up(ctx); !errors.Is(err, failure) {
		t.Errorf("the error is %v", err)
	}
}

func TestAFailureBesideASaveErrorIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		boom := errors.New("boom")
		var failure *state.SaveError
		w.around = func(c call, effect func() error) error {
			switch {
			case c.verb == "create" && c.name == "role":
				_ = sleep(context.Background(), time.Minute)
				return boom
			case c.verb == "create" && c.name == "logs":
				_ = sleep(context.Background(), time.Second)
				failure = w.breaks(0)
			}
			return effect()
		}
		err := w.engine(w.list(design{without: slices.DeleteFunc(allBut("Role"), func(id string) bool { return id == "Logs" })})...).up(t.Context())
		if want := failure.Error() + "\ncreating Test::Role Role: boom"; err == nil || err.Error() != want {
			t.Errorf("the error is %v, not %s", err, want)
		}
	})
}

func BenchmarkJournal(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(fmt.Sprintf("writers=%d", n), func(b *testing.B) {
			j := NewJournal(&state.Snapshot{}, func(*state.Snapshot) error { return nil })
			b.SetParallelism(n)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_ = j.Record(func(s *state.Snapshot) { s.Resources = slices.Grow(s.Resources[:0], 1) })
				}
			})
		})
	}
}
