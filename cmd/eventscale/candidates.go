package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
)

// The policies that are only compared with: eventscale does not make them.
const (
	targetTracking = "target"
	kedaScaler     = "keda"
)

// comparables are the names that --compare takes.
func comparables() []string { return append(stack.Presets(), targetTracking, kedaScaler) }

// tuning are the flags of up that shape the scaling, without those that name or deploy things.
func (s *settings) tuning() *pflag.FlagSet {
	f := pflag.NewFlagSet("Scaling, as of up", pflag.ContinueOnError)
	f.SortFlags = false
	for _, g := range s.groups() {
		g.VisitAll(func(flag *pflag.Flag) {
			if flag.Name == "preset" || flag.Name == "visibility-timeout" || flag.Name == "fifo" || g.Name() == "Scaling" {
				f.AddFlag(flag)
			}
		})
	}
	return f
}

// candidates are the policies of a simulation: the user's own, and those to compare it with.
type candidates struct {
	own     stack.Spec
	given   func(setting string) bool // a setting of the own one that is not its preset's
	anyOwn  bool                      // the own one was asked for, by a flag or by the stack that is there
	compare []string
}

// checkCompare refuses names that are none.
func checkCompare(names []string) error {
	for i, name := range names {
		if !slices.Contains(comparables(), name) {
			return &stack.FieldError{Field: "compare", Value: name, Allowed: "must be of " + strings.Join(comparables(), ", "), Advice: didYouMean("", name, comparables()) + "for example --compare safe,table"}
		}
		if slices.Contains(names[:i], name) {
			return &stack.FieldError{Field: "compare", Value: name, Allowed: "is named twice", Advice: "name each policy once"}
		}
	}
	return nil
}

// known refuses a preset and a policy that do not exist, with the one that was probably meant.
func (c *candidates) known() error {
	for _, f := range []struct {
		name, value string
		words       []string
	}{{"preset", c.own.Preset, stack.Presets()}, {"policy", c.own.Policy, stack.Policies()}} {
		if !slices.Contains(f.words, f.value) {
			return &stack.FieldError{Field: f.name, Value: f.value, Allowed: "must be " + orList(f.words), Advice: didYouMean("--"+f.name+" ", f.value, f.words)}
		}
	}
	return nil
}

// list returns the candidates for a group with these bounds. The own one is the first, unless it is among
// those that are named; where none is named it is the only one.
func (c *candidates) list(least, most int) ([]simulation.Candidate, error) {
	name := c.own.Preset
	names := c.compare
	if len(names) == 0 || c.anyOwn && !slices.Contains(names, name) {
		names = append([]string{name}, names...)
	}
	var all []simulation.Candidate
	var errs []error
	for _, n := range names {
		one, err := c.candidate(n, least, most)
		all, errs = append(all, one), append(errs, err)
	}
	return all, errors.Join(append(errs, c.unused(names))...)
}

func (c *candidates) candidate(name string, least, most int) (simulation.Candidate, error) {
	switch name {
	case targetTracking:
		return c.target(), nil
	case kedaScaler:
		return c.keda(), nil
	}
	spec := c.spec(name)
	queue := spec.Queue()
	one := simulation.Candidate{Name: name, Settings: spec.Settings(), Command: command(spec), Queue: &queue}
	if err := checkScaling(spec); err != nil {
		return one, err
	}
	one.Policies = spec.Rules(least, most)
	return one, nil
}

// command is the `up` that makes a spec. Where no group is known a word stands in its place.
func command(spec stack.Spec) string {
	spec.ASG = cmp.Or(spec.ASG, "NAME")
	spec.Stack = cmp.Or(spec.Stack, stack.DefaultStackName(spec.ASG))
	return spec.Command()
}

// checkScaling checks a spec as up would, but for the group and the stack, which need not exist.
func checkScaling(spec stack.Spec) error {
	spec.ASG, spec.Stack = cmp.Or(spec.ASG, "simulated"), cmp.Or(spec.Stack, "simulated")
	return spec.Check()
}

// spec is the user's own one, or that with another preset's scaling and those of the user's settings that the
// preset has a use for.
func (c *candidates) spec(preset string) stack.Spec {
	own, standard := preset == c.own.Preset, stack.DefaultsOf(preset)
	spec := c.own
	if !own {
		spec.Preset, spec.Policy = preset, standard.Policy
	}
	for _, s := range sharedSettings() {
		fits := s.fits(spec.Policy)
		if !own || !fits { // what does not fit is another candidate's
			s.copy(&spec, &standard)
		}
		if !own && fits && c.given(s.name) && (s.name != "scale-in-at" || preset != stack.Table) {
			s.copy(&spec, &c.own) // below a table's first row there is room for its own --scale-in-at only
		}
	}
	return spec
}

