package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

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
	o.shown.VisitAll(func(f *pflag.Flag) {
		if f.Changed && slices.Contains([]string{"", "[]"}, f.Value.String()) {
			errs = append(errs, &stack.FieldError{Field: f.Name, Allowed: "must not be empty", Advice: "leave it out, or see `eventscale simulate --help`"})
		}
	})
	return errors.Join(append(errs, o.keepsOutputs()...)...)
}

// written are the files that are asked for, by their flags.
func (o *simulateOptions) written() []namedFile {
	var all []namedFile
	for _, f := range []namedFile{{"csv", o.csv}, {"plot", o.plot}, {"html", o.html}} {
		if f.path != "" && f.path != stdout {
			all = append(all, f)
		}
	}
	return all
}

// namedFile is a file that a flag names.
type namedFile struct{ flag, path string }

// same reports whether two paths are of one file, by whatever links.
func (f namedFile) same(path string) bool {
	if filepath.Clean(f.path) == filepath.Clean(path) {
		return true
	}
	one, err := os.Stat(f.path)
	other, otherErr := os.Stat(path)
	return err == nil && otherErr == nil && one.Mode().IsRegular() && os.SameFile(one, other)
}

// keepsOutputs refuses two outputs into one file.
func (o *simulateOptions) keepsOutputs() []error {
	var errs []error
	all := o.written()
	for i, f := range all {
		if at := slices.IndexFunc(all[:i], func(other namedFile) bool { return f.same(other.path) }); at >= 0 {
			errs = append(errs, &stack.FieldError{Field: f.flag, Value: f.path, Allowed: "is the file of --" + all[at].flag + " too", Advice: "give each a file of its own"})
		}
	}
	return errs
}

// keepsInputs refuses an output into a file that is read.
func (o *simulateOptions) keepsInputs(config string) error {
	var errs []error
	for _, f := range o.written() {
		for _, in := range []struct{ what, path string }{{"the file of --trace", o.trace}, {"the file of --model", o.model}, {"the configuration file", config}} {
			if in.path != "" && in.path != stdout && f.same(in.path) {
				errs = append(errs, &stack.FieldError{Field: f.flag, Value: f.path, Allowed: "is " + in.what + ", which it would overwrite", Advice: "give another file"})
			}
		}
	}
	return errors.Join(errs...)
}
