package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

func newPlan(a *app) *cobra.Command {
	o := &upOptions{dryRun: true}
	cmd := a.command("plan", "Show what up would do, and do nothing", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.up(ctx, o)
	})
	cmd.Long = "Show what `eventscale up` with the same flags would do. No call is made that changes anything."
	cmd.Example = `  eventscale plan --asg gpu-workers --scale-out-at 20
  eventscale plan --asg gpu-workers --exit-code -o json`
	a.settingFlags(cmd, &o.settings)
	a.runFlags(cmd, o)
	return cmd
}

// otherFlags are a command's own flags that are no settings.
func otherFlags(cmd *cobra.Command, groups []*pflag.FlagSet) *pflag.FlagSet {
	rest := pflag.NewFlagSet("Other", pflag.ContinueOnError)
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		for _, g := range groups {
			if g.Lookup(f.Name) != nil {
				return
			}
		}
		rest.AddFlag(f)
	})
	return rest
}

func (a *app) showPlan(ctx context.Context, o *upOptions, spec stack.Spec, zip []byte) error {
	_, plan, err := a.planned(ctx, o, spec, zip)
	if err != nil {
		return err
	}
	if a.json() {
		err = ui.PlanJSON(a.stdout, spec.Stack, plan)
	} else {
		err = ui.Plan(a.out(), plan)
	}
	if err == nil && o.exitCode && !plan.Empty() {
		err = differs{}
	}
	return err
}
