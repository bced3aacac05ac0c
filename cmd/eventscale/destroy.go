package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

// destroyOptions are the flags of `destroy`.
type destroyOptions struct {
	asg           string
	deleteAdopted bool
}

func newDestroy(a *app) *cobra.Command {
	o := &destroyOptions{}
	cmd := a.command("destroy", "Remove exactly what was created", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.destroy(ctx, o)
	})
	cmd.Aliases = []string{"down"}
	cmd.Long = `Remove exactly what the state file records, dependents first. The Auto Scaling group and its instances
stay as they are, and so does what was taken over with --adopt. What cannot be removed stays recorded, and
the same command goes on with it.

Where the state file is lost or broken, --asg finds the stack by names and tags, as recover does.`
	cmd.Example = `  eventscale destroy
  eventscale destroy --stack gpu-workers --yes
  eventscale destroy --stack gpu-workers --asg gpu-workers    without a state file`
	cmd.Flags().StringVar(&o.asg, "asg", "", "the stack's group: without a state file the stack is found by names and tags")
	cmd.Flags().Lookup("asg").Annotations = map[string][]string{notFromOutside: {}} // to go by names alone takes a word of its own
	cmd.Flags().BoolVar(&o.deleteAdopted, "delete-adopted", false, "remove what was taken over with --adopt too")
	return cmd
}

func (a *app) destroy(ctx context.Context, o *destroyOptions) error {
	name, err := a.doomed(o)
	if err != nil {
		return err
	}
	if err := a.mayAsk("destroy removes stack "+name, ""); err != nil {
		return err
	}
	unlock, err := a.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := a.remains(ctx, name, o)
	if nothing, ok := errors.AsType[*stack.SearchError](err); ok && nothing.Empty() {
		return a.nothingThere(nothing)
	}
	if err != nil {
		return err
	}
	var left []stack.Left
	s, err := a.open(ctx, f.Snapshot, func(to *stack.Options) {
		to.DeleteAdopted = o.deleteAdopted
		to.Emit = func(e provision.Event) {
			if e.Left {
				left = append(left, stack.Left{LogicalID: e.LogicalID, Type: e.Type, Name: e.Name, Reason: e.Reason})
			}
			a.event(e)
		}
	})
	if err != nil {
		return err
	}
	removal := removalOf(s, f)
	if err := a.confirmDestroy(ctx, removal); err != nil {
		return err
	}
	if f.have == nil {
		if _, err := a.record(f); err != nil {
			return err
		}
	}
	if err := s.Inspect(ctx); err != nil {
		return err
	}
	a.begin("Destroying stack "+name, removal.Items)
	err = s.Destroy(ctx)
	a.end()
	if err != nil {
		return err
	}
	return a.destroyed(s, left)
}

// doomed is the name of the stack to destroy. Without --asg there must be a state of it.
func (a *app) doomed(o *destroyOptions) (string, error) {
	if o.asg != "" {
		return a.lostStack(o.asg)
	}
	snapshot, err := a.recorded()
	if err != nil {
		return "", withoutState(err)
	}
	return snapshot.Stack, nil
}

// withoutState adds the way to destroy a stack whose state is lost or broken.
func withoutState(err error) error {
	if usage, ok := errors.AsType[*usageError](err); ok {
		usage.hint += "; if its state is lost, --stack NAME --asg GROUP finds it by names and tags"
	}
	return err
}

// remains loads what is recorded, or finds out what there is where nothing is that can be read.
func (a *app) remains(ctx context.Context, name string, o *destroyOptions) (*found, error) {
	snapshot, err := a.store().Load(name) // another run may have changed it before we had the lock
	switch {
	case lost(err) && o.asg != "":
		return a.find(ctx, name, o.asg)
	case errors.Is(err, fs.ErrNotExist):
		return nil, a.unknownStack(name)
	case err != nil:
		return nil, err
	}
	if o.asg != "" && o.asg != snapshot.ASG {
		return nil, &usageError{
			text: fmt.Sprintf("--asg %s: stack %s is recorded for group %s", o.asg, name, snapshot.ASG),
			hint: "leave --asg out: it is for a stack without a state file",
		}
	}
	return &found{Recovery: &stack.Recovery{Snapshot: snapshot}, have: snapshot}, nil
}

