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

// gauge returns a group's metric.
func (g *group) gauge(name string) float64 {
	switch name {
	case "GroupMinSize":
		return float64(*g.Group.MinSize)
	case "GroupMaxSize":
		return float64(*g.Group.MaxSize)
	case "GroupDesiredCapacity", "GroupAndWarmPoolDesiredCapacity":
		return float64(*g.Group.DesiredCapacity)
	case "GroupInServiceInstances", "GroupInServiceCapacity":
		return g.count(asg.LifecycleStateInService)
	case "GroupPendingInstances", "GroupPendingCapacity":
		return g.count(asg.LifecycleStatePending)
	case "GroupTerminatingInstances", "GroupTerminatingCapacity":
		return g.count(asg.LifecycleStateTerminatingWait)
	case "GroupTotalInstances", "GroupTotalCapacity", "GroupAndWarmPoolTotalCapacity":
		return float64(len(g.Group.Instances))
	}
	return 0 // nothing is ever standing by or warm
}

func (g *group) count(state asg.LifecycleState) float64 {
	n := 0
	for _, in := range g.Group.Instances {
		if in.LifecycleState == state {
			n++
		}
	}
	return float64(n)
}

// getMetricData answers from the datapoints of the last days. The newest is that of the last whole minute.
func (w *world) getMetricData(r *request, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	if err := checkSpan(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	if n := len(in.MetricDataQueries); n > maxQueries {
		return nil, cloudwatchInvalid(fmt.Sprintf("The collection MetricDataQueries must not have a size greater than %d, and has %d.", maxQueries, n))
	}
	seen := map[string]bool{}
	for _, query := range in.MetricDataQueries {
		if err := cloudwatchFault(checkQuery(query, seen)); err != nil {
			return nil, err
		}
	}
	if err := cloudwatchFault(checkExpressions(in.MetricDataQueries)); err != nil {
		return nil, err
	}
	out := &cloudwatch.GetMetricDataOutput{}
	periods := periodsOf(in.MetricDataQueries)
	evaluated := map[grid]*queries{} // what is asked for on one grid is evaluated once
	for _, query := range in.MetricDataQueries {
		if query.ReturnData == nil || *query.ReturnData {
			g := gridOf(*in.StartTime, *in.EndTime, periods.of(*query.Id), r.now)
			if evaluated[g] == nil {
				evaluated[g] = w.in(r).queries(in.MetricDataQueries, g)
			}
			result := evaluated[g].answer(query)
			if in.ScanBy != types.ScanByTimestampAscending {
				slices.Reverse(result.Timestamps)
				slices.Reverse(result.Values)
			}
			out.MetricDataResults = append(out.MetricDataResults, result)
		}
	}
	return out, nil
}

// maxQueries is CloudWatch's bound.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
const maxQueries = 500

// answer evaluates one query, the oldest datapoint first.
func (q *queries) answer(query types.MetricDataQuery) types.MetricDataResult {
	result := types.MetricDataResult{
		Id: query.Id, Label: query.Label, StatusCode: types.StatusCodeComplete,
		Timestamps: []time.Time{}, Values: []float64{},
	}
	setDefault(&result.Label, *query.Id)
	if query.MetricStat != nil && query.Label == nil {
		result.Label = query.MetricStat.Metric.MetricName
	}
	points, err := q.points(*query.Id)
	if err != nil {
		result.StatusCode = types.StatusCodeInternalError
		result.Messages = []types.MessageData{{Code: aws.String("NotEvaluated"), Value: aws.String(err.Error())}}
		return result
	}
	for i, p := range points {
		if p.Real {
			result.Timestamps = append(result.Timestamps, q.grid.at(i).time())
			result.Values = append(result.Values, p.Value)
		}
	}
	return result
}

// gridOf is the periods of a span: the start is rounded down to a period, and what begins at the end is
// left out. Before the oldest datapoint that can be there nothing is asked.
func gridOf(start, end time.Time, period int32, now time.Time) grid {
	g := grid{period: max(1, int64(period)/60)}
	first := max(minuteOf(start), minuteOf(now.Add(-keepMetrics)))
	g.first = first - first%minute(g.period)
	last := min(minuteOf(end.Add(-time.Nanosecond)), minuteOf(now))
	g.n = int(max(0, (int64(last-g.first)+g.period)/g.period))
	return g
}

// periods are the periods of all queries of one request, each its own, or the longest of the metrics that an
// expression is made of; an expression that is made of none has the longest of all.
type periods struct {
	queries map[string]types.MetricDataQuery
	longest int32
	known   map[string]int32
}

func periodsOf(all []types.MetricDataQuery) *periods {
	p := &periods{queries: map[string]types.MetricDataQuery{}, known: map[string]int32{}}
	for _, query := range all {
		p.queries[*query.Id] = query
		p.longest = max(p.longest, queryPeriod(query))
	}
	return p
}

// of returns the period of an ID. No expression depends on itself: that was checked.
func (p *periods) of(id string) int32 {
	if period, ok := p.known[id]; ok {
		return period
	}
	query := p.queries[id]
	period := queryPeriod(query)
	if query.Expression != nil && period == 0 {
		period = p.ofExpression(*query.Expression)
	}
	p.known[id] = period
	return period
}

func (p *periods) ofExpression(text string) (period int32) {
	e, err := parseMath(text)
	if err != nil {
		return 0
	}
	names := e.names(nil)
	if len(names) == 0 {
		return p.longest
	}
	for _, name := range names {
		period = max(period, p.of(name))
	}
	return period
}

// getMetricStatistics answers from the same datapoints.
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
	s := w.in(r).metric(aws.ToString(in.Namespace), aws.ToString(in.MetricName), in.Dimensions)
	g := gridOf(*in.StartTime, *in.EndTime, period, r.now)
	for i, p := range s.over(g, "SampleCount") {
		if p.Real {
			out.Datapoints = append(out.Datapoints, datapoint(in, s, grid{g.at(i), g.period, 1}))
		}
	}
	return out, nil
}

