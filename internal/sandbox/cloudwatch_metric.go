package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asg "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The sandbox keeps no series: a metric has one data point, its value now, in the period that now
// is in. It knows the gauges of queues and of groups that publish theirs.

// gauge returns the present value of a metric; false where there is none.
func (place *regional) gauge(namespace, name string, dimensions []types.Dimension, now time.Time) (float64, bool) {
	if len(dimensions) != 1 {
		return 0, false
	}
	dimension, value := aws.ToString(dimensions[0].Name), aws.ToString(dimensions[0].Value)
	switch {
	case namespace == "AWS/SQS" && dimension == "QueueName":
		if q, ok := place.Queues[value]; ok {
			return q.gauge(name, now)
		}
	case namespace == "AWS/AutoScaling" && dimension == "AutoScalingGroupName":
		if g, ok := place.Groups[value]; ok {
			return g.gauge(name)
		}
	}
	return 0, false
}

func (q *queue) gauge(name string, now time.Time) (float64, bool) {
	visible, inFlight, delayed := q.count(now)
	switch name {
	case "ApproximateNumberOfMessagesVisible":
		return float64(visible), true
	case "ApproximateNumberOfMessagesNotVisible":
		return float64(inFlight), true
	case "ApproximateNumberOfMessagesDelayed":
		return float64(delayed), true
	case "ApproximateAgeOfOldestMessage":
		return q.oldestAge(now).Seconds(), true
	}
	return 0, false
}

// oldestAge passes over messages received three times and more, which SQS moves to the queue's end.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (q *queue) oldestAge(now time.Time) time.Duration {
	var age time.Duration
	for _, m := range q.Messages {
		if m.Receives < 3 {
			age = max(age, now.Sub(m.Sent))
		}
	}
	return age.Truncate(time.Second)
}

// gauge returns a group's metric only if it is enabled: AWS publishes no other.
func (g *group) gauge(name string) (float64, bool) {
	if !slices.ContainsFunc(g.Group.EnabledMetrics, func(m asg.EnabledMetric) bool { return *m.Metric == name }) {
		return 0, false
	}
	switch name {
	case "GroupMinSize":
		return float64(*g.Group.MinSize), true
	case "GroupMaxSize":
		return float64(*g.Group.MaxSize), true
	case "GroupDesiredCapacity", "GroupAndWarmPoolDesiredCapacity":
		return float64(*g.Group.DesiredCapacity), true
	case "GroupInServiceInstances", "GroupTotalInstances", "GroupInServiceCapacity", "GroupTotalCapacity", "GroupAndWarmPoolTotalCapacity":
		return float64(len(g.Group.Instances)), true
	}
	return 0, true // nothing is ever pending, standing by, terminating or warm
}

// getMetricData answers MetricStat queries. Expressions come back without data and say why.
func (w *world) getMetricData(r *request, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if err := checkSpan(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	out := &cloudwatch.GetMetricDataOutput{}
	seen := map[string]bool{}
	for _, query := range in.MetricDataQueries {
		if fault := checkQuery(query, seen); fault != "" {
			return nil, cloudwatchInvalid(fault)
		}
		if query.ReturnData == nil || *query.ReturnData {
			out.MetricDataResults = append(out.MetricDataResults, w.in(r).answer(query, *in.StartTime, *in.EndTime, r.now))
		}
	}
	return out, nil
}

func (place *regional) answer(query types.MetricDataQuery, start, end, now time.Time) types.MetricDataResult {
	result := types.MetricDataResult{
		Id: query.Id, Label: query.Label, StatusCode: types.StatusCodeComplete,
		Timestamps: []time.Time{}, Values: []float64{},
	}
	if query.Expression != nil {
		setDefault(&result.Label, *query.Id)
		result.Messages = []types.MessageData{{Code: aws.String("NotEvaluated"), Value: aws.String("The sandbox evaluates no expressions.")}}
		return result
	}
	stat := query.MetricStat
	setDefault(&result.Label, *stat.Metric.MetricName)
	value, ok := place.gauge(*stat.Metric.Namespace, *stat.Metric.MetricName, stat.Metric.Dimensions, now)
	at := periodStart(now, *stat.Period)
	if ok && within(at, start, end, *stat.Period) {
		result.Timestamps = append(result.Timestamps, at)
		result.Values = append(result.Values, statistic(*stat.Stat, value))
	}
	return result
}

// getMetricStatistics answers with the one data point there is.
func (w *world) getMetricStatistics(r *request, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	if err := checkSpan(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	if (len(in.Statistics) == 0) == (len(in.ExtendedStatistics) == 0) {
		return nil, &types.InvalidParameterCombinationException{Message: aws.String("Exactly one of the parameters Statistics and ExtendedStatistics must be specified.")}
	}
	period := aws.ToInt32(in.Period)
	if fault := checkPeriod(period); fault != "" {
		return nil, &types.InvalidParameterValueException{Message: aws.String(fault)}
	}
	out := &cloudwatch.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	value, ok := w.in(r).gauge(aws.ToString(in.Namespace), aws.ToString(in.MetricName), in.Dimensions, r.now)
	at := periodStart(r.now, period)
	if ok && within(at, *in.StartTime, *in.EndTime, period) {
		out.Datapoints = append(out.Datapoints, datapoint(in, at, value))
	}
	return out, nil
}

func datapoint(in *cloudwatch.GetMetricStatisticsInput, at time.Time, value float64) types.Datapoint {
	d := types.Datapoint{Timestamp: aws.Time(at), Unit: types.StandardUnitCount}
	if aws.ToString(in.MetricName) == "ApproximateAgeOfOldestMessage" {
		d.Unit = types.StandardUnitSeconds
	}
	for _, name := range in.Statistics {
		v := aws.Float64(statistic(string(name), value))
		switch name {
		case types.StatisticAverage:
			d.Average = v
		case types.StatisticMaximum:
			d.Maximum = v
		case types.StatisticMinimum:
			d.Minimum = v
		case types.StatisticSum:
			d.Sum = v
		case types.StatisticSampleCount:
			d.SampleCount = v
		}
	}
	for _, name := range in.ExtendedStatistics {
		if d.ExtendedStatistics == nil {
			d.ExtendedStatistics = map[string]float64{}
		}
		d.ExtendedStatistics[name] = value
	}
	return d
}

// statistic of a single sample is the sample, whichever it is, but for the count.
func statistic(name string, sample float64) float64 {
	if name == "SampleCount" {
		return 1
	}
	return sample
}

func periodStart(now time.Time, period int32) time.Time {
	return now.UTC().Truncate(time.Duration(period) * time.Second)
}

// within says whether the period that begins at that time belongs to the span. CloudWatch rounds a
// start down to the period, and leaves out what begins at the end.
func within(at, start, end time.Time, period int32) bool {
	return !at.Before(periodStart(start, period)) && at.Before(end)
}

func checkSpan(start, end *time.Time) error {
	switch {
	case start == nil || end == nil:
		return &types.MissingRequiredParameterException{Message: aws.String("The parameters StartTime and EndTime must be specified.")}
	case !start.Before(*end):
		return &types.InvalidParameterValueException{Message: aws.String(fmt.Sprintf(
			"The parameter StartTime must be less than the parameter EndTime: %s, %s.", timestamp(*start), timestamp(*end)))}
	}
	return nil
}
