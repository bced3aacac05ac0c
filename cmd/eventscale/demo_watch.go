package main

import (
	"context"
	"fmt"
	"time"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

// watching is a stack whose loop is looked at.
type watching struct {
	stack *stack.Stack
	world *demoWorld
	begun time.Time // when the jobs were sent, by the world's clock
	jobs  int
	speed float64
}

// watch shows the loop until it has come to rest. Requests take no time in it: there is enough to be seen.
func (a *app) watch(ctx context.Context, w *watching) error {
	w.world.slow(0)
	view := a.newDemoView(w.speed)
	a.screen.show(view)
	defer a.end()
	every := lookEvery(w.speed)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var idle stillness
	for {
		m, err := w.look(ctx)
		if err != nil {
			return err
		}
		view.Look(m)
		switch {
		case m.Resting():
			return nil
		case idle.lasts(m) || m.At > demoLongest:
			view.Note(unrest(m))
			return nil
		}
		select {
		case <-ticker.C:
			w.world.pass(time.Duration(float64(every) * w.speed))
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (a *app) newDemoView(speed float64) ui.Demo {
	switch {
	case a.json():
		return ui.NewJSONDemo(a.stdout)
	case a.global.verbose: // the log's lines would tear a live view apart
		return ui.NewPlainDemo(a.out())
	}
	return ui.NewDemo(a.out(), speed)
}

// The pauses between two looks: so short that the view moves smoothly, and so long that a machine of one core has
// time left. In the loop's time they are short enough that what happens in a minute is told apart.
const (
	longestLook = 150 * time.Millisecond // of real time
	longestStep = 20 * time.Second       // of the loop's
)

// lookEvery is how often the loop is looked at, in real time. A machine that is too slow for it shows the loop
// slower, and misses nothing.
func lookEvery(speed float64) time.Duration {
	step := time.Duration(float64(longestStep) / speed)
	return max(min(longestLook, step), time.Microsecond)
}

// look asks the stack how it is, as `eventscale status` does.
func (w *watching) look(ctx context.Context) (ui.Moment, error) {
	options := w.stack.Options
	options.Snapshot, options.Now = w.stack.Recorded(), nil // the world's clock tells more than whole seconds
	s, err := stack.Open(options)                           // a stack asks AWS once for each fact
	if err != nil {
		return ui.Moment{}, err
	}
	now := w.world.now()
	status, err := s.Status(ctx, now)
	return ui.Moment{At: now.Sub(w.begun), Begun: w.begun, Jobs: w.jobs, Status: &status}, err
}

// stillness knows since when nothing has changed.
type stillness struct {
	since            time.Duration
	waiting, working int
	desired          int
}

// demoStill is longer than any pause of a loop that will go on: the visibility timeout of the jobs that an
// instance took with it is 15 minutes, the cooldown 5.
const demoStill = 20 * time.Minute

func (s *stillness) lasts(m ui.Moment) bool {
	q, g := m.Status.Queue, m.Status.Group
	if q == nil || g == nil {
		return false
	}
	now := stillness{m.At, q.Visible, q.InFlight, g.Desired}
	if s.waiting != now.waiting || s.working != now.working || s.desired != now.desired {
		*s = now
	}
	return m.At-s.since > demoStill
}

// unrest says what a loop that stands still, or goes on for ever, has left undone.
func unrest(m ui.Moment) string {
	q, g := m.Status.Queue, m.Status.Group
	if waiting := q.Visible + q.InFlight; waiting > 0 && g.InService == 0 {
		return fmt.Sprintf("the loop stands still with %d of %d jobs undone: no alarm brings an instance for them", waiting, m.Jobs)
	}
	return fmt.Sprintf("the loop is watched no longer: %d in service, %d wanted, and the minimum is %d", g.InService, g.Desired, g.Min)
}
