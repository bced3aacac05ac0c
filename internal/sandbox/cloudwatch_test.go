package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func jobsDimension() []types.Dimension {
	return []types.Dimension{{Name: aws.String("QueueName"), Value: aws.String("jobs")}}
}

func simpleAlarm(name string) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateNumberOfMessagesVisible"), Dimensions: jobsDimension(),
		Statistic: types.StatisticMaximum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(10),
		ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
	}
}

func queueQuery(id, metric string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
		Metric: &types.Metric{Namespace: aws.String("AWS/SQS"), MetricName: &metric, Dimensions: jobsDimension()},
		Period: aws.Int32(60), Stat: aws.String("Maximum"),
	}}
}

func mathAlarm(name string) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(2), ComparisonOperator: types.ComparisonOperatorLessThanOrEqualToThreshold,
		Metrics: []types.MetricDataQuery{
			{Id: aws.String("all"), Expression: aws.String("visible + inflight"), ReturnData: aws.Bool(true)},
			queueQuery("visible", "ApproximateNumberOfMessagesVisible"), queueQuery("inflight", "ApproximateNumberOfMessagesNotVisible"),
		},
	}
}

func (s *stage) alarms(in cloudwatch.DescribeAlarmsInput) []types.MetricAlarm {
	s.Helper()
	out, err := s.describeAlarms(s.request(), &in)
	s.accepts(err)
	return out.MetricAlarms
}

func (s *stage) alarm(name string) types.MetricAlarm {
	s.Helper()
	found := s.alarms(cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	if len(found) != 1 {
		s.Fatalf("%d alarms %s", len(found), name)
	}
	return found[0]
}

func TestNewAlarmHasNoDataYet(t *testing.T) {
	s := newStage(t)
	must(s.putMetricAlarm(s.request(), simpleAlarm("busy")))
	a := s.alarm("busy")
	same(t, *a.AlarmArn, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:busy")
	same(t, []string{string(a.StateValue), *a.StateReason}, []string{"INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"})
	same(t, []time.Time{*a.StateUpdatedTimestamp, *a.AlarmConfigurationUpdatedTimestamp}, []time.Time{s.now, s.now})
	same(t, *a.ActionsEnabled, true)
	same(t, []int{len(a.AlarmActions), len(a.OKActions), len(a.Metrics)}, []int{0, 0, 0})
	same(t, a.Dimensions, jobsDimension())
	must(s.putMetricAlarm(s.request(), mathAlarm("calm")))
	same(t, s.alarm("calm").Metrics, mathAlarm("calm").Metrics)
}

func TestPutAlarmAgainReplacesAllButStateAndTags(t *testing.T) {
	s := newStage(t)
	in := simpleAlarm("busy")
	in.AlarmDescription, in.Tags = aws.String("first"), []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}
	must(s.putMetricAlarm(s.request(), in))
	must(s.setAlarmState(s.request(), &cloudwatch.SetAlarmStateInput{AlarmName: in.AlarmName, StateValue: types.StateValueAlarm, StateReason: aws.String("test")}))
	s.pass(20 * time.Second)
	in = simpleAlarm("busy")
	in.Threshold, in.Tags = aws.Float64(20), []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}
	must(s.putMetricAlarm(s.request(), in))
	a := s.alarm("busy")
	same(t, a.AlarmDescription, nil)
	same(t, *a.Threshold, 20)
	same(t, []string{string(a.StateValue), *a.StateReason}, []string{"ALARM", "test"})
	same(t, []time.Time{*a.StateUpdatedTimestamp, *a.AlarmConfigurationUpdatedTimestamp}, []time.Time{s.now.Add(-20 * time.Second), s.now})
	tags := must(s.listTagsForAlarm(s.request(), &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn})).Tags
	same(t, tags, []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}})

	must(s.tagAlarm(s.request(), &cloudwatch.TagResourceInput{ResourceARN: a.AlarmArn, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}}}))
	must(s.untagAlarm(s.request(), &cloudwatch.UntagResourceInput{ResourceARN: a.AlarmArn, TagKeys: []string{"a"}}))
	tags = must(s.listTagsForAlarm(s.request(), &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn})).Tags
	same(t, tags, []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}})
	_, err := s.listTagsForAlarm(s.request(), &cloudwatch.ListTagsForResourceInput{ResourceARN: aws.String(*a.AlarmArn + "2")})
	s.refuses(err, "ResourceNotFoundException", "")
}

