package loop_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// A second driver: it sends each job when its time has come, stops when it likes, and evaluates the pieces itself.
// It comes to what Run comes to.
func TestADriverWithItsOwnClockComesToTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, jobs := drawConfig(t), drawJobs(t)
		trace, err := loop.NewTrace(jobs)
		if err != nil {
			t.Fatal(err)
		}
		want, err := loop.RunSource(c, trace.Source(), loop.Options{Series: true})
		if err != nil {
			t.Fatal(err)
		}
		plant := loop.NewPlant(c.Group, c.Queue, nil)
		control := loop.NewController(c.Policies)
		samples := loop.NewSamples(1000)
		var got []loop.Action
		end := loop.FromSeconds(want.Totals.End)
		last, sent, minute, evaluation := loop.Millis(0), 0, loop.Minute, loop.Minute+c.Metric.Delay
		for {
			next := min(minute, evaluation)
			if rapid.IntRange(0, 9).Draw(t, "tick") == 0 {
				next = max(last, next-loop.Millis(rapid.IntRange(0, 3000).Draw(t, "early")))
			}
			last = next
			for sent < len(jobs) && jobs[sent].Arrival <= next {
				plant.Push(jobs[sent])
				sent++
			}
			if err := plant.Advance(next); err != nil {
				t.Fatal(err)
			}
			if next == minute {
				s := plant.Sample(next)
				row := want.Series[minute/loop.Minute-1]
				if s.Visible != row.Visible || s.Inflight != row.Inflight || s.InService != row.InService {
					t.Fatalf("%+v, want %+v", s, row)
				}
				for _, g := range c.Metric.Gaps {
					s.Missing = s.Missing || g.From <= next && next < g.To
				}
				samples.Add(s)
				minute += loop.Minute
			}
			if next == end {
				break
			}
			if next == evaluation {
				k := int((evaluation - c.Metric.Delay) / loop.Minute)
				if p, a := control.Act(next, k, samples, plant); p != nil {
					got = append(got, loop.Action{Time: next.Seconds(), Policy: p.Label(), From: a.From, To: a.To})
					plant.Settle(next)
				}
				evaluation += loop.Minute
			}
		}
		if diff := cmp.Diff(want.Actions, append([]loop.Action{}, got...)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestAJobCanNotArriveInThePast(t *testing.T) {
	c := loop.DefaultConfig()
	c.Group.Initial = 1
	plant := loop.NewPlant(c.Group, c.Queue, nil)
	var events []loop.Event
	plant.Watch = func(e loop.Event) { events = append(events, e) }
	for _, at := range []loop.Millis{500, 500} {
		if err := plant.Advance(at); err != nil {
			t.Fatal(err)
		}
		plant.Push(loop.Job{Arrival: 3, Service: 40})
	}
	if err := plant.Advance(1000); err != nil {
		t.Fatal(err)
	}
	want := []loop.Event{
		{Kind: loop.Received, At: 500}, {Kind: loop.Completed, At: 540},
		{Kind: loop.Received, At: 540, Message: 1}, {Kind: loop.Completed, At: 580, Message: 1},
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Error(diff)
	}
}
