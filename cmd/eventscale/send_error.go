package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/eventscale/eventscale/internal/ui"
)

// interrupted reports whether a signal stopped what was going on.
func interrupted(err error) bool { return errors.Is(err, errInterrupted) || errors.Is(err, errStopped) }

// stoppedError is a sending that Ctrl-C or --timeout ended.
type stoppedError struct {
	sent *ui.Delivery
	hint string
	err  error
}

func (e *stoppedError) Error() string {
	why := "interrupted"
	if timeout, ok := errors.AsType[*timeoutError](e.err); ok {
		why = fmt.Sprintf("stopped by --timeout %s", timeout.after)
	}
	return fmt.Sprintf("%s after the calls in flight; jobs sent: %d", why, e.sent.Jobs)
}

func (e *stoppedError) Unwrap() error { return e.err }

// Hint says how to go on.
func (e *stoppedError) Hint() string { return e.hint }

// refusedError is a sending that went to its end, though not all of its jobs did.
type refusedError struct{ sent *ui.Delivery }

func (e *refusedError) Error() string {
	return fmt.Sprintf("%d of %d jobs were refused", e.sent.Refused, e.sent.Tried())
}

// Hint is the advice on the first job that was refused: the others mostly have the same fault.
func (e *refusedError) Hint() string {
	for _, r := range e.sent.Refusals {
		return cmp.Or(r.Advice, "send those jobs again; the others are in the queue")
	}
	return ""
}
