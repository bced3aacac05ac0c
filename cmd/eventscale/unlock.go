package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

func newUnlock(a *app) *cobra.Command {
	var force bool
	cmd := a.command("unlock", "Say who holds a stack's lock, and remove one that is left over", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.unlock(ctx, force)
	})
	cmd.Long = `Say who holds the lock of a stack, and remove a lock file that nobody holds.

The lock is the kernel's: it ends with the process that holds it, so that a run which was killed never
blocks the next one. A lock that a process of this host holds is not to be removed; end the process. Only on
a network file system can the lock of a host that is gone for good stay held: --force removes it. A run that
does live after all notices, and saves nothing any more.`
	cmd.Example = `  eventscale unlock
  eventscale unlock --stack gpu-workers --force`
	cmd.Flags().BoolVar(&force, "force", false, "remove a lock that a process of another host holds")
	return cmd
}

func (a *app) unlock(ctx context.Context, force bool) error {
	name, err := a.lockedStack()
	if err != nil {
		return err
	}
	l, err := a.store().Unlock(name)
	if err != nil {
		return err
	}
	if l.Held {
		if err := a.breakLock(ctx, name, l.Holder, force); err != nil {
			return err
		}
	}
	if a.json() {
		return ui.UnlockedJSON(a.stdout, name, l)
	}
	return ui.Done(a.err(), unlocked(name, l))
}

// unlocked says what was found and done.
func unlocked(name string, l state.LockFile) string {
	switch {
	case !l.There:
		return fmt.Sprintf("stack %s is not locked", name)
	case l.Held:
		return fmt.Sprintf("the lock of stack %s was taken from %s", name, l.Holder)
	}
	return fmt.Sprintf("nobody holds the lock of stack %s: the file that %s left is removed", name, l.Holder)
}

// lockedStack is the stack that the user means: --stack, whether it has a state or not, or the only one there is.
func (a *app) lockedStack() (string, error) {
	if name := a.global.stack; name != "" {
		return name, stack.CheckStackName(name)
	}
	return a.onlyStack()
}

// breakLock removes a lock that is held, if that can be meant: never one whose holder lives on this host, since
// two runs would then write one state.
func (a *app) breakLock(ctx context.Context, name string, h state.Holder, force bool) error {
	held := &heldError{LockedError: &state.LockedError{Stack: name, Holder: h}}
	switch {
	case h.Here() && h.Alive():
		held.hint = fmt.Sprintf("wait until it is done, or end it: its lock is free as soon as process %d is gone", h.PID)
		return held
	case !force:
		held.hint = "see on that host whether it still runs; if the host is gone for good, --force removes the lock"
		return held
	}
	if err := a.mayAsk(fmt.Sprintf("the lock of stack %s is held by %s", name, h), ""); err != nil {
		return err
	}
	if !a.global.yes {
		text := fmt.Sprintf("stack %s is locked by %s. If that run lives, it stops at its next step, and what it has made since is not recorded.", name, h)
		if err := ui.Warning(a.err(), text); err != nil {
			return err
		}
	}
	if err := a.confirm(ctx, "Take its lock away?", "the lock was left"); err != nil {
		return err
	}
	return a.store().ForceUnlock(name, h)
}

// heldError is a lock that is not to be removed, with what to do instead.
type heldError struct {
	*state.LockedError
	hint string
}

func (e *heldError) Unwrap() error { return e.LockedError }
func (e *heldError) Hint() string  { return e.hint }
