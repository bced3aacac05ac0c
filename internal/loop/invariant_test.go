package loop_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// witness follows every message and instance through a run's events.
type witness struct {
	t        *rapid.T
	c        *loop.Config
	on       map[int64]int64 // message to the instance that runs it
	hidden   map[int64]bool
	done     map[int64]bool
	born     map[int64]loop.Millis
	draining map[int64]bool
	busy     map[int64]int
	lived    loop.Millis
	kills    int64
	last     loop.Millis
}

func newWitness(t *rapid.T, c *loop.Config) *witness {
	return &witness{
		t: t, c: c, on: map[int64]int64{}, hidden: map[int64]bool{}, done: map[int64]bool{},
		born: map[int64]loop.Millis{}, draining: map[int64]bool{}, busy: map[int64]int{},
	}
}

func (w *witness) require(ok bool, e loop.Event, what string) {
	if !ok {
		w.t.Fatalf("%+v: %s", e, what)
	}
}

func (w *witness) watch(e loop.Event) {
	w.require(e.At >= w.last, e, "time goes back")
	w.last = e.At
	_, running := w.on[e.Message]
	_, lives := w.born[e.Instance]
	w.require(e.Instance < 0 || lives || e.Kind == loop.Launched || w.c.Group.Initial > int(e.Instance), e, "the instance is not there")
	w.require(e.Message < 0 || !w.done[e.Message], e, "the message is done already")
	switch e.Kind {
	case loop.Received:
		w.require(!running && !w.hidden[e.Message], e, "the message is in flight")
		w.require(!w.draining[e.Instance], e, "a draining instance takes no message")
		w.on[e.Message] = e.Instance
		w.busy[e.Instance]++
		w.require(w.busy[e.Instance] <= w.c.Group.Slots, e, "more jobs than slots")
	case loop.Completed, loop.Killed:
		w.require(running && w.on[e.Message] == e.Instance, e, "the instance does not run the message")
		delete(w.on, e.Message)
		w.busy[e.Instance]--
		if e.Kind == loop.Completed {
			w.done[e.Message] = true
			return
		}
		w.require(w.c.Group.ScaleIn != loop.Protect, e, "a protected job is killed")
		w.hidden[e.Message] = true
		w.kills++
	case loop.Redelivered, loop.DeadLettered:
		w.require(w.hidden[e.Message], e, "the message was not killed")
		delete(w.hidden, e.Message)
		w.done[e.Message] = e.Kind == loop.DeadLettered
	case loop.Launched:
		w.born[e.Instance] = e.At
	case loop.DrainBegun:
		w.draining[e.Instance] = true
	case loop.InstanceRemoved:
		w.require(w.busy[e.Instance] == 0, e, "it runs jobs")
		w.lived += e.At - w.born[e.Instance]
		delete(w.born, e.Instance)
	}
}

func TestNothingIsLostOrDoneTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, jobs := drawConfig(t), drawJobs(t)
		w := newWitness(t, c)
		got := run(t, c, jobs, loop.Options{Watch: w.watch}).Totals
		if got.Completed+got.DeadLettered+got.Unfinished != int64(len(jobs)) || int64(len(w.done)) < got.Completed {
			t.Fatalf("of %d messages, %+v", len(jobs), got)
		}
		if got.JobsKilled != w.kills || w.kills == 0 && got.Redelivered+got.DeadLettered > 0 {
			t.Fatalf("%d killed, %+v", w.kills, got)
		}
	})
}

func TestInstanceTimeIsTheSumOfLifetimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, jobs := drawConfig(t), drawJobs(t)
		w := newWitness(t, c)
		for i := range c.Group.Initial {
			w.born[int64(i)] = 0 // they are there before anybody watches
		}
		got := run(t, c, jobs, loop.Options{Watch: w.watch}).Totals
		end := loop.FromSeconds(got.End)
		for _, born := range w.born {
			w.lived += end - born
		}
		if int64(w.lived) != got.InstanceMillis {
			t.Fatalf("instances lived %d ms, the totals say %d", w.lived, got.InstanceMillis)
		}
		if slots := loop.Millis(c.Group.Slots); int64(w.lived*slots) < got.BusyMillis+got.WastedMillis {
			t.Fatalf("more work than %d ms of %d slots: %+v", w.lived, slots, got)
		}
	})
}

func TestCapacityStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, jobs := drawConfig(t), drawJobs(t)
		c.Policies = append(c.Policies,
			&loop.KEDA{Name: "keda", QueueLength: 3, Poll: 7 * loop.Second, Stabilization: 100 * loop.Second},
			&loop.Schedule{Name: "plan", Plan: []loop.Entry{{At: 100 * loop.Second, Capacity: 50}, {At: 300 * loop.Second}}})
		got := run(t, c, jobs, loop.Options{Series: true})
		for _, a := range got.Actions {
			if a.To < c.Group.Min || a.To > c.Group.Max || a.To == a.From {
				t.Fatalf("%+v, bounds %d and %d", a, c.Group.Min, c.Group.Max)
			}
		}
		for _, r := range got.Series {
			if r.Desired < c.Group.Min || r.Active < r.Desired || r.Active > c.Group.Max {
				t.Fatalf("%+v, bounds %d and %d", r, c.Group.Min, c.Group.Max)
			}
			if c.Group.ScaleIn != loop.Protect && r.Active != r.Desired {
				t.Fatalf("%+v without protection", r)
			}
		}
	})
}

func TestNoSimpleActivityInsideACooldown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, jobs := drawConfig(t), drawJobs(t)
		cooldown := loop.Millis(0)
		simple := map[string]*loop.Simple{}
		for _, p := range c.Policies {
			if p, ok := p.(*loop.Simple); ok {
				simple[p.Name] = p
			}
		}
		got := run(t, c, jobs, loop.Options{})
		for _, a := range got.Actions {
			p := simple[a.Policy]
			if p == nil {
				continue
			}
			at := loop.FromSeconds(a.Time)
			if at < cooldown {
				t.Fatalf("%+v before %v", a, cooldown.Seconds())
			}
			if cooldown = at + p.Cooldown; a.To > a.From && c.Group.ScaleIn != loop.Protect {
				cooldown += c.Group.Launch
			}
		}
	})
}

func TestTheSameInputGivesTheSameOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, jobs := drawConfig(t), drawJobs(t)
		bare := run(t, c, jobs, loop.Options{})
		full := run(t, c, jobs, loop.Options{Series: true, PerMessage: true, Watch: func(loop.Event) {}})
		if diff := cmp.Diff(bare.Totals, full.Totals); diff != "" {
			t.Fatalf("totals depend on what else is asked for:\n%s", diff)
		}
		if diff := cmp.Diff(bare.Actions, full.Actions); diff != "" {
			t.Fatalf("actions depend on what else is asked for:\n%s", diff)
		}
		if diff := cmp.Diff(full, run(t, c, jobs, loop.Options{Series: true, PerMessage: true})); diff != "" {
			t.Fatalf("twice the same, and:\n%s", diff)
		}
		checkMessages(t, full)
	})
}

// checkMessages holds the messages against the totals.
func checkMessages(t *rapid.T, r *loop.Result) {
	if int64(len(r.Messages)) != r.Totals.Messages {
		t.Fatalf("%d messages of %d", len(r.Messages), r.Totals.Messages)
	}
	var waits []int64
	n := map[loop.Outcome]int64{}
	for _, m := range r.Messages {
		waits = append(waits, int64(m.Wait))
		n[m.Outcome]++
		if m.Outcome == loop.OutcomeDone && m.End != m.Arrival+m.Wait+m.Service {
			t.Fatalf("%+v does not add up", m)
		}
	}
	if got := spread(waits); got != r.Totals.Wait {
		t.Fatalf("waits of the messages %+v, of the totals %+v", got, r.Totals.Wait)
	}
	if n[loop.OutcomeDone] != r.Totals.Completed || n[loop.OutcomeDead] != r.Totals.DeadLettered || n[loop.OutcomeUnfinished] != r.Totals.Unfinished {
		t.Fatalf("%v, and %+v", n, r.Totals)
	}
}
