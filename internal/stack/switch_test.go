package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

// switches goes around: from each policy, and to each.
func switches(t *testing.T, do func(t *testing.T, from, to string)) {
	for from, to := range map[string]string{Safe: Table, Table: Step, Step: Safe} {
		t.Run(from+" to "+to, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { do(t, from, to) })
		})
	}
}

// whole reports whether the group has all rules of a preset: policies, and alarms that run them.
func (c *cloud) whole(preset string) bool {
	c.Helper()
	policies := must(c.T, func() (*autoscaling.DescribePoliciesOutput, error) {
		return c.theirs.autoscaling.DescribePolicies(context.Background(), &autoscaling.DescribePoliciesInput{AutoScalingGroupName: aws.String(testGroup)})
	}).ScalingPolicies
	alarms := must(c.T, func() (*cloudwatch.DescribeAlarmsOutput, error) {
		return c.theirs.cloudwatch.DescribeAlarms(context.Background(), &cloudwatch.DescribeAlarmsInput{})
	}).MetricAlarms
	running := map[string]bool{}
	for _, a := range alarms {
		for _, p := range policies {
			if slices.Contains(a.AlarmActions, *p.PolicyARN) {
				running[*p.PolicyName] = true
			}
		}
	}
	for _, r := range testSpecOf(preset).Rules(1, 20) {
		if !running["eventscale-"+testGroup+"-"+r.Label()] {
			return false
		}
	}
	return true
}

// The group must not be left without a rule for a moment, nor the jobs without their queue.
func TestASwitchMakesTheNewRuleBeforeItRemovesTheOld(t *testing.T) {
	switches(t, func(t *testing.T, from, to string) {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.spec = testSpecOf(from)
		p.up()
		p.send(testQueue, 3)
		p.asked()
		p.spec = testSpecOf(to)
		plan := p.up()
		var changes []string
		for _, call := range mutating(p.asked()) {
			changes = append(changes, call.Operation)
		}
		firstLoss := slices.IndexFunc(changes, func(o string) bool { return strings.HasPrefix(o, "Delete") || strings.HasPrefix(o, "Disable") })
		if late := slices.IndexFunc(changes[firstLoss:], func(o string) bool { return strings.HasPrefix(o, "Put") }); firstLoss < 4 || late >= 0 {
			t.Errorf("the calls are %v", changes)
		}
		if n := len(plan.Replacements()); n > 0 {
			t.Errorf("%d replacements", n)
		}
		p.settled()
		goldenList(t, to+".golden.json", p.made())
		if p.whole(from) || !p.whole(to) {
			t.Errorf("%s is there: %t; %s is: %t", from, p.whole(from), to, p.whole(to))
		}
		left := must(t, func() (*sqs.GetQueueAttributesOutput, error) {
			return p.theirs.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: testQueueURL(testQueue), AttributeNames: []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages"}})
		}).Attributes["ApproximateNumberOfMessages"]
		if left != "3" {
			t.Errorf("%s of 3 jobs are left", left)
		}
	})
}

// crash ends a run at one of its calls: no call is made any more, and nothing is saved.
type crash struct {
	next   http.RoundTripper
	at     int  // which of the mutating calls
	effect bool // whether that one takes effect
	die    func()

	mu    sync.Mutex
	calls int
	dead  bool
}

var errCrashed = errors.New("crashed")

func (c *crash) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := middleware.GetOperationName(r.Context())
	reads := strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "Describe") || strings.HasPrefix(operation, "List")
	c.mu.Lock()
	if !reads {
		c.calls++
	}
	now := !reads && c.calls == c.at
	was := c.dead
	c.dead = c.dead || now
	c.mu.Unlock()
	if was {
		return nil, errCrashed
	}
	if !now {
		return c.next.RoundTrip(r)
	}
	if c.effect {
		if answer, err := c.next.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	c.die()
	return nil, errCrashed
}

// crashes runs an up that ends at a call, and reports whether it came that far.
func (p *project) crashes(at int, effect bool) bool {
	p.Helper()
	ctx, die := context.WithCancel(p.Context())
	defer die()
	world := &crash{next: p.faults.next, at: at, effect: effect, die: die}
	save := func(s *state.Snapshot) error {
		world.mu.Lock()
		defer world.mu.Unlock()
		if world.dead {
			return errCrashed
		}
		return p.save(s)
	}
	s := must(p.T, func() (*Stack, error) {
		return Open(Options{
			Clients: clientsOver(testRegion, world), Spec: p.spec, Zip: p.zip, Version: "v1",
			Snapshot: p.load(), Save: save, Emit: func(provision.Event) {},
		})
	})
	if err := s.Read(ctx); err != nil {
		p.Fatal(err)
	}
	plan := must(p.T, s.Plan)
	if err := s.Apply(ctx, plan); (err != nil) != world.dead {
		p.Errorf("crashed: %t, the error is %v", world.dead, err)
	}
	return world.dead
}

// Wherever a switch is cut off, one of the two policies is whole, and the next up ends it.
func TestASwitchConvergesFromACrashAtEveryCall(t *testing.T) {
	switches(t, func(t *testing.T, from, to string) {
		for _, effect := range []bool{false, true} {
			crashed := 0
			for at := 1; ; at++ {
				p := newProject(newCloud(t, sandbox.Options{}))
				p.spec = testSpecOf(from)
				p.up()
				p.spec = testSpecOf(to)
				if !p.crashes(at, effect) {
					break
				}
				crashed++
				where := fmt.Sprintf("call %d, effect %t", at, effect)
				if !p.whole(from) && !p.whole(to) {
					t.Errorf("%s: the group follows nothing", where)
				}
				p.up()
				p.settled()
				if p.whole(from) || !p.whole(to) {
					t.Errorf("%s: %s is there: %t; %s is: %t", where, from, p.whole(from), to, p.whole(to))
				}
				if s := p.status(); !s.Healthy {
					t.Errorf("%s: %s", where, s.Verdict)
				}
				if err := p.destroy(); err != nil || len(p.load().Resources) > 0 || len(p.policiesOf(testGroup)) > 0 {
					t.Errorf("%s: destroy: %v, left: %v", where, err, p.policiesOf(testGroup))
				}
			}
			if crashed < 8 {
				t.Errorf("only %d calls", crashed)
			}
		}
	})
}

// Whoever changes his mind halfway gets the old rule back.
func TestASwitchThatWasCutOffCanBeTakenBack(t *testing.T) {
	switches(t, func(t *testing.T, from, to string) {
		for at := 1; ; at++ {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec = testSpecOf(from)
			p.up()
			p.spec = testSpecOf(to)
			if !p.crashes(at, true) {
				break
			}
			p.spec = testSpecOf(from)
			p.up()
			p.settled()
			if !p.whole(from) || p.whole(to) {
				t.Errorf("call %d: %s is there: %t; %s is: %t", at, from, p.whole(from), to, p.whole(to))
			}
		}
	})
}
