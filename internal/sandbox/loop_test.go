package sandbox

import (
	"encoding/json"
	"fmt"
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
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// loopStage is a stage on which the group gpu-workers follows the queue jobs: out by two at 3 messages for
// two minutes, in by one at none, visible or in flight, for two.
func loopStage(t *testing.T, workers Workers) (*stage, *string) {
	s := newStage(t)
	s.Workers = workers
	url := s.queue("jobs", map[string]string{"VisibilityTimeout": "60"})
	must(s.enableMetricsCollection(s.request(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: aws.String(firstGroup), Granularity: aws.String("1Minute")}))
	out := simpleAlarm("out")
	out.Threshold, out.TreatMissingData = aws.Float64(3), aws.String("notBreaching")
	in := mathAlarm("in")
	in.AlarmName, in.Threshold, in.ComparisonOperator, in.EvaluationPeriods = aws.String("in"), aws.Float64(0), types.ComparisonOperatorLessThanOrEqualToThreshold, aws.Int32(2)
	for _, alarm := range []*cloudwatch.PutMetricAlarmInput{out, in} {
		name := *alarm.AlarmName
		policy := must(s.putScalingPolicy(s.request(), &autoscaling.PutScalingPolicyInput{
			AutoScalingGroupName: aws.String(firstGroup), PolicyName: &name, AdjustmentType: aws.String(changeInCapacity), ScalingAdjustment: aws.Int32(map[string]int32{"out": 2, "in": -1}[name]),
		}))
		alarm.AlarmActions = []string{*policy.PolicyARN}
		must(s.putMetricAlarm(s.request(), alarm))
	}
	return s, url
}

func quick() Workers {
	w := DefaultWorkers()
	w.MetricDelay = 0
	return w
}

func (s *stage) place() *regional { return s.Regions[s.region] }
func (s *stage) group() *group    { return s.place().Groups[firstGroup] }

// sends puts messages into a queue, as a request does.
func (s *stage) sends(url *string, n int) {
	for range n {
		s.send(url, "job")
	}
	s.settle(s.now)
}

// states counts the group's instances by their state.
func (s *stage) states() string {
	count := map[astypes.LifecycleState]int{}
	for _, in := range s.group().Group.Instances {
		count[in.LifecycleState]++
	}
	return fmt.Sprintf("%d of %d", count[astypes.LifecycleStateInService], *s.group().Group.DesiredCapacity) +
		map[bool]string{true: fmt.Sprintf(", %d pending", count[astypes.LifecycleStatePending])}[count[astypes.LifecycleStatePending] > 0] +
		map[bool]string{true: fmt.Sprintf(", %d draining", count[astypes.LifecycleStateTerminatingWait])}[count[astypes.LifecycleStateTerminatingWait] > 0]
}

func (s *stage) backlog(url *string) string {
	a := must(s.getQueueAttributes(s.request(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})).Attributes
	return a["ApproximateNumberOfMessages"] + "+" + a["ApproximateNumberOfMessagesNotVisible"]
}

func TestTheLoopTurns(t *testing.T) {
	s, url := loopStage(t, quick())
	s.sends(url, 10)
	same(t, s.backlog(url), "9+1") // the first instance was there, and took one
	s.pass(2 * time.Minute)        // to 12:02:10: the alarm has seen two minutes
	same(t, []string{s.states(), string(s.alarm("out").StateValue)}, []string{"1 of 3, 2 pending", "ALARM"})
	activity := s.group().Activities[0]
	same(t, []string{string(activity.StatusCode), strings.SplitN(*activity.Cause, ".  ", 2)[0]}, []string{
		"InProgress", "At 2026-11-20T12:02:00Z a monitor alarm out in state ALARM triggered policy out changing the desired capacity from 1 to 3",
	})
	s.pass(20 * time.Second)
	same(t, s.states(), "3 of 3")
	activity = s.group().Activities[0]
	same(t, []any{activity.StatusCode, activity.EndTime.Sub(*activity.StartTime), *activity.Progress}, []any{astypes.ScalingActivityStatusCodeSuccessful, 30 * time.Second, int32(100)})
	s.pass(time.Minute) // to 12:03:30: they have booted
	same(t, s.backlog(url), "2+3")
	described := must(s.describeAutoScalingGroups(s.request(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0]
	same(t, *described.Instances[2].ProtectedFromScaleIn, true)
	s.pass(6 * time.Minute)
	same(t, []string{s.backlog(url), string(s.alarm("in").StateValue)}, []string{"0+0", "ALARM"})
	s.pass(20 * time.Minute) // a cooldown of five minutes lies between two
	same(t, s.states(), "0 of 0")
	summaries := ""
	for _, item := range must(s.describeAlarmHistory(s.request(), &cloudwatch.DescribeAlarmHistoryInput{AlarmName: aws.String("out"), ScanBy: types.ScanByTimestampAscending})).AlarmHistoryItems {
		words := strings.Fields(*item.HistorySummary)
		summaries += string(item.HistoryItemType) + " " + words[0] + " " + words[len(words)-1] + "; "
	}
	same(t, strings.ReplaceAll(summaries, s.place().Groups[firstGroup].policyARN("out"), "ARN"),
		"ConfigurationUpdate Alarm created; StateUpdate Alarm OK; StateUpdate Alarm ALARM; Action Successfully ARN; StateUpdate Alarm OK; ")
}

func (g *group) policyARN(name string) string { return *g.Policies[name].PolicyARN }

// The words are CloudWatch's.
func TestAnAlarmSaysWhyItChanged(t *testing.T) {
	s, url := loopStage(t, quick())
	s.Workers.JobTime = 0
	reason := func(name string) string { return *s.alarm(name).StateReason }
	s.pass(time.Minute)
	same(t, reason("out"), "Threshold Crossed: 1 out of the last 2 datapoints [0.0 (20/11/26 12:00:00)] was not greater than or equal to the threshold (3.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> OK transition).")
	s.sends(url, 3)
	s.pass(time.Minute)
	s.sends(url, 1)
	s.pass(time.Minute)
	same(t, reason("out"), "Threshold Crossed: 2 out of the last 2 datapoints [4.0 (20/11/26 12:02:00), 3.0 (20/11/26 12:01:00)] were greater than or equal to the threshold (3.0) (minimum 2 datapoints for OK -> ALARM transition).")
	var data struct {
		Statistic string    `json:"statistic"`
		Period    int       `json:"period"`
		Recent    []float64 `json:"recentDatapoints"`
		Threshold float64   `json:"threshold"`
		Start     string    `json:"startDate"`
	}
	if err := json.Unmarshal([]byte(*s.alarm("out").StateReasonData), &data); err != nil {
		t.Fatal(err)
	}
	same(t, fmt.Sprintf("%+v", data), "{Statistic:Maximum Period:60 Recent:[3 4] Threshold:3 Start:2026-11-20T12:01:00.000+0000}")
	must(s.deleteQueue(s.request(), &sqs.DeleteQueueInput{QueueUrl: url}))
	s.pass(6 * time.Minute)
	same(t, reason("out"), "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [NonBreaching].")
	same(t, reason("in"), "Insufficient Data: 2 datapoints were unknown.")
}

// What happens must not depend on when somebody looks: processes that look at other times share a world.
// Here one looks at the end, and one again and again; nothing is random but the IDs.
func TestTimePassesAlikeHoweverOftenSomebodyLooks(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		workers := Workers{
			JobTime: time.Duration(rapid.IntRange(1, 200).Draw(r, "job")) * time.Second, Slots: rapid.IntRange(1, 2).Draw(r, "slots"),
			LaunchTime: 30 * time.Second, BootTime: time.Duration(rapid.IntRange(0, 200).Draw(r, "boot")) * time.Second, DrainTimeout: time.Minute,
			MetricDelay: time.Duration(rapid.IntRange(0, 200).Draw(r, "delay")) * time.Second,
			ScaleIn:     rapid.SampledFrom([]loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain}).Draw(r, "scale in"),
		}
		jobs, delay := rapid.IntRange(0, 30).Draw(r, "jobs"), int32(rapid.IntRange(0, 900).Draw(r, "delayed"))
		var worlds []string
		for _, steps := range [][]int{nil, rapid.SliceOfN(rapid.IntRange(1, 90), 0, 60).Draw(r, "steps")} {
			s, url := loopStage(t, workers)
			s.sends(url, jobs)
			must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("later"), DelaySeconds: delay}))
			end := s.now.Add(36 * time.Hour)
			for _, step := range steps {
				s.pass(time.Duration(step) * 20 * time.Second)
			}
			s.pass(end.Sub(s.now))
			worlds = append(worlds, s.told())
		}
		if diff := cmp.Diff(strings.Split(worlds[0], "\n"), strings.Split(worlds[1], "\n")); diff != "" {
			r.Fatalf("-in one go +in many:\n%s", diff)
		}
	})
}

