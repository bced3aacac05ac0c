package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/ingest"
	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/workload"
)

// What a simulation says of a spec is what happens on the sandbox after an up of it: every change of the
// desired capacity, and every minute's jobs and instances.
func TestAStackScalesAsItWasSimulated(t *testing.T) {
	for _, words := range []string{
		"--preset safe",
		"--preset classic",
		"--preset step",
		"--preset table",
		"--preset step --step 1:+1,8:+3,30:+6 --scale-in-at 0 --scale-in-by 2 --warmup 150s",
		"--preset table --table 1:1,4:2,9:5,16:9,28:14 --warmup 150s", // as tune finds them
		"--preset safe --scale-in-at 0 --cooldown 2m --periods 1",
	} {
		for _, least := range []int{0, 1} {
			t.Run(fmt.Sprintf("%s min %d", words, least), func(t *testing.T) {
				spec := typed(t, words)
				c := loopConfig(&spec, least)
				jobs := evening(t)
				result, err := loop.Run(c, must(loop.NewTrace(jobs)), loop.Options{Series: true})
				if err != nil {
					t.Fatal(err)
				}
				if len(result.Actions) < 5 || result.Totals.Unfinished > 0 {
					t.Fatalf("%d changes, %d jobs unfinished: this tries nothing", len(result.Actions), result.Totals.Unfinished)
				}
				w := newLoopWorld(t, c)
				w.up(spec)
				if diff := cmp.Diff(minutesOf(result), w.play(jobs, loop.FromSeconds(result.Totals.End))); diff != "" {
					t.Errorf("-model +sandbox:\n%s", diff)
				}
			})
		}
	}
}

// The history of a queue is simulated as it was, although the world's clock is not the machine's.
func TestHistoryIsReadFromTheWorldThatHadIt(t *testing.T) {
	spec := typed(t, "--preset safe")
	w := newLoopWorld(t, loopConfig(&spec, 1))
	w.up(spec)
	jobs := evening(t)
	w.play(jobs, 5*loop.Hour)
	for _, bounds := range []string{"", "--min 1 --max 20"} { // which need not be asked for
		var out, errs bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, env: func(string) string { return "" }, world: w.cloud}
		args := strings.Fields("simulate --sandbox --from-cloudwatch 6h -o json --state-dir " + w.dir + " " + bounds)
		if code := a.run(args); code != exitDone {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
		var report struct {
			Workload struct {
				Messages int     `json:"messages"`
				Busy     float64 `json:"busy_s"`
			} `json:"workload"`
		}
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		var busy loop.Millis
		for _, j := range jobs {
			busy += j.Service
		}
		got := report.Workload
		if got.Messages != len(jobs) || math.Abs(got.Busy/busy.Seconds()-1) > 0.05 {
			t.Errorf("%d jobs of %.0f s in all, want %d of %.0f s", got.Messages, got.Busy, len(jobs), busy.Seconds())
		}
	}
}

// loopConfig is the model's configuration of a spec for a group of which nobody waits long.
func loopConfig(spec *stack.Spec, least int) *loop.Config {
	c := loop.DefaultConfig()
	c.Group = loop.GroupConfig{
		Min: least, Max: 20, Initial: least, Slots: 1, Launch: 30 * loop.Second, Boot: loop.Boots{90 * loop.Second}, Warmup: 150 * loop.Second,
		ScaleIn: loop.Protect, DrainTimeout: loop.Hour, Victim: loop.Oldest,
	}
	c.Queue, c.Policies = spec.Queue(), spec.Rules(least, c.Group.Max)
	c.Metric.Delay = 30 * loop.Second
	return &c
}

// evening is the first three hours of a night of jobs.
func evening(t *testing.T) []loop.Job {
	t.Helper()
	loaded := must(workload.Open("../../testdata/loop/traces/synth_nightly.csv", nil, workload.Options{}))
	for i, j := range loaded.Jobs {
		if j.Arrival > 3*loop.Hour {
			return loaded.Jobs[:i]
		}
	}
	t.Fatal("the trace is too short")
	return nil
}

func must[T any](out T, err error) T {
	if err != nil {
		panic(err)
	}
	return out
}

// loopRun is what a run shows.
type loopRun struct {
	Actions []loop.Action // without their policies
	Minutes []loopMinute
}

type loopMinute struct{ Minute, Visible, InFlight, Desired int }

func minutesOf(r *loop.Result) loopRun {
	var s loopRun
	for _, a := range r.Actions {
		s.Actions = append(s.Actions, loop.Action{Time: a.Time, From: a.From, To: a.To})
	}
	for _, m := range r.Series {
		s.Minutes = append(s.Minutes, loopMinute{m.Minute, m.Visible, m.Inflight, m.Desired})
	}
	return s
}

// loopWorld is a sandbox in memory under a clock that the test moves.
type loopWorld struct {
	*testing.T
	config     aws.Config
	start, now time.Time
	cloud      *sandbox.Sandbox
	dir        string // of the state
	group      string
	queueURL   string
}

