//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// signals stops every story in order at each of its calls: by a signal, by a second one, by --timeout, and by
// closing what it prints to.
func (t *torturer) signals(ctx context.Context) error {
	all := stories()
	for _, s := range all {
		if err := t.rehearse(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range all {
		for _, kind := range []struct {
			name string
			do   func(*story, int32) func(context.Context, *trial) error
		}{
			{"a signal", (*story).interrupted}, {"two signals", (*story).interruptedTwice}, {"--timeout", (*story).timedOut},
			{"a closed pipe", (*story).unread}, {"a closed terminal", (*story).hungUp},
		} {
			var points []point
			for n := int32(1); n <= s.calls; n++ {
				points = append(points, point{name: fmt.Sprintf("%s, call %d of %d", s.name, n, s.calls), do: kind.do(s, n)})
			}
			t.series(ctx, "signals: "+kind.name, points)
		}
	}
	return nil
}

// stops are the signals by which people and systems end a program.
var stops = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// the exit code of a run that was stopped in order.
const exitInterrupted = 130

// interrupted sends a signal in the middle of a call, which is then answered: its result must be saved.
func (s *story) interrupted(n int32) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		send := func() {
			t.signal(stops[int(n)%len(stops)])
			pause(settleTime)
		}
		return s.stopped(ctx, t, &harm{at: n, answer: true, do: send}, exitInterrupted, func(context.Context, *trial) (outcome, error) {
			return t.run(ctx, s.args...)
		})
	}
}

// settleTime lets a signal arrive before an answer does. Where it is too short the point is an easier one.
const settleTime = 20 * time.Millisecond

func pause(d time.Duration) { <-time.After(d) }

// stopped disturbs the story, which must end in order with the exit code, or be done; and checks that all that
// is there is recorded, and that the same command goes on.
func (s *story) stopped(ctx context.Context, t *trial, h *harm, code int, run func(context.Context, *trial) (outcome, error)) error {
	if err := s.prepare(ctx, t); err != nil {
		return err
	}
	t.expect(h)
	o, err := run(ctx, t)
	t.expect(nil)
	if err != nil {
		return err
	}
	t.reached = h.done.Load()
	if o.code != 0 && o.code != code {
		return fmt.Errorf("exit code %d, want %d", o.code, code)
	}
	have, err := t.audit(ctx)
	if err != nil {
		return err
	}
	if err := have.knownTo(t.store(), t.base); err != nil {
		return err
	}
	return s.again(ctx, t)
}

// interruptedTwice sends two signals in the middle of a call, which takes its effect and is never answered: the
// program must leave at once.
func (s *story) interruptedTwice(n int32) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		if err := s.prepare(ctx, t); err != nil {
			return err
		}
		gone := make(chan struct{})
		h := &harm{at: n, effect: true, do: func() {
			t.signal(syscall.SIGINT)
			t.signal(syscall.SIGTERM)
			<-gone
		}}
		t.expect(h)
		o, err := t.startAndWait(ctx, s.args)
		close(gone)
		t.settle()
		t.expect(nil)
		if err != nil {
			return err
		}
		if t.reached = h.done.Load(); t.reached && o.code != exitInterrupted {
			return fmt.Errorf("exit code %d, want %d", o.code, exitInterrupted)
		}
		return s.again(ctx, t)
	}
}

// timedOut lets --timeout pass in the middle of a call, which is then answered.
func (s *story) timedOut(n int32) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		const limit = 150 * time.Millisecond
		wait := func() { pause(2 * limit) }
		return s.stopped(ctx, t, &harm{at: n, answer: true, do: wait}, 1, func(ctx context.Context, t *trial) (outcome, error) {
			o, err := t.run(ctx, append(slices.Clone(s.args), "--timeout", limit.String())...)
			if err == nil && o.code != 0 && !strings.Contains(o.output, "stopped by --timeout") {
				err = errors.New("it does not say what stopped it")
			}
			return o, err
		})
	}
}

// unread closes the pipe that the program prints to: `eventscale up 2>&1 | head -1`, at the n-th call.
func (s *story) unread(n int32) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		hangUp := func() { _ = r.Close() }
		defer hangUp()
		return s.stopped(ctx, t, &harm{at: n, answer: true, do: hangUp}, exitInterrupted, func(ctx context.Context, t *trial) (outcome, error) {
			return t.printing(ctx, s.args, r, w, nil)
		})
	}
}

// printing runs the program with its output to a file of its own, of which this end is read while it lasts.
func (t *trial) printing(ctx context.Context, args []string, r, w *os.File, set func(*exec.Cmd)) (outcome, error) {
	defer t.settle()
	run := t.prepared(ctx, args)
	run.cmd.Stdout, run.cmd.Stderr = w, w
	if set != nil {
		set(run.cmd)
	}
	err := run.begin()
	_ = w.Close()
	if err != nil {
		return outcome{}, err
	}
	heard := make(chan []byte)
	go func() {
		var text bytes.Buffer
		_, _ = bufio.NewReader(r).WriteTo(&text)
		heard <- text.Bytes()
	}()
	o, err := run.wait()
	_ = r.Close()
	o.output = string(<-heard)
	return o, err
}