// told is what can be seen of a world, without IDs.
func (s *stage) told() string {
	var b strings.Builder
	place := s.place()
	for _, q := range byName(place.Queues) {
		metrics, _ := json.Marshal(q.Metrics)
		fmt.Fprintf(&b, "%s %d %s\n", q.Name, len(q.Messages), metrics)
	}
	for _, item := range place.AlarmHistory {
		fmt.Fprintln(&b, *item.Timestamp, *item.AlarmName, item.HistoryItemType, strings.Fields(*item.HistorySummary)[:2])
	}
	for _, g := range byName(place.Groups) {
		metrics, _ := json.Marshal(g.Metrics)
		fmt.Fprintf(&b, "%s %s\n", s.states(), metrics)
		for _, a := range g.Activities {
			fmt.Fprintln(&b, a.StartTime, a.EndTime, a.StatusCode, (*a.Description)[:12])
		}
	}
	fmt.Fprintln(&b, place.Sampled, place.Evaluated)
	return b.String()
}

func TestMetricsAreThereOfATimeThatWasPassedOver(t *testing.T) {
	s, url := loopStage(t, quick())
	s.Workers.JobTime = 0
	s.group().Group.MaxSize = aws.Int32(1)
	s.sends(url, 2)
	s.pass(3 * 24 * time.Hour)
	at := s.place().Sampled - 5
	q := s.place().Queues["jobs"]
	visible, _ := q.Metrics[visibleMetric].at(at)
	age, _ := q.Metrics[ageMetric].at(at)
	inService, _ := s.group().Metrics["GroupInServiceInstances"].at(at)
	same(t, []float64{visible, age, inService}, []float64{2, at.end().Sub(q.Messages[0].Sent).Seconds(), 1})
	text, _ := json.Marshal(q.Metrics)
	if len(text) > 500 {
		t.Errorf("%d bytes for three days of rest: %s", len(text), text)
	}
	s.pass(2 * 24 * time.Hour) // the messages are older than the queue keeps them
	same(t, s.backlog(url), "0+0")
	if _, ok := q.Metrics[visibleMetric].at(minuteOf(s.now.Add(-4 * 24 * time.Hour))); ok {
		t.Error("datapoints are kept for ever")
	}
}
