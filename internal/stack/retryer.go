package stack

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"

	"github.com/eventscale/eventscale/internal/provision"
)

// retryer decides for all calls of a client when each attempt may go, and whether there is another. The
// pauses between attempts are the SDK's; its bounds are not: it gives up after some attempts, and after a
// number of retries of all calls together, whereas a run has all the time that a bad minute takes.
//
// Every call may be repeated, whatever became of it: what exists is read, and claimed where it is ours; what is
// gone is gone; the others overwrite. Only Invoke and SendMessageBatch do twice what is asked twice.
type retryer struct {
	*retry.Standard
	paces   *paces
	reached *atomic.Bool // some server has answered some client
}

var _ aws.RetryerV2 = (*retryer)(nil)

// repeating gives a configuration's clients retryers of ours. A call that is under way is known by its
// context, from before its first attempt on.
func repeating(cfg aws.Config, paced bool) aws.Config {
	reached := &atomic.Bool{}
	cfg.Retryer = func() aws.Retryer {
		return &retryer{
			Standard: retry.NewStandard(func(o *retry.StandardOptions) {
				o.RateLimiter = ratelimit.None
				o.Retryables = []retry.IsErrorRetryable{retry.NoRetryCanceledError{}, retry.IsErrorRetryableFunc(passing)}
			}),
			paces:   newPaces(paced),
			reached: reached,
		}
	}
	cfg.RetryMaxAttempts = 0 // else the SDK would put its own bound around ours
	cfg.APIOptions = append(cfg.APIOptions[:len(cfg.APIOptions):len(cfg.APIOptions)], func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("eventscale:call", begin), middleware.Before)
	}, answering)
	return cfg
}

// passing says of an error whether another attempt may do better.
func passing(err error) aws.Ternary {
	return aws.BoolTernary(troubleOf(err) != lasting)
}

// MaxAttempts is 0 for any number: see GetRetryToken.
func (r *retryer) MaxAttempts() int { return 0 }

// RetryDelay is the SDK's, up to a bound: one that has grown in another trouble is too long in a short one.
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	d, failed := r.Standard.RetryDelay(attempt, err)
	if most, _ := troubleOf(err).patience(false); most < patienceFaltering {
		d = min(d, shortPause)
	}
	return d, failed
}

// call is a call under way. Its attempts come one after another.
type call struct {
	attempts int
	begun    time.Time              // of the attempt under way
	met      map[trouble]*encounter // with each kind of trouble
	last     error                  // of the attempt before
}

// encounter is how a call has fared with a trouble.
type encounter struct {
	since    time.Time // the first attempt that met it was begun
	attempts int
}

type callKey struct{}

// begin makes a call known to its attempts. One that is stopped between two of them says why there were two.
func begin(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	c := &call{met: map[trouble]*encounter{}}
	out, metadata, err := next.HandleInitialize(context.WithValue(ctx, callKey{}, c), in)
	if err != nil && ctx.Err() != nil && c.last != nil && errors.Is(err, ctx.Err()) {
		err = &provision.StoppedError{Waiting: waitingFor(ctx, c.last), Cause: err, Last: c.last}
	}
	return out, metadata, err
}

// GetAttemptToken waits until an attempt may go, and returns what is told how it ended.
func (r *retryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	c := ctx.Value(callKey{}).(*call)
	p := r.paces.of(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx))
	if err := p.wait(ctx); err != nil {
		return nil, err
	}
	c.attempts++
	c.begun = time.Now()
	over := c.slow(ctx)
	return func(err error) error {
		over()
		if answered(err) {
			r.reached.Store(true)
		}
		p.note(err)
		return nil
	}, nil
}

// GetRetryToken refuses another attempt when a trouble has lasted too long.
func (r *retryer) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	c := ctx.Value(callKey{}).(*call)
	t := troubleOf(err)
	met := c.meet(t)
	c.last = err
	most, attempts := t.patience(r.reached.Load())
	elapsed := time.Since(met.since)
	if elapsed >= most || attempts > 0 && met.attempts >= attempts {
		return nil, &gaveUpError{t, c.attempts, elapsed}
	}
	if elapsed >= tellAfter {
		provision.Waiting(ctx, waitingFor(ctx, err), met.since.Add(most))
	}
	return func(error) error { return nil }, nil
}

// meet notes that the attempt under way met a trouble.
func (c *call) meet(t trouble) *encounter {
	met, ok := c.met[t]
	if !ok {
		met = &encounter{since: c.begun}
		c.met[t] = met
	}
	met.attempts++
	return met
}

// shortPause bounds the pauses of troubles that are borne for a minute or less.
const shortPause = 3 * time.Second

// tellAfter is how long a call may take before the user is told why.
const tellAfter = 3 * time.Second

// slow tells the user when the first attempt of a call takes long: of the others it is known why there are any. A
// function may run for minutes, and nothing is wrong. Once the returned function has been called nothing is told.
func (c *call) slow(ctx context.Context) (over func()) {
	operation := awsmiddleware.GetOperationName(ctx)
	if c.last != nil || operation == "Invoke" {
		return func() {}
	}
	var mu sync.Mutex
	answered := false
	timer := time.AfterFunc(tellAfter, func() {
		mu.Lock()
		defer mu.Unlock()
		if !answered {
			provision.Waiting(ctx, "waiting for "+awsmiddleware.GetServiceID(ctx)+" to answer "+operation, time.Time{})
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		answered = true
	}
}

// waitingFor is what a call waits for, as the user reads it.
func waitingFor(ctx context.Context, err error) string {
	return "waiting for " + awsmiddleware.GetServiceID(ctx) + " to take " + awsmiddleware.GetOperationName(ctx) + ": " + shortCause(err)
}
