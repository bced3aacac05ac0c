package stack

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// pagedMetrics answers GetMetricData with one datapoint a page, as CloudWatch may.
type pagedMetrics struct {
	values map[string]map[time.Time]float64 // by metric and minute
	asked  []*cloudwatch.GetMetricDataInput
}

func (m *pagedMetrics) GetMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput, _ ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	m.asked = append(m.asked, in)
	var all []types.MetricDataResult
	for _, q := range in.MetricDataQueries {
		for at, value := range m.values[*q.MetricStat.Metric.MetricName] {
			if !at.Before(*in.StartTime) && at.Before(*in.EndTime) {
				all = append(all, types.MetricDataResult{Id: q.Id, Timestamps: []time.Time{at}, Values: []float64{value}})
			}
		}
	}
	slices.SortFunc(all, func(a, b types.MetricDataResult) int { return a.Timestamps[0].Compare(b.Timestamps[0]) })
	page := len(m.asked) - 1
	out := &cloudwatch.GetMetricDataOutput{}
	if page < len(all) {
		out.MetricDataResults = all[page : page+1]
	}
	if page+1 < len(all) {
		out.NextToken = aws.String("more")
	}
	return out, nil
}

func TestHistoryGathersEveryPage(t *testing.T) {
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	m := &pagedMetrics{values: map[string]map[time.Time]float64{
		"NumberOfMessagesSent":                  {minute(-1): 99, minute(0): 3, minute(4): 2, minute(5): 99},
		"NumberOfMessagesDeleted":               {minute(2): 4},
		"ApproximateNumberOfMessagesNotVisible": {minute(1): 2, minute(2): 1, minute(3): 1},
	}}
	h, err := readHistory(t.Context(), m, "jobs", start, minute(5))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.Sent, []int64{3, 0, 0, 0, 2}) || h.Jobs() != 5 {
		t.Error(h.Sent)
	}
	if h.JobTime != time.Minute { // 4 job-minutes for 4 jobs
		t.Error(h.JobTime)
	}
	if len(m.asked) != 6 || m.asked[5].NextToken == nil {
		t.Errorf("%d calls", len(m.asked))
	}
	if h.Done != 4 {
		t.Errorf("%d done", h.Done)
	}
	for i, statistic := range []string{"Sum", "Sum", "Average"} {
		stat := m.asked[0].MetricDataQueries[i].MetricStat
		if *stat.Metric.Namespace != "AWS/SQS" || *stat.Period != 60 || *stat.Stat != statistic || *stat.Metric.Dimensions[0].Value != "jobs" {
			t.Errorf("%d: %+v, %+v", i, stat, stat.Metric)
		}
	}
}

func TestJobTimeIsUnknownWhereNothingWasDone(t *testing.T) {
	for _, c := range [][2]float64{{0, 0}, {5, 0}, {0, 5}} {
		if d := littlesLaw(c[0], c[1]); d != 0 {
			t.Errorf("%v: %s", c, d)
		}
	}
}

func TestHistoryIsReadOfTheStacksOwnQueue(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.asked()
	h, err := p.open(p.spec).History(t.Context(), 90*time.Second, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if h.Queue != testQueue || len(h.Sent) != 1 || h.Start.Second() != 0 {
		t.Errorf("%+v", h)
	}
	if n := timesCalled(p.asked(), "GetMetricData"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

func TestCapacityIsTheGroups(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	have, err := p.open(p.spec).Capacity(t.Context())
	if err != nil || have != (Capacity{Min: 0, Max: 20, Desired: 1, Warmup: DefaultWarmup}) {
		t.Errorf("%+v, %v", have, err)
	}
	p.spec.ASG = "other"
	if _, err := p.open(p.spec).Capacity(t.Context()); err == nil {
		t.Error("a group that does not exist has a capacity")
	}
}

func TestWarmupIsTheGroupsDefault(t *testing.T) {
	for want, g := range map[Duration]astypes.AutoScalingGroup{
		DefaultWarmup:              {},
		Duration(2 * time.Minute):  {DefaultCooldown: aws.Int32(120)},
		0:                          {DefaultCooldown: aws.Int32(120), DefaultInstanceWarmup: aws.Int32(0)},
		Duration(90 * time.Second): {DefaultCooldown: aws.Int32(120), DefaultInstanceWarmup: aws.Int32(90)},
		Duration(7 * time.Minute):  {DefaultCooldown: aws.Int32(420), DefaultInstanceWarmup: aws.Int32(-1)},
	} {
		if got := warmupOf(&g); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
