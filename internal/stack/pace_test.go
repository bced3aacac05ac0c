package stack

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// What one command does to one stack is within the burst of every pace: nobody pays for the limits who does
// not come near them. Each command is a process, and so has clients of its own.
func TestNoCommandWaitsForItsTurn(t *testing.T) {
	for _, preset := range Presets() {
		synctest.Test(t, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec = testSpecOf(preset)
			for _, command := range []func(){
				func() { p.up() },
				func() { p.up() },
				func() { p.spec = everySettingOf(preset); p.up() },
				func() { p.status() },
				func() { p.done(nil, p.destroy()) },
			} {
				p.ours = newClients(configOver(testRegion, p.faults), true)
				start := time.Now()
				command()
				took(t, start, 0, 0)
			}
		})
	}
}

// everySettingOf is a spec of which no setting is the default, but for what takes a replacement.
func everySettingOf(preset string) Spec {
	s := testSpecOf(preset)
	if other, ok := otherPolicies()[preset]; ok {
		s = other
	} else {
		s.ScaleOutAt, s.ScaleInAt, s.ScaleOutBy, s.ScaleInBy = 20, 5, 3, 2
		s.Cooldown, s.Period, s.Periods = Duration(2*time.Minute), Duration(5*time.Minute), 3
	}
	s.VisibilityTimeout, s.Handler, s.Runtime = Duration(time.Minute), "index.other", "python3.12"
	s.Memory, s.FunctionTimeout, s.LogRetention = 512, Duration(time.Minute), 30
	s.Tags = map[string]string{"team": "ml"}
	return s
}

// limited is a service that takes an operation so often a second, and throttles what comes more often.
type limited struct {
	next      http.RoundTripper
	operation string
	every     time.Duration

	mu        sync.Mutex
	free      time.Time // when the next call is taken
	throttled int
}

func (l *limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if middleware.GetOperationName(r.Context()) != l.operation {
		return l.next.RoundTrip(r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.Before(l.free) {
		l.throttled++
		return says(429, "")(r)
	}
	l.free = time.Now().Add(l.every)
	return l.next.RoundTrip(r)
}

// All calls of a client that exceed AWS's rate are spread over time, before AWS must refuse any.
func TestCallsKeepBelowAWSsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		clients := newClients(configOver(testRegion, counted(&n, newCloud(t, sandbox.Options{}).faults.RoundTrip)), true)
		start := time.Now()
		var callers sync.WaitGroup
		for range 65 {
			callers.Go(func() {
				if _, err := clients.cloudwatch.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"x"}}); err == nil {
					t.Error("there is no such alarm")
				}
			})
		}
		callers.Wait()
		took(t, start, 29*time.Second, 33*time.Second)
		if n.Load() != 65 {
			t.Errorf("%d calls", n.Load())
		}
	})
}

// Under pressure the rate falls to what AWS takes, and rises again when the pressure has gone.
func TestThePaceGivesWayAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		narrow := &limited{next: newCloud(t, sandbox.Options{}).faults, operation: "DescribeAlarms", every: 2 * time.Second}
		clients := newClients(configOver(testRegion, narrow), true)
		ask := func() {
			if _, err := clients.cloudwatch.DescribeAlarms(context.WithoutCancel(t.Context()), &cloudwatch.DescribeAlarmsInput{}); err != nil {
				t.Error(err)
			}
		}
		for range 100 {
			ask()
		}
		t.Logf("100 calls took part in %d throttles", narrow.throttled)
		if narrow.throttled > 100 {
			t.Errorf("%d throttles in 100 calls", narrow.throttled)
		}
		narrow.every = 0
		for range 20 {
			ask()
		}
		start := time.Now()
		for range 9 {
			ask()
		}
		took(t, start, 0, 2*time.Second)
	})
}
