package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/tune"
	"github.com/eventscale/eventscale/internal/ui"
)

// writeWinner puts the best that up can make into the configuration file, and returns the file.
func (a *app) writeWinner(ctx context.Context, r *tune.Report, asg string) (string, error) {
	w := r.Writable
	switch {
	case w == nil:
		return "", &nothingToWriteError{"no policy that `eventscale up` can make holds " + r.TunedFor}
	case r.FleetIsCheaper():
		return "", &nothingToWriteError{fmt.Sprintf("a fixed fleet of %d is cheaper than any policy", r.Fixed.Min)}
	case w.Validation != nil && !w.Validation.Holds:
		return "", &nothingToWriteError{fmt.Sprintf("no policy holds %s on %s", r.SLO, r.Validation.Name)}
	}
	path := a.configPath()
	old, err := readAtMost(path, maxConfig)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", &stack.FieldError{Field: "file", Value: path, Allowed: "cannot be read: " + cause(err)}
	}
	settings := w.Spec.Tuning()
	if len(old) == 0 && asg != "" {
		settings = append([]stack.Setting{{Key: "asg", Values: []string{asg}}}, settings...)
	}
	edited, err := editConfig(path, old, settings)
	if err != nil {
		return "", err
	}
	if err := a.mayWrite(ctx, path, old, edited); err != nil {
		return "", err
	}
	return path, writeFile(path, func(out io.Writer) error {
		_, err := out.Write(edited)
		return err
	})
}

// mayWrite shows the change, and asks somebody at a terminal.
func (a *app) mayWrite(ctx context.Context, path string, old, edited []byte) error {
	if a.json() {
		return nil
	}
	if err := ui.FileChange(a.err(), path, withoutEnv(path, old), withoutEnv(path, edited)); err != nil {
		return err
	}
	if a.global.yes || !a.interactive {
		return nil
	}
	yes, err := a.ask(ctx, "Write this to "+path+"?")
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("reading the answer: %w", err)
	case !yes:
		return errors.New("nothing was written: the answer was not yes")
	}
	return nil
}

// withoutEnv is a configuration file without the function's environment, whose values can be secrets.
func withoutEnv(path string, data []byte) string {
	lines, places, err := placesOf(path, data)
	if err != nil {
		return "" // cannot happen: it was edited
	}
	p, there := places["env"]
	if !there {
		return string(data)
	}
	lines = slices.Replace(lines, p.first, p.last+1, "env: (not shown)")
	return strings.Join(lines, "\n") + "\n"
}

// nothingToWriteError says why --write wrote nothing.
type nothingToWriteError struct{ why string }

func (e *nothingToWriteError) Error() string { return "--write: nothing was written: " + e.why }
func (e *nothingToWriteError) Hint() string {
	return "another --margin, --slo or --kills may have an answer; what stands above says what is in the way"
}

// configPath is the configuration file that commands read here.
func (a *app) configPath() string {
	if a.global.file != "" {
		return a.global.file
	}
	return configFile
}
