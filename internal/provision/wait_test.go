package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var errNotYet = errors.New("not yet")

func patience() Patience {
	return Patience{
		Reason: "the role to be known", Cap: time.Minute, First: time.Second,
		Passing: func(err error) bool { return errors.Is(err, errNotYet) },
	}
}

// attempts calls until the n-th call answers with err, and says when each call was made.
func attempts(ctx context.Context, p Patience, n int, err error) (at []time.Duration, result int, _ error) {
	start := time.Now()
	result, got := Retry(ctx, p, func(context.Context) (int, error) {
		at = append(at, time.Since(start))
		if len(at) < n {
			return len(at), errNotYet
		}
		return len(at), err
	})
	return at, result, got
}

func TestRetryReturnsWhatTheLastCallReturned(t *testing.T) {
	final := errors.New("final")
	for _, c := range []struct {
		n   int
		err error
	}{{1, nil}, {4, nil}, {1, final}, {4, final}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at, result, err := attempts(t.Context(), patience(), c.n, c.err)
				if !errors.Is(err, c.err) || result != c.n || len(at) != c.n {
					t.Errorf("%d calls, result %d, error %v", len(at), result, err)
				}
			})
		})
	}
}

func TestRetryGivesUpWithTheLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at, result, err := attempts(t.Context(), patience(), 1000, nil)
		if !errors.Is(err, errNotYet) || err.Error() != "waited 1m0s for the role to be known: not yet" || result != len(at) {
			t.Errorf("result %d of %d, error %v", result, len(at), err)
		}
		if last := at[len(at)-1]; last != time.Minute {
			t.Errorf("the last call was made after %s, not at the end of the patience", last)
		}
	})
}

func TestRetryPausesGrowUpToTheLongest(t *testing.T) {
	for longest, most := range map[time.Duration]time.Duration{0: defaultLongest, 3 * time.Second: 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			p := patience()
			p.Longest = longest
			at, _, _ := attempts(t.Context(), p, 1000, nil)
			want := p.First
			for i := 1; i < len(at)-1; i++ { // the last pause is cut by the cap
				if pause := at[i] - at[i-1]; pause > want || pause < want*3/4 {
					t.Errorf("pause %d is %s, not about %s", i, pause, want)
				}
				want = min(time.Duration(float64(want)*pauseGrowth), most)
			}
			if want != most {
				t.Errorf("the pauses only grew to %s", want)
			}
		})
	}
}

func TestRetryObeysTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interrupted := errors.New("interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(10*time.Second, func() { cancel(interrupted) })
		start := time.Now()
		_, _, err := attempts(ctx, patience(), 1000, nil)
		if elapsed := time.Since(start); elapsed != 10*time.Second {
			t.Errorf("it returned after %s", elapsed)
		}
		if !errors.Is(err, interrupted) || !errors.Is(err, errNotYet) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestRetryTellsWhatItWaitsForAndUntilWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type told struct {
			reason string
			until  time.Time
		}
		var all []told
		ctx := WithWaiting(t.Context(), func(reason string, until time.Time) { all = append(all, told{reason, until}) })
		end := time.Now().Add(time.Minute)
		_, _, err := attempts(ctx, patience(), 3, nil)
		want := told{"waiting for the role to be known", end}
		if err != nil || !slices.Equal(all, []told{want, want}) {
			t.Errorf("error %v, told %v", err, all)
		}
		Waiting(t.Context(), "nobody listens", end) // does nothing
	})
}
