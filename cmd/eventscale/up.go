package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/ingest"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

// upOptions are the flags of `up` and `plan`.
type upOptions struct {
	settings
	dryRun   bool
	exitCode bool
	replace  bool
	adopt    bool
}

func newUp(a *app) *cobra.Command {
	o := &upOptions{}
	cmd := a.command("up", "Create the stack, or bring it to what is asked for", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.up(ctx, o)
	})
	cmd.Aliases = []string{"create"}
	cmd.Long = `Create the stack around an Auto Scaling group, or bring it to what is asked for.

up is safe to repeat: it compares what AWS has with what the flags ask for, and changes only what
differs. A flag that is left out means its default, not what an earlier up was given; keep your
settings in eventscale.yaml. The group itself is never changed.`
	cmd.Example = `  eventscale up --asg gpu-workers
  eventscale up --asg gpu-workers --scale-out-at 20 --cooldown 10m
  eventscale up --asg gpu-workers --preset table --jobs-per-instance 8
  eventscale up --asg gpu-workers --sandbox`
	a.settingFlags(cmd, &o.settings)
	a.runFlags(cmd, o)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what would be done, and do nothing: the same as plan")
	return cmd
}

// settingFlags gives a command the settings, and a help that groups them.
func (a *app) settingFlags(cmd *cobra.Command, s *settings) { grouped(cmd, s.groups()) }

// grouped gives a command groups of flags, and a help that shows them as such.
func grouped(cmd *cobra.Command, groups []*pflag.FlagSet) {
	for _, g := range groups {
		cmd.Flags().AddFlagSet(g)
	}
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "Usage:\n  %s [flags]\n\nExamples:\n%s\n%s", cmd.CommandPath(), cmd.Example, groupedHelp(append(groups, otherFlags(cmd, groups)), cmd.InheritedFlags()))
		return err
	})
}

// runFlags gives a command the flags that say how far a run may go.
func (a *app) runFlags(cmd *cobra.Command, o *upOptions) {
	cmd.Flags().BoolVar(&o.replace, "replace", false, "allow what AWS cannot change in place to be made anew")
	cmd.Flags().BoolVar(&o.adopt, "adopt", false, "take over objects of the stack's names that are not its own")
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "of a plan: exit with 2 if there are changes")
}

func (a *app) up(ctx context.Context, o *upOptions) error {
	spec, zip, err := o.resolve(a.global.stack)
	if err != nil {
		return err
	}
	if warning := ingest.Warning(spec.Runtime, time.Now()); warning != "" {
		_ = ui.Warning(a.err(), warning)
	}
	if o.dryRun {
		return a.showPlan(ctx, o, spec, zip)
	}
	unlock, err := a.lock(ctx, spec.Stack)
	if err != nil {
		return err
	}
	defer unlock()
	s, plan, err := a.planned(ctx, o, spec, zip)
	if err != nil {
		return err
	}
	if err := a.mayReplace(o, plan); err != nil {
		return err
	}
	if err := a.mayAdopt(ctx, plan); err != nil {
		return err
	}
	a.warn(s)
	if err := a.apply(ctx, s, plan); err != nil {
		return err
	}
	return a.finished(s, plan)
}

// planned reads AWS and compares.
func (a *app) planned(ctx context.Context, o *upOptions, spec stack.Spec, zip []byte) (*stack.Stack, *provision.Plan, error) {
	snapshot, err := a.store().Load(spec.Stack)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, nil, err
	}
	if err := o.mayMove(snapshot, spec); err != nil {
		return nil, nil, err
	}
	recordedRegion := ""
	if !fresh {
		recordedRegion = snapshot.Region
	}
	clients, err := a.clients(ctx, recordedRegion)
	if err != nil {
		return nil, nil, err
	}
	if fresh {
		snapshot = state.New(spec.Stack, "", clients.Region(), spec.ASG)
	}
	options := stack.Options{
		Clients: clients, Spec: spec, Zip: zip, Version: versionText(),
		Snapshot: snapshot, Save: a.save, Emit: a.event, Adopt: o.adopt,
	}
	s, plan, err := compared(ctx, options)
	if err == nil && fresh && plan.Lost() {
		return a.replanned(ctx, o, options)
	}
	return s, plan, err
}

// compared reads AWS and makes a plan.
func compared(ctx context.Context, options stack.Options) (*stack.Stack, *provision.Plan, error) {
	s, err := stack.Open(options)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Read(ctx); err != nil {
		return nil, nil, err
	}
	plan, err := s.Plan()
	return s, plan, err
}