func TestPutAlarmChecksItsInput(t *testing.T) {
	s := newStage(t)
	type in = cloudwatch.PutMetricAlarmInput
	for fragment, change := range map[string]func(*in){
		"'alarmName'":                           func(a *in) { a.AlarmName = aws.String(strings.Repeat("x", 256)) },
		"control characters":                    func(a *in) { a.AlarmName = aws.String("a\tb") },
		"alarmDescription":                      func(a *in) { a.AlarmDescription = aws.String(strings.Repeat("x", 1025)) },
		"comparisonOperator":                    func(a *in) { a.ComparisonOperator = "Equal" },
		"Threshold must be":                     func(a *in) { a.Threshold = nil },
		"evaluationPeriods":                     func(a *in) { a.EvaluationPeriods = nil },
		"DatapointsToAlarm":                     func(a *in) { a.DatapointsToAlarm = aws.Int32(3) },
		"TreatMissingData":                      func(a *in) { a.TreatMissingData = aws.String("panic") },
		"not 45":                                func(a *in) { a.Period = aws.Int32(45) },
		"not 0":                                 func(a *in) { a.Period = nil },
		"more than a day":                       func(a *in) { a.EvaluationPeriods = aws.Int32(1441) },
		"more than a week":                      func(a *in) { a.Period, a.EvaluationPeriods = aws.Int32(86_400), aws.Int32(8) },
		"Exactly one of Statistic":              func(a *in) { a.ExtendedStatistic = aws.String("p90") },
		"Exactly one of Statistic and Extended": func(a *in) { a.Statistic = "" },
		"parameter ExtendedStatistic":           func(a *in) { a.Statistic, a.ExtendedStatistic = "", aws.String("most") },
		"'statistic'":                           func(a *in) { a.Statistic = "Median" },
		"'unit'":                                func(a *in) { a.Unit = "Jobs" },
		"or Metrics must be specified":          func(a *in) { a.MetricName = nil },
		"If Metrics is specified":               func(a *in) { a.Metrics = mathAlarm("x").Metrics },
		"'dimensions'":                          func(a *in) { a.Dimensions = make([]types.Dimension, 31) },
		"'alarmActions'":                        func(a *in) { a.AlarmActions = make([]string, 6) },
		"Invalid arn syntax: out":               func(a *in) { a.OKActions = []string{"out"} },
		"Invalid region eu-west-1 specified. Only us-east-1 is supported": func(a *in) {
			a.AlarmActions = []string{"arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:x"}
		},
		"aws:": func(a *in) { a.Tags = []types.Tag{{Key: aws.String("aws:x")}} },
	} {
		a := simpleAlarm("busy")
		change(a)
		_, err := s.putMetricAlarm(s.request(), a)
		s.refuses(err, "ValidationError", fragment)
	}
	for fragment, change := range map[string]func([]types.MetricDataQuery){
		"Exactly one element of the metrics list should return data": func(q []types.MetricDataQuery) { q[1].ReturnData = nil },
		"should return data":      func(q []types.MetricDataQuery) { q[0].ReturnData = aws.Bool(false) },
		"must be unique":          func(q []types.MetricDataQuery) { q[1].Id = q[2].Id },
		"expected pattern":        func(q []types.MetricDataQuery) { q[0].Id = aws.String("All") },
		"exactly one of":          func(q []types.MetricDataQuery) { q[0].Expression = nil },
		"the same period":         func(q []types.MetricDataQuery) { q[1].MetricStat.Period = aws.Int32(120) },
		"Period must be":          func(q []types.MetricDataQuery) { q[2].MetricStat.Period = aws.Int32(61) },
		"MetricStat must have a ": func(q []types.MetricDataQuery) { q[1].MetricStat.Stat = nil },
	} {
		a := mathAlarm("calm")
		change(a.Metrics)
		_, err := s.putMetricAlarm(s.request(), a)
		s.refuses(err, "ValidationError", fragment)
	}
	same(t, len(s.alarms(cloudwatch.DescribeAlarmsInput{})), 0)
}

