package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/ui"
)

func newState(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "state", Short: "Look into a stack's state file", Args: subcommand,
		Long: "Look into the file that records what a stack owns.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newStateShow(a))
	return cmd
}

func newStateShow(a *app) *cobra.Command {
	cmd := a.command("show", "Print all that is recorded of a stack", upTo(0), func(context.Context, *cobra.Command, []string) error {
		return a.stateShow()
	})
	cmd.Long = `Print all that is recorded of a stack, without a call to AWS: the settings that it was last brought to, and
each object. With -o json it is the file's own content. Values of --env are kept as digests, and not shown.`
	cmd.Example = `  eventscale state show
  eventscale state show -o json | jq -r '.resources[].arn'`
	return cmd
}

func (a *app) stateShow() error {
	snapshot, err := a.recorded()
	if err != nil {
		return err
	}
	if a.json() {
		return ui.StateJSON(a.stdout, snapshot)
	}
	return ui.State(a.out(), a.store().Path(snapshot.Stack), snapshot)
}
