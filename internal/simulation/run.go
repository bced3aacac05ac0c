package simulation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/eventscale/eventscale/internal/loop"
)

// Candidate is a policy that is to be held against the workload.
type Candidate struct {
	Name     string // safe, classic, table, ...
	Settings string // in the words of the flags
	Command  string // that makes it; "" where eventscale does not
	Policies []loop.Policy
	Queue    *loop.QueueConfig // where the policy comes with a queue of its own; nil: the base's
}

// CandidateError says which candidate could not be run.
type CandidateError struct {
	Name string
	Err  error
}

func (e *CandidateError) Error() string { return fmt.Sprintf("simulating %s: %v", e.Name, e.Err) }
func (e *CandidateError) Unwrap() error { return e.Err }

// Run holds each candidate against the trace, as many at once as there are cores. The base is the
// configuration that all have in common: its policies are not looked at. The report has the candidates in
// their order; equal input gives an equal report. It ends early with the context's error.
func Run(ctx context.Context, base loop.Config, trace *loop.Trace, candidates []Candidate) (*Report, error) {
	jobs, err := jobsOf(trace)
	if err != nil {
		return nil, err
	}
	r := &Report{
		SchemaVersion: SchemaVersion, Workload: describe(jobs), Group: groupOf(&base.Group),
		Outcomes: make([]Outcome, len(candidates)), NotModelled: NotModelled(),
	}
	errs := make([]error, len(candidates))
	each(len(candidates), func(i int) { r.Outcomes[i], errs[i] = runOne(ctx, base, jobs, candidates[i]) })
	return r, errors.Join(errs...)
}

// each calls a function for 0 to n-1, on as many cores as there are.
func each(n int, do func(i int)) {
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
}

func runOne(ctx context.Context, config loop.Config, jobs []loop.Job, c Candidate) (Outcome, error) {
	config.Policies = c.Policies
	if c.Queue != nil {
		config.Queue = *c.Queue
	}
	w := newWatch(len(jobs), config.Group.Initial)
	result, err := loop.RunSource(&config, &interruptible{ctx, jobs}, loop.Options{Series: true, Watch: w.event})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Outcome{}, &CandidateError{c.Name, err}
	}
	w.end(loop.FromSeconds(result.Totals.End))
	return Outcome{
		Name: c.Name, Settings: c.Settings, Command: c.Command, Totals: result.Totals, Series: result.Series, Actions: result.Actions,
		Findings: find(&evidence{config: &config, jobs: jobs, result: result, watch: w}),
	}, nil
}

// interruptible is a source of jobs that ends with the context.
type interruptible struct {
	ctx  context.Context
	left []loop.Job
}

func (s *interruptible) Read(dst []loop.Job) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	if len(s.left) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, s.left)
	s.left = s.left[n:]
	return n, nil
}

// maxJobs are held in memory, 16 bytes each.
const maxJobs = 50_000_000

// jobsOf takes a trace apart.
func jobsOf(trace *loop.Trace) ([]loop.Job, error) {
	if trace.Len() > maxJobs {
		return nil, fmt.Errorf("the trace has %d messages; there must be at most %d", trace.Len(), maxJobs)
	}
	jobs := make([]loop.Job, trace.Len())
	source := trace.Source()
	for have := 0; have < len(jobs); {
		n, err := source.Read(jobs[have:])
		if err != nil {
			return nil, fmt.Errorf("reading the trace: %w", err)
		}
		have += n
	}
	return jobs, nil
}

// Price gives every outcome the cost of its instances, at so much an instance-hour.
func (r *Report) Price(hour float64) {
	for i := range r.Outcomes {
		cost := r.Outcomes[i].Totals.InstanceHours * hour
		r.Outcomes[i].Cost = &cost
	}
}
