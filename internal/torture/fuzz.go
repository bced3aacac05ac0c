//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fuzzTime is how long each target runs.
const fuzzTime = time.Minute

// target is a fuzz target of a package, and the program that its tests are built to.
type target struct{ pkg, dir, name, program string }

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
	if err := t.instrument(ctx, targets); err != nil {
		return err
	}
	limit := fuzzTime
	if t.short() {
		limit = time.Second
	}
	t.timed("fuzz targets", len(targets), func(i int) tally { return t.fuzzed(ctx, targets[i], limit) })
	return nil
}

// instrument builds the tests of each package that has targets, once for all of them.
func (t *torturer) instrument(ctx context.Context, targets []target) error {
	built := map[string]string{}
	for i, f := range targets {
		if built[f.pkg] == "" {
			built[f.pkg] = filepath.Join(t.program.dir, fmt.Sprintf("fuzz-%d.test", i))
			cmd := exec.CommandContext(ctx, "go", "test", "-c", "-fuzz", ".", "-o", built[f.pkg], f.pkg)
			cmd.Dir = f.dir
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("building the fuzz targets of %s: %w\n%s", f.pkg, err, out)
			}
		}
		targets[i].program = built[f.pkg]
	}
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
			all = append(all, target{pkg: pkg, dir: filepath.Dir(path), name: name})
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

// fuzzed runs one target. It knows only the inputs of its seeds at first, whatever was found on this machine before.
func (t *torturer) fuzzed(ctx context.Context, f target, limit time.Duration) tally {
	cmd := exec.CommandContext(ctx, f.program, "-test.run", "^$", "-test.fuzz", "^"+f.name+"$", "-test.fuzztime", limit.String(),
		"-test.parallel", "1", "-test.fuzzminimizetime", "10x", // else Go takes a minute to make an interesting input small, and counts nothing
		"-test.fuzzcachedir", filepath.Join(t.program.dir, "inputs", f.pkg))
	cmd.Dir = f.dir
	out, err := cmd.CombinedOutput()
	one := tally{points: 1, inputs: executions(string(out))}
	if err != nil && !outOfTime(string(out)) {
		one.failures = t.failed("fuzz targets", f.pkg+" "+f.name, err, string(out)).failures
	}
	return one
}

// outOfTime reports whether a target failed for nothing but that its time was over in the middle of an input,
// which Go's fuzzing takes for a failure now and then. A real one has an input that is written down.
func outOfTime(out string) bool {
	return strings.Contains(out, "    context deadline exceeded") && !strings.Contains(out, "Failing input written")
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
