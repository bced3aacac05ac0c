//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// walks is how many there are, each of some runs.
const walks = 60

// otherGroup is one that a stack can be moved to.
const otherGroup = "other-workers"

// wish is one of the settings between which a walk wavers: each undoes what another has made.
type wish struct {
	args  []string
	after account // where it was granted on an empty account
}

func wishes() []*wish {
	var all []*wish
	for _, more := range []string{
		"--asg gpu-workers",
		"--asg gpu-workers --fifo",
		"--asg gpu-workers --preset classic",
		"--asg gpu-workers --policy step",
		"--asg gpu-workers --policy table --jobs-per-instance 4",
		"--asg gpu-workers --visibility-timeout 30m --tag team=ml --memory 512 --env MODE=fast --scale-out-at 20 --cooldown 10m",
		"--asg other-workers",
		"--asg other-workers --fifo --policy table",
	} {
		all = append(all, &wish{args: append([]string{"up", "--stack", stackName}, strings.Fields(more)...)})
	}
	return all
}

// moves tells whether the wish is for the other group.
func (w *wish) moves() bool { return slices.Contains(w.args, otherGroup) }

// secret tells whether the wish leaves what the state alone knows: what is on another group, and whose a tag is that
// not all objects have.
func (w *wish) secret() bool { return w.moves() || slices.Contains(w.args, "--tag") }

// again runs the program over and over on one stack, with other settings each time, and ends most runs somewhere: by
// a kill, a signal or two. Now and then the state is lost. Then a run that nothing disturbs must bring all to what
// it should be, and a destroy leave nothing.
func (t *torturer) again(ctx context.Context) error {
	all := wishes()
	for _, w := range all {
		if err := t.grant(ctx, w); err != nil {
			return err
		}
	}
	first := t.seed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	fmt.Fprintf(t.log, "walks from -seed %d on\n", first)
	var points []point
	for i := range uint64(walks) {
		seed := first + i
		points = append(points, point{name: fmt.Sprintf("-seed %d", seed), do: func(ctx context.Context, trial *trial) error {
			w := &walk{trial: trial, Rand: rand.New(rand.NewPCG(seed, 0)), wishes: all} //nolint:gosec // to be repeated
			return w.through(ctx)
		}})
	}
	t.series(ctx, "crash: killed again and again, with other settings", points)
	return nil
}

// grant runs a wish undisturbed, and notes what is there then.
func (t *torturer) grant(ctx context.Context, w *wish) error {
	trial, err := t.program.begin(ctx, false)
	if err != nil {
		return err
	}
	defer trial.end()
	if err := trial.withOtherGroup(ctx); err != nil {
		return err
	}
	if err := trial.must(ctx, 0, w.args...); err != nil {
		return fmt.Errorf("undisturbed: %w\n%s", err, trial.log.String())
	}
	w.after, err = trial.audit(ctx)
	return err
}

// withOtherGroup adds the group that a stack can be moved to.
func (t *trial) withOtherGroup(ctx context.Context) error {
	_, err := newAuditor(t.url).autoscaling.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(otherGroup), MinSize: aws.Int32(0), MaxSize: aws.Int32(5),
		LaunchConfigurationName: aws.String("any"), AvailabilityZones: []string{region + "a"},
	})
	if err != nil {
		return fmt.Errorf("making a second group: %w", err)
	}
	t.base, err = t.audit(ctx)
	return err
}

// walk is a row of runs on one stack.
type walk struct {
	*trial
	*rand.Rand
	wishes []*wish
	secret bool // there may be something that the state alone knows
	lost   bool // the state was, at some time
}

// farthest is a call that few runs come to.
const farthest = 60

func (w *walk) through(ctx context.Context) error {
	if err := w.withOtherGroup(ctx); err != nil {
		return err
	}
	for range 2 + w.IntN(6) {
		if err := w.step(ctx, w.command()); err != nil {
			return err
		}
	}
	if err := w.forgive(ctx); err != nil {
		return err
	}
	last := w.wish()
	args := append(slices.Clone(last.args), "--replace")
	if err := w.must(ctx, 0, args...); err != nil {
		return err
	}
	if err := w.mustBe(ctx, last.after); err != nil {
		return err
	}
	if err := w.mustBeQuiet(ctx, args...); err != nil {
		return err
	}
	return w.mustGo(ctx)
}

