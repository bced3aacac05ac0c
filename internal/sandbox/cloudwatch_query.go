package sandbox

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// The metrics that the sandbox has.
const (
	queueNamespace = "AWS/SQS"
	groupNamespace = "AWS/AutoScaling"

	visibleMetric  = "ApproximateNumberOfMessagesVisible"
	inFlightMetric = "ApproximateNumberOfMessagesNotVisible"
	delayedMetric  = "ApproximateNumberOfMessagesDelayed"
	ageMetric      = "ApproximateAgeOfOldestMessage"
	sentMetric     = "NumberOfMessagesSent"
	receivedMetric = "NumberOfMessagesReceived"
	deletedMetric  = "NumberOfMessagesDeleted"
	emptyMetric    = "NumberOfEmptyReceives"
)

// grid is a row of periods without gaps.
type grid struct {
	first  minute
	period int64 // minutes
	n      int
}

func (g grid) at(i int) minute { return g.first + minute(int64(i)*g.period) }

// newestFirst is when the period begins that is so many before the last.
func (g grid) newestFirst(i int) time.Time { return g.at(g.n - 1 - i).time() }

// metric returns the datapoints of a metric; nil where there are none.
func (place *regional) metric(namespace, name string, dimensions []types.Dimension) *series {
	if len(dimensions) != 1 {
		return nil
	}
	dimension, value := aws.ToString(dimensions[0].Name), aws.ToString(dimensions[0].Value)
	switch {
	case namespace == queueNamespace && dimension == "QueueName":
		if q, ok := place.Queues[value]; ok {
			return q.Metrics[name]
		}
	case namespace == groupNamespace && dimension == "AutoScalingGroupName":
		if g, ok := place.Groups[value]; ok {
			return g.Metrics[name]
		}
	}
	return nil
}

// over aggregates a metric over each period of a grid.
func (s *series) over(g grid, statistic string) []loop.Datapoint {
	points := make([]loop.Datapoint, g.n)
	if s == nil {
		return points
	}
	var part []loop.Datapoint
	begin, end := s.span()
	for i := range points {
		part = part[:0]
		for m := max(g.at(i), begin); m < min(g.at(i+1), end); m++ { // a period can be far longer than what is kept
			value, there := s.at(m)
			part = append(part, loop.Datapoint{Value: value, Real: there})
		}
		points[i] = aggregate(statistic, part)
	}
	return points
}

// span is from the first datapoint that is kept to behind the last.
func (s *series) span() (begin, end minute) {
	if len(s.runs) == 0 {
		return 0, 0
	}
	return s.runs[0].from, s.runs[len(s.runs)-1].end()
}

// queries evaluates metrics and expressions over them on one grid.
type queries struct {
	place *regional
	grid  grid
	list  []types.MetricDataQuery
	done  map[string][]loop.Datapoint
	busy  map[string]bool
	used  []*series
}

func (place *regional) queries(list []types.MetricDataQuery, g grid) *queries {
	return &queries{place: place, grid: g, list: list, done: map[string][]loop.Datapoint{}, busy: map[string]bool{}}
}

// points evaluates the query of an ID.
func (q *queries) points(id string) ([]loop.Datapoint, error) {
	if done, ok := q.done[id]; ok {
		return done, nil
	}
	if q.busy[id] {
		return nil, fmt.Errorf("%s depends on itself", id)
	}
	q.busy[id] = true
	for _, query := range q.list {
		if aws.ToString(query.Id) == id {
			points, err := q.evaluate(query)
			q.done[id] = points
			return points, err
		}
	}
	return nil, fmt.Errorf("there is no metric %s", id)
}

func (q *queries) evaluate(query types.MetricDataQuery) ([]loop.Datapoint, error) {
	if stat := query.MetricStat; stat != nil {
		s := q.place.metric(aws.ToString(stat.Metric.Namespace), aws.ToString(stat.Metric.MetricName), stat.Metric.Dimensions)
		q.used = append(q.used, s)
		return s.over(q.grid, aws.ToString(stat.Stat)), nil
	}
	e, err := parseMath(aws.ToString(query.Expression))
	if err != nil {
		return nil, err
	}
	env := &mathEnv{n: q.grid.n, period: float64(q.grid.period * 60), lookup: q.points}
	for _, other := range q.list {
		if other.MetricStat != nil {
			env.metrics = append(env.metrics, *other.Id)
		}
	}
	return evalMath(e, env)
}

// watched returns the datapoints that an alarm is about, and the metrics that they are made of.
func (place *regional) watched(a *types.MetricAlarm, g grid) ([]loop.Datapoint, []*series, error) {
	if len(a.Metrics) == 0 {
		s := place.metric(aws.ToString(a.Namespace), aws.ToString(a.MetricName), a.Dimensions)
		statistic := string(a.Statistic)
		if a.ExtendedStatistic != nil {
			statistic = *a.ExtendedStatistic
		}
		return s.over(g, statistic), []*series{s}, nil
	}
	q := place.queries(a.Metrics, g)
	for _, query := range a.Metrics {
		if query.ReturnData == nil || *query.ReturnData {
			points, err := q.points(*query.Id)
			return points, q.used, err
		}
	}
	return make([]loop.Datapoint, g.n), nil, nil
}

// flatSince reports whether all datapoints from a minute on are there and equal, or none is there at all.
func (s *series) flatSince(m minute) bool {
	if s == nil || len(s.runs) == 0 {
		return true
	}
	last := s.runs[len(s.runs)-1]
	return last.step == 0 && last.from <= m
}
