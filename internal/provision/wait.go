package provision

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Patience is a policy for eventual consistency: which errors pass by themselves, and how long to
// believe that. Each kind names its own, with the reason for its numbers.
type Patience struct {
	Reason  string           // what is waited for and why, as the user reads it after "waiting for"
	Passing func(error) bool // whether the error will go away by itself
	Cap     time.Duration    // after this the last error is returned
	First   time.Duration    // the first pause; each is 1.6 times the one before
	Longest time.Duration    // no pause is longer; 0 means 10 s
}

const (
	pauseGrowth    = 1.6
	defaultLongest = 10 * time.Second
)

// Retry calls until there is no passing error any more or the patience is at its end, and returns what
// the last call returned. It obeys the context: a cancelled wait returns the last error and the cause.
func Retry[T any](ctx context.Context, p Patience, call func(context.Context) (T, error)) (T, error) {
	longest := p.Longest
	if longest == 0 {
		longest = defaultLongest
	}
	deadline := time.Now().Add(p.Cap)
	for pause := p.First; ; pause = min(time.Duration(float64(pause)*pauseGrowth), longest) {
		result, err := call(ctx)
		if err == nil || !p.Passing(err) {
			return result, err
		}
		left := time.Until(deadline)
		if left <= 0 {
			return result, fmt.Errorf("waited %s for %s: %w", p.Cap, p.Reason, err)
		}
		Waiting(ctx, "waiting for "+p.Reason, deadline)
		if stopped := sleep(ctx, min(jitter(pause), left)); stopped != nil {
			return result, &StoppedError{"waiting for " + p.Reason, stopped, err}
		}
	}
}

// StoppedError is a wait that the end of the context cut short.
type StoppedError struct {
	Waiting string // "waiting for ..."
	Cause   error  // of the context's end
	Last    error  // of the last call; nil where none was made
}

func (e *StoppedError) Error() string { return "stopped while " + e.Waiting }

// Unwrap returns why it was stopped, and why it waited.
func (e *StoppedError) Unwrap() []error { return []error{e.Cause, e.Last} }

// jitter spreads a pause over 75 to 100 % of itself, so that many stacks do not ask at one instant.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/4+1))
}

// sleep pauses; it returns the cause if the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