func TestAlarmsAreFoundByNamePrefixStateAndPage(t *testing.T) {
	s := newStage(t)
	for i := range 4 {
		must(s.putMetricAlarm(s.request(), simpleAlarm(fmt.Sprintf("jobs-%d", 3-i))))
	}
	must(s.putMetricAlarm(s.request(), simpleAlarm("other")))
	must(s.setAlarmState(s.request(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("jobs-2"), StateValue: types.StateValueOk, StateReason: aws.String("")}))
	names := func(list []types.MetricAlarm) string {
		var b []string
		for _, a := range list {
			b = append(b, *a.AlarmName)
		}
		return strings.Join(b, " ")
	}
	type in = cloudwatch.DescribeAlarmsInput
	same(t, names(s.alarms(in{})), "jobs-0 jobs-1 jobs-2 jobs-3 other")
	same(t, names(s.alarms(in{AlarmNames: []string{"other", "none", "jobs-1"}})), "jobs-1 other")
	same(t, names(s.alarms(in{AlarmNamePrefix: aws.String("jobs-"), StateValue: types.StateValueOk})), "jobs-2")
	same(t, names(s.alarms(in{AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm}})), "")
	page := must(s.describeAlarms(s.request(), &in{MaxRecords: aws.Int32(3)}))
	same(t, names(page.MetricAlarms), "jobs-0 jobs-1 jobs-2")
	same(t, names(s.alarms(in{MaxRecords: aws.Int32(3), NextToken: page.NextToken})), "jobs-3 other")
	_, err := s.describeAlarms(s.request(), &in{NextToken: aws.String("x")})
	s.refuses(err, "InvalidNextToken", "")
	_, err = s.describeAlarms(s.request(), &in{AlarmNames: []string{"a"}, AlarmNamePrefix: aws.String("a")})
	s.refuses(err, "ValidationError", "together")
}

func TestDeleteAlarmsDeletesWhatItFinds(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"a", "b"} {
		must(s.putMetricAlarm(s.request(), simpleAlarm(name)))
	}
	remove := func(names ...string) error {
		_, err := s.deleteAlarms(s.request(), &cloudwatch.DeleteAlarmsInput{AlarmNames: names})
		return err
	}
	s.accepts(remove("a", "none", "b"))
	same(t, len(s.alarms(cloudwatch.DescribeAlarmsInput{})), 0)
	s.refuses(remove("a", "b"), "ResourceNotFound", "")
}

func TestSetAlarmStateAndHistory(t *testing.T) {
	s := newStage(t)
	must(s.putMetricAlarm(s.request(), simpleAlarm("busy")))
	set := func(state types.StateValue, data *string) error {
		s.pass(time.Second)
		_, err := s.setAlarmState(s.request(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("busy"), StateValue: state, StateReason: aws.String("why"), StateReasonData: data})
		return err
	}
	s.accepts(set(types.StateValueAlarm, aws.String(`{"x":1}`)))
	first := *s.alarm("busy").StateTransitionedTimestamp
	s.accepts(set(types.StateValueAlarm, nil)) // no change of state
	a := s.alarm("busy")
	same(t, []time.Time{*a.StateTransitionedTimestamp, *a.StateUpdatedTimestamp}, []time.Time{first, first.Add(time.Second)})
	s.refuses(set("PANIC", nil), "ValidationError", "stateValue")
	s.refuses(set(types.StateValueOk, aws.String("{")), "InvalidFormatFault", "")
	_, err := s.setAlarmState(s.request(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("none"), StateValue: types.StateValueOk})
	s.refuses(err, "ResourceNotFound", "")

	must(s.disableAlarmActions(s.request(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"busy", "none"}}))
	same(t, *s.alarm("busy").ActionsEnabled, false)
	must(s.enableAlarmActions(s.request(), &cloudwatch.EnableAlarmActionsInput{AlarmNames: []string{"busy"}}))
	same(t, *s.alarm("busy").ActionsEnabled, true)
	must(s.deleteAlarms(s.request(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"busy"}}))

	var summaries []string
	for _, item := range must(s.describeAlarmHistory(s.request(), &cloudwatch.DescribeAlarmHistoryInput{AlarmName: aws.String("busy")})).AlarmHistoryItems {
		summaries = append(summaries, *item.HistorySummary)
	}
	same(t, summaries, []string{`Alarm "busy" deleted`, "Alarm updated from INSUFFICIENT_DATA to ALARM", `Alarm "busy" created`})
	changes := must(s.describeAlarmHistory(s.request(), &cloudwatch.DescribeAlarmHistoryInput{HistoryItemType: types.HistoryItemTypeStateUpdate})).AlarmHistoryItems
	same(t, len(changes), 1)
}

