package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/eventscale/eventscale/internal/state"
)

// saves kills every story before each step of each save, takes the power away where that makes a difference,
// and fills or breaks its disk at each save.
func (t *torturer) saves(ctx context.Context) error {
	all := stories()
	for _, s := range all {
		if err := t.rehearse(ctx, s); err != nil {
			return err
		}
	}
	for _, s := range all {
		steps, err := t.steps(ctx, s)
		if err != nil {
			return err
		}
		t.series(ctx, "saves: a folder that takes nothing", s.unfit())
		for _, kind := range diskHarms() {
			t.series(ctx, "saves: "+kind.name, t.diskPoints(s, steps, kind))
		}
	}
	return nil
}

// diskHarmKind is one way in which a save goes wrong, at all steps that it applies to.
type diskHarmKind struct {
	name    string
	fails   syscall.Errno
	power   bool
	applies func(step) bool
}

// diskHarms: a full disk lets nothing be made or written, a broken one nothing be synced; and only before a
// folder is synced can power be lost with another outcome than a kill has.
func diskHarms() []diskHarmKind {
	return []diskHarmKind{
		{name: "killed at a step of a save", applies: func(s step) bool { return s.op != "lock" }},
		{name: "power lost before a sync", power: true, applies: func(s step) bool { return s == step{"sync", "folder"} || s == step{"sync", "folder above"} }},
		{name: "disk full at a save", fails: syscall.ENOSPC, applies: func(s step) bool {
			return s == step{"create", "new state"} || s == step{"write", "new state"}
		}},
		{name: "disk broken at a save", fails: syscall.EIO, applies: func(s step) bool {
			return s == step{"sync", "new state"} || s == step{"sync", "folder"}
		}},
	}
}

// steps lists what a story does to the state folder undisturbed, and how often.
func (t *torturer) steps(ctx context.Context, s *story) (map[step]int, error) {
	trial, err := t.program.begin(ctx, false)
	if err != nil {
		return nil, err
	}
	defer trial.end()
	d, o, err := trial.traced(ctx, s, nil)
	if err == nil && o.code != 0 {
		err = fmt.Errorf("%s, traced: exit code %d\n%s", s.name, o.code, o.output)
	}
	if err != nil {
		return nil, err
	}
	return d.seen, synced(d.seen)
}

// synced checks that every save syncs the file before it is renamed, and the folder after, and that a folder that
// is made is synced in the one above: where a sync is left out there is no point at which power could be lost before it.
func synced(steps map[step]int) error {
	saves := steps[step{"rename", "new state"}]
	if saves == 0 || steps[step{"sync", "new state"}] < saves || steps[step{"sync", "folder"}] < saves ||
		steps[step{"sync", "folder above"}] < steps[step{"make", "folder"}] {
		return fmt.Errorf("%d saves, and not each is synced: %v", saves, steps)
	}
	return nil
}

// traced runs a story with harm to its disk.
func (t *trial) traced(ctx context.Context, s *story, h *diskHarm) (*disk, outcome, error) {
	if err := s.prepare(ctx, t); err != nil {
		return nil, outcome{}, err
	}
	printed, err := os.CreateTemp(t.program.dir, "printed-")
	if err != nil {
		return nil, outcome{}, err
	}
	defer func() { _ = errors.Join(printed.Close(), os.Remove(printed.Name())) }()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, outcome{}, err
	}
	defer func() { _ = null.Close() }()
	d := newDisk(t.stateDir(), h)
	run := &tracer{enter: d.enter, leave: d.leave}
	t.expect(nil)
	t.mutations.Store(0)
	err = run.run(t.program.path, s.args, &os.ProcAttr{Dir: t.home, Env: t.program.environment(t.url), Files: []*os.File{null, printed, printed}})
	t.settle()
	output, readErr := os.ReadFile(printed.Name())
	o := outcome{code: run.code, signal: run.signaled, output: string(output)}
	t.note(s.args, o)
	return d, o, errors.Join(err, readErr)
}

// diskPoints are the points of one kind of harm.
func (t *torturer) diskPoints(s *story, steps map[step]int, kind diskHarmKind) []point {
	var points []point
	for _, at := range sorted(steps) {
		if !kind.applies(at) {
			continue
		}
		for k := 1; k <= steps[at]; k++ {
			points = append(points, point{
				name: fmt.Sprintf("%s, step %d of %d of %q", s.name, k, steps[at], at),
				do: func(ctx context.Context, trial *trial) error {
					return s.diskHarmed(ctx, trial, &diskHarm{at, k, kind.fails, kind.power})
				},
			})
		}
	}
	return points
}

func sorted(steps map[step]int) []step {
	var all []step
	for s := range steps {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b step) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

// diskHarmed runs the story with harm to its disk, and then again without.
func (s *story) diskHarmed(ctx context.Context, t *trial, h *diskHarm) error {
	d, o, err := t.traced(ctx, s, h)
	if err != nil {
		return err
	}
	t.reached = d.spent
	switch {
	case !d.spent && o.code != 0:
		return fmt.Errorf("it was not disturbed, and ended with exit code %d", o.code)
	case h.power:
		if t.reached, err = d.losePower(); err != nil {
			return err
		}
	case d.spent && h.fails != 0:
		if err := s.unsaved(t, h, o); err != nil {
			return err
		}
	}
	return s.again(ctx, t)
}

// unsaved checks that a run that could not save printed what it could not, and said so by its exit code. Every
// other time the user saves it by hand.
func (s *story) unsaved(t *trial, h *diskHarm, o outcome) error {
	if _, err := os.Stat(t.store().Path(stackName)); err != nil && s.destroys() {
		return nil // there was nothing to save any more: the file itself was being removed
	}
	_, text, found := strings.Cut(o.output, "to be saved by hand as ")
	if o.code != 6 || !found {
		return fmt.Errorf("the state could not be saved: exit code %d, want 6 and the state", o.code)
	}
	path, text, _ := strings.Cut(text, ":\n")
	text, _, _ = strings.Cut(text, "\n}\n")
	text += "\n}\n"
	if _, err := state.Decode([]byte(text)); err != nil {
		return fmt.Errorf("what was printed is no state: %w", err)
	}
	if h.k%2 == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(t.home, path), []byte(text), 0o600)
}

// unfit are the file systems that cannot hold a state: one that is read-only, and one without locks. The run must
// say so before it has made anything.
func (s *story) unfit() []point {
	refused := func(h *diskHarm, says string) func(context.Context, *trial) error {
		return func(ctx context.Context, t *trial) error {
			t.reached = true
			_, o, err := t.traced(ctx, s, h)
			switch {
			case err != nil:
				return err
			case o.code != 3 || !strings.Contains(o.output, says):
				return fmt.Errorf("exit code %d, want 3 and %q", o.code, says)
			case t.mutations.Load() > 0:
				return errors.New("it made something")
			}
			return s.again(ctx, t)
		}
	}
	return []point{
		{name: s.name + ", read-only", do: refused(&diskHarm{step{"create", "lock"}, 1, syscall.EROFS, false}, "cannot be written: ")},
		{name: s.name + ", without locks", do: refused(&diskHarm{step{"lock", "lock"}, 1, syscall.ENOLCK, false}, "has no locks: ")},
		{name: s.name + ", that knows no locks", do: refused(&diskHarm{step{"lock", "lock"}, 1, syscall.EOPNOTSUPP, false}, "has no locks: ")},
	}
}
