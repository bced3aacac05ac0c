package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

// demoOptions are the flags of `demo`.
type demoOptions struct {
	upOptions
	speed   float64
	count   int
	scaleIn string
}

// The demo's loop. At these numbers it takes about an hour, and at its speed about a minute.
const (
	demoGroup   = "gpu-workers" // the sandbox's
	demoSpeed   = 60
	demoJobs    = 60
	demoJobTime = time.Minute

	// demoMostJobs is as many as the sandbox holds without slowing the clock down.
	demoMostJobs = 10_000

	// demoLatency of requests lets one see what an up and a destroy do, and in which order.
	demoLatency = 150 * time.Millisecond

	// demoLongest is how long the loop is watched, in its own time: some settings never come to rest.
	demoLongest = 3 * time.Hour
)

func newDemo(a *app) *cobra.Command {
	o := &demoOptions{speed: demoSpeed, count: demoJobs, scaleIn: string(loop.Protect)}
	cmd := a.command("demo", "Watch the loop work: up, a burst of jobs, scale out and in, destroy", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.demo(ctx, o)
	})
	cmd.Long = `Make a stack around the group gpu-workers of a sandbox in memory, send it a burst of jobs, and watch how
the queue, the alarms and the group take it; then destroy the stack. An hour passes in a minute. No account
is needed, and nothing is left behind. The flags of scaling are those of up.`
	cmd.Example = `  eventscale demo
  eventscale demo --preset classic --scale-in kill
  eventscale demo --policy table --jobs-per-instance 4 --count 200`
	f := cmd.Flags()
	f.SortFlags = false
	speedVar(f, &o.speed, "speed", "times as fast as real time")
	intVar(f, &o.count, "count", "`jobs` of the burst")
	f.StringVar(&o.scaleIn, "scale-in", o.scaleIn, "what becomes of a busy instance that shall go: protect, drain or kill")
	for _, g := range o.groups() {
		g.VisitAll(func(flag *pflag.Flag) {
			if g.Name() == "Scaling" || flag.Name == "preset" {
				f.AddFlag(flag)
			}
		})
	}
	return cmd
}

// maxDemoSpeed makes half a minute of a year. It may be far above maxSpeed: the sandbox that is served runs beside its
// users and would outrun them, and the demo's clock waits for each look.
const maxDemoSpeed = 1e6

// speedVar declares a flag of how fast a clock goes.
func speedVar(f *pflag.FlagSet, at *float64, name, usage string) {
	allowed := fmt.Sprintf("must be a number above 0, at most %.0f, such as 60", maxDemoSpeed)
	parse := func(s string) (float64, error) {
		speed, err := strconv.ParseFloat(s, 64)
		if err != nil || !(speed > 0) || speed > maxDemoSpeed {
			return 0, errors.New(allowed)
		}
		return speed, nil
	}
	format := func(speed float64) string { return strconv.FormatFloat(speed, 'g', -1, 64) }
	f.Var(&flagValue[float64]{at, "float", allowed, parse, format}, name, usage)
}

func (a *app) demo(ctx context.Context, o *demoOptions) error {
	if err := a.checkDemo(o); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eventscale-demo-")
	if err != nil {
		return &demoFolderError{os.TempDir(), err}
	}
	defer func() { _ = os.RemoveAll(dir) }()
	world, err := newDemoWorld(loop.ScaleIn(o.scaleIn))
	if err != nil {
		return err
	}
	a.world = world
	a.global.sandbox, a.global.yes, a.global.stateDir = true, true, dir
	a.global.stack, a.global.region = "", ""
	err = a.demonstrate(ctx, o, world)
	if cause := context.Cause(ctx); err != nil && interrupted(cause) { // a call that it stopped says less
		return &demoError{cause}
	}
	return err
}

