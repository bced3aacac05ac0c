package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/workload"
)

// simulateModel runs a configuration of the model as it is. As JSON it prints the model's own output and
// nothing else, so that other implementations can be held against it.
func (a *app) simulateModel(ctx context.Context, o *simulateOptions) error {
	if err := o.onlyModel(); err != nil {
		return err
	}
	model, err := a.readModel(ctx, o)
	if err != nil {
		return err
	}
	return a.report(ctx, o, *model.Config, o.model, model.Trace, []simulation.Candidate{
		{Name: "model", Settings: "--model " + o.model, Policies: model.Config.Policies},
	})
}

// onlyModel refuses the flags that a configuration of the model leaves nothing to say for.
func (o *simulateOptions) onlyModel() error {
	var errs []error
	o.set.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != "trace" {
			errs = append(errs, &usageError{fmt.Sprintf("--%s plays no part with --model", f.Name), "the model's configuration says it all; change it there"})
		}
	})
	o.tuned.VisitAll(func(f *pflag.Flag) {
		if onTheLine(f) { // a configuration file is for all commands
			errs = append(errs, &usageError{fmt.Sprintf("--%s plays no part with --model", f.Name), "the model's configuration has the policies; change it there"})
		}
	})
	if len(o.compare) > 0 {
		errs = append(errs, &usageError{"--compare plays no part with --model", "run each configuration by itself"})
	}
	return errors.Join(errs...)
}

// readModel reads the configuration, and its trace from where it is.
func (a *app) readModel(ctx context.Context, o *simulateOptions) (*loop.Model, error) {
	if o.model == workload.Stdin && o.trace == workload.Stdin {
		return nil, &usageError{"--model - and --trace - both read stdin", "give one of them as a file"}
	}
	name := o.model
	if name == workload.Stdin {
		name = "stdin"
	}
	data, err := a.readInput(ctx, o.model)
	if err != nil {
		return nil, &stack.FieldError{Field: "model", Value: o.model, Allowed: "cannot be read: " + cause(err), Advice: "give the path of a configuration of the model, or - for standard input"}
	}
	if len(data) > maxModel {
		return nil, &usageError{fmt.Sprintf("%s: has more than %d MB", name, maxModel>>20), "give the jobs apart, with --trace"}
	}
	model, err := loop.ParseModel(data)
	if err != nil {
		return nil, &modelError{name, err}
	}
	if o.trace != "" {
		arrivals := loop.DefaultArrivals()
		if model.Config.Arrivals != nil {
			arrivals = *model.Config.Arrivals
		}
		model.Trace, err = workload.OpenModel(o.trace, &patientReader{ctx, a.stdin}, arrivals)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil && model.Trace == nil {
		err = &usageError{name + ": has no trace", "put one under \"trace\", or give it with --trace FILE"}
	}
	return model, err
}

// maxModel bounds a configuration with the jobs in it, which are all in memory at once; a trace of its own is not.
const maxModel = 64 << 20

func (a *app) readInput(ctx context.Context, path string) ([]byte, error) {
	if path == workload.Stdin {
		return io.ReadAll(io.LimitReader(&patientReader{ctx, a.stdin}, maxModel+1))
	}
	return readAtMost(path, maxModel+1)
}

// modelError says where in which file a configuration is wrong.
type modelError struct {
	path string
	err  error
}

func (e *modelError) Error() string { return fmt.Sprintf("%s: %v", e.path, e.err) }
func (e *modelError) Unwrap() error { return e.err }

// Hint is that of the field, where it has one.
func (e *modelError) Hint() string {
	if field, ok := errors.AsType[*loop.FieldError](e.err); ok && field.Hint() != "" {
		return field.Hint()
	}
	return "a configuration is a JSON object with group, queue, metric, policies and trace"
}
