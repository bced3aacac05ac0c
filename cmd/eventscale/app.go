package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

// app is the process: its streams, its environment and what all commands have in common.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	interactive    bool // a person can answer on stdin

	global globals
	screen screen
	clock  serverClock
	world  http.RoundTripper // the demo's sandbox; nil elsewhere
	waits  waits
	locked atomic.Bool // a stack is being changed
	held   *state.Lock // its lock
}

// globals are the flags of every command.
type globals struct {
	stack       string
	region      string
	profile     string
	endpointURL string
	sandbox     bool
	stateDir    string
	output      string
	verbose     bool
	yes         bool
	noColor     bool
	timeout     time.Duration
	lockTimeout time.Duration
	file        string
}

// The formats of --output.
const (
	formatText = "text"
	formatJSON = "json"
)

// out is where results go; err is where all else goes.
func (a *app) out() *ui.Output { return ui.NewOutput(a.stdout, a.env, a.global.noColor) }
func (a *app) err() *ui.Output { return ui.NewOutput(a.stderr, a.env, a.global.noColor) }
func (a *app) json() bool      { return a.global.output == formatJSON }

func (a *app) store() *state.Store { return state.Open(a.global.stateDir) }

// run does what the arguments say and returns the exit code.
func (a *app) run(args []string) int {
	ctx, stop := a.interruptible(context.Background())
	defer stop()
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	a.end()
	if unread(err) {
		return exitInterrupted
	}
	if cause := context.Cause(ctx); err != nil && cause != nil && errors.Is(err, context.Canceled) {
		err = cause // a call that was not made is no failure of its own
	}
	return a.exit(err)
}

// unread reports whether an error says that nobody reads us any more: the pipe was closed, or the terminal, to
// which a write is an input/output error. A connection to AWS can break in the same words.
func unread(err error) bool {
	file, ok := errors.AsType[*fs.PathError](err)
	gone := errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.EIO)
	return ok && gone && (file.Path == os.Stdout.Name() || file.Path == os.Stderr.Name())
}

// The causes of a run that a signal stopped: one that changes a stack, and any other.
var (
	errInterrupted = errors.New("interrupted: the calls in flight were finished and the state is saved")
	errStopped     = errors.New("interrupted")
)

// interruption is the cause of a stop by a signal now.
func (a *app) interruption() error {
	if a.locked.Load() {
		return errInterrupted
	}
	return errStopped
}

// interruptible returns a context that the first signal cancels: calls in flight end, and no other is
// begun. The second signal leaves at once; what is under way is recorded as such.
func (a *app) interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals, pipe := make(chan os.Signal, 2), make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // under nohup it is: so it shall stay
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(pipe, syscall.SIGPIPE) // nobody reads us any more: stop in order, and there is no one to tell
	go func() {
		if _, ok := <-pipe; ok {
			cancel(a.interruption())
		}
	}()
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		if a.locked.Load() {
			a.note("interrupted: finishing the calls in flight; once more leaves at once")
		}
		cancel(a.interruption())
		if _, ok := <-signals; ok {
			a.end()
			a.left()
			os.Exit(exitInterrupted) //nolint:forbidigo // the second signal leaves at once, wherever the program is
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		signal.Stop(pipe)
		close(signals)
		close(pipe)
		cancel(nil)
	}
}

// left says, after a second signal, where a run that changes a stack was left.
func (a *app) left() {
	if a.locked.Load() {
		a.showOne(errors.New("interrupted: left at once, with calls in flight"),
			[]string{"what was under way is recorded as such; run the same command again to continue"})
	}
}

// timeoutError is the cause of a run that --timeout stopped.
type timeoutError struct {
	after   time.Duration
	locked  *atomic.Bool // a stack was being changed
	waiting string       // for what, where nothing of it had been begun
}

func (e *timeoutError) Error() string {
	text := fmt.Sprintf("stopped by --timeout %s", e.after)
	switch {
	case e.waiting != "":
		text += " while " + e.waiting
	case e.locked.Load():
		text += ": the calls in flight were finished and the state is saved"
	}
	return text
}

// Hint says how to go on.
func (e *timeoutError) Hint() string {
	if e.waiting == "" && e.locked.Load() {
		return "run the command again to continue"
	}
	return "give it more time with --timeout"
}

// limited adds --timeout to a command's context.
func (a *app) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.global.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, a.global.timeout, &timeoutError{after: a.global.timeout, locked: &a.locked})
}

// timedOut puts --timeout in the place of what the SDK says of a call that was not made because of it, with what
// that call waited for.
func timedOut(ctx context.Context, err error) error {
	limit, ok := errors.AsType[*timeoutError](context.Cause(ctx))
	if !ok || !errors.Is(err, context.DeadlineExceeded) || is[*timeoutError](err) {
		return err
	}
	if wait, ok := errors.AsType[*provision.StoppedError](err); ok {
		return &timeoutError{limit.after, limit.locked, wait.Waiting}
	}
	return limit
}

// action is what a command runs.
type action func(ctx context.Context, cmd *cobra.Command, args []string) error

// command makes a cobra command of an action, with --timeout.
func (a *app) command(use, short string, args cobra.PositionalArgs, do action) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := a.limited(cmd.Context())
			defer cancel()
			return timedOut(ctx, do(provision.WithWaiting(ctx, a.waiting), cmd, args))
		},
	}
}

// upTo refuses more arguments than a command takes.
func upTo(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= n {
			return nil
		}
		return &usageError{
			text: fmt.Sprintf("%s: %q is one argument too many", cmd.CommandPath(), args[n]),
			hint: "see `" + cmd.CommandPath() + " --help`",
		}
	}
}
