package stack

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// The ways of a job into the queue.
const (
	ViaQueue    = "queue"    // straight
	ViaFunction = "function" // as an event of the stack's function, which makes jobs of it
)

// Sending says what is sent, which way, and how fast.
type Sending struct {
	Bodies      iter.Seq2[string, error] // the jobs, in their order; an error ends the sending
	Via         string                   // ViaQueue or ViaFunction
	Group       string                   // message group, of ViaQueue; "" means DefaultGroup on a FIFO queue, and none elsewhere
	GroupPerJob bool                     // of a FIFO queue: each job is alone in its group, as the function has it; Group is "" then
	Async       bool                     // of ViaFunction: leave the events to Lambda, and do not wait for what becomes of them
	Rate        float64                  // jobs a second at most; 0 means as fast as AWS takes them
	Run         string                   // tells this sending's jobs from another's, for a FIFO queue's deduplication
	Progress    func(Sent)               // told the counts after each call, one at a time; may be nil
}

// DefaultGroup is the message group of jobs for a FIFO queue: one for all, so that they keep their order.
const DefaultGroup = "eventscale"

// Sent is how far a sending has come.
type Sent struct {
	Jobs     int           // that AWS has taken
	Refused  int           // that it has not
	Refusals []Refusal     // the first MostRefusals of them, in the order of the jobs; nil in a Progress
	Elapsed  time.Duration // since it began
}

// Tried is how many jobs are done with, taken or not.
func (s Sent) Tried() int { return s.Jobs + s.Refused }

// MostRefusals is how many refusals are kept: enough to see what is wrong, and no more memory for a file of a
// million bad lines than for one of a thousand.
const MostRefusals = 1000

// mostMessage is how many bytes of a refusal's message are kept: a function may fail with one of megabytes.
const mostMessage = 1 << 10

// Refusal is a job that AWS did not take, or that the function failed on.
type Refusal struct {
	Job     int    `json:"job"` // its number, from 1
	Code    string `json:"code"`
	Message string `json:"message"`
	Advice  string `json:"-"` // what to do about it; "" where nothing is known
}

// UnmadeError says that a stack has not got what a command needs.
type UnmadeError struct {
	Stack, What string
	Command     string // that makes it
}

func (e *UnmadeError) Error() string {
	return fmt.Sprintf("stack %s has no %s yet: its `up` has not come so far", e.Stack, e.What)
}

// Hint says what to do.
func (e *UnmadeError) Hint() string { return "run `" + e.Command + "` first" }

// LostError says that AWS has not got any more what the stack recorded.
type LostError struct {
	Command string // that makes it again
	err     error
}

func (e *LostError) Error() string { return e.err.Error() }
func (e *LostError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *LostError) Hint() string { return "somebody deleted it; `" + e.Command + "` makes it again" }

// job is one message on its way; or the error for which there are no more.
type job struct {
	number int // from 1
	body   string
	err    error
}

// carrier takes jobs to where they go, some at a time.
type carrier interface {
	// most is how many jobs, and bytes of them, go in one call.
	most() (jobs, bytes int)
	// lanes is how many calls may be in flight at once.
	lanes() int
	// carry sends jobs, and returns how many were taken and which were refused. An error is one after which
	// no further job would do better.
	carry(context.Context, []job) (taken int, refused []Refusal, err error)
}

// Send puts jobs into the stack's queue, and returns how far it came, whatever the error. When the
// context ends, the calls in flight do so too and no other is begun. A job is sent at least once: a call whose
// answer was lost is repeated, and only a FIFO queue knows its jobs again.
func (s *Stack) Send(ctx context.Context, o Sending) (Sent, error) {
	c, err := s.carrier(o)
	if err != nil {
		return Sent{}, err
	}
	sent, err := deliver(ctx, c, o)
	if errors.Is(missingQueue(missingFunction(err)), provision.ErrNotFound) {
		err = &LostError{s.Spec.Command(), err}
	}
	return sent, err
}

func (s *Stack) carrier(o Sending) (carrier, error) {
	unmade := func(what string) error { return &UnmadeError{s.Spec.Stack, what, s.Spec.Command()} }
	if o.Via == ViaFunction {
		r := s.Snapshot.Record(IngestFunction)
		if r == nil || r.PhysicalID == "" {
			return nil, unmade("function")
		}
		return functionCarrier{s.Clients.lambda, r.Name, o}, nil
	}
	r := s.Snapshot.Record(JobQueue)
	if r == nil || r.PhysicalID == "" {
		return nil, unmade("queue")
	}
	return queueCarrier{s.Clients.sqs, r.PhysicalID, strings.HasSuffix(r.Name, ".fifo"), o}, nil
}

// delivery is a sending under way.
type delivery struct {
	carrier
	Sending
	begun time.Time

	mu   sync.Mutex
	sent Sent // without its Refusals
	kept []Refusal
}

func deliver(ctx context.Context, c carrier, o Sending) (Sent, error) {
	d := &delivery{carrier: c, Sending: o, begun: time.Now()}
	err := d.run(ctx)
	d.sent.Refusals = d.kept
	slices.SortFunc(d.sent.Refusals, func(a, b Refusal) int { return a.Job - b.Job })
	d.sent.Elapsed = time.Since(d.begun)
	return d.sent, err
}

// run sends batch after batch, some at once, until there are no more or one fails for good.
func (d *delivery) run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	packer := newPacker(ctx, d)
	lanes := make(chan struct{}, d.lanes())
	var flying sync.WaitGroup
	defer flying.Wait()
	for {
		batch, err := packer.next(ctx)
		if len(batch) == 0 || err != nil {
			flying.Wait()
			return endOf(ctx, err)
		}
		select {
		case lanes <- struct{}{}:
		case <-ctx.Done():
			continue // the packer sees it too
		}
		flying.Go(func() {
			defer func() { <-lanes }()
			if err := d.one(ctx, batch); err != nil {
				cancel(err)
			}
		})
	}
}

// endOf is why a sending ended: the failure of a call goes before what came of it.
func endOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// one sends a batch and tells of it.
func (d *delivery) one(ctx context.Context, batch []job) error {
	fit, unfit := d.sift(batch)
	taken, refused, err := d.carry(ctx, fit)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent.Jobs += taken
	d.keep(unfit)
	d.keep(refused)
	d.sent.Elapsed = time.Since(d.begun)
	if d.Progress != nil {
		d.Progress(d.sent)
	}
	return err
}

// keep counts refusals, and keeps the first.
func (d *delivery) keep(refused []Refusal) {
	d.sent.Refused += len(refused)
	for _, r := range refused[:min(len(refused), MostRefusals-len(d.kept))] {
		r.Message = strings.ToValidUTF8(r.Message[:min(len(r.Message), mostMessage)], "")
		d.kept = append(d.kept, r)
	}
}