// datapoint is that of the one period of a grid.
func datapoint(in *cloudwatch.GetMetricStatisticsInput, s *series, g grid) types.Datapoint {
	d := types.Datapoint{Timestamp: aws.Time(g.first.time()), Unit: types.StandardUnitCount}
	if aws.ToString(in.MetricName) == ageMetric {
		d.Unit = types.StandardUnitSeconds
	}
	for _, name := range in.Statistics {
		v := aws.Float64(s.over(g, string(name))[0].Value)
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
		d.ExtendedStatistics[name] = s.over(g, name)[0].Value
	}
	return d
}

// listMetrics lists the metrics that have datapoints.
func (w *world) listMetrics(r *request, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	var found []types.Metric
	list := func(namespace, dimension, value string, metrics map[string]*series) {
		for _, name := range sortedKeys(metrics) {
			m := types.Metric{Namespace: aws.String(namespace), MetricName: aws.String(name), Dimensions: []types.Dimension{{Name: aws.String(dimension), Value: aws.String(value)}}}
			if isListed(m, in) {
				found = append(found, m)
			}
		}
	}
	place := w.in(r)
	for _, q := range byName(place.Queues) {
		list(queueNamespace, "QueueName", q.Name, q.Metrics)
	}
	for _, g := range byName(place.Groups) {
		list(groupNamespace, "AutoScalingGroupName", *g.Group.AutoScalingGroupName, g.Metrics)
	}
	part, next, ok := page(found, in.NextToken, 500)
	if !ok {
		return nil, cloudwatchBadToken()
	}
	return &cloudwatch.ListMetricsOutput{Metrics: part, NextToken: next}, nil
}

func isListed(m types.Metric, in *cloudwatch.ListMetricsInput) bool {
	if in.Namespace != nil && *in.Namespace != *m.Namespace || in.MetricName != nil && *in.MetricName != *m.MetricName {
		return false
	}
	other := func(f types.DimensionFilter) bool {
		d := m.Dimensions[0]
		return aws.ToString(f.Name) != *d.Name || f.Value != nil && *f.Value != *d.Value
	}
	return !slices.ContainsFunc(in.Dimensions, other)
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
