package main

import (
	"cmp"
	"context"
	"os"
	"slices"
	"time"
)

// group is an Auto Scaling group that a stack is built around.
type group struct {
	name    string
	minSize int
	about   string
	targets bool // the targets are for the stack of this group
}

// groups are the two sizes that the stack of the default settings can have.
var groups = []group{
	{"bench-workers", 1, "nine resources and the role's policy (a group that is never empty)", true},
	{"bench-burst", 0, "with the wake rule's three (a group that can be empty)", false},
}

// commands are the life of a stack. Each begins where the one before left off.
var commands = []struct {
	name string
	args []string // and --asg where it is told
	asg  bool
}{
	{"cold up", []string{"up"}, true},
	{"second up", []string{"up"}, true},
	{"plan", []string{"plan"}, true},
	{"status", []string{"status"}, false},
	{"destroy", []string{"destroy", "--yes"}, false},
}

// figures are what one command took, or the median of several.
type figures struct {
	calls, mutating, hops, connections int
	usage
	best time.Duration // the shortest of several: what a machine takes that does nothing else
}

// measure runs all commands so many times, and returns the figures of each.
func measure(ctx context.Context, p *program, g group, delay time.Duration, runs int) ([]figures, error) {
	all := make([][]figures, len(commands))
	for range runs {
		life, err := lifetime(ctx, p, g, delay)
		if err != nil {
			return nil, err
		}
		for i, f := range life {
			all[i] = append(all[i], f)
		}
	}
	medians := make([]figures, len(commands))
	for i, several := range all {
		medians[i] = summary(several)
	}
	return medians, nil
}

// lifetime runs all commands once, on a sandbox of their own.
func lifetime(ctx context.Context, p *program, g group, delay time.Duration) ([]figures, error) {
	stateDir, err := os.MkdirTemp(p.dir, "state-")
	if err != nil {
		return nil, err
	}
	c, err := serve(ctx, delay)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.makeGroup(ctx, g.name, g.minSize); err != nil {
		return nil, err
	}
	var life []figures
	for _, command := range commands {
		args := command.args
		if command.asg {
			args = append(slices.Clone(args), "--asg", g.name)
		}
		c.take()
		used, err := p.run(ctx, c.url, stateDir, args...)
		if err != nil {
			return nil, err
		}
		t := c.take()
		life = append(life, figures{len(t.calls), t.mutating, hops(t.calls), t.connections, used, used.wall})
	}
	return life, nil
}

// hops is how many round trips lie behind one another: the length of the longest chain of calls each of
// which began after the one before had ended. Without a delay calls are too short to tell.
func hops(calls []span) int {
	byEnd := slices.SortedFunc(slices.Values(calls), func(a, b span) int { return a.end.Compare(b.end) })
	n := 0
	var last time.Time
	for _, c := range byEnd {
		if c.start.After(last) {
			n, last = n+1, c.end
		}
	}
	return n
}

// summary is the median of each figure, and the most of the memory.
func summary(of []figures) figures {
	pick := func(figure func(figures) int) int {
		var values []int
		for _, f := range of {
			values = append(values, figure(f))
		}
		return median(values)
	}
	s := figures{
		calls:       pick(func(f figures) int { return f.calls }),
		mutating:    pick(func(f figures) int { return f.mutating }),
		hops:        pick(func(f figures) int { return f.hops }),
		connections: pick(func(f figures) int { return f.connections }),
	}
	s.wall = time.Duration(pick(func(f figures) int { return int(f.wall) }))
	s.best = slices.MinFunc(of, func(a, b figures) int { return cmp.Compare(a.wall, b.wall) }).wall
	s.rss = slices.MaxFunc(of, func(a, b figures) int { return cmp.Compare(a.rss, b.rss) }).rss
	return s
}

func median[T cmp.Ordered](values []T) T {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}
