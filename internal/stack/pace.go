package stack

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/eventscale/eventscale/internal/provision"
)

// allowance is how often we make calls: below what AWS allows an account, which has other callers too. The
// burst lets any command of one stack pass without a wait.
type allowance struct {
	rate  rate.Limit // calls a second
	burst int
}

// allowanceOf returns the allowance of an operation and the name of the pace that it shares with others. AWS
// publishes rates of CloudWatch and Lambda, and of SQS's tags; those of IAM, Auto Scaling and CloudWatch Logs
// are what they bear in practice. Calls that carry jobs have no rate of ours.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func allowanceOf(service, operation string) (string, allowance) {
	switch operation {
	case "PutMetricAlarm", "DeleteAlarms", "DescribeAlarmHistory": // 3 a second, each of them
		return operation, allowance{2, 5}
	case "DescribeAlarms": // 9
		return operation, allowance{6, 9}
	case "GetFunction": // 100, of its own
		return operation, allowance{60, 60}
	case "Invoke", "SendMessage", "SendMessageBatch":
		return operation, allowance{rate.Inf, 1}
	}
	switch service {
	case "Lambda": // 15, of all others together
		return service, allowance{10, 10}
	case "IAM", "CloudWatch Logs":
		return service, allowance{5, 10}
	case "Auto Scaling":
		return service, allowance{5, 15}
	}
	return service, allowance{20, 30}
}

// paces are those of a client.
type paces struct {
	paced bool // AWS's rates hold

	mu   sync.Mutex
	each map[string]*pace
}

func newPaces(paced bool) *paces { return &paces{paced: paced, each: map[string]*pace{}} }

// of returns the pace of an operation.
func (p *paces) of(service, operation string) *pace {
	name, allowed := allowanceOf(service, operation)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.each[name] == nil {
		p.each[name] = newPace(allowed, p.paced)
	}
	return p.each[name]
}

// pace is a token bucket whose rate gives way under pressure: a throttle halves it, each call that passes
// raises it again, as TCP does. So callers who know nothing of each other come to share what AWS allows.
type pace struct {
	limit *rate.Limiter
	top   allowance // when nothing throttles
	ample rate.Limit

	mu   sync.Mutex
	fell time.Time // when the rate was last lowered
}

func newPace(a allowance, paced bool) *pace {
	p := &pace{top: a, ample: min(a.rate, ampleRate)}
	if !paced {
		p.top.rate = rate.Inf
	}
	p.limit = rate.NewLimiter(p.top.rate, p.top.burst)
	return p
}

const (
	// ampleRate is where the slowing down begins for calls without a rate of ours.
	ampleRate = 100

	// leastRate is one attempt in 10 s, the mean of the longest pauses of the SDK.
	leastRate = 0.1

	lower, raise = 0.5, 1.5

	// oneFall: throttles so close to each other are one event, and lower the rate once.
	oneFall = time.Second
)

// wait waits for the turn of a call. It looks again each second, for the rate may have risen.
func (p *pace) wait(ctx context.Context) error {
	for !p.limit.Allow() {
		turn := p.turn()
		if turn >= tellAfter {
			provision.Waiting(ctx, waitingForATurn, time.Now().Add(turn))
		}
		if err := sleep(ctx, min(turn, time.Second)); err != nil {
			return &provision.StoppedError{Waiting: waitingForATurn, Cause: err}
		}
	}
	return nil
}

const waitingForATurn = "waiting for a turn: AWS limits how often it may be asked"

// turn is how long it takes until there is a token.
func (p *pace) turn() time.Duration {
	missing := 1 - p.limit.Tokens()
	return max(time.Millisecond, time.Duration(missing/float64(p.limit.Limit())*float64(time.Second)))
}

// note lowers the rate after a throttle, and raises it after any other answer.
func (p *pace) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case troubleOf(err) == throttled:
		p.slow()
	case answered(err) && p.limit.Limit() < p.top.rate:
		p.hasten()
	}
}

func (p *pace) slow() {
	now := time.Now()
	if now.Sub(p.fell) < oneFall {
		return
	}
	p.fell = now
	p.limit.SetBurst(1)
	p.limit.SetLimit(max(leastRate, lower*min(p.limit.Limit(), p.ample)))
}

func (p *pace) hasten() {
	next := p.limit.Limit() * raise
	if next < p.ample {
		p.limit.SetLimit(next)
		return
	}
	p.limit.SetLimit(p.top.rate)
	p.limit.SetBurst(p.top.burst)
}
