//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// hopeless are the profiles under which a run cannot end well: it must say so, and a later run, when the trouble
// is over, must complete it.
var hopeless = []string{"denied", "no-network", "permanent-error", "quota", "quota-log-groups"}

// sideBySide is how many trials go at once that do nothing but wait.
const sideBySide = 8

// faults puts up, an update, a replacement and destroy under every profile of faults.
func (t *torturer) faults(ctx context.Context) error {
	root, err := module(ctx)
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(root, "testdata", "faults", "*.yaml"))
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("there are no profiles in %s: %w", root, err)
	}
	all := stories()
	for _, s := range all {
		if err := t.rehearse(ctx, s); err != nil {
			return err
		}
	}
	var points []point
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		profile, err := sandbox.ParseProfile(content)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		for _, s := range all {
			points = append(points, point{
				name: name + ", " + s.name, kept: true,
				do: s.faulty(all[0], profile, slices.Contains(hopeless, name)),
			})
		}
	}
	if t.short() {
		points = slices.DeleteFunc(points, func(p point) bool { return !strings.HasPrefix(p.name, "cut-after-effect") })
	}
	defer func(n int) { t.workers = n }(t.workers)
	t.workers = sideBySide
	t.series(ctx, "fault profiles", points)
	return nil
}

// module is the folder of the sources.
func module(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the sources: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// faulty runs a story under a profile, and after a destroy the first story, too: what is made of a name that was
// just in use. What it finds was made without faults, and who looks sees the account as it is.
func (s *story) faulty(first *story, profile *sandbox.Profile, hopeless bool) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		t.reached = true
		if err := s.prepare(ctx, t); err != nil {
			return err
		}
		if err := s.suffers(ctx, t, profile, hopeless); err != nil {
			return err
		}
		if !s.destroys() {
			return s.again(ctx, t)
		}
		if hopeless {
			if err := s.again(ctx, t); err != nil {
				return err
			}
		}
		if err := first.suffers(ctx, t, profile, hopeless); err != nil {
			return err
		}
		return first.again(ctx, t)
	}
}

// suffers runs the story under a profile: it ends well, or says what it could not do.
func (s *story) suffers(ctx context.Context, t *trial, profile *sandbox.Profile, hopeless bool) error {
	if err := t.under(profile); err != nil {
		return err
	}
	start := time.Now()
	o, err := t.run(ctx, s.args...)
	fmt.Fprintf(&t.log, "[it took %s]\n", time.Since(start).Round(time.Second))
	switch {
	case err != nil:
		return err
	case !hopeless && o.code != 0:
		return fmt.Errorf("exit code %d under a fault that passes", o.code)
	case o.code != 0 && !strings.Contains(o.output, "error: "):
		return fmt.Errorf("exit code %d, and no error is shown", o.code)
	}
	return t.under(&sandbox.Profile{})
}
