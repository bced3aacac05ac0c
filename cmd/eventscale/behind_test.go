package main

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// A scaling policy holds nothing that could be lost, so the command that status names puts back one of another type too.
func TestUpPutsBackAPolicyOfAnotherType(t *testing.T) {
	d := newDesk(t)
	d.sees(exitDone, "", "up --asg gpu-workers")
	groups := autoscaling.NewFromConfig(d.config())
	policy, group := aws.String("eventscale-gpu-workers-scale-out"), aws.String("gpu-workers")
	if _, err := groups.DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: group, PolicyName: policy}); err != nil {
		t.Fatal(err)
	}
	_, err := groups.PutScalingPolicy(t.Context(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: group, PolicyName: policy, PolicyType: aws.String("StepScaling"), AdjustmentType: aws.String("ChangeInCapacity"),
		StepAdjustments: []types.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), ScalingAdjustment: aws.Int32(9)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	d.sees(exitChanges, "", "status --exit-code", "MODIFIED +ScaleOutPolicy", "`eventscale up --asg gpu-workers` mends that")
	d.sees(exitDone, "", "up --asg gpu-workers", "stack gpu-workers is up")
	d.sees(exitDone, "", "status --exit-code")
	d.sees(exitDone, "", "plan --asg gpu-workers --exit-code")
}

// What has come to be another stack's is not mended by an up, and status does not say so.
func TestStatusTellsWhatSomebodyElseHasTaken(t *testing.T) {
	d := newDesk(t)
	d.sees(exitDone, "", "up --asg gpu-workers")
	queues := sqs.NewFromConfig(d.config())
	url, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("eventscale-gpu-workers-jobs")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = queues.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: url.QueueUrl, Tags: map[string]string{"eventscale:stack": "theirs"}})
	if err != nil {
		t.Fatal(err)
	}
	d.sees(exitChanges, "", "status --exit-code", "MODIFIED +JobQueue", "somebody else has JobQueue; `eventscale plan --asg gpu-workers --adopt` shows")
	d.sees(exitFailed, "", "up --asg gpu-workers", "does not belong to this stack")
	d.sees(exitDone, "", "plan --asg gpu-workers --adopt", "Tags.eventscale:stack +theirs -> gpu-workers")
}
