// Command bench measures what eventscale's commands cost: calls, round trips and wall time against the
// sandbox over HTTP, with a delay added to every request, beside the targets that are set for them.
//
// It knows eventscale as its users do, by the command line, and the sandbox as an HTTP server. It judges
// nothing but the figures: whether a command did the right thing is for the tests.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

func main() {
	runs := flag.Int("n", 5, "`runs` of each command, of which the median counts")
	flag.Parse()
	if err := bench(context.Background(), os.Stdout, *runs); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:forbidigo // main alone exits
	}
}

// delays are what is added to every request: none, a region nearby, a region far away.
var delays = []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond}

func bench(ctx context.Context, out io.Writer, runs int) error {
	dir, err := os.MkdirTemp("", "eventscale-bench-")
	if err != nil {
		return fmt.Errorf("making a folder to work in: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	p := &program{path: filepath.Join(dir, "eventscale.exe"), dir: dir} // .exe is what Windows needs
	if err := p.build(ctx); err != nil {
		return err
	}
	started, err := p.startTime(ctx, 4*runs)
	if err != nil {
		return err
	}
	t := newTable(out)
	for _, g := range groups {
		t.title(g)
		for _, delay := range delays {
			results, err := measure(ctx, p, g, delay, runs)
			if err != nil {
				return err
			}
			t.rows(g, delay, results)
		}
	}
	t.start(started)
	return t.flush(runs)
}

// build makes the program as a release is made.
func (p *program) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", p.path, "./cmd/eventscale")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building eventscale: %w", err)
	}
	return nil
}