// wish is one by chance. A stack without a state cannot be moved: to the other group it is somebody else's.
func (w *walk) wish() *wish {
	for {
		if one := w.wishes[w.IntN(len(w.wishes))]; !w.lost || !one.moves() {
			return one
		}
	}
}

// command is the next run, before which the state may be lost.
func (w *walk) command() []string {
	recovery := []string{"recover", "--yes", "--stack", stackName}
	switch n := w.IntN(20); {
	case n < 3:
		return destroy
	case n < 5:
		return recovery
	case n < 8 && !w.secret:
		w.lost = true
		w.say("the state is lost")
		_ = os.Remove(w.store().Path(stackName))
		if n < 7 {
			return recovery
		}
		return append(slices.Clone(destroy), "--stack", stackName, "--asg", groupName)
	}
	next := w.wish()
	w.secret = w.secret || next.secret()
	args := slices.Clone(next.args)
	if w.IntN(4) > 0 {
		args = append(args, "--replace")
	}
	return args
}

// step makes a run, and most often ends it somewhere.
func (w *walk) step(ctx context.Context, args []string) error {
	before, err := w.audit(ctx)
	if err != nil {
		return err
	}
	h, kind := w.harm()
	w.expect(h)
	o, err := w.run(ctx, args...)
	w.expect(nil)
	if err != nil {
		return err
	}
	switch {
	case h != nil && h.done.Load():
		w.reached = true
		w.say(fmt.Sprintf("%s at call %d, effect %t", kind, h.at, h.effect))
	case !allowed(args, o):
		return fmt.Errorf("eventscale %s: exit code %d", strings.Join(args, " "), o.code)
	}
	if _, err := w.store().Load(stackName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return w.unharmed(ctx, args, before)
}

// harm is what ends the next run, if anything.
func (w *walk) harm() (h *harm, kind string) {
	h = &harm{at: int32(1 + w.IntN(farthest)), effect: w.IntN(2) == 0, do: w.kill}
	switch w.IntN(10) {
	case 0:
		h.answer, h.do = true, func() { w.signal(syscall.SIGTERM); pause(settleTime) }
		return h, "a signal"
	case 1:
		h.do = func() { w.signal(syscall.SIGTERM); pause(settleTime); w.signal(syscall.SIGINT); pause(settleTime) }
		return h, "two signals"
	case 2, 3:
		return nil, ""
	}
	return h, "killed"
}

// allowed tells whether a run that nothing disturbed may end so.
func allowed(args []string, o outcome) bool {
	says := func(text string) bool { return o.code == 3 && strings.Contains(o.output, text) }
	switch args[0] {
	case "up":
		return o.code == 0 || !slices.Contains(args, "--replace") && says("--replace")
	case "destroy":
		return o.code == 0 || says("there is no") || says("nothing of stack")
	}
	return o.code == 0 || says("nothing of stack")
}

// unharmed checks what a run must not do, however it ended: delete queues without --replace, or change anything
// where it only looks.
func (w *walk) unharmed(ctx context.Context, args []string, before account) error {
	now, err := w.audit(ctx)
	if err != nil {
		return err
	}
	if args[0] == "recover" {
		return now.sameAs(before)
	}
	for _, i := range before {
		if i.kind == "AWS::SQS::Queue" && args[0] == "up" && !slices.Contains(args, "--replace") && len(now.find(i.kind, i.name)) == 0 {
			return fmt.Errorf("queue %s was deleted without --replace", i.name)
		}
	}
	return nil
}

// forgive takes away what is left on purpose: the states that recover kept, and a metric of which, after the loss of
// a state, nobody knows who turned it on.
func (w *walk) forgive(ctx context.Context) error {
	kept, _ := filepath.Glob(w.store().Path(stackName) + ".*")
	for _, path := range kept {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	if !w.lost {
		return nil
	}
	_, err := newAuditor(w.url).autoscaling.DisableMetricsCollection(ctx, &autoscaling.DisableMetricsCollectionInput{
		AutoScalingGroupName: aws.String(groupName),
	})
	return err
}

func (w *walk) say(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fmt.Fprintf(&w.log, "[%s]\n", text)
}