// newLoopWorld makes a world with a group of one zone: with several, AWS keeps them even, and the model has
// none.
func newLoopWorld(t *testing.T, c *loop.Config) *loopWorld {
	w := &loopWorld{T: t, dir: t.TempDir(), group: "gpu-workers", start: time.Date(2026, 11, 23, 18, 0, 0, 0, time.UTC)}
	w.now = w.start.Add(-time.Hour) // the first instances are warm when the trace begins
	workers := sandbox.DefaultWorkers()
	workers.LaunchTime, workers.BootTime, workers.MetricDelay = span(c.Group.Launch), span(c.Group.Boot[0]), span(c.Metric.Delay)
	w.cloud = must(sandbox.Open(sandbox.Options{Now: func() time.Time { return w.now }, Workers: &workers}))
	w.config = aws.Config{
		Region: sandboxRegion, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), HTTPClient: &http.Client{Transport: w.cloud},
	}
	groups := autoscaling.NewFromConfig(w.config)
	must(groups.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: &w.group, ForceDelete: aws.Bool(true)}))
	must(groups.CreateAutoScalingGroup(t.Context(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &w.group, AvailabilityZones: []string{"us-east-1a"},
		MinSize: aws.Int32(int32(c.Group.Min)), MaxSize: aws.Int32(int32(c.Group.Max)), DesiredCapacity: aws.Int32(int32(c.Group.Initial)),
		DefaultInstanceWarmup: aws.Int32(int32(c.Group.Warmup / loop.Second)),
		LaunchTemplate:        &astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("gpu"), Version: aws.String("1")},
	}))
	must(groups.EnableMetricsCollection(t.Context(), &autoscaling.EnableMetricsCollectionInput{ // the stack needs only the others
		AutoScalingGroupName: &w.group, Granularity: aws.String("1Minute"), Metrics: []string{"GroupDesiredCapacity"},
	}))
	return w
}

func span(m loop.Millis) time.Duration { return time.Duration(m) * time.Millisecond }

// up makes the stack when the trace begins.
func (w *loopWorld) up(spec stack.Spec) {
	w.now = w.start
	s := must(stack.Open(stack.Options{
		Clients: stack.NewClients(w.config), Spec: spec, Zip: ingest.Zip(), Snapshot: state.New(spec.Stack, "", sandboxRegion, spec.ASG),
		Save: state.Open(w.dir).Save, Emit: func(provision.Event) {},
	}))
	if err := s.Read(w.Context()); err != nil {
		w.Fatal(err)
	}
	if err := s.Apply(w.Context(), must(s.Plan())); err != nil {
		w.Fatal(err)
	}
	w.queueURL = s.Recorded().Record(stack.JobQueue).PhysicalID
}

// play sends the jobs as they arrive, and notes the desired capacity after every evaluation.
func (w *loopWorld) play(jobs []loop.Job, end loop.Millis) loopRun {
	var s loopRun
	desired := w.desired()
	for at := loop.Minute + 30*loop.Second; at < end; at += loop.Minute {
		jobs = w.send(jobs, at)
		w.now = w.start.Add(span(at) + time.Microsecond)
		if is := w.desired(); is != desired {
			s.Actions = append(s.Actions, loop.Action{Time: at.Seconds(), From: desired, To: is})
			desired = is
		}
	}
	w.now = w.start.Add(span(end) + time.Microsecond)
	s.Minutes = w.minutes(end)
	return s
}

// send sends the jobs that arrive up to a time, and returns the others.
func (w *loopWorld) send(jobs []loop.Job, to loop.Millis) []loop.Job {
	queues := sqs.NewFromConfig(w.config)
	for len(jobs) > 0 && jobs[0].Arrival <= to {
		w.now = w.start.Add(span(jobs[0].Arrival))
		must(queues.SendMessage(w.Context(), &sqs.SendMessageInput{
			QueueUrl: &w.queueURL, MessageBody: aws.String("{}"), MessageAttributes: map[string]sqstypes.MessageAttributeValue{
				sandbox.JobTimeAttribute: {DataType: aws.String("String"), StringValue: aws.String(span(jobs[0].Service).String())},
			},
		}))
		jobs = jobs[1:]
	}
	return jobs
}

func (w *loopWorld) desired() int {
	out := must(autoscaling.NewFromConfig(w.config).DescribeAutoScalingGroups(w.Context(), &autoscaling.DescribeAutoScalingGroupsInput{}))
	return int(*out.AutoScalingGroups[0].DesiredCapacity)
}

// minutes reads from CloudWatch what the run was like.
func (w *loopWorld) minutes(end loop.Millis) []loopMinute {
	queue, group := dimension("QueueName", "eventscale-gpu-workers-jobs"), dimension("AutoScalingGroupName", w.group)
	out := must(cloudwatch.NewFromConfig(w.config).GetMetricData(w.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: &w.start, EndTime: aws.Time(w.start.Add(span(end))), ScanBy: cwtypes.ScanByTimestampAscending,
		MetricDataQueries: []cwtypes.MetricDataQuery{
			metricOf("visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", queue), metricOf("in_flight", "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", queue),
			metricOf("desired", "AWS/AutoScaling", "GroupDesiredCapacity", group),
		},
	}))
	minutes := make([]loopMinute, end/loop.Minute)
	for k := range minutes {
		m := &minutes[k]
		m.Minute = k + 1
		for i, field := range []*int{&m.Visible, &m.InFlight, &m.Desired} {
			*field = math.MinInt // which no model says, where there is no datapoint
			if values := out.MetricDataResults[i].Values; k < len(values) {
				*field = int(values[k])
			}
		}
	}
	return minutes
}

func dimension(name, value string) []cwtypes.Dimension {
	return []cwtypes.Dimension{{Name: &name, Value: &value}}
}

func metricOf(id, namespace, name string, dimensions []cwtypes.Dimension) cwtypes.MetricDataQuery {
	return cwtypes.MetricDataQuery{Id: &id, MetricStat: &cwtypes.MetricStat{
		Stat: aws.String("Maximum"), Period: aws.Int32(60), Metric: &cwtypes.Metric{Namespace: &namespace, MetricName: &name, Dimensions: dimensions},
	}}
}
