package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/loop"
)

func (s *stage) resizeTo(n int32) {
	s.Helper()
	must(s.setDesiredCapacity(s.request(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(firstGroup), DesiredCapacity: &n}))
	s.settle(s.now)
}

func TestWhatBecomesOfAJobWhenItsInstanceShallGo(t *testing.T) {
	for scaleIn, want := range map[loop.ScaleIn][]string{
		loop.Protect: {"1 of 0 0+1", "1 of 0 0+1", "0 of 0 0+0", "0 of 0 0+0"},
		loop.Drain:   {"0 of 0, 1 draining 0+1", "0 of 0, 1 draining 0+1", "0 of 0 0+0", "0 of 0 0+0"},
		loop.Kill:    {"0 of 0 0+1", "0 of 0 0+1", "0 of 0 0+1", "0 of 0 1+0"},
	} {
		t.Run(string(scaleIn), func(t *testing.T) {
			w := quick()
			w.ScaleIn = scaleIn
			s, url := loopStage(t, w)
			s.sends(url, 1)
			s.pass(10 * time.Second)
			s.resizeTo(0)
			var got []string
			for _, pause := range []time.Duration{0, 29 * time.Second, time.Second, 30 * time.Second} {
				s.pass(pause)
				got = append(got, s.states()+" "+s.backlog(url))
			}
			same(t, got, want)
		})
	}
}

func TestAnInstanceThatDrainsForTooLongLosesItsJob(t *testing.T) {
	w := quick()
	w.ScaleIn, w.DrainTimeout = loop.Drain, 15*time.Second
	s, url := loopStage(t, w)
	s.sends(url, 2)
	s.resizeTo(0)
	activity := func() string {
		a := s.group().Activities[0]
		return string(a.StatusCode) + " " + (*a.Description)[:11]
	}
	same(t, activity(), "InProgress Terminating")
	s.pass(15 * time.Second)
	same(t, []string{s.states(), s.backlog(url), activity()}, []string{"0 of 0", "1+1", "Successful Terminating"})
}

// A client that nobody here wrote takes messages beside the sandbox's workers.
func TestWorkersOfTheUserTakeTheirShare(t *testing.T) {
	s, url := loopStage(t, quick())
	s.sends(url, 3)
	mine := s.receive(url, 10)
	same(t, len(mine), 2) // the third is the sandbox's
	s.pass(40 * time.Second)
	same(t, s.backlog(url), "0+2")
	must(s.deleteMessage(s.request(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: mine[0].ReceiptHandle}))
	s.pass(20 * time.Second) // the timeout of the other is over
	same(t, s.backlog(url), "0+1")
	same(t, s.receive(url, 10), nil)
	s.pass(40 * time.Second)
	same(t, s.backlog(url), "0+0")
	s.Workers.JobTime = 0 // the user's workers alone
	s.sends(url, 2)
	s.pass(time.Hour)
	same(t, s.backlog(url), "2+0")
}

func TestAMessageCanSayHowLongItsJobTakes(t *testing.T) {
	s, url := loopStage(t, quick())
	must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: map[string]sqstypes.MessageAttributeValue{
		JobTimeAttribute: {DataType: aws.String("String"), StringValue: aws.String("1h")},
	}}))
	s.settle(s.now)
	s.pass(time.Hour - 1)
	same(t, s.backlog(url), "0+1")
	s.pass(1)
	same(t, s.backlog(url), "0+0")
}

func TestSuspendedProcessesAreNotRun(t *testing.T) {
	s, url := loopStage(t, quick())
	s.Workers.JobTime = 0
	name := aws.String(firstGroup)
	suspend := func(process ...string) {
		must(s.suspendProcesses(s.request(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: name, ScalingProcesses: process}))
	}
	resume := func(process ...string) {
		must(s.resumeProcesses(s.request(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: name, ScalingProcesses: process}))
		s.settle(s.now)
	}
	suspend("AlarmNotification")
	s.sends(url, 5)
	s.pass(5 * time.Minute)
	same(t, []string{string(s.alarm("out").StateValue), s.states()}, []string{"ALARM", "1 of 1"})
	suspend("Launch")
	resume("AlarmNotification")
	s.pass(time.Minute)
	same(t, s.states(), "1 of 3")
	resume()
	same(t, s.states(), "1 of 3, 2 pending")
	suspend("Terminate")
	s.resizeTo(0)
	same(t, s.states(), "1 of 0, 2 pending")
	resume("Terminate")
	same(t, []string{s.states(), string(s.group().Activities[1].StatusCode)}, []string{"0 of 0", "Successful"})
	_, err := s.suspendProcesses(s.request(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: name, ScalingProcesses: []string{"Sleep"}})
	s.refuses(err, "ValidationError", "Sleep")
}

