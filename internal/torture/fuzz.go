//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fuzzTime is how long each target runs.
const fuzzTime = time.Minute

// target is a fuzz target of a package.
type target struct{ pkg, name string }

// fuzz runs every fuzz target of the module.
func (t *torturer) fuzz(ctx context.Context) error {
	root, err := module(ctx)
	if err != nil {
		return err
	}
	targets, err := targets(ctx, root)
	if err != nil {
		return err
	}
	limit := fuzzTime
	if t.short() {
		limit = time.Second
	}
	t.timed("fuzz targets", len(targets), func(i int) tally { return t.fuzzed(ctx, root, targets[i], limit) })
	return nil
}

// targets finds them in the sources, since to ask the packages' tests takes a build of each.
func targets(ctx context.Context, root string) ([]target, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{$p := .ImportPath}}{{$d := .Dir}}{{range .TestGoFiles}}{{$p}} {{$d}}/{{.}}\n{{end}}{{range .XTestGoFiles}}{{$p}} {{$d}}/{{.}}\n{{end}}", "./...")
	cmd.Dir = root
	files, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("looking for fuzz targets: %w", err)
	}
	var all []target
	for line := range strings.Lines(string(files)) {
		pkg, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		names, err := targetsOf(path)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			all = append(all, target{pkg, name})
		}
	}
	return all, nil
}

// targetsOf reads the fuzz targets of a test file.
func targetsOf(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, found := range regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`).FindAllSubmatch(content, -1) {
		names = append(names, string(found[1]))
	}
	return names, nil
}

// fuzzed runs one target.
func (t *torturer) fuzzed(ctx context.Context, root string, f target, limit time.Duration) tally {
	cmd := exec.CommandContext(ctx, "go", "test", f.pkg, "-run", "^$", "-fuzz", "^"+f.name+"$", "-fuzztime", limit.String(), "-parallel", "1")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	one := tally{points: 1, inputs: executions(string(out))}
	if err != nil {
		one.failures = t.failed("fuzz", f.pkg+" "+f.name, err, string(out)).failures
	}
	return one
}

// executions reads the last count that a fuzzing test printed.
func executions(out string) int {
	counts := regexp.MustCompile(`execs: (\d+)`).FindAllStringSubmatch(out, -1)
	if len(counts) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(counts[len(counts)-1][1])
	return n
}
