package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
	"github.com/eventscale/eventscale/internal/workload"
)

// simulateOptions are the flags of `simulate`.
type simulateOptions struct {
	settings
	scenario
	compare []string
	model   string
	price   float64
	csv     string
	plot    string
	html    string

	tuned *pflag.FlagSet // the settings' flags
	shown *pflag.FlagSet // those of outputs
}

func newSimulate(a *app) *cobra.Command {
	o := &simulateOptions{}
	cmd := a.command("simulate", "Show what the scaling would do with a workload, before paying for it", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.simulate(ctx, o)
	})
	cmd.Long = `Simulate queue, alarms, scaling policies, group and workers on a stream of jobs, minute by minute, and
show how long jobs wait, what it costs and what goes wrong. Nothing is changed, on AWS or elsewhere.

Without any flag it simulates the stack of this directory: its settings, the bounds of its group, and the
jobs that its queue had in the last 24 hours. In a directory without a stack it simulates what up would
make, on the profile burst. The flags of up shape the policy as they do there.

The profiles:
` + shapesHelp()
	cmd.Example = `  eventscale simulate
  eventscale simulate --profile burst --job-time 40s --boot-time 4m --compare safe,classic,step,table,target,keda
  eventscale simulate --trace jobs.csv --scale-in protect --max 20 --instance-price 1.2 --html report.html`
	o.tuned = o.tuning()
	grouped(cmd, []*pflag.FlagSet{o.scenario.flags(), o.tuned, o.outputs()})
	return cmd
}

// shapesHelp is a line a profile.
func shapesHelp() string {
	var lines []string
	for _, shape := range workload.Shapes() {
		lines = append(lines, fmt.Sprintf("  %-14s %s", shape.Name, shape.Text))
	}
	return strings.Join(lines, "\n")
}

// outputs are the flags that say what is compared and shown.
func (o *simulateOptions) outputs() *pflag.FlagSet {
	f := pflag.NewFlagSet("Comparison and output", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringSliceVar(&o.compare, "compare", nil, "policies to show beside one another, and beside your own where flags, eventscale.yaml or a stack name one: any of "+strings.Join(comparables(), ","))
	f.Var(&flagValue[float64]{&o.price, "float", allowedNumber, parseFloat, formatFloat}, "instance-price", "`price` of an instance for an hour, in any currency, to show the cost")
	f.StringVar(&o.csv, "csv", "", "write the minutes of every policy as rows to `FILE`; - for stdout")
	f.StringVar(&o.plot, "plot", "", "draw them to `FILE`, which ends in .svg or .png")
	f.StringVar(&o.html, "html", "", "write a page with charts and table to `FILE`, which needs no network")
	f.StringVar(&o.model, "model", "", "run a configuration of the model as it is, a JSON `FILE` (- for stdin), with its own trace or --trace")
	o.shown = f
	return f
}

func (a *app) simulate(ctx context.Context, o *simulateOptions) error {
	if err := errors.Join(o.checkOutputs(a.json()), o.keepsInputs(a.configPath())); err != nil {
		return err
	}
	if o.model != "" {
		return a.simulateModel(ctx, o)
	}
	if err := checkCompare(o.compare); err != nil {
		return err
	}
	if err := o.check(); err != nil { // before the stack is looked for
		return err
	}
	c, err := a.candidates(o)
	if err != nil {
		return err
	}
	if _, err := c.list(o.least, max(o.most, 1)); err != nil { // before AWS is asked
		return err
	}
	o.warmup = c.own.Warmup
	base, loaded, err := a.scenario(ctx, &o.scenario)
	if err != nil {
		return err
	}
	all, err := c.list(o.least, o.most)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Queue.Heartbeat = !o.noHeartbeat
	}
	if c.own.FIFO {
		a.note(fifoNote)
	}
	return a.report(ctx, o, base, loaded.Name, loaded.Trace, all)
}

