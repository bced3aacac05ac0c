package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/tune"
	"github.com/eventscale/eventscale/internal/ui"
	"github.com/eventscale/eventscale/internal/workload"
)

// tuneOptions are the flags of `tune`.
type tuneOptions struct {
	scenario
	slo      string
	kills    int
	policy   string
	margin   float64
	validate string
	holdout  float64 // a share of the trace
	budget   stack.Duration
	top      int
	price    float64
	write    bool

	spec   stack.Spec // the settings that are not sought
	search *pflag.FlagSet
}

func newTune(a *app) *cobra.Command {
	o := &tuneOptions{}
	cmd := a.command("tune", "Find the cheapest scaling that holds an objective on a workload", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.tune(ctx, o)
	})
	cmd.Long = `Search the settings of the scaling policies that hold an objective at the fewest instance-hours, on the
model that simulate shows, and print the best beside the presets, the cheapest fixed fleet and the lower
bound, which no policy can stay below. Nothing is changed, on AWS or elsewhere, unless --write puts the winner
into eventscale.yaml, for the next up to apply.

An objective is ` + tune.Grammar + `.

The jobs and the group are described as for simulate. A winner is fitted to the jobs it was found on: hold it
against others with --validate or --holdout.`
	cmd.Example = `  eventscale tune --trace jobs.csv --boot-time 3m --scale-in protect --slo 'p95 wait < 5m'
  eventscale tune --trace monday.csv --validate tuesday.csv --slo 'p95 wait < 5m and max wait < 20m' --policy table
  eventscale tune --from-cloudwatch 24h --slo 'p95 wait < 5m' --instance-price 1.2 --write`
	grouped(cmd, []*pflag.FlagSet{o.scenario.flags(), o.flags()})
	return cmd
}

// Defaults of the search.
const (
	defaultBudget = stack.Duration(time.Minute)
	defaultTop    = 5
)

// flags are those of the search.
func (o *tuneOptions) flags() *pflag.FlagSet {
	o.budget, o.top, o.policy, o.spec = defaultBudget, defaultTop, tune.Any, stack.Defaults()
	f := pflag.NewFlagSet("Search", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&o.slo, "slo", "", "the `OBJECTIVE`, such as 'p95 wait < 5m' (required)")
	intVar(f, &o.kills, "kills", "`jobs` that scale-in may kill")
	f.StringVar(&o.policy, "policy", o.policy, "`FAMILY` to search: "+orList(append(tune.Families(), tune.Any)))
	f.Var(&flagValue[float64]{&o.margin, "float", allowedNumber, parseFloat, formatMargin}, "margin", "`share` of the objective to tune for, above 0 and at most 1 (default 0.7, or more where detection and boot need it)")
	f.StringVar(&o.validate, "validate", "", "the winner must hold on the jobs of this `FILE` too, which is like that of --trace")
	f.Var(&flagValue[float64]{&o.holdout, "share", "must be a share such as 30%", parseShare, formatShare}, "holdout", "tune without the last `share` of the time, and the winner must hold there too: 30%")
	durationVar(f, &o.budget, "budget", "end the search after this `time`; 0s: go on to its end")
	intVar(f, &o.top, "top", "`number` of policies to show")
	f.Var(&flagValue[float64]{&o.price, "float", allowedNumber, parseFloat, formatFloat}, "instance-price", "`price` of an instance for an hour, in any currency, to show the cost")
	durationVar(f, &o.spec.Warmup, "warmup", "`duration` until a new instance counts as capacity, of the policies that are sought (default: what is left of the boot once it is in service)")
	durationVar(f, &o.spec.VisibilityTimeout, "visibility-timeout", "the queue's: `time` that a worker has for a job before it is given to another")
	f.BoolVar(&o.write, "write", false, "put the winner into the configuration file; asks first at a terminal, unless --yes")
	f.Lookup("policy").Annotations = map[string][]string{notFromOutside: {}} // it says what to search, not what is
	o.search = f
	return f
}

// parseShare reads "30%" or "0.3".
func parseShare(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	v, err := parseFloat(number)
	if percent {
		v /= 100
	}
	return v, err
}

func formatMargin(v float64) string {
	if v == 0 {
		return ""
	}
	return formatFloat(v)
}

func formatShare(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(math.Round(1e6*v)/1e4, 'g', -1, 64) + "%" // 1 - 0.42 is not 0.58
}

