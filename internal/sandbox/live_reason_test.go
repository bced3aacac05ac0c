package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/google/go-cmp/cmp"
)

// A loop that went around once tells of it in AWS's words.
func TestTheLoopTellsWhatItDid(t *testing.T) {
	l := newLiving(t, Options{Adjust: func(w *Workers) { w.JobTime = 4 * time.Minute }}, nil)
	l.pass(2 * time.Minute)
	l.send(t, 5)
	l.pass(9 * time.Minute)
	var told []string
	for _, item := range must(l.metrics.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{ScanBy: types.ScanByTimestampAscending})).AlarmHistoryItems {
		told = append(told, item.Timestamp.Format("04:05 ")+*item.AlarmName+": "+randomID().ReplaceAllString(*item.HistorySummary, "ID"))
	}
	for _, a := range must(l.metrics.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})).MetricAlarms {
		told = append(told, *a.AlarmName+": "+*a.StateReason)
	}
	activities := must(l.groups.DescribeScalingActivities(t.Context(), &autoscaling.DescribeScalingActivitiesInput{})).Activities
	for _, a := range activities[:3] {
		told = append(told, randomID().ReplaceAllString(*a.Description+": "+string(a.StatusCode)+": "+*a.Cause, "ID"))
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(wholeStory), "\n"), told); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, strings.Join(told, "\n"))
	}
}

const wholeStory = `
00:00 out: Alarm "out" created
00:00 in: Alarm "in" created
01:30 in: Alarm updated from INSUFFICIENT_DATA to ALARM
01:30 in: Successfully executed action arn:aws:autoscaling:eu-west-3:123456789012:scalingPolicy:ID:autoScalingGroupName/gpu-workers:policyName/in
01:30 out: Alarm updated from INSUFFICIENT_DATA to OK
02:30 in: Alarm updated from ALARM to OK
02:30 out: Alarm updated from OK to ALARM
02:30 out: Successfully executed action arn:aws:autoscaling:eu-west-3:123456789012:scalingPolicy:ID:autoScalingGroupName/gpu-workers:policyName/out
in: Threshold Crossed: 1 out of the last 1 datapoints [5.0 (20/11/26 12:01:00)] was not less than or equal to the threshold (0.0) (minimum 1 datapoint for ALARM -> OK transition).
out: Threshold Crossed: 1 out of the last 1 datapoints [5.0 (20/11/26 12:01:00)] was greater than or equal to the threshold (3.0) (minimum 1 datapoint for OK -> ALARM transition).
Launching a new EC2 instance: ID: Successful: At 2026-11-20T12:06:30Z a monitor alarm out in state ALARM triggered policy out changing the desired capacity from 0 to 2.  At 2026-11-20T12:06:30Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 2.
Launching a new EC2 instance: ID: Successful: At 2026-11-20T12:06:30Z a monitor alarm out in state ALARM triggered policy out changing the desired capacity from 0 to 2.  At 2026-11-20T12:06:30Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 2.
Terminating EC2 instance: ID: Successful: At 2026-11-20T12:01:30Z a monitor alarm in in state ALARM triggered policy in changing the desired capacity from 1 to 0.  At 2026-11-20T12:01:30Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 1 to 0.  At 2026-11-20T12:01:30Z instance ID was selected for termination.
`

// History does not grow for ever.
func TestHistoryIsBounded(t *testing.T) {
	l := newLiving(t, Options{}, nil)
	for range maxHistory {
		for _, state := range []types.StateValue{types.StateValueAlarm, types.StateValueOk} {
			must(l.metrics.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("in"), StateValue: state, StateReason: aws.String("x")}))
		}
	}
	items := 0
	pages := cloudwatch.NewDescribeAlarmHistoryPaginator(l.metrics, &cloudwatch.DescribeAlarmHistoryInput{})
	for pages.HasMorePages() {
		items += len(must(pages.NextPage(t.Context())).AlarmHistoryItems)
	}
	same(t, items, maxHistory)
}