// fifoNote is for a FIFO queue, of which the model knows nothing.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagegroupid-property.html
const fifoNote = "a FIFO queue hands out the jobs of a message group one batch at a time: the model takes jobs as independent, as if each had a group of its own"

// candidates finds the user's own policy: that of the flags, else that of the stack that is there, else the
// one that up makes by default.
func (a *app) candidates(o *simulateOptions) (*candidates, error) {
	anyFlag := false
	o.tuned.VisitAll(func(f *pflag.Flag) { anyFlag = anyFlag || f.Changed })
	c := &candidates{own: o.spec, given: o.settings.given, anyOwn: anyFlag, compare: o.compare}
	c.own.Complete(c.given)
	if o.settled = anyFlag; anyFlag {
		if err := c.known(); err != nil {
			return c, err
		}
		return c, a.own(o)
	}
	if err := a.subject(&o.scenario); err != nil || o.snapshot == nil {
		return c, err
	}
	own, err := stack.SpecOf(o.snapshot)
	c.own, c.anyOwn, c.given = own, true, differing(own)
	return c, err
}

// own says whose settings are simulated where a stack is there too, which has others.
func (a *app) own(o *simulateOptions) error {
	err := a.subject(&o.scenario)
	if err != nil || o.snapshot == nil {
		return err
	}
	var places []string
	o.tuned.VisitAll(func(f *pflag.Flag) {
		place := "the flags"
		if !onTheLine(f) && f.Changed {
			place, _, _ = strings.Cut(f.Annotations[fromOutside][0], ":")
		}
		if f.Changed && !slices.Contains(places, place) {
			places = append(places, place)
		}
	})
	a.note(fmt.Sprintf("the settings are those of %s; without them, those recorded of the stack %s", strings.Join(places, " and "), o.snapshot.Stack))
	return nil
}

// differing reports which settings of a recorded spec are not those of its preset.
func differing(spec stack.Spec) func(string) bool {
	differs := map[string]bool{"visibility-timeout": spec.VisibilityTimeout != stack.DefaultsOf(spec.Preset).VisibilityTimeout}
	for _, s := range spec.Tuning() {
		differs[s.Key] = len(s.Values) > 0
	}
	return func(setting string) bool { return differs[setting] }
}

// report runs the candidates and shows what came of them.
func (a *app) report(ctx context.Context, o *simulateOptions, base loop.Config, name string, trace *loop.Trace, all []simulation.Candidate) error {
	done := a.busy("simulating " + count(len(all), "policy", "policies") + " on " + count(int(trace.Len()), "job", "jobs"))
	r, err := simulation.Run(ctx, base, trace, all)
	done()
	if err != nil {
		return err
	}
	r.Workload.Name = name
	if o.price > 0 {
		r.Price(o.price)
	}
	return errors.Join(a.shows(o, r), o.files(r)) // a result that is known is shown, whatever becomes of the files
}

// shows prints the result.
func (a *app) shows(o *simulateOptions, r *simulation.Report) error {
	switch {
	case o.csv == stdout:
		return ui.SimulationCSV(a.stdout, r)
	case a.json() && o.model != "":
		one := &r.Outcomes[0]
		return ui.ResultJSON(a.stdout, &loop.Result{Totals: one.Totals, Series: one.Series, Actions: one.Actions})
	case a.json():
		return ui.SimulationJSON(a.stdout, r)
	}
	return ui.Simulation(a.out(), r)
}

// files writes what is asked for beside the result: all of it, or nothing.
func (o *simulateOptions) files(r *simulation.Report) error {
	var all []output
	for _, f := range []output{
		{o.csv, func(w io.Writer) error { return ui.SimulationCSV(w, r) }},
		{o.plot, func(w io.Writer) error { return ui.Plot(w, formatOf(o.plot), r) }},
		{o.html, func(w io.Writer) error { return ui.Page(w, r) }},
	} {
		if f.path != "" && f.path != stdout {
			all = append(all, f)
		}
	}
	return writeFiles(all...)
}

// count is a number of things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
