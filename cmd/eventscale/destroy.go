package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

func newDestroy(a *app) *cobra.Command {
	cmd := a.command("destroy", "Remove exactly what was created", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.destroy(ctx)
	})
	cmd.Aliases = []string{"down"}
	cmd.Long = `Remove exactly what the state file records, dependents first. The Auto Scaling group and its instances
stay as they are. What cannot be removed stays recorded, and the same command goes on with it.`
	cmd.Example = `  eventscale destroy
  eventscale destroy --stack gpu-workers --yes`
	return cmd
}

func (a *app) destroy(ctx context.Context) error {
	named, err := a.recorded()
	if err != nil {
		return err
	}
	unlock, err := a.lock(ctx, named.Stack)
	if err != nil {
		return err
	}
	defer unlock()
	snapshot, err := a.reload(named.Stack)
	if err != nil {
		return err
	}
	if err := a.confirmDestroy(ctx, snapshot); err != nil {
		return err
	}
	s, err := a.open(ctx, snapshot)
	if err != nil {
		return err
	}
	if err := s.Inspect(ctx); err != nil {
		return err
	}
	a.begin(fmt.Sprintf("Destroying stack %s", snapshot.Stack), removalOf(snapshot).Items)
	err = s.Destroy(ctx)
	a.end()
	if err != nil {
		return err
	}
	return a.destroyed(s, snapshot)
}

// destroyed removes the state of a stack that owns nothing any more.
func (a *app) destroyed(s *stack.Stack, snapshot *state.Snapshot) error {
	if err := a.store().Remove(snapshot.Stack); err != nil {
		return err
	}
	if a.json() {
		return ui.OutputsJSON(a.stdout, &stack.Outputs{SchemaVersion: stack.SchemaVersion, Stack: snapshot.Stack})
	}
	return ui.Done(a.err(), fmt.Sprintf("stack %s is gone; the group %s is untouched", snapshot.Stack, s.Spec.ASG))
}

// confirmDestroy asks on a terminal, and elsewhere wants --yes.
func (a *app) confirmDestroy(ctx context.Context, snapshot *state.Snapshot) error {
	if a.global.yes {
		return nil
	}
	if !a.interactive || a.json() {
		return &usageError{
			text: fmt.Sprintf("destroy removes stack %s, and there is no terminal to ask at", snapshot.Stack),
			hint: "add --yes to go on without being asked",
		}
	}
	if err := ui.RemovalText(a.err(), removalOf(snapshot)); err != nil {
		return err
	}
	yes, err := a.ask(ctx, "Remove all of this?")
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if !yes {
		return errors.New("nothing was removed: the answer was not yes")
	}
	return nil
}

// ask waits for an answer, or for the end of the context: nobody should have to answer after Ctrl-C.
func (a *app) ask(ctx context.Context, question string) (yes bool, err error) {
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		yes, err = ui.Confirm(a.stdin, a.err(), question)
	}()
	select {
	case <-answered:
		return yes, err
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// removalOf is what a destroy will do, dependents first.
func removalOf(snapshot *state.Snapshot) ui.Removal {
	r := ui.Removal{Stack: snapshot.Stack, ASG: snapshot.ASG, Account: snapshot.Account, Region: snapshot.Region}
	for _, record := range snapshot.Resources {
		item := ui.Item{LogicalID: record.LogicalID, Type: record.Type, Name: record.Name}
		if record.Adopted {
			r.Left = append(r.Left, item)
			continue
		}
		r.Items = append(r.Items, item)
		if record.LogicalID == stack.JobQueue {
			r.Losses = append(r.Losses, "Jobs that are still in the queue are lost.")
		}
	}
	return r
}
