package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/workload"
)

// scenario brings the flags together: the configuration that all policies are given, without policies and
// queue, and the jobs. Where there is a stack, its group's bounds are read from AWS, unless they are given;
// and where no workload is named, the jobs of its queue are those of the last day.
func (a *app) scenario(ctx context.Context, s *scenario) (loop.Config, *workload.Loaded, error) {
	if err := s.check(); err != nil {
		return loop.Config{}, nil, err
	}
	if err := a.subject(s); err != nil {
		return loop.Config{}, nil, err
	}
	if s.snapshot != nil && (!s.given("min") || !s.given("max")) {
		if err := a.bounds(ctx, s); err != nil {
			return loop.Config{}, nil, err
		}
	}
	loaded, err := a.jobs(ctx, s)
	return s.config(), loaded, err
}

// subject finds the stack that is simulated: the one that is named, or the only one there is. Where the
// jobs or the policy come from elsewhere none is needed: a policy is tried before the first up.
func (a *app) subject(s *scenario) error {
	if s.sought {
		return nil
	}
	s.sought = true
	elsewhere := !s.given("from-cloudwatch")
	if elsewhere && a.global.stack == "" && a.noStack() {
		return nil
	}
	snapshot, err := a.recorded()
	switch {
	case err == nil:
		s.snapshot = snapshot
	case elsewhere && (s.trace != "" || s.shape != "" || s.settled):
		a.note(fmt.Sprintf("%v: group and policies are those of the flags", err))
		return nil
	}
	return err
}

// noStack reports whether the state folder has none. One that cannot be read is no empty one.
func (a *app) noStack() bool {
	names, err := a.store().List()
	return err == nil && len(names) == 0
}

// bounds reads what the stack's group has for instances, where the flags do not say.
func (a *app) bounds(ctx context.Context, s *scenario) error {
	have, err := a.capacity(ctx, s)
	if err != nil {
		return &boundsError{err}
	}
	if !s.given("min") {
		s.least = have.Min
	}
	if !s.given("max") {
		s.most = have.Max
	}
	if s.warmup == 0 {
		s.warmup = have.Warmup
	}
	return s.check()
}

func (a *app) capacity(ctx context.Context, s *scenario) (stack.Capacity, error) {
	if err := a.connect(ctx, s); err != nil {
		return stack.Capacity{}, err
	}
	return s.aws.Capacity(ctx)
}

// connect opens the stack that is simulated.
func (a *app) connect(ctx context.Context, s *scenario) (err error) {
	if s.aws == nil {
		s.aws, err = a.open(ctx, s.snapshot)
	}
	return err
}

// boundsError says that AWS could not be asked for the group's bounds. Its causes keep their exit codes.
type boundsError struct{ err error }

func (e *boundsError) Error() string { return e.err.Error() }
func (e *boundsError) Unwrap() error { return e.err }
func (e *boundsError) Hint() string {
	advice := "give --min and --max to simulate without asking AWS for those of the stack's group"
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](e.err); ok && h.Hint() != "" {
		advice = h.Hint() + "; or " + advice
	}
	return advice
}

// jobs loads the workload that the flags name, and where they name none, says which it took.
func (a *app) jobs(ctx context.Context, s *scenario) (*workload.Loaded, error) {
	switch {
	case s.trace != "":
		loaded, err := workload.Open(s.trace, &patientReader{ctx, a.stdin}, s.options())
		return loaded, cmp.Or(ctx.Err(), err) // what was interrupted is not wrong
	case s.shape != "":
		return s.profile(s.shape)
	case s.given("from-cloudwatch"):
		return a.history(ctx, s, s.fromCloudWatch)
	case s.snapshot == nil:
		a.note("no workload is named: these are the jobs of the profile " + defaultShape)
		return s.profile(defaultShape)
	}
	loaded, err := a.history(ctx, s, defaultHistory)
	if is[*noJobsError](err) {
		a.note(err.Error() + ": these are the jobs of the profile " + defaultShape)
		return s.profile(defaultShape)
	}
	return loaded, err
}

func (s *scenario) options() workload.Options {
	return workload.Options{JobTime: s.jobTime, Seed: s.seed, Bin: millis(s.bin)}
}

func (s *scenario) profile(shape string) (*workload.Loaded, error) {
	o := s.options()
	if !o.JobTime.Given() {
		o.JobTime = defaultJobTime()
	}
	return workload.Profile(shape, s.rate, o)
}

// history makes a workload of what the stack's queue had.
func (a *app) history(ctx context.Context, s *scenario, back stack.Duration) (*workload.Loaded, error) {
	if err := a.connect(ctx, s); err != nil {
		return nil, err
	}
	h, err := a.recent(ctx, s.aws, time.Duration(back))
	if err != nil {
		return nil, err
	}
	if h.Jobs() == 0 {
		return nil, &noJobsError{h.Queue, back}
	}
	o := s.options()
	o.Bin = loop.Minute
	if !o.JobTime.Given() {
		o.JobTime = a.observed(h)
	}
	counts := make([]workload.Count, len(h.Sent))
	for i, sent := range h.Sent {
		counts[i] = workload.Count{Time: float64(60 * i), Jobs: sent}
	}
	return workload.Counts(fmt.Sprintf("%s, last %s", h.Queue, back), counts, o)
}

// recent reads the history up to now, which is what AWS's clock says. That is known after the first answer,
// and a sandbox's may be far ahead.
func (a *app) recent(ctx context.Context, s *stack.Stack, back time.Duration) (*stack.History, error) {
	now := a.clock.now()
	h, err := s.History(ctx, back, now)
	if err == nil && a.clock.now().Sub(now).Abs() > time.Minute {
		return s.History(ctx, back, a.clock.now())
	}
	return h, err
}

// fewDone is below what a mean can rest on: work that began before or ends after the time counts wholly or
// not at all.
const fewDone = 30

// observed is the job time that a history tells, and says so.
func (a *app) observed(h *stack.History) workload.JobTime {
	if h.JobTime > 0 {
		text := fmt.Sprintf("the job time is %s: the mean by Little's law, from %s done and those in flight; --job-time sets another",
			h.JobTime.Round(100*time.Millisecond), count(int(h.Done), "job", "jobs"))
		if h.Done < fewDone {
			text = fmt.Sprintf("warning: so few jobs tell little (below %d): ", fewDone) + text
		}
		a.note(text)
		return workload.JobTime{Median: h.JobTime}
	}
	a.note(fmt.Sprintf("CloudWatch does not tell how long the jobs took: %s is assumed; --job-time sets another", defaultJobTime()))
	return defaultJobTime()
}

// noJobsError says that a queue had no jobs.
type noJobsError struct {
	queue string
	back  stack.Duration
}

func (e *noJobsError) Error() string {
	return fmt.Sprintf("CloudWatch knows of no job in %s in the last %s", e.queue, e.back)
}
func (e *noJobsError) Hint() string {
	return "a queue's metrics begin some minutes after its first message; give a longer time, or --trace or --profile"
}