func TestMetricsAreTakenAtTheEndOfAMinute(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	for range 3 {
		s.send(url, "x")
	}
	s.receive(url, 1)
	s.receive(url, 1)
	must(s.deleteMessage(s.request(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: s.receive(url, 1)[0].ReceiptHandle}))
	s.receive(url, 1) // there is none
	read := func() (values [][]float64, out *cloudwatch.GetMetricDataOutput) {
		start, end := s.now.Add(-10*time.Minute), s.now
		var queries []types.MetricDataQuery
		for i, name := range []string{visibleMetric, inFlightMetric, ageMetric, sentMetric, receivedMetric, deletedMetric, emptyMetric, "NoSuchMetric"} {
			queries = append(queries, queueQuery("m"+strconv.Itoa(i), name))
			queries[i].ReturnData = nil
		}
		queries = append(queries, types.MetricDataQuery{Id: aws.String("sum"), Expression: aws.String("m0 + m1")})
		out = must(s.getMetricData(s.request(), &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, MetricDataQueries: queries}))
		for _, result := range out.MetricDataResults {
			values = append(values, result.Values)
		}
		return values, out
	}
	s.pass(49 * time.Second) // to 12:00:59
	none, _ := read()
	same(t, none, [][]float64{{}, {}, {}, {}, {}, {}, {}, {}, {}})
	s.pass(1001 * time.Millisecond)
	values, out := read()
	same(t, values, [][]float64{{2}, {0}, {50}, {3}, {3}, {1}, {1}, {}, {2}}) // both are visible again after 30 s
	same(t, out.MetricDataResults[0].Timestamps, []time.Time{time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)})
	s.pass(time.Minute)
	values, out = read()
	same(t, values, [][]float64{{2, 2}, {0, 0}, {110, 50}, {0, 3}, {0, 3}, {0, 1}, {0, 1}, {}, {2, 2}})
	same(t, out.MetricDataResults[2].Timestamps[0], time.Date(2026, 11, 20, 12, 1, 0, 0, time.UTC))
	start, end := s.now.Add(-10*time.Minute), s.now

	statistics := &cloudwatch.GetMetricStatisticsInput{
		StartTime: &start, EndTime: &end, Period: aws.Int32(60), Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateNumberOfMessagesVisible"),
		Dimensions: jobsDimension(), Statistics: []types.Statistic{types.StatisticMaximum, types.StatisticSampleCount},
	}
	points := must(s.getMetricStatistics(s.request(), statistics)).Datapoints
	same(t, []float64{*points[0].Maximum, *points[0].SampleCount}, []float64{2, 1})
	same(t, points[0].Unit, types.StandardUnitCount)
	old := s.now.Add(-time.Hour)
	statistics.StartTime, statistics.EndTime = &old, &start
	same(t, len(must(s.getMetricStatistics(s.request(), statistics)).Datapoints), 0)
	statistics.StartTime = statistics.EndTime
	_, err := s.getMetricStatistics(s.request(), statistics)
	s.refuses(err, "InvalidParameterValueException", "StartTime must be less than")
}

func TestGroupMetricsMustBeEnabled(t *testing.T) {
	s := newStage(t)
	read := func() int {
		start := s.now.Add(-time.Minute)
		return len(must(s.getMetricStatistics(s.request(), &cloudwatch.GetMetricStatisticsInput{
			StartTime: &start, EndTime: &s.now, Period: aws.Int32(60), Namespace: aws.String("AWS/AutoScaling"), MetricName: aws.String("GroupInServiceInstances"),
			Dimensions: []types.Dimension{{Name: aws.String("AutoScalingGroupName"), Value: aws.String(firstGroup)}}, Statistics: []types.Statistic{types.StatisticAverage},
		})).Datapoints)
	}
	s.pass(time.Minute)
	same(t, read(), 0)
	must(s.enableMetricsCollection(s.request(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: aws.String(firstGroup), Granularity: aws.String("1Minute")}))
	s.pass(time.Minute)
	same(t, read(), 1)
}
