package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
)

// recorded loads the snapshot of the stack that the user means: --stack, or the only one there is.
func (a *app) recorded() (*state.Snapshot, error) {
	name := a.global.stack
	if name == "" {
		only, err := a.onlyStack()
		if err != nil {
			return nil, err
		}
		name = only
	}
	if err := stack.CheckStackName(name); err != nil {
		return nil, err
	}
	return a.reload(name)
}

// reload loads the snapshot of a stack; once more when its lock is taken, before which another run may have
// changed or removed it.
func (a *app) reload(name string) (*state.Snapshot, error) {
	snapshot, err := a.store().Load(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, a.unknownStack(name)
	}
	return snapshot, err
}

// onlyStack returns the name of the only stack in the state folder.
func (a *app) onlyStack() (string, error) {
	names, err := a.store().List()
	if err != nil {
		return "", err
	}
	switch len(names) {
	case 1:
		return names[0], nil
	case 0:
		return "", &usageError{
			text: fmt.Sprintf("there is no stack in %s", a.global.stateDir),
			hint: "make one with `eventscale up --asg NAME`, rebuild a lost one with `eventscale recover --asg NAME`, or name the folder with --state-dir",
		}
	}
	return "", &usageError{
		text: fmt.Sprintf("there are %d stacks in %s: %s", len(names), a.global.stateDir, strings.Join(names, ", ")),
		hint: "choose one with --stack " + names[0],
	}
}

func (a *app) unknownStack(name string) error {
	e := &usageError{
		text: fmt.Sprintf("--stack %s: there is no such stack in %s", name, a.global.stateDir),
		hint: "make it with `eventscale up --asg NAME`, rebuild a lost state with `eventscale recover`, or name the folder with --state-dir",
	}
	if names, err := a.store().List(); err == nil && len(names) > 0 {
		e.hint = "there is " + strings.Join(stack.Nearest(name, names, 5), ", ")
	}
	return e
}

// lock takes the lock of a stack, and returns what frees it.
func (a *app) lock(ctx context.Context, name string) (func(), error) {
	lock, err := a.store().Acquire(ctx, name, 0)
	if held, ok := errors.AsType[*state.LockedError](err); ok && a.global.lockTimeout > 0 {
		a.note(fmt.Sprintf("waiting for %s (at most %s)", held.Holder, a.global.lockTimeout))
		lock, err = a.store().Acquire(ctx, name, a.global.lockTimeout)
	}
	if err != nil {
		return nil, err
	}
	a.locked.Store(true)
	a.held = lock
	return func() {
		a.held = nil
		if err := lock.Release(); err != nil {
			a.note("warning: " + err.Error())
		}
	}, nil
}

// save writes a snapshot, in a run that changes a stack only as long as it has the lock.
func (a *app) save(snapshot *state.Snapshot) error {
	if a.held == nil {
		return a.store().Save(snapshot)
	}
	return a.store().SaveUnder(a.held, snapshot)
}

// open prepares the stack of a snapshot that was recorded.
func (a *app) open(ctx context.Context, snapshot *state.Snapshot, more ...func(*stack.Options)) (*stack.Stack, error) {
	spec, err := stack.SpecOf(snapshot)
	if err != nil {
		return nil, err
	}
	clients, err := a.clients(ctx, snapshot.Region)
	if err != nil {
		return nil, err
	}
	o := stack.Options{
		Clients: clients, Spec: spec, Version: versionText(),
		Snapshot: snapshot, Save: a.save, Emit: a.event, Now: a.clock.now,
	}
	for _, set := range more {
		set(&o)
	}
	return stack.Open(o)
}

// versionText is the version of this program: the release's, or of the module it was built from.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
