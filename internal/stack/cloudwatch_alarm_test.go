package stack

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

const testAlarm = "eventscale-gpu-workers-scale-out"

// visible is a metric of the queue alone, and backlog an expression over two.
func visible(statistic string, period int) []alarmMetric {
	return []alarmMetric{{
		Namespace: "AWS/SQS", MetricName: visibleMetric, Dimensions: map[string]string{"QueueName": "q"},
		Statistic: statistic, Period: period,
	}}
}

func backlog(expression string) []alarmMetric {
	a, b := visible("Maximum", 60)[0], visible("Average", 60)[0]
	a.ID, b.ID, b.Dimensions = "a", "b", map[string]string{"QueueName": "q", "Other": "x"}
	return []alarmMetric{{ID: "e", Expression: expression}, a, b}
}

func alarmSubject() subject[alarmProperties] {
	policy := home.arn("autoscaling", "scalingPolicy:1:autoScalingGroupName/g:policyName/p")
	return subject[alarmProperties]{
		kind: func(k kinds) provision.Kind[alarmProperties] { return k.alarm },
		name: testAlarm, other: "eventscale-gpu-workers-wake",
		want: alarmProperties{
			AlarmDescription: "10 jobs", Metrics: visible("Maximum", 60), EvaluationPeriods: 3, DatapointsToAlarm: 2,
			Threshold: 10, ComparisonOperator: atLeast, TreatMissingData: "notBreaching", ActionsEnabled: true,
			AlarmActions: []string{policy}, Tags: provision.Tags{"owner": "us"},
		},
		others: map[string][]any{
			"AlarmDescription":   {"2 jobs", ""},
			"Metrics":            {visible("Sum", 60), visible("Sum", 300), backlog("a + b"), backlog("a - b"), visible("Sum", 60)},
			"EvaluationPeriods":  {4},
			"DatapointsToAlarm":  {3},
			"Threshold":          {0.0, 2.5},
			"ComparisonOperator": {atMost, "GreaterThanThreshold"},
			"TreatMissingData":   {"missing", "breaching"},
			"ActionsEnabled":     {false, true},
			"AlarmActions":       {[]string{policy + "-2"}, []string(nil)},
		},
		physicalID: testAlarm,
		arn:        "arn:aws:cloudwatch:us-east-1:123456789012:alarm:" + testAlarm,
		meddle: func(c *cloud) {
			c.done(c.theirs.cloudwatch.DisableAlarmActions(c.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{testAlarm}}))
			c.done(c.theirs.cloudwatch.TagResource(c.Context(), &cloudwatch.TagResourceInput{
				ResourceARN: aws.String(home.arn("cloudwatch", "alarm:"+testAlarm)),
				Tags:        []types.Tag{{Key: aws.String("owner"), Value: aws.String("them")}},
			}))
		},
		meddled: []string{"ActionsEnabled", "Tags"},
	}
}

func TestAlarmConforms(t *testing.T) { conforms(t, alarmSubject()) }

// What an alarm was put without comes back without, and is what AWS then does.
func TestAlarmOfLittleIsReadWithTheDefaultsOfAWS(t *testing.T) {
	s := alarmSubject().stage(t)
	s.done(s.theirs.cloudwatch.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &s.name, Namespace: aws.String("AWS/SQS"), MetricName: aws.String("m"), Statistic: "Sum", Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(1), ComparisonOperator: atLeast,
	}))
	got := s.read(provision.Identity{Name: s.name}).Properties
	if got.TreatMissingData != "missing" || got.DatapointsToAlarm != 2 || !got.ActionsEnabled {
		t.Errorf("%+v", got)
	}
}

// CloudWatch does not say in which order it returns the metrics of an expression.
func TestAlarmMetricsAreReadInOneOrder(t *testing.T) {
	want := backlog("a + b")
	a := types.MetricAlarm{}
	for _, i := range []int{1, 0, 2} {
		a.Metrics = append(a.Metrics, want[i].query())
	}
	if got := alarmFrom(a).Metrics; asJSON(got) != asJSON(want) {
		t.Errorf("%s, want %s", asJSON(got), asJSON(want))
	}
}

// The state of an alarm is the loop's: an update must not begin it anew.
func TestAlarmUpdateKeepsItsState(t *testing.T) {
	s := alarmSubject().stage(t)
	live := s.create(s.name)
	s.done(s.theirs.cloudwatch.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: &s.name, StateValue: types.StateValueAlarm, StateReason: aws.String("test"),
	}))
	want := s.want
	want.Threshold = 11
	s.bring(live, want)
	out := must(t, func() (*cloudwatch.DescribeAlarmsOutput, error) {
		return s.theirs.cloudwatch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{s.name}})
	})
	if state := out.MetricAlarms[0].StateValue; state != types.StateValueAlarm {
		t.Errorf("the alarm is %s", state)
	}
}

// A change of tags alone does not put the definition again: PutMetricAlarm has the lowest rate of all.
func TestAlarmTagsAreSetWithoutItsDefinition(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.spec.Tags = map[string]string{"team": "a"}
	p.asked()
	p.up()
	if n := timesCalled(p.asked(), "PutMetricAlarm"); n > 0 {
		t.Errorf("PutMetricAlarm was called %d times", n)
	}
	p.settled()
}

func TestAlarmThatCloudWatchRefusesIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := alarmSubject().stage(t)
		s.want.Metrics = visible("Maximum", 61)
		s.atOnce("PutMetricAlarm", "ValidationError", func() error {
			_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
			return err
		})
	})
}

// A put replaces the whole alarm: a mail that somebody else wants when it is OK again must survive it.
func TestActionsOfOthersSurviveAnUpdate(t *testing.T) {
	s := alarmSubject().stage(t)
	live := s.create(s.name)
	mail := []string{"arn:aws:sns:us-east-1:123456789012:mail"}
	input := s.want.input(s.name)
	input.OKActions, input.InsufficientDataActions = mail, mail
	s.done(s.theirs.cloudwatch.PutMetricAlarm(t.Context(), input))
	live = s.read(s.identity(live))
	want := s.want
	want.Threshold = 77
	if err := s.fresh().Update(t.Context(), live, want, provision.Changed{"Threshold": true}); err != nil {
		t.Fatal(err)
	}
	if got := s.read(s.identity(live)).Properties; got.Threshold != 77 || !slices.Equal(got.Others.ok, mail) || !slices.Equal(got.Others.insufficientData, mail) {
		t.Errorf("%+v", got)
	}
}
