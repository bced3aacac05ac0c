//go:build unix

package main

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// story is a run that is tormented, in the world that it finds.
type story struct {
	name    string
	before  []string // the command that has made what it finds; nil where it finds nothing
	tamper  bool     // what of it no setting changes is changed from outside
	foreign bool     // all names of the stack are taken by objects that are not its own
	args    []string // the run
	end     []string // the command that leaves nothing; nil: destroy
	calls   int32    // that it makes undisturbed
	after   account  // what is there then
}

// The commands.
var (
	up      = []string{"up", "--asg", groupName}
	destroy = []string{"destroy", "--yes"}
)

// stories are the runs that change anything: the first up, one that updates every resource, one that makes the
// queues anew, and the last destroy.
func stories() []*story {
	return []*story{
		{name: "up", args: up},
		{name: "update", before: up, tamper: true, args: append(slices.Clone(up),
			"--visibility-timeout", "30m", "--tag", "team=ml", "--memory", "512", "--function-timeout", "60s", "--env", "MODE=fast",
			"--log-retention", "30", "--scale-out-at", "20", "--scale-in-at", "3", "--scale-out-by", "3", "--cooldown", "10m")},
		{name: "replace", before: up, args: append(slices.Clone(up), "--fifo", "--replace")},
		{name: "destroy", before: up, args: destroy},
	}
}

// rehearse runs the story undisturbed, and notes what it does and what is there then.
func (s *story) rehearse(ctx context.Context, t *trial) error {
	if err := s.prepare(ctx, t); err != nil {
		return err
	}
	t.expect(nil)
	if err := t.must(ctx, 0, s.args...); err != nil {
		return err
	}
	s.calls = t.requests.Load()
	var err error
	s.after, err = t.audit(ctx)
	return err
}

// prepare makes what the run finds.
func (s *story) prepare(ctx context.Context, t *trial) error {
	if s.foreign {
		if err := t.strangers(ctx); err != nil {
			return err
		}
	}
	if s.before == nil {
		return nil
	}
	if err := t.must(ctx, 0, s.before...); err != nil {
		return err
	}
	if s.tamper {
		return tamper(ctx, t.url)
	}
	return nil
}

// destroys tells whether the run is to leave nothing.
func (s *story) destroys() bool { return s.args[0] == destroy[0] }

// again runs the same command after the harm, and then lets the stack go.
func (s *story) again(ctx context.Context, t *trial) error {
	if s.destroys() {
		return t.mustGo(ctx, s.end...)
	}
	if err := t.must(ctx, 0, s.args...); err != nil {
		return err
	}
	if err := t.mustBe(ctx, s.after); err != nil {
		return err
	}
	if err := t.mustBeQuiet(ctx, s.args...); err != nil {
		return err
	}
	return t.mustGo(ctx, s.end...)
}

// otherwise runs the opposite command after the harm: destroy after an up, and an up after a destroy.
func (s *story) otherwise(first *story) func(context.Context, *trial) error {
	if s.destroys() {
		return first.again
	}
	return func(ctx context.Context, t *trial) error { return t.mustGo(ctx) }
}

// tamper changes from outside what no setting of an up changes.
func tamper(ctx context.Context, endpoint string) error {
	a := newAuditor(endpoint)
	role := "eventscale-" + stackName + "-" + region
	_, err := a.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: &role, PolicyName: aws.String("ingest"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}`),
	})
	if err != nil {
		return err
	}
	_, err = a.autoscaling.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(groupName), PolicyName: aws.String("eventscale-" + stackName + "-wake"),
		PolicyType: aws.String("SimpleScaling"), AdjustmentType: aws.String("ChangeInCapacity"), ScalingAdjustment: aws.Int32(7),
	})
	return err
}
