package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/ui"
)

func newStatus(a *app) *cobra.Command {
	var exitCode bool
	cmd := a.command("status", "Show health, drift and the live loop", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.status(ctx, exitCode)
	})
	cmd.Long = `Show how a stack is: the group, the queue, the alarms and policies, the function, the drift of each
resource from what was last asked for, the last scaling activities, and a verdict. Nothing is changed.`
	cmd.Example = `  eventscale status
  eventscale status --exit-code -o json | jq .queue.visible`
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit with 2 if there is drift or the loop is not healthy")
	return cmd
}

func (a *app) status(ctx context.Context, exitCode bool) error {
	snapshot, err := a.recorded()
	if err != nil {
		return err
	}
	s, err := a.open(ctx, snapshot)
	if err != nil {
		return err
	}
	status, err := s.Status(ctx, time.Now())
	if err != nil {
		return err
	}
	if a.json() {
		err = ui.StatusJSON(a.stdout, &status)
	} else {
		err = ui.Status(a.out(), &status)
	}
	if err == nil && exitCode && !status.Healthy {
		err = differs{}
	}
	return err
}