// check refuses what no search can use: joined errors.
func (o *tuneOptions) check() error {
	var c scenarioChecker
	families := append(tune.Families(), tune.Any)
	c.must(slices.Contains(families, o.policy), "policy", o.policy, "must be "+orList(families), didYouMean("--policy ", o.policy, families))
	c.must(o.kills >= 0, "kills", o.kills, "must be at least 0 jobs", "")
	c.must(!o.search.Changed("margin") || o.margin > 0 && o.margin <= 1, "margin", formatFloat(o.margin), "must be above 0 and at most 1", "for example --margin 0.7")
	c.must(!o.search.Changed("holdout") || o.holdout > 0 && o.holdout < 1, "holdout", formatShare(o.holdout), "must be above 0% and below 100%", "for example --holdout 30%")
	c.must(o.holdout == 0 || o.validate == "", "holdout", formatShare(o.holdout), "excludes --validate: the winner is held against one workload", "leave one of the two out")
	c.must(o.validate != workload.Stdin || o.trace != workload.Stdin, "validate", o.validate, "stdin can be read once only, and is --trace already", "")
	c.must(o.budget >= 0, "budget", o.budget, "must not be negative", "for example --budget 60s")
	c.must(o.top >= 1 && o.top <= 100, "top", o.top, "must be from 1 to 100", "")
	c.must(o.price >= 0, "instance-price", formatFloat(o.price), "must not be negative", "for example --instance-price 0.526")
	c.must(o.spec.Warmup >= 0 && o.spec.Warmup <= stack.Duration(time.Hour), "warmup", o.spec.Warmup, "must be from 0s to 1h", "for example --warmup 3m")
	c.must(o.spec.VisibilityTimeout >= 0 && o.spec.VisibilityTimeout <= stack.Duration(12*time.Hour), "visibility-timeout", o.spec.VisibilityTimeout, "must be from 0s to 12h", "for example --visibility-timeout 15m")
	if o.slo == "" {
		c = append(c, &usageError{"--slo is missing: what must the scaling hold?", "an objective is " + tune.Grammar})
	}
	return errors.Join(append(c, o.scenario.check())...)
}

func (a *app) tune(ctx context.Context, o *tuneOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	slo, err := tune.ParseSLO(o.slo)
	if err != nil {
		return err
	}
	if o.spec.Warmup == 0 {
		o.spec.Warmup = max(0, o.boot-o.launch)
	}
	o.warmup = o.spec.Warmup
	problem, err := a.problem(ctx, o, slo)
	if err != nil {
		return err
	}
	begin := time.Now()
	problem.Elapsed = func() time.Duration { return time.Since(begin) }
	progress := ui.NewTuneProgress(a.err(), a.json(), time.Duration(o.budget))
	problem.Progress = func(p tune.Progress) { progress.Show(p, time.Since(begin)) }
	r, err := tune.Run(ctx, problem)
	progress.End()
	if err != nil {
		return err
	}
	if o.price > 0 {
		r.Price(o.price)
	}
	return a.tuned(ctx, o, r)
}

// problem brings the flags together.
func (a *app) problem(ctx context.Context, o *tuneOptions, slo tune.SLO) (tune.Problem, error) {
	base, loaded, err := a.scenario(ctx, &o.scenario)
	if err != nil {
		return tune.Problem{}, err
	}
	p := tune.Problem{
		Workload: workloadOf(loaded), Config: base, OpenMax: !o.given("max") && o.snapshot == nil, Spec: o.spec,
		SLO: slo, Kills: int64(o.kills), Margin: o.margin, Families: []string{o.policy}, Top: o.top, Budget: time.Duration(o.budget),
	}
	if o.policy == tune.Any {
		p.Families = tune.Families()
	}
	switch {
	case o.validate != "":
		other, err := workload.Open(o.validate, a.stdin, o.options())
		if err != nil {
			return p, err
		}
		w := workloadOf(other)
		p.Validation = &w
	case o.holdout > 0:
		err := o.part(&p, loaded)
		return p, err
	}
	return p, nil
}

func workloadOf(l *workload.Loaded) tune.Workload {
	return tune.Workload{Name: l.Name, Trace: l.Trace, Jobs: l.Jobs}
}

// part keeps the last share of the jobs' time for the validation.
func (o *tuneOptions) part(p *tune.Problem, loaded *workload.Loaded) error {
	first, rest := workload.Split(loaded.Jobs, 1-o.holdout)
	if len(first) == 0 || len(rest) == 0 {
		return &stack.FieldError{Field: "holdout", Value: formatShare(o.holdout), Allowed: "leaves no job in one of the two parts", Advice: "give a longer trace, or a second one with --validate"}
	}
	tuned, err := workload.New(fmt.Sprintf("%s, the first %s", loaded.Name, formatShare(1-o.holdout)), first)
	if err != nil {
		return err
	}
	held, err := workload.New(fmt.Sprintf("%s, the last %s", loaded.Name, formatShare(o.holdout)), rest)
	if err != nil {
		return err
	}
	w := workloadOf(held)
	p.Workload, p.Validation, p.Config.Horizon = workloadOf(tuned), &w, 0
	return nil
}

// tuned shows what was found, and writes it where that was asked for.
func (a *app) tuned(ctx context.Context, o *tuneOptions, r *tune.Report) error {
	group := a.groupName(o)
	if !o.write {
		if a.json() {
			return ui.TuneJSON(a.stdout, r)
		}
		if err := ui.Tune(a.out(), r); err != nil || r.Writable == nil || r.FleetIsCheaper() {
			return err
		}
		return ui.Next(a.err(), "eventscale up --asg "+group+" "+r.Writable.Settings)
	}
	if !a.json() {
		if err := ui.Tune(a.out(), r); err != nil {
			return err
		}
	}
	path, err := a.writeWinner(ctx, r, o.asg())
	if err != nil {
		return err
	}
	if a.json() {
		r.Written = path
		return ui.TuneJSON(a.stdout, r)
	}
	return ui.Next(a.err(), a.again("up"))
}

// asg is the group of the stack that is tuned; "" where there is none.
func (o *tuneOptions) asg() string {
	if o.snapshot == nil {
		return ""
	}
	return o.snapshot.ASG
}

func (a *app) groupName(o *tuneOptions) string {
	if name := o.asg(); name != "" {
		return name
	}
	return "NAME"
}
