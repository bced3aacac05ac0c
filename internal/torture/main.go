//go:build unix

// Command torture proves what eventscale leaves behind when things go wrong. It runs the real program against
// the sandbox over HTTP, kills it at each of its calls and at each step of each save, fills its disk, sends it
// signals, lets many run at once, and puts it under every profile of faults. Then it runs it again, and looks
// into the account with clients that eventscale has no hand in: exactly one of each object must be there, all
// wired, and recorded; after a destroy, nothing.
//
// It knows eventscale as its users do, by the command line, and its state file.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	short := flag.Bool("short", false, "a sample of each series")
	markdown := flag.Bool("markdown", false, "print the table as Markdown")
	workers := flag.Int("workers", runtime.NumCPU(), "`trials` at a time")
	seed := flag.Uint64("seed", 0, "the first `walk` of again, to repeat one (default: by the clock)")
	flag.Parse()
	t := &torturer{workers: *workers, stride: 1, seed: *seed, log: os.Stderr}
	if *short {
		t.stride = sample
	}
	failed, err := torture(context.Background(), flag.Args(), t, *markdown)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
	}
	if failed || err != nil {
		os.Exit(1) //nolint:forbidigo // main alone exits
	}
}

// sample is the stride of -short.
const sample = 5

// parts are what can be chosen, in their order.
var parts = []struct {
	name string
	do   func(*torturer, context.Context) error
}{
	{"crash", (*torturer).crash},
	{"again", (*torturer).again},
	{"saves", (*torturer).saves},
	{"races", (*torturer).races},
	{"signals", (*torturer).signals},
	{"faults", (*torturer).faults},
	{"fuzz", (*torturer).fuzz},
}

// torture runs the parts that are named, or all, and prints the table. It reports whether anything failed.
func torture(ctx context.Context, names []string, t *torturer, markdown bool) (failed bool, err error) {
	if err := check(names); err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "eventscale-torture-")
	if err != nil {
		return false, fmt.Errorf("making a folder to work in: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	t.program = &program{path: filepath.Join(dir, "eventscale"), dir: dir}
	if err := t.program.build(ctx); err != nil {
		return false, err
	}
	for _, p := range parts {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		if err := p.do(t, ctx); err != nil {
			return false, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return t.show(os.Stdout, markdown)
}

// check refuses what is no part.
func check(names []string) error {
	var known []string
	for _, p := range parts {
		known = append(known, p.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%q is no part: there are %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}