func (a *app) checkDemo(o *demoOptions) error {
	modes := []string{string(loop.Protect), string(loop.Drain), string(loop.Kill)}
	switch {
	case o.count < 1 || o.count > demoMostJobs:
		return &stack.FieldError{Field: "count", Value: fmt.Sprint(o.count), Allowed: fmt.Sprintf("must be 1 to %d jobs", demoMostJobs), Advice: fmt.Sprintf("for example --count %d", demoJobs)}
	case !slices.Contains(modes, o.scaleIn):
		return &stack.FieldError{
			Field: "scale-in", Value: o.scaleIn, Allowed: "must be protect, drain or kill",
			Advice: didYouMean("--scale-in ", o.scaleIn, modes) + "for example --scale-in kill: what a group does whose workers do not protect themselves",
		}
	case a.global.endpointURL != "":
		return &usageError{text: "--endpoint-url: the demo has a sandbox of its own", hint: "leave --endpoint-url out"}
	}
	return nil
}

// demoError is a demo that Ctrl-C ended.
type demoError struct{ err error }

func (e *demoError) Error() string { return "interrupted: nothing of the demo is left" }
func (e *demoError) Unwrap() error { return e.err }

// demoFolderError says that there is no room for the demo's state.
type demoFolderError struct {
	dir string
	err error
}

func (e *demoFolderError) Error() string {
	return fmt.Sprintf("making a folder for the demo's state in %s: %s", e.dir, cause(e.err))
}
func (e *demoFolderError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *demoFolderError) Hint() string {
	return "name a folder that can be written to: TMPDIR=. eventscale demo (on Windows TMP)"
}

// demonstrate goes through the acts, each the command that its heading says. The world's clock only moves
// while the loop is watched.
func (a *app) demonstrate(ctx context.Context, o *demoOptions, world *demoWorld) error {
	if a.err().Interactive() && !a.json() {
		world.slow(demoLatency)
	}
	s, err := a.demoUp(ctx, o)
	if err != nil {
		return err
	}
	jobs, err := a.demoSend(ctx, s, o.count)
	if err != nil {
		return err
	}
	if err := a.watch(ctx, &watching{s, world, world.now(), jobs, o.speed}); err != nil {
		return err
	}
	a.pause()
	return a.demoDestroy(ctx)
}

// act heads a part of the demo.
func (a *app) act(command string) error {
	if a.json() {
		return nil
	}
	return ui.Act(a.out(), command)
}

// pause is an empty line between two acts.
func (a *app) pause() {
	if !a.json() {
		fmt.Fprintln(a.stdout)
	}
}

// demoUp is an `up`, without its outputs.
func (a *app) demoUp(ctx context.Context, o *demoOptions) (*stack.Stack, error) {
	o.spec.ASG = demoGroup
	spec, zip, err := o.resolve("")
	if err != nil {
		return nil, err
	}
	if err := a.act(spec.Command()); err != nil {
		return nil, err
	}
	defer a.pause()
	s, plan, err := a.planned(ctx, &o.upOptions, spec, zip)
	if err != nil {
		return nil, err
	}
	err = a.apply(ctx, s, plan)
	a.end() // what is printed next comes below
	return s, err
}

func (a *app) demoSend(ctx context.Context, s *stack.Stack, count int) (jobs int, err error) {
	if err := a.act(fmt.Sprintf("eventscale send --count %d", count)); err != nil {
		return 0, err
	}
	defer a.pause()
	run := runID()
	d := ui.Delivery{Stack: s.Spec.Stack, Via: stack.ViaQueue, To: s.Recorded().Record(stack.JobQueue).Name, Count: count}
	d.Sent, err = s.Send(ctx, stack.Sending{Via: stack.ViaQueue, Run: run, Bodies: numberedBodies(run, count)})
	if err != nil || a.json() {
		return d.Jobs, err
	}
	return d.Jobs, ui.Sent(a.out(), &d)
}

// demoDestroy is a `destroy`, without its document.
func (a *app) demoDestroy(ctx context.Context) error {
	if err := a.act("eventscale destroy"); err != nil {
		return err
	}
	if a.json() {
		stdout := a.stdout
		defer func() { a.stdout = stdout }()
		a.stdout = io.Discard
	}
	return a.destroy(ctx, &destroyOptions{})
}
