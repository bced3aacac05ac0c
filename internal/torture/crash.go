//go:build unix

package main

import (
	"context"
	"fmt"
)

// slack is how many calls more than in the rehearsal a run may make: waits ask once more or less.
const slack = 2

// crash kills every story at each of its calls, before and after the call takes effect; then the same command
// or the opposite one must bring the account and the state to what they should be.
func (t *torturer) crash(ctx context.Context) error {
	all := stories()
	for _, s := range all {
		if err := t.rehearse(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range all {
		for _, recovery := range []struct {
			name string
			do   func(context.Context, *trial) error
		}{{"the same command", s.again}, {"the opposite one", s.otherwise(all[0])}} {
			t.series(ctx, "crash: killed at a call, then "+recovery.name, t.kills(s, recovery.do))
		}
	}
	for _, s := range adoptions() {
		if err := t.rehearse(ctx, s); err != nil {
			return err
		}
		t.series(ctx, "crash: killed at a call of an adoption, then the same command", t.kills(s, s.again))
	}
	return nil
}

// rehearse runs a story undisturbed in a trial of its own.
func (t *torturer) rehearse(ctx context.Context, s *story) error {
	trial, err := t.program.begin(ctx, false)
	if err != nil {
		return err
	}
	defer trial.end()
	if err := s.rehearse(ctx, trial); err != nil {
		return fmt.Errorf("%s, undisturbed: %w\n%s", s.name, err, trial.log.String())
	}
	return nil
}

// kills are all points of a story.
func (t *torturer) kills(s *story, then func(context.Context, *trial) error) []point {
	var points []point
	for n := int32(1); n <= s.calls+slack; n++ {
		for _, effect := range []bool{false, true} {
			points = append(points, point{
				name: fmt.Sprintf("%s, call %d of %d, effect %t", s.name, n, s.calls, effect),
				do:   func(ctx context.Context, trial *trial) error { return s.killed(ctx, trial, n, effect, then) },
			})
		}
	}
	return points
}

// killed kills the story at its n-th call.
func (s *story) killed(ctx context.Context, t *trial, n int32, effect bool, then func(context.Context, *trial) error) error {
	if err := s.prepare(ctx, t); err != nil {
		return err
	}
	h := &harm{at: n, effect: effect, do: t.kill}
	t.expect(h)
	o, err := t.run(ctx, s.args...)
	t.expect(nil)
	if err != nil {
		return err
	}
	t.reached = h.done.Load()
	if !t.reached && o.code != 0 {
		return fmt.Errorf("it was not killed, and ended with exit code %d", o.code)
	}
	return then(ctx, t)
}
