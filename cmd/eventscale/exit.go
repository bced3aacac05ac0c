package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/tune"
	"github.com/eventscale/eventscale/internal/ui"
	"github.com/eventscale/eventscale/internal/workload"
)

// The exit codes. `eventscale help exit-codes` prints exitMeanings.
const (
	exitDone        = 0
	exitFailed      = 1
	exitChanges     = 2
	exitUsage       = 3
	exitDenied      = 4
	exitState       = 5
	exitUnsaved     = 6
	exitInterrupted = 130
)

var exitMeanings = []struct {
	code    int
	meaning string
}{
	{exitDone, "done, or in sync"},
	{exitFailed, "failed; the state is saved"},
	{exitChanges, "--exit-code was given and there are changes, drift or an unhealthy loop"},
	{exitUsage, "usage: an unknown flag, a bad value, a missing parameter, a state folder that cannot be used"},
	{exitDenied, "AWS credentials or permission"},
	{exitState, "the state is locked, broken, or of another account or region"},
	{exitUnsaved, "the state could not be saved; it is printed to stderr"},
	{exitInterrupted, "interrupted; the state is saved"},
}

// usageError is something that the user typed and that cannot be done.
type usageError struct{ text, hint string }

func (e *usageError) Error() string { return e.text }
func (e *usageError) Hint() string  { return e.hint }

// differs is the outcome of a command with --exit-code; it is no error to be shown.
type differs struct{}

func (differs) Error() string { return "there are differences" }

// exit shows an error and returns the exit code that it means.
func (a *app) exit(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitCode(err)
	if _, silent := errors.AsType[differs](err); silent {
		return code
	}
	a.show(err)
	return code
}

// exitCode is the one place where errors become exit codes. The gravest comes first: a state that is
// not on disk must not hide behind what else went wrong.
func exitCode(err error) int {
	switch {
	case is[*state.SaveError](err):
		return exitUnsaved
	case errors.Is(err, errInterrupted), errors.Is(err, errStopped):
		return exitInterrupted
	case is[differs](err):
		return exitChanges
	case is[*state.LockedError](err), is[*stack.AccountError](err), is[*state.BrokenError](err):
		return exitState
	case is[*usageError](err), is[*stack.FieldError](err), is[*stack.GroupError](err), is[*stack.SearchError](err),
		is[*state.UnwritableError](err), is[*state.LocklessError](err), is[*state.InsecureError](err),
		is[*loop.FieldError](err), is[*workload.InputError](err), is[*noJobsError](err), is[*tune.SLOError](err),
		is[*sandbox.FaultError](err):
		return exitUsage
	case is[*credentialsError](err), stack.Denied(err), stack.Unauthenticated(err):
		return exitDenied
	}
	return exitFailed
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// show prints an error with what to do about it. Errors that were joined are shown one by one, each
// followed by its own hints; what several in a row advise is said once, after the last.
func (a *app) show(err error) {
	if save, ok := errors.AsType[*state.SaveError](err); ok {
		a.rescue(save)
	}
	parts, further := apart(err), ""
	if run, ok := errors.AsType[*provision.RunError](err); ok {
		further = runHint(run)
	}
	for i, e := range parts {
		own := hints(e)
		switch {
		case is[*timeoutError](e) && further != "":
			own = nil // which says the same
		case i+1 < len(parts) && !a.json() && slices.Equal(own, hints(parts[i+1])):
			own = nil // the next says the same
		}
		a.showOne(e, own)
	}
	if is[*state.SaveError](err) {
		a.hint("save what is printed above, when no other run is at work, and run the same command again; without it `eventscale recover` finds the objects by names and tags")
	} else {
		a.hint(further)
	}
}

func (a *app) showOne(err error, hints []string) {
	if a.json() {
		_ = ui.ErrorJSON(a.stderr, errorText(err), hints...)
		return
	}
	_ = ui.Error(a.err(), errorText(err), hints...)
}

// errorText leaves out what the SDK says of an answer that never came.
func errorText(err error) string { return strings.ReplaceAll(err.Error(), noAnswer, "") }

func (a *app) hint(text string) {
	if text == "" {
		return
	}
	if a.json() {
		_ = ui.HintJSON(a.stderr, text)
		return
	}
	_ = ui.Hint(a.err(), text)
}

// rescue prints a state that could not be saved, so that nothing of it is lost.
func (a *app) rescue(e *state.SaveError) {
	_ = ui.Line(a.stderr, fmt.Sprintf("The state, to be saved by hand as %s:", e.Path))
	_ = ui.Rescued(a.stderr, e.Data)
}

// apart takes joined errors apart, and the causes of a run.
func apart(err error) []error {
	var parts []error
	if run, ok := errors.AsType[*provision.RunError](err); ok {
		parts = run.Unwrap()
	} else if joined, ok := err.(interface{ Unwrap() []error }); ok && isJoined(err, joined.Unwrap()) {
		parts = joined.Unwrap()
	} else {
		return []error{err}
	}
	var all []error
	for _, p := range parts {
		all = append(all, apart(p)...)
	}
	return all
}

// isJoined reports whether an error is its parts and says nothing of its own, as errors.Join makes them.
func isJoined(err error, parts []error) bool {
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.Error()
	}
	return err.Error() == strings.Join(texts, "\n")
}

// hints gathers what the error, or one that it wraps, advises, and what its kind calls for.
func hints(err error) []string {
	var all []string
	if text := advice(err); text != "" {
		all = append(all, text)
	}
	switch {
	case stack.Denied(err):
		all = append(all, "`eventscale iam-policy` prints the permissions that this stack needs")
	case stack.Exhausted(err):
		all = append(all, "a quota of the account is used up: remove what is not needed, or ask for more in the Service Quotas console")
	case stack.Unauthenticated(err):
		all = append(all, "check the credentials with `aws sts get-caller-identity`, sign in again, or name others with --profile")
		if stack.Unenabled(err) {
			all = append(all, "if they are good, the region may not be enabled for the account: see `aws account list-regions`, or choose another with --region")
		}
	case unreachable(err): // before the next: an attempt's own deadline is not --timeout's
		all = append(all, "check the network, --region and --endpoint-url (AWS_ENDPOINT_URL)")
	case errors.Is(err, context.DeadlineExceeded):
		all = append(all, "give it more time with --timeout")
	}
	return all
}

// advice is what the outermost error with something to advise says. An error that has nothing to say may wrap one
// that has.
func advice(err error) string {
	for {
		h, ok := errors.AsType[interface {
			error
			Hint() string
		}](err)
		if !ok {
			return ""
		}
		if text := h.Hint(); text != "" {
			return text
		}
		err = errors.Unwrap(h)
	}
}

// runHint says how far a run came and how to go on.
func runHint(e *provision.RunError) string {
	if e.Total == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d resources are recorded; run the same command again to continue", e.Recorded, e.Total)
}

// flagError turns what pflag says of a flag into our words.
func flagError(cmd *cobra.Command, err error) error {
	help := "see `" + cmd.CommandPath() + " --help`"
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return &stack.FieldError{Field: invalid.GetFlag().Name, Value: invalid.GetValue(), Allowed: allowed(invalid.GetFlag(), invalid.Unwrap()), Advice: help}
	}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return &usageError{
			text: fmt.Sprintf("--%s: there is no such flag", unknown.GetSpecifiedName()),
			hint: didYouMean("--", unknown.GetSpecifiedName(), names) + help,
		}
	}
	return &usageError{text: err.Error(), hint: help}
}