// replanned compares once more, when objects of the stack were found and there is no state. What it had been
// brought to may be more than is asked for now: rules of another policy, queues of the other kind.
func (a *app) replanned(ctx context.Context, o *upOptions, options stack.Options) (*stack.Stack, *provision.Plan, error) {
	f, err := a.find(ctx, options.Spec.Stack, options.Spec.ASG)
	if err != nil {
		return nil, nil, err
	}
	a.note(fmt.Sprintf("stack %s has no state: %d of its objects were found by names and tags", options.Spec.Stack, len(f.Snapshot.Resources)))
	if options.Snapshot = f.Snapshot; !o.dryRun {
		if _, err := a.record(f); err != nil {
			return nil, nil, err
		}
	}
	return compared(ctx, options)
}

// mayMove refuses to take a stack from one group to another, unless the user said so.
func (o *upOptions) mayMove(snapshot *state.Snapshot, spec stack.Spec) error {
	if snapshot == nil || snapshot.ASG == spec.ASG || o.replace {
		return nil
	}
	return &usageError{
		text: fmt.Sprintf("--asg %s: stack %s is made for group %s", spec.ASG, spec.Stack, snapshot.ASG),
		hint: "choose another name with --stack, or add --replace to move the stack to this group",
	}
}

// warn tells what keeps the loop from working, though nothing keeps the stack from being made.
func (a *app) warn(s *stack.Stack) {
	for _, w := range s.Warnings() {
		_ = ui.Warning(a.err(), w)
	}
}

// mayReplace refuses a plan that makes anew or deletes what cannot be had again, unless the user said so: a queue,
// with the jobs in it, or what is somebody else's. A scaling policy that others have made one of another type holds
// nothing, and is put back like any change.
func (a *app) mayReplace(o *upOptions, plan *provision.Plan) error {
	lost := slices.DeleteFunc(plan.Replacements(), func(s provision.Step) bool { return s.Type != stack.QueueType && !s.Taken })
	for _, s := range plan.Steps {
		if s.Action == provision.Delete && s.Type == stack.QueueType {
			lost = append(lost, s)
		}
	}
	var names []string
	for _, s := range lost {
		names = append(names, s.LogicalID)
	}
	if len(names) == 0 || o.replace {
		return nil
	}
	if err := ui.Plan(a.err(), plan); err != nil {
		return err
	}
	return &usageError{
		text: fmt.Sprintf("these settings cannot be reached in place: %s would be deleted, with all that is in them", strings.Join(names, ", ")),
		hint: "add --replace to do that, or go back to the earlier settings; nothing has been changed",
	}
}

// mayAdopt shows what --adopt takes over, property by property, and asks on a terminal. Elsewhere the flag is
// all the consent that there can be.
func (a *app) mayAdopt(ctx context.Context, plan *provision.Plan) error {
	taken := plan.Taken()
	if len(taken) == 0 || a.json() {
		return nil
	}
	if err := ui.Plan(a.err(), &provision.Plan{Steps: taken}); err != nil {
		return err
	}
	if !a.interactive {
		return nil
	}
	return a.confirm(ctx, "Take this over, and change it so?", "nothing was changed")
}

// apply shows the run while it goes on.
func (a *app) apply(ctx context.Context, s *stack.Stack, plan *provision.Plan) error {
	if plan.Empty() && !plan.Uncertain() {
		return s.Apply(ctx, plan)
	}
	a.begin(fmt.Sprintf("Stack %s on group %s in %s", s.Spec.Stack, s.Spec.ASG, s.Region()), ui.PlanItems(plan))
	defer a.end()
	return s.Apply(ctx, plan)
}

// finished prints what the user needs next.
func (a *app) finished(s *stack.Stack, plan *provision.Plan) error {
	outputs := s.Outputs()
	if a.json() {
		return ui.OutputsJSON(a.stdout, &outputs)
	}
	text := fmt.Sprintf("stack %s is up: %d resources", s.Spec.Stack, len(s.Recorded().Resources))
	if plan.Empty() {
		text = fmt.Sprintf("stack %s is as wanted: nothing to change", s.Spec.Stack)
	}
	if err := ui.Done(a.err(), text); err != nil {
		return err
	}
	out := a.out()
	if out.Interactive() {
		outputs.Values = slices.DeleteFunc(outputs.Values, isARN) // too long to read; `eventscale output` has them
	}
	if err := ui.Outputs(out, &outputs); err != nil {
		return err
	}
	return ui.Next(a.err(), a.again("status"))
}

func isARN(o stack.Output) bool { return strings.HasSuffix(o.Key, "_arn") }

// again is another command for the same stack, as the user would type it.
func (a *app) again(command string) string {
	words := []string{"eventscale", command}
	if a.global.stack != "" {
		words = append(words, "--stack", a.global.stack)
	}
	if a.global.stateDir != defaultStateDir && a.env(variable("state-dir")) == "" {
		words = append(words, "--state-dir", shellWord(a.global.stateDir))
	}
	if a.global.sandbox && a.env(variable("sandbox")) == "" {
		words = append(words, "--sandbox")
	}
	return strings.Join(words, " ")
}

// shellWord is a word as one types it in a shell, in quotes where it needs them.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("-_./:@%+=,", r) || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
