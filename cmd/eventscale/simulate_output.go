package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// stdout is the path that stands for standard output.
const stdout = "-"

// pictures are the formats of --plot, which are the endings of its file.
func pictures() []string { return []string{"svg", "png"} }

// formatOf is the format that a file's ending says: "svg".
func formatOf(path string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
}

// checkOutputs refuses what can not be shown or written, before anything runs.
func (o *simulateOptions) checkOutputs(json bool) error {
	var errs []error
	if o.plot != "" && !slices.Contains(pictures(), formatOf(o.plot)) {
		errs = append(errs, &stack.FieldError{Field: "plot", Value: o.plot, Allowed: "must end in .svg or .png", Advice: "for example --plot simulation.svg"})
	}
	if o.price < 0 {
		errs = append(errs, &stack.FieldError{Field: "instance-price", Value: formatFloat(o.price), Allowed: "must not be negative", Advice: "for example --instance-price 0.526"})
	}
	if o.csv == stdout && json {
		errs = append(errs, &usageError{"--csv - and --output json both write to stdout", "write one of them to a file: --csv minutes.csv"})
	}
	if o.html == stdout {
		errs = append(errs, &stack.FieldError{Field: "html", Value: o.html, Allowed: "must be a file", Advice: "for example --html report.html"})
	}
	written := map[string]string{}
	for _, f := range [][2]string{{"csv", o.csv}, {"plot", o.plot}, {"html", o.html}} {
		if f[1] != "" && f[1] != stdout && written[filepath.Clean(f[1])] != "" {
			errs = append(errs, &stack.FieldError{Field: f[0], Value: f[1], Allowed: "is the file of --" + written[filepath.Clean(f[1])] + " too"})
		}
		written[filepath.Clean(f[1])] = f[0]
	}
	return errors.Join(errs...)
}