// nothingThere ends a destroy that was told to go by names and tags, and found nothing: whoever asks twice that a
// stack be gone has it. A broken state of nothing is put aside.
func (a *app) nothingThere(nothing *stack.SearchError) error {
	text := fmt.Sprintf("nothing of stack %s is in account %s, region %s: there is nothing to remove", nothing.Stack, nothing.Account.ID, nothing.Account.Region)
	if _, err := a.store().Load(nothing.Stack); is[*state.BrokenError](err) {
		kept, err := a.store().Keep(nothing.Stack, "broken", time.Now())
		if err != nil {
			return err
		}
		if err := a.store().Remove(nothing.Stack); err != nil {
			return err
		}
		text += "; the broken state is in " + kept
	}
	if a.json() {
		return ui.OutputsJSON(a.stdout, &stack.Outputs{SchemaVersion: stack.SchemaVersion, Stack: nothing.Stack})
	}
	return ui.Done(a.err(), text)
}

// destroyed removes the state of a stack that owns nothing any more.
func (a *app) destroyed(s *stack.Stack, left []stack.Left) error {
	name := s.Spec.Stack
	if err := a.store().Remove(name); err != nil {
		return err
	}
	if a.json() {
		return ui.OutputsJSON(a.stdout, &stack.Outputs{SchemaVersion: stack.SchemaVersion, Stack: name, Left: left})
	}
	text := fmt.Sprintf("stack %s is gone; the group %s is untouched", name, s.Spec.ASG)
	for _, l := range left {
		text += fmt.Sprintf("; %s %s is still there", l.Type, l.Name)
	}
	return ui.Done(a.err(), text)
}

// confirmDestroy shows what goes and what stays, and asks.
func (a *app) confirmDestroy(ctx context.Context, removal ui.Removal) error {
	if a.global.yes {
		return nil
	}
	if err := ui.RemovalText(a.err(), removal); err != nil {
		return err
	}
	return a.confirm(ctx, "Remove all of this?", "nothing was removed")
}

// removalOf is what a destroy will do, dependents first.
func removalOf(s *stack.Stack, f *found) ui.Removal {
	snapshot := f.Snapshot
	r := ui.Removal{Stack: snapshot.Stack, ASG: snapshot.ASG, Account: snapshot.Account, Region: snapshot.Region}
	if f.have == nil {
		r.Losses = append(r.Losses, "There is no state to go by: this was found by names and tags.")
	}
	for _, record := range snapshot.Resources {
		item := ui.Item{LogicalID: record.LogicalID, Type: record.Type, Name: record.Name}
		if s.Leaves(record) {
			r.Left = append(r.Left, item)
			continue
		}
		r.Items = append(r.Items, item)
		r.Losses = append(r.Losses, lossOf(record)...)
	}
	for _, finding := range f.Findings {
		if finding.Claim == provision.Foreign {
			r.Foreign = append(r.Foreign, ui.Item{LogicalID: finding.LogicalID, Type: finding.Type, Name: finding.Name})
		}
	}
	return r
}

// lossOf says what is lost with an object that somebody may want to keep.
func lossOf(record state.Record) []string {
	var losses []string
	if record.Adopted {
		losses = append(losses, fmt.Sprintf("%s %s was there before the stack, and is deleted all the same (--delete-adopted).", record.LogicalID, record.Name))
	}
	if record.LogicalID == stack.JobQueue {
		losses = append(losses, "Jobs that are still in the queue are lost.")
	}
	return losses
}
