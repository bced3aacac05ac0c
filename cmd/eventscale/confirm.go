package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/eventscale/eventscale/internal/ui"
)

// mayAsk refuses what must be asked for where there is nobody to ask. The alternative is one to --yes; it may be "".
func (a *app) mayAsk(what, alternative string) error {
	if a.global.yes || a.interactive && !a.json() {
		return nil
	}
	e := &usageError{text: what + ", and there is no terminal to ask at", hint: "add --yes to go on without being asked"}
	if alternative != "" {
		e.hint += ", " + alternative
	}
	return e
}

// confirm asks, unless --yes says so already. The error says what was not done.
func (a *app) confirm(ctx context.Context, question, otherwise string) error {
	if a.global.yes {
		return nil
	}
	defer a.locked.Store(a.locked.Swap(false)) // while it is asked no call is in flight, and nothing to be saved
	yes, err := a.ask(ctx, question)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(a.stderr) // the question's line is open
		return fmt.Errorf("%w: %s", context.Cause(ctx), otherwise)
	case err != nil:
		return fmt.Errorf("reading the answer: %w", err)
	case !yes:
		return errors.New(otherwise + ": the answer was not yes")
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