// sharedSetting is a setting that more than one candidate can have.
type sharedSetting struct {
	name     string
	policies []string // that have a use for it; nil: all
	copy     func(to, from *stack.Spec)
}

func (s sharedSetting) fits(policy string) bool {
	return s.policies == nil || slices.Contains(s.policies, policy)
}

// preset is one that has a use for it.
func (s sharedSetting) preset() string {
	presets := stack.Presets()
	return presets[slices.IndexFunc(presets, func(name string) bool { return s.fits(stack.DefaultsOf(name).Policy) })]
}

func sharedSettings() []sharedSetting {
	simple, step, table := []string{stack.SimplePolicy}, []string{stack.StepPolicy}, []string{stack.TablePolicy}
	return []sharedSetting{
		{"visibility-timeout", nil, func(to, from *stack.Spec) { to.VisibilityTimeout = from.VisibilityTimeout }},
		{"scale-in-at", nil, func(to, from *stack.Spec) { to.ScaleInAt = from.ScaleInAt }},
		{"scale-in-by", nil, func(to, from *stack.Spec) { to.ScaleInBy = from.ScaleInBy }},
		{"period", nil, func(to, from *stack.Spec) { to.Period = from.Period }},
		{"periods", nil, func(to, from *stack.Spec) { to.Periods = from.Periods }},
		{"scale-out-at", simple, func(to, from *stack.Spec) { to.ScaleOutAt = from.ScaleOutAt }},
		{"scale-out-by", simple, func(to, from *stack.Spec) { to.ScaleOutBy = from.ScaleOutBy }},
		{"cooldown", simple, func(to, from *stack.Spec) { to.Cooldown = from.Cooldown }},
		{"step", step, func(to, from *stack.Spec) { to.Steps = from.Steps }},
		{"warmup", append(step, table...), func(to, from *stack.Spec) { to.Warmup = from.Warmup }},
		{"table", table, func(to, from *stack.Spec) { to.Table, to.JobsPerInstance = from.Table, 0 }},
		{"jobs-per-instance", table, func(to, from *stack.Spec) { to.JobsPerInstance = from.JobsPerInstance }},
	}
}

// unused refuses a setting that plays no part in any candidate.
func (c *candidates) unused(names []string) error {
	var errs []error
	for _, s := range sharedSettings() {
		if !c.given(s.name) || slices.ContainsFunc(names, func(name string) bool { return c.uses(name, s) }) {
			continue
		}
		errs = append(errs, &stack.FieldError{
			Field: s.name, Allowed: "plays no part in " + strings.Join(names, ", "),
			Advice: "leave it out, or add a policy that it belongs to: --compare " + s.preset(),
		})
	}
	return errors.Join(errs...)
}

// uses reports whether a setting plays a part in the candidate of a name.
func (c *candidates) uses(name string, s sharedSetting) bool {
	switch name {
	case targetTracking:
		return s.name == "jobs-per-instance" || s.name == "warmup" || s.policies == nil
	case kedaScaler:
		return s.name == "jobs-per-instance" || s.policies == nil
	case c.own.Preset:
		return s.fits(c.own.Policy)
	}
	return s.fits(stack.DefaultsOf(name).Policy)
}

// target is target tracking on the backlog per instance, made so that it does what it can: jobs in flight
// count, or it would take busy instances, and so does the backlog of a group without instances.
func (c *candidates) target() simulation.Candidate {
	t := loop.DefaultTarget()
	t.Name, t.Target, t.CountInflight, t.ZeroInstances = targetTracking, float64(c.jobsPerInstance()), true, loop.ZeroVisible
	return c.foreign(targetTracking, fmt.Sprintf("target tracking: %s an instance, visible and in flight", count(c.jobsPerInstance(), "job", "jobs")), &t)
}

// keda is KEDA's SQS scaler as it comes, with as many jobs an instance as the others.
func (c *candidates) keda() simulation.Candidate {
	k := loop.DefaultKEDA()
	k.Name, k.QueueLength = kedaScaler, c.jobsPerInstance()
	return c.foreign(kedaScaler, fmt.Sprintf("KEDA: queueLength %d, polled every %vs, stabilized for %vs", k.QueueLength, k.Poll.Seconds(), k.Stabilization.Seconds()), &k)
}

// foreign is a policy that eventscale does not make. Its queue is that of preset safe, with the visibility
// timeout of the user.
func (c *candidates) foreign(name, settings string, p loop.Policy) simulation.Candidate {
	queue := c.spec(stack.Safe).Queue()
	return simulation.Candidate{Name: name, Settings: settings, Policies: []loop.Policy{p}, Queue: &queue}
}

func (c *candidates) jobsPerInstance() int {
	if c.given("jobs-per-instance") {
		return c.own.JobsPerInstance
	}
	return stack.DefaultsOf(stack.Table).JobsPerInstance
}
