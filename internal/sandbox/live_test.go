package sandbox

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// living is a sandbox under a clock that the test moves: the first group follows the queue jobs, by an alarm
// of one minute each way.
type living struct {
	testing.TB
	*clients
	now *time.Time
}

// clients are those of one process.
type clients struct {
	queues  *sqs.Client
	groups  *autoscaling.Client
	metrics *cloudwatch.Client
}

func clientsOf(t testing.TB, o Options) *clients {
	t.Helper()
	config := testConfig(must(Open(o)))
	return &clients{sqs.NewFromConfig(config), autoscaling.NewFromConfig(config), cloudwatch.NewFromConfig(config)}
}

// birth is when the sandboxes of these tests begin.
func birth() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

// newLiving makes a world whose instances are in service after 30 s, and work on a job for 40 s.
func newLiving(t testing.TB, o Options, attributes map[string]string) *living {
	t.Helper()
	now := birth()
	o.Now = func() time.Time { return now }
	l := &living{t, clientsOf(t, o), &now}
	name := "jobs"
	if attributes["FifoQueue"] != "" {
		name += ".fifo"
	}
	must(l.queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes}))
	must(l.groups.EnableMetricsCollection(t.Context(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: aws.String(firstGroup), Granularity: aws.String("1Minute"), Metrics: []string{"GroupInServiceInstances", "GroupDesiredCapacity"}}))
	adjustments := map[string]int32{"out": 2, "in": -1}
	for _, policy := range []string{"out", "in"} {
		arn := *must(l.groups.PutScalingPolicy(t.Context(), simplePolicy(policy, adjustments[policy]))).PolicyARN
		alarm := simpleAlarm(policy)
		alarm.Dimensions[0].Value = &name
		alarm.AlarmActions, alarm.EvaluationPeriods, alarm.Threshold = []string{arn}, aws.Int32(1), aws.Float64(3)
		if policy == "in" {
			alarm.ComparisonOperator, alarm.Threshold = types.ComparisonOperatorLessThanOrEqualToThreshold, aws.Float64(0)
		}
		must(l.metrics.PutMetricAlarm(t.Context(), alarm))
	}
	return l
}

func (l *living) pass(d time.Duration) { *l.now = l.now.Add(d) }

func (c *clients) url(t testing.TB) *string {
	return aws.String(must(c.queues.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String("jobs")})).QueueUrls[0])
}

func (c *clients) send(t testing.TB, n int) {
	for range n {
		must(c.queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: c.url(t), MessageBody: aws.String("x")}))
	}
}

func (c *clients) desire(t testing.TB, n int) {
	must(c.groups.SetDesiredCapacity(t.Context(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(firstGroup), DesiredCapacity: aws.Int32(int32(n))}))
}

// capacity is desired and active, such as "3 of 5".
func (l *living) capacity() string {
	g := must(l.groups.DescribeAutoScalingGroups(l.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0]
	return fmt.Sprintf("%d of %d", len(g.Instances), *g.DesiredCapacity)
}

// portrait is all that clients see of a world that lives.
func (c *clients) portrait(t testing.TB, now time.Time) string {
	var b strings.Builder
	for _, a := range must(c.metrics.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})).MetricAlarms {
		fmt.Fprintln(&b, *a.AlarmName, a.StateValue, *a.StateReason, a.StateUpdatedTimestamp)
	}
	for _, item := range must(c.metrics.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{})).AlarmHistoryItems {
		fmt.Fprintln(&b, *item.AlarmName, item.Timestamp, *item.HistorySummary, *item.HistoryData)
	}
	for _, a := range must(c.groups.DescribeScalingActivities(t.Context(), &autoscaling.DescribeScalingActivitiesInput{})).Activities {
		fmt.Fprintln(&b, a.StartTime, aws.ToTime(a.EndTime), a.StatusCode, *a.Description, *a.Cause, *a.Details)
	}
	for _, i := range must(c.groups.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups[0].Instances {
		fmt.Fprintln(&b, *i.InstanceId, i.LifecycleState, *i.ProtectedFromScaleIn)
	}
	var queries []types.MetricDataQuery
	for i, m := range must(c.metrics.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{})).Metrics {
		queries = append(queries, types.MetricDataQuery{Id: aws.String(fmt.Sprintf("m%d", i)), Label: m.MetricName, MetricStat: &types.MetricStat{Metric: &m, Stat: aws.String("Sum"), Period: aws.Int32(60)}})
	}
	if len(queries) == 0 {
		return b.String()
	}
	for _, r := range must(c.metrics.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{StartTime: aws.Time(birth()), EndTime: &now, MetricDataQueries: queries})).MetricDataResults {
		fmt.Fprintln(&b, *r.Label, r.Values, r.Timestamps)
	}
	return b.String()
}