func TestSetAlarmStateRunsTheActions(t *testing.T) {
	s, _ := loopStage(t, quick())
	set := func(name, state string, data *string) {
		must(s.setAlarmState(s.request(), &cloudwatch.SetAlarmStateInput{AlarmName: &name, StateValue: types.StateValue(state), StateReason: aws.String("test"), StateReasonData: data}))
	}
	set("out", "ALARM", nil)
	same(t, s.states(), "1 of 3, 2 pending")
	s.pass(51 * time.Second)
	same(t, string(s.alarm("out").StateValue), "OK") // it was evaluated again
	s.place().Alarms["in"].Alarm.ActionsEnabled = aws.Bool(false)
	s.pass(10 * time.Minute)
	same(t, []string{string(s.alarm("in").StateValue), s.states()}, []string{"ALARM", "3 of 3"})

	step := must(s.putScalingPolicy(s.request(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(firstGroup), PolicyName: aws.String("step"), PolicyType: aws.String(stepScaling), AdjustmentType: aws.String(exactCapacity),
		StepAdjustments: []astypes.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), MetricIntervalUpperBound: aws.Float64(10), ScalingAdjustment: aws.Int32(4)}, {MetricIntervalLowerBound: aws.Float64(10), ScalingAdjustment: aws.Int32(9)}},
	}))
	alarm := simpleAlarm("step")
	alarm.AlarmActions = []string{*step.PolicyARN, "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:none"}
	must(s.putMetricAlarm(s.request(), alarm))
	set("step", "ALARM", nil) // a step policy must know the metric
	same(t, s.states(), "3 of 3")
	set("step", "OK", nil)
	set("step", "ALARM", aws.String(`{"recentDatapoints":[1.0,21.0]}`))
	same(t, s.states(), "3 of 9, 6 pending")
	same(t, strings.HasPrefix(*s.place().AlarmHistory[0].HistorySummary, "Failed to execute action arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:none"), true)
}

func TestExecutePolicyDoesWhatAnAlarmWould(t *testing.T) {
	s, _ := loopStage(t, quick())
	s.group().Group.DefaultCooldown = aws.Int32(100)
	execute := func(name string, honor bool) error {
		_, err := s.executePolicy(s.request(), &autoscaling.ExecutePolicyInput{AutoScalingGroupName: aws.String(firstGroup), PolicyName: &name, HonorCooldown: &honor})
		return err
	}
	s.accepts(execute("out", false))
	same(t, s.states(), "1 of 3, 2 pending")
	s.accepts(execute("out", false))
	same(t, s.states(), "1 of 5, 4 pending")
	s.refuses(execute("out", true), "ScalingActivityInProgress", "cooldown")
	s.pass(130 * time.Second) // the launch, and the group's cooldown
	s.accepts(execute("in", true))
	same(t, s.states(), "4 of 4")
	s.refuses(execute("none", false), "ValidationError", "none not found")
}

// The largest capacity wins, and an alarm may have a policy for each of its states.
func TestTheLargestCapacityWins(t *testing.T) {
	s, url := loopStage(t, quick())
	s.Workers.JobTime = 0
	s.sends(url, 5)
	s.pass(110 * time.Second) // to 12:02:00, when the alarm will act
	a := s.place().Alarms["in"]
	a.Alarm.OKActions, a.Alarm.AlarmActions = a.Alarm.AlarmActions, nil
	s.pass(time.Second)
	same(t, []string{string(s.alarm("in").StateValue), string(s.alarm("out").StateValue), s.states()}, []string{"OK", "ALARM", "1 of 3, 2 pending"})
	s.group().Group.DefaultCooldown, s.group().Cooldown.Until = aws.Int32(0), 0
	s.place().Alarms["out"].Alarm.AlarmActions = nil
	s.pass(time.Minute)
	same(t, s.states(), "2 of 2") // it does act
}

func TestTargetTrackingKeepsItsTarget(t *testing.T) {
	s := newStage(t)
	s.Workers = Workers{}
	url := s.queue("jobs", nil)
	policy := trackingPolicy("track")
	policy.TargetTrackingConfiguration.TargetValue = aws.Float64(4)
	policy.EstimatedInstanceWarmup = aws.Int32(0)
	policy.TargetTrackingConfiguration.PredefinedMetricSpecification = nil
	policy.TargetTrackingConfiguration.CustomizedMetricSpecification = &astypes.CustomizedMetricSpecification{
		Namespace: aws.String(queueNamespace), MetricName: aws.String(visibleMetric), Statistic: astypes.MetricStatisticAverage,
		Dimensions: []astypes.MetricDimension{{Name: aws.String("QueueName"), Value: aws.String("jobs")}},
	}
	must(s.putScalingPolicy(s.request(), policy))
	s.sends(url, 9)
	s.pass(3 * time.Minute)
	same(t, s.states(), "3 of 3") // 9 / 4, rounded up
	must(s.purgeQueue(s.request(), &sqs.PurgeQueueInput{QueueUrl: url}))
	s.sends(url, 1)
	s.pass(14 * time.Minute)
	n := *s.group().Group.DesiredCapacity
	s.pass(2 * time.Minute) // the low alarm wants a quarter of an hour
	if after := *s.group().Group.DesiredCapacity; after >= n {
		t.Errorf("%d instances, after a quarter of an hour below the target %d", n, after)
	}
}
