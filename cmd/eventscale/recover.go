package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/ingest"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

// recoverOptions are the flags of `recover`.
type recoverOptions struct {
	asg    string
	dryRun bool
}

func newRecover(a *app) *cobra.Command {
	o := &recoverOptions{}
	cmd := a.command("recover", "Rebuild a lost or broken state from what AWS has", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.recover(ctx, o)
	})
	cmd.Long = `Rebuild the state of a stack whose state file is lost or broken: every object is looked for by its name, and
the stack's own are known by their tags. It shows what it found, and the settings that follow from it, and
asks before it writes. Nothing on AWS is changed. A file that was there is kept beside the new one.

The stack's name is --stack, or made of the group's name as up does. Without --asg the objects' tags tell
the group.`
	cmd.Example = `  eventscale recover --asg gpu-workers
  eventscale recover --stack gpu-workers --dry-run
  eventscale recover --stack gpu-workers --yes -o json`
	cmd.Flags().StringVar(&o.asg, "asg", "", "the Auto Scaling group (default: the one that the objects' tags name)")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "show what is found, and write nothing")
	return cmd
}

func (a *app) recover(ctx context.Context, o *recoverOptions) error {
	name, err := a.lostStack(o.asg)
	if err != nil {
		return err
	}
	if !o.dryRun {
		if err := a.mayAsk(fmt.Sprintf("recover writes the state of stack %s anew", name), "or --dry-run to see what would be written"); err != nil {
			return err
		}
		unlock, err := a.lock(ctx, name)
		if err != nil {
			return err
		}
		defer unlock()
	}
	f, err := a.find(ctx, name, o.asg)
	if err != nil {
		return err
	}
	if o.dryRun {
		return a.showRecovery(f.report())
	}
	return a.rebuild(ctx, f)
}

// rebuild shows what was found, asks, and records it.
func (a *app) rebuild(ctx context.Context, f *found) error {
	report := f.report()
	if !a.json() {
		if err := a.showRecovery(report); err != nil {
			return err
		}
	}
	if err := a.confirm(ctx, "Record this as the state of the stack?", "nothing was written"); err != nil {
		return err
	}
	var err error
	if report.Kept, err = a.record(f); err != nil {
		return err
	}
	if report.Recorded = true; a.json() {
		return a.showRecovery(report)
	}
	text := fmt.Sprintf("the state of stack %s is in %s: %d resources", report.Stack, report.StateFile, len(f.Snapshot.Resources))
	if report.Kept != "" {
		text += "; what was there is in " + report.Kept
	}
	if err := ui.Done(a.err(), text); err != nil {
		return err
	}
	return ui.Next(a.err(), a.again("status"))
}

func (a *app) showRecovery(r *ui.Recovery) error {
	if a.json() {
		return ui.RecoveryJSON(a.stdout, r)
	}
	return ui.RecoveryText(a.out(), r)
}

// lostStack is the name of a stack that may have no state: --stack, or made of the group's, or that of the only
// file in the state folder.
func (a *app) lostStack(asg string) (string, error) {
	if asg != "" {
		if err := stack.CheckGroupName(asg); err != nil {
			return "", err
		}
	}
	switch {
	case a.global.stack != "":
		return a.global.stack, stack.CheckStackName(a.global.stack)
	case asg != "":
		return stack.DefaultStackName(asg), nil
	}
	name, err := a.onlyStack()
	if usage, ok := errors.AsType[*usageError](err); ok {
		usage.hint = "name the group with --asg NAME, or the stack with --stack NAME"
	}
	return name, err
}

// found is a stack as AWS shows it, and what is left of its state.
type found struct {
	*stack.Recovery
	path   string
	have   *state.Snapshot    // nil where it is lost or broken
	broken *state.BrokenError // nil where it is not
}

// find looks for a stack by names and tags. A state that a newer eventscale wrote is not broken, and refused.
func (a *app) find(ctx context.Context, name, asg string) (*found, error) {
	f := &found{path: a.store().Path(name)}
	var err error
	f.have, err = a.store().Load(name)
	if lost(err) {
		f.broken, _ = errors.AsType[*state.BrokenError](err)
		err = nil
	}
	if err != nil {
		return nil, err
	}
	region := ""
	if f.have != nil {
		region = f.have.Region
	}
	clients, err := a.clients(ctx, region)
	if err != nil {
		return nil, err
	}
	if asg == "" && f.have != nil {
		asg = f.have.ASG
	}
	done := a.busy("looking for stack " + name + " by names and tags")
	f.Recovery, err = stack.Recover(ctx, stack.RecoverOptions{
		Clients: clients, Stack: name, ASG: asg, BuiltIn: stack.CodeSHA256(ingest.Zip()), Recorded: f.have,
	})
	done()
	return f, err
}

// lost reports whether an error says that there is no state, or none that any eventscale could read.
func lost(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || is[*state.BrokenError](err) && !is[*state.NewerError](err)
}

// report is what is shown of it.
func (f *found) report() *ui.Recovery {
	s := f.Snapshot
	r := &ui.Recovery{
		Stack: s.Stack, ASG: s.ASG, Account: s.Account, Region: s.Region,
		Findings: f.Findings, Command: f.Spec.Command(), Settings: s.Spec, Unknown: f.Unknown,
		StateFile: f.path, Before: ui.Lost,
	}
	for _, c := range f.Carried {
		r.Carried = append(r.Carried, ui.Item{LogicalID: c.LogicalID, Type: c.Type, Name: c.Name})
	}
	switch {
	case f.broken != nil:
		r.Before, r.Problem = ui.Broken, problem(f.broken)
	case f.have != nil:
		r.Before = ui.Readable
	}
	return r
}

// record saves what was found, and returns where the file that was there is kept; "" where there was none.
func (a *app) record(f *found) (kept string, err error) {
	why := ""
	switch {
	case f.broken != nil:
		why = "broken"
	case f.have != nil:
		why = "replaced"
	}
	if why != "" {
		if kept, err = a.store().Keep(f.Snapshot.Stack, why, time.Now()); err != nil {
			return "", err
		}
	}
	return kept, a.save(f.Snapshot)
}