// randomID are the parts of a portrait that differ between two worlds.
func randomID() *regexp.Regexp {
	return regexp.MustCompile(`i-0[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
}

func difference(a, b string) string { return cmp.Diff(strings.Split(a, "\n"), strings.Split(b, "\n")) }

// deed is something that a client does to a world.
type deed struct {
	name string
	do   func(t testing.TB, c *clients)
}

func deeds() []deed {
	return []deed{
		{"nothing", func(testing.TB, *clients) {}},
		{"send 1", func(t testing.TB, c *clients) { c.send(t, 1) }},
		{"send 9", func(t testing.TB, c *clients) { c.send(t, 9) }},
		{"receive", func(t testing.TB, c *clients) {
			must(c.queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: c.url(t), MaxNumberOfMessages: 2}))
		}},
		{"desire 0", func(t testing.TB, c *clients) { c.desire(t, 0) }},
		{"desire 4", func(t testing.TB, c *clients) { c.desire(t, 4) }},
		{"alarm", func(t testing.TB, c *clients) {
			must(c.metrics.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("out"), StateValue: types.StateValueAlarm, StateReason: aws.String("test")}))
		}},
		{"suspend", func(t testing.TB, c *clients) {
			must(c.groups.SuspendProcesses(t.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String(firstGroup), ScalingProcesses: []string{"Launch"}}))
		}},
		{"resume", func(t testing.TB, c *clients) {
			must(c.groups.ResumeProcesses(t.Context(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String(firstGroup)}))
		}},
	}
}

// A world that was looked at all the time, and one that was left alone, are the same: in spite of what the
// second passes over, and of which of two processes looked.
func TestAWorldDoesNotCareWhoLooks(t *testing.T) {
	all := deeds()
	dir := t.TempDir()
	files := 0
	rapid.Check(t, func(r *rapid.T) {
		attributes := map[string]string{
			"VisibilityTimeout":      fmt.Sprint(rapid.SampledFrom([]int{1, 30, 3600}).Draw(r, "timeout")),
			"MessageRetentionPeriod": fmt.Sprint(rapid.SampledFrom([]int{300, 3600, 345600}).Draw(r, "retention")),
			"DelaySeconds":           fmt.Sprint(rapid.SampledFrom([]int{0, 0, 90}).Draw(r, "delay")),
		}
		workers := DefaultWorkers()
		workers.JobTime = time.Duration(rapid.SampledFrom([]int{0, 20, 40, 300}).Draw(r, "job time")) * time.Second
		files++
		alone := newLiving(t, Options{Workers: &workers}, attributes)
		path := fmt.Sprintf("%s/%d.json", dir, files)
		watched := newLiving(t, Options{Workers: &workers, Path: path}, attributes)
		other := clientsOf(t, Options{Path: path, Now: func() time.Time { return *watched.now }})
		for range rapid.IntRange(1, 6).Draw(r, "deeds") {
			d := all[rapid.IntRange(0, len(all)-1).Draw(r, "deed")]
			r.Log(d.name)
			d.do(t, alone.clients)
			processes := []*clients{watched.clients, other}
			d.do(t, processes[rapid.IntRange(0, 1).Draw(r, "by")])
			rest := time.Duration(rapid.SampledFrom([]int{15, 20, 60, 100, 1234, 9000}).Draw(r, "seconds")) * time.Second
			alone.pass(rest)
			for steps := rapid.IntRange(1, 8).Draw(r, "looks"); steps > 0; steps-- {
				part := (rest / time.Duration(steps)).Truncate(time.Second)
				if steps == 1 {
					part = rest
				}
				watched.pass(part)
				rest -= part
				must(processes[rapid.IntRange(0, 1).Draw(r, "looker")].metrics.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{}))
			}
		}
		want := randomID().ReplaceAllString(alone.portrait(t, *alone.now), "ID")
		one, two := watched.portrait(t, *watched.now), other.portrait(t, *watched.now)
		if one != two {
			r.Fatalf("two processes see two worlds:\n%s", difference(one, two))
		}
		if got := randomID().ReplaceAllString(one, "ID"); got != want {
			r.Fatalf("-left alone +looked at:\n%s", difference(want, got))
		}
	})
}

// The passing of time alone is not written: the next process lets the same time pass.
func TestTimeAloneDoesNotWrite(t *testing.T) {
	path := sandboxPath(t)
	l := newLiving(t, Options{Path: path, Adjust: func(w *Workers) { w.Slots = 1 }}, nil)
	l.pass(time.Hour)
	l.portrait(t, *l.now) // the alarms settle
	written := func() os.FileInfo { return must(os.Stat(path)) }
	before := written()
	for range 3 {
		l.pass(10 * time.Minute)
		l.portrait(t, *l.now)
		clientsOf(t, Options{Path: path, Now: func() time.Time { return *l.now }, Adjust: func(w *Workers) { w.Slots = 1 }}).portrait(t, *l.now)
	}
	if !os.SameFile(before, written()) {
		t.Error("the file was written, and nothing happened but time")
	}
	l.send(t, 1)
	before = written()
	l.pass(time.Minute)
	l.capacity()
	if os.SameFile(before, written()) {
		t.Error("the file was not written after a job was done")
	}
}

// A sandbox that was forgotten stays small.
func TestAnIdleWorldIsSmall(t *testing.T) {
	path := sandboxPath(t)
	l := newLiving(t, Options{Path: path}, nil)
	l.send(t, 20)
	for _, days := range []int{1, 7, 30} {
		l.pass(time.Duration(days) * 24 * time.Hour)
		l.desire(t, days%2) // which writes
		if size := must(os.Stat(path)).Size(); size > 64<<10 {
			t.Errorf("%d idle days later the file has %d bytes", days, size)
		}
	}
}

// BenchmarkOpen opens a world after some idle days, one with a message that nobody takes from its queue.
func BenchmarkOpen(b *testing.B) {
	for _, days := range []int{0, 7, 30} {
		b.Run(fmt.Sprintf("after %d days", days), func(b *testing.B) {
			path := b.TempDir() + "/sandbox.json"
			l := newLiving(b, Options{Path: path}, map[string]string{"MessageRetentionPeriod": "1209600"})
			must(l.queues.CreateQueue(b.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs-dead"), Attributes: map[string]string{"MessageRetentionPeriod": "1209600"}}))
			must(l.queues.SendMessage(b.Context(), &sqs.SendMessageInput{QueueUrl: aws.String("https://sqs/123456789012/jobs-dead"), MessageBody: aws.String("x")}))
			l.send(b, 20)
			l.pass(time.Hour)
			l.desire(b, 1)
			l.pass(time.Duration(days) * 24 * time.Hour)
			for b.Loop() {
				must(clientsOf(b, Options{Path: path, Now: func() time.Time { return *l.now }}).metrics.DescribeAlarms(b.Context(), &cloudwatch.DescribeAlarmsInput{}))
			}
			b.ReportMetric(float64(must(os.Stat(path)).Size()), "bytes")
		})
	}
}
