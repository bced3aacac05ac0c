//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// begin makes an account with nothing but the group in it, and a folder to work in. An account that is kept is
// the same under another profile of faults.
func (p *program) begin(ctx context.Context, kept bool) (*trial, error) {
	home, err := os.MkdirTemp(p.dir, "trial-")
	if err != nil {
		return nil, err
	}
	path := ""
	if kept {
		path = filepath.Join(home, "world.json")
	}
	c, err := serve(ctx, path)
	if err != nil {
		return nil, err
	}
	t := &trial{cloud: c, program: p, home: home}
	if t.base, err = t.audit(ctx); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

func (t *trial) end() {
	t.close()
	_ = os.RemoveAll(t.home)
}

// mustBe checks the account and the state against what they should be.
func (t *trial) mustBe(ctx context.Context, want account) error {
	have, err := t.audit(ctx)
	if err != nil {
		return err
	}
	if err := have.sameAs(want); err != nil {
		return err
	}
	return have.recordedIn(t.store(), t.base)
}

// mustBeQuiet runs a command that has nothing to do.
func (t *trial) mustBeQuiet(ctx context.Context, args ...string) error {
	t.mutations.Store(0)
	if err := t.must(ctx, 0, args...); err != nil {
		return err
	}
	if n := t.mutations.Load(); n > 0 {
		return fmt.Errorf("eventscale %v made %d mutating calls where nothing was to be done", args, n)
	}
	return nil
}

// mustGo destroys the stack: nothing but what was there at the start may be left, and no file. Where no state
// was ever saved there is nothing to destroy, and the program says so. The command is destroy where none is given.
func (t *trial) mustGo(ctx context.Context, args ...string) error {
	if args == nil {
		args = destroy
	}
	code := 0
	if _, err := os.Stat(t.store().Path(stackName)); err != nil {
		code = 3
	}
	if err := t.must(ctx, code, args...); err != nil {
		return err
	}
	have, err := t.audit(ctx)
	if err != nil {
		return err
	}
	t.left = have.beyond(t.base)
	if err := have.sameAs(t.base); err != nil {
		return err
	}
	if code != 0 {
		return nil // nobody has had the lock since: what the killed run left lies there until the next
	}
	if files, _ := filepath.Glob(filepath.Join(t.stateDir(), "*")); len(files) > 0 {
		return fmt.Errorf("files are left: %v", files)
	}
	hidden, _ := filepath.Glob(filepath.Join(t.stateDir(), ".*"))
	if len(hidden) > 0 {
		return fmt.Errorf("files are left: %v", hidden)
	}
	return nil
}
