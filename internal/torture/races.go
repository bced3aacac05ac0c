//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// crowd is how many runs meet at once.
const crowd = 50

// races lets runs meet on one stack: one works, and the others wait or leave and name the one that works.
func (t *torturer) races(ctx context.Context) error {
	first := stories()[0]
	if err := t.rehearse(ctx, first); err != nil {
		return err
	}
	again := up
	t.series(ctx, "races: two on one stack", []point{
		{name: "up beside up", do: first.meets(up, up)},
		{name: "destroy beside up", do: first.meets(up, destroy, again...)},
		{name: "up beside destroy", do: first.meets(destroy, up, again...)},
		{name: "destroy beside destroy", do: first.meets(destroy, destroy, again...)},
		{name: "up beside up, with patience", do: first.waits},
		{name: "up beside up, with too little patience", do: first.meets(up, append(slices.Clone(up), "--lock-timeout", "300ms"))},
		{name: "two stacks in one folder", do: twoStacks},
		{name: "the lock of a dead process", do: first.inherits},
	})
	var crowds []point
	for round := range 5 {
		crowds = append(crowds,
			point{name: fmt.Sprintf("impatient, round %d", round), do: first.crowd(func(int) []string { return up })},
			point{name: fmt.Sprintf("patient, round %d", round), do: first.crowd(func(int) []string { return patient(up) })},
			point{name: fmt.Sprintf("up and destroy, round %d", round), do: first.crowd(func(i int) []string { return patient([][]string{up, destroy}[i%2]) })},
		)
		if t.short() {
			break
		}
	}
	t.series(ctx, fmt.Sprintf("races: %d on one stack", crowd), crowds)
	return nil
}

// patient is a command that waits for its turn.
func patient(args []string) []string { return append(slices.Clone(args), "--lock-timeout", "4m") }

// held starts a run that is held at its first call until it is let go.
func (t *trial) held(ctx context.Context, args []string) (r *running, letGo func(), err error) {
	reached, release := make(chan struct{}), make(chan struct{})
	t.expect(&harm{at: 1, answer: true, do: func() { close(reached); <-release }})
	if r, err = t.start(ctx, args...); err != nil {
		return nil, nil, err
	}
	select {
	case <-reached:
	case <-r.ctx.Done():
		return nil, nil, errors.New("the first run made no call")
	}
	return r, func() { close(release) }, nil
}

// meets lets one run come while another is held: it leaves at once, and names the other.
func (s *story) meets(one, other []string, before ...string) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		t.reached = true
		if before != nil {
			if err := t.must(ctx, 0, before...); err != nil {
				return err
			}
		}
		r, letGo, err := t.held(ctx, one)
		if err != nil {
			return err
		}
		o, err := t.startAndWait(ctx, other)
		letGo()
		first, firstErr := r.wait()
		t.expect(nil)
		switch {
		case err != nil || firstErr != nil:
			return errors.Join(err, firstErr)
		case o.code != 5:
			return fmt.Errorf("the second run: exit code %d, want 5", o.code)
		case !names(o.output, one[0], r.cmd.Process.Pid):
			return errors.New("the second run does not name the first")
		case first.code != 0:
			return fmt.Errorf("the first run: exit code %d", first.code)
		}
		return s.again(ctx, t)
	}
}

// startAndWait runs the program while another is under way.
func (t *trial) startAndWait(ctx context.Context, args []string) (outcome, error) {
	r, err := t.start(ctx, args...)
	if err != nil {
		return outcome{}, err
	}
	return r.wait()
}

// names tells whether a text names a run: user, host, process, since when and what.
func names(text, command string, pid int) bool {
	host, _ := os.Hostname()
	for _, part := range []string{"`eventscale " + command + "`", "@" + host, fmt.Sprintf("process %d", pid), "since 20"} {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// waits lets a patient run come while another is held.
func (s *story) waits(ctx context.Context, t *trial) error {
	t.reached = true
	r, letGo, err := t.held(ctx, up)
	if err != nil {
		return err
	}
	second, err := t.start(ctx, patient(up)...)
	letGo()
	if err != nil {
		return err
	}
	for _, r := range []*running{r, second} {
		if o, err := r.wait(); err != nil || o.code != 0 {
			return fmt.Errorf("exit code %d: %w", o.code, err)
		}
	}
	t.expect(nil)
	return s.again(ctx, t)
}

// twoStacks lets two runs go at once that have nothing to do with one another.
func twoStacks(ctx context.Context, t *trial) error {
	t.reached = true
	r, letGo, err := t.held(ctx, append(slices.Clone(up), "--stack", "one"))
	if err != nil {
		return err
	}
	second, err := t.startAndWait(ctx, append(slices.Clone(up), "--stack", "two"))
	letGo()
	first, firstErr := r.wait()
	t.expect(nil)
	if err := errors.Join(err, firstErr); err != nil || first.code+second.code != 0 {
		return fmt.Errorf("exit codes %d and %d: %w", first.code, second.code, err)
	}
	for _, name := range []string{"one", "two"} {
		if err := t.must(ctx, 0, "destroy", "--yes", "--stack", name); err != nil {
			return err
		}
	}
	return t.mustBe(ctx, t.base)
}

// inherits kills a run that holds the lock: its file stays, and the next run takes it.
func (s *story) inherits(ctx context.Context, t *trial) error {
	t.reached = true
	r, letGo, err := t.held(ctx, up)
	if err != nil {
		return err
	}
	t.kill()
	_, err = r.wait()
	letGo()
	t.settle()
	t.expect(nil)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(t.stateDir(), stackName+".lock")); err != nil {
		return fmt.Errorf("the killed run had no lock: %w", err)
	}
	return s.again(ctx, t)
}

// crowd lets many runs go at once. Each is done, or leaves and names another; a destroy may find nothing. Then
// one more must find all in order.
func (s *story) crowd(args func(int) []string) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		t.reached = true
		outcomes, err := t.atOnce(ctx, args)
		if err != nil {
			return err
		}
		worked := 0
		for i, o := range outcomes {
			words := args(i)
			nothing := o.code == 3 && words[0] == destroy[0] && strings.Contains(o.output, "there is no")
			left := o.code == 5 && strings.Contains(o.output, "is locked by `eventscale ") && !slices.Contains(words, "--lock-timeout")
			switch {
			case o.code == 0:
				worked++
			case !nothing && !left:
				return fmt.Errorf("eventscale %v: exit code %d\n%s", words, o.code, o.output)
			}
		}
		if worked == 0 {
			return errors.New("none of them worked")
		}
		return s.again(ctx, t)
	}
}

// atOnce starts a crowd and waits for all.
func (t *trial) atOnce(ctx context.Context, args func(int) []string) ([]outcome, error) {
	outcomes, errs := make([]outcome, crowd), make([]error, crowd)
	var all sync.WaitGroup
	for i := range crowd {
		all.Go(func() { outcomes[i], errs[i] = t.startAndWait(ctx, args(i)) })
	}
	all.Wait()
	t.settle()
	return outcomes, errors.Join(errs...)
}
