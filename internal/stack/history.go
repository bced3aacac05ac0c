package stack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// MaxHistory is how long CloudWatch keeps datapoints of a minute.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
const MaxHistory = 15 * 24 * time.Hour

// History is what the metrics of a job queue tell of a stretch of time.
type History struct {
	Queue   string
	Start   time.Time     // a whole minute
	Sent    []int64       // jobs that came in each minute since
	Done    int64         // jobs that were deleted, which JobTime rests on
	JobTime time.Duration // the mean: 0 where nothing was done
}

// Jobs is how many came.
func (h *History) Jobs() int64 {
	var n int64
	for _, sent := range h.Sent {
		n += sent
	}
	return n
}

// History reads what came into the stack's job queue in the time before now, which is at least a minute and
// at most MaxHistory. Minutes of which CloudWatch knows nothing are minutes without jobs.
func (s *Stack) History(ctx context.Context, back time.Duration, now time.Time) (*History, error) {
	end := now.UTC().Truncate(time.Minute)
	h, err := readHistory(ctx, s.Clients.cloudwatch, namesOf(s.Spec, s.account.Region).jobQueue, end.Add(-back.Truncate(time.Minute)), end)
	if err != nil {
		return nil, fmt.Errorf("reading the history of the job queue from CloudWatch: %w", concise(err))
	}
	return h, nil
}

// The metrics that a history is made of, by the IDs of their queries.
const (
	sentQuery     = "sent"
	deletedQuery  = "deleted"
	inFlightQuery = "in_flight"
)

func readHistory(ctx context.Context, api metricAPI, queue string, start, end time.Time) (*History, error) {
	h := &History{Queue: queue, Start: start, Sent: make([]int64, int(end.Sub(start)/time.Minute))}
	var deleted, inFlight float64
	pages := cloudwatch.NewGetMetricDataPaginator(api, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(start), EndTime: aws.Time(end), ScanBy: types.ScanByTimestampAscending,
		MetricDataQueries: []types.MetricDataQuery{
			queueMetric(sentQuery, queue, "NumberOfMessagesSent", "Sum"),
			queueMetric(deletedQuery, queue, "NumberOfMessagesDeleted", "Sum"),
			queueMetric(inFlightQuery, queue, inFlightMetric, "Average"), // two samples of one minute count once
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.MetricDataResults {
			switch aws.ToString(r.Id) {
			case sentQuery:
				h.add(r)
			case deletedQuery:
				deleted += sum(r.Values)
			case inFlightQuery:
				inFlight += sum(r.Values)
			}
		}
	}
	h.Done, h.JobTime = int64(deleted), littlesLaw(inFlight, deleted)
	return h, nil
}

// littlesLaw is the mean time that jobs were under work, of the jobs that were under work at each minute and
// those that were done: the mean number in a system is their rate times the time that each spends in it.
func littlesLaw(inFlight, done float64) time.Duration {
	if done <= 0 || inFlight <= 0 {
		return 0
	}
	return time.Duration(inFlight / done * float64(time.Minute)).Round(time.Millisecond)
}

// add enters the jobs of a result, or of a page of it.
func (h *History) add(r types.MetricDataResult) {
	for i, at := range r.Timestamps[:min(len(r.Timestamps), len(r.Values))] {
		if minute := int(at.Sub(h.Start) / time.Minute); !at.Before(h.Start) && minute < len(h.Sent) {
			h.Sent[minute] += int64(r.Values[i])
		}
	}
}

func sum(values []float64) float64 {
	var all float64
	for _, v := range values {
		all += v
	}
	return all
}

func queueMetric(id, queue, name, statistic string) types.MetricDataQuery {
	return types.MetricDataQuery{
		Id: aws.String(id),
		MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("AWS/SQS"), MetricName: aws.String(name), Dimensions: dimensions(map[string]string{"QueueName": queue})},
			Stat:   aws.String(statistic), Period: aws.Int32(60),
		},
	}
}

// Capacity is what a group has for instances.
type Capacity struct {
	Min, Max, Desired int
	Warmup            Duration // until a new instance counts, for a policy that does not say
}

// Capacity reads that of the stack's group. The error is a *GroupError where there is none, and an
// *AccountError where it is another account's.
func (s *Stack) Capacity(ctx context.Context) (Capacity, error) {
	g, err := s.seen.groups(ctx, s.Spec.ASG)
	if errors.Is(err, provision.ErrNotFound) {
		return Capacity{}, s.withoutGroup(ctx, nil, nil)
	}
	if err != nil {
		return Capacity{}, fmt.Errorf("reading Auto Scaling group %q: %w", s.Spec.ASG, err)
	}
	account, err := accountOf(aws.ToString(g.AutoScalingGroupARN))
	if err != nil {
		return Capacity{}, err
	}
	if want := s.Snapshot.Account; want != "" && want != account.ID {
		return Capacity{}, &AccountError{s.Spec.Stack, "account", account.ID, want}
	}
	return Capacity{
		Min: int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)),
		Warmup: warmupOf(g),
	}, nil
}

// DefaultWarmup is the default cooldown of a group whose maker said nothing.
const DefaultWarmup = Duration(5 * time.Minute)

// warmupOf is the group's default warm-up, and where it has none, its default cooldown.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-default-instance-warmup.html
func warmupOf(g *astypes.AutoScalingGroup) Duration {
	switch {
	case g.DefaultInstanceWarmup != nil && *g.DefaultInstanceWarmup >= 0:
		return Duration(*g.DefaultInstanceWarmup) * Duration(time.Second)
	case g.DefaultCooldown != nil:
		return Duration(*g.DefaultCooldown) * Duration(time.Second)
	}
	return DefaultWarmup
}
