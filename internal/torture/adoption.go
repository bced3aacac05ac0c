//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/eventscale/eventscale/internal/state"
)

// adoptions are the runs that take over what was there before the stack, and that remove it after all.
func adoptions() []*story {
	adopt := append(slices.Clone(up), "--adopt")
	remove := append(slices.Clone(destroy), "--delete-adopted")
	return []*story{
		{name: "adopt", foreign: true, args: adopt, end: remove},
		{name: "destroy what was adopted", foreign: true, before: adopt, args: remove, end: remove},
	}
}

// strangers makes objects of all names of the stack, of other properties, that nothing says are the stack's: those
// of an earlier one without their tags and without its state.
func (t *trial) strangers(ctx context.Context) error {
	if err := t.must(ctx, 0, append(slices.Clone(up), "--visibility-timeout", "30m", "--memory", "512", "--scale-out-at", "20", "--cooldown", "10m")...); err != nil {
		return err
	}
	records, err := recordsOf(t.store())
	if err != nil {
		return err
	}
	a := newAuditor(t.url)
	for _, r := range records {
		if err := a.disown(ctx, r); err != nil {
			return fmt.Errorf("taking the tags off %s: %w", r.LogicalID, err)
		}
	}
	return os.Remove(t.store().Path(stackName))
}

// disown takes off the tags of an object, and turns off a metric that is collected. What else has no tags stays as
// it is.
func (a *auditor) disown(ctx context.Context, r state.Record) (err error) {
	keys := slices.Collect(maps.Keys(r.Tags))
	switch r.Type {
	case "AWS::SQS::Queue":
		_, err = a.sqs.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: &r.PhysicalID, TagKeys: keys})
	case "AWS::IAM::Role":
		_, err = a.iam.UntagRole(ctx, &iam.UntagRoleInput{RoleName: &r.Name, TagKeys: keys})
	case "AWS::Lambda::Function":
		_, err = a.lambda.UntagResource(ctx, &lambda.UntagResourceInput{Resource: &r.ARN, TagKeys: keys})
	case "AWS::Logs::LogGroup":
		_, err = a.logs.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: &r.ARN, TagKeys: keys})
	case "AWS::CloudWatch::Alarm":
		_, err = a.cloudwatch.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: &r.ARN, TagKeys: keys})
	case "AWS::AutoScaling::MetricsCollection":
		_, err = a.autoscaling.DisableMetricsCollection(ctx, &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: aws.String(groupName)})
	}
	return err
}
