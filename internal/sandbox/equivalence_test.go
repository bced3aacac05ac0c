package sandbox_test

import (
	"fmt"
	"net/http"
	"os"
	"slices"
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
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// The group and the queue of these tests.
const (
	groupName = "workers"
	queueName = "jobs"
)

// rig is a sandbox under a clock that the test moves, with a group, a queue and policies as a
// configuration of the model has them, all made through the SDK's clients.
type rig struct {
	*testing.T
	config *loop.Config
	now    time.Time
	start  time.Time // the model's 0

	queues  *sqs.Client
	groups  *autoscaling.Client
	metrics *cloudwatch.Client
	url     *string
}

func must[T any](out T, err error) T {
	if err != nil {
		panic(err)
	}
	return out
}

func newRig(t *testing.T, c *loop.Config) *rig {
	r := &rig{T: t, config: c, start: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	workers := sandbox.Workers{
		JobTime: time.Second, Slots: c.Group.Slots, LaunchTime: duration(c.Group.Launch), BootTime: duration(c.Group.Boot[0]),
		ScaleIn: c.Group.ScaleIn, DrainTimeout: duration(c.Group.DrainTimeout), NoHeartbeat: !c.Queue.Heartbeat, MetricDelay: duration(c.Metric.Delay),
	}
	cloud := must(sandbox.Open(sandbox.Options{Now: func() time.Time { return r.now }, Workers: &workers}))
	config := aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient: &http.Client{Transport: cloud}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
	r.queues, r.groups, r.metrics = sqs.NewFromConfig(config), autoscaling.NewFromConfig(config), cloudwatch.NewFromConfig(config)
	r.makeGroup()
	r.now = r.start // the model has no datapoint before its first minute
	r.makeQueue()
	for i, p := range c.Policies {
		r.makePolicy(fmt.Sprintf("%d", i), p)
	}
	return r
}

func duration(m loop.Millis) time.Duration { return time.Duration(m) * time.Millisecond }

// makeGroup makes a group of one zone, whose first instances are warm when the model begins.
func (r *rig) makeGroup() {
	g := r.config.Group
	r.now = r.start.Add(-duration(g.Launch + g.Warmup + g.Boot[0] + loop.Hour))
	must(r.groups.CreateAutoScalingGroup(r.Context(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(groupName), AvailabilityZones: []string{"us-east-1a"},
		MinSize: aws.Int32(int32(g.Min)), MaxSize: aws.Int32(int32(g.Max)), DesiredCapacity: aws.Int32(int32(g.Initial)),
		DefaultInstanceWarmup: aws.Int32(int32(g.Warmup / loop.Second)),
		LaunchTemplate:        &astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("t"), Version: aws.String("1")},
	}))
}

func (r *rig) makeQueue() {
	attributes := map[string]string{"VisibilityTimeout": fmt.Sprint(int64(r.config.Queue.VisibilityTimeout / loop.Second))}
	if n := r.config.Queue.MaxReceives; n > 0 {
		must(r.queues.CreateQueue(r.Context(), &sqs.CreateQueueInput{QueueName: aws.String("dead")}))
		attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:dead","maxReceiveCount":%d}`, n)
	}
	r.url = must(r.queues.CreateQueue(r.Context(), &sqs.CreateQueueInput{QueueName: aws.String(queueName), Attributes: attributes})).QueueUrl
}

func (r *rig) makePolicy(name string, p loop.Policy) {
	in := &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String(groupName), PolicyName: &name}
	var alarm loop.AlarmConfig
	magnitude := 0
	switch p := p.(type) {
	case *loop.Simple:
		alarm = p.Alarm
		in.PolicyType, in.AdjustmentType, in.ScalingAdjustment = aws.String("SimpleScaling"), aws.String(string(p.AdjustmentType)), aws.Int32(int32(p.Adjustment))
		magnitude = p.MinMagnitude
		in.Cooldown = aws.Int32(int32(p.Cooldown / loop.Second))
	case *loop.Step:
		alarm = p.Alarm
		in.PolicyType, in.AdjustmentType = aws.String("StepScaling"), aws.String(string(p.AdjustmentType))
		magnitude = p.MinMagnitude
		for _, s := range p.Steps {
			in.StepAdjustments = append(in.StepAdjustments, astypes.StepAdjustment{
				MetricIntervalLowerBound: s.Lower, MetricIntervalUpperBound: s.Upper, ScalingAdjustment: aws.Int32(int32(s.Adjustment)),
			})
		}
	}
	if magnitude > 0 {
		in.MinAdjustmentMagnitude = aws.Int32(int32(magnitude))
	}
	out := must(r.groups.PutScalingPolicy(r.Context(), in))
	r.makeAlarm(name, alarm, *out.PolicyARN)
}

func (r *rig) makeAlarm(name string, a loop.AlarmConfig, action string) {
	stat := func(id, namespace, metric, dimension, value string) cwtypes.MetricDataQuery {
		return cwtypes.MetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &cwtypes.MetricStat{
			Stat: aws.String(string(a.Statistic)), Period: aws.Int32(int32(a.Period / loop.Second)),
			Metric: &cwtypes.Metric{Namespace: &namespace, MetricName: &metric, Dimensions: []cwtypes.Dimension{{Name: &dimension, Value: &value}}},
		}}
	}
	visible := stat("visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queueName)
	inFlight := stat("in_flight", "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", queueName)
	inService := stat("in_service", "AWS/AutoScaling", "GroupInServiceInstances", "AutoScalingGroupName", groupName)
	made := func(expression string, of ...cwtypes.MetricDataQuery) []cwtypes.MetricDataQuery {
		return append([]cwtypes.MetricDataQuery{{Id: aws.String("e"), Expression: &expression, ReturnData: aws.Bool(true)}}, of...)
	}
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, AlarmActions: []string{action}, ComparisonOperator: cwtypes.ComparisonOperator(a.Comparison), Threshold: &a.Threshold,
		EvaluationPeriods: aws.Int32(int32(a.EvaluationPeriods)), DatapointsToAlarm: aws.Int32(int32(a.DatapointsToAlarm)), TreatMissingData: aws.String(string(a.TreatMissingData)),
	}
	switch a.Metric {
	case loop.Visible:
		visible.ReturnData = aws.Bool(true)
		in.Metrics = []cwtypes.MetricDataQuery{visible}
	case loop.Backlog:
		in.Metrics = made("visible + in_flight", visible, inFlight)
	case loop.Stranded:
		in.Metrics = made("IF(visible > 0 AND in_service < 1, 1, 0)", visible, inService)
	case loop.SpareBacklog:
		in.Metrics = made(fmt.Sprintf("IF(visible + in_flight < in_service, visible + in_flight, %v)", a.Threshold+1), visible, inFlight, inService)
	case loop.Inflight:
		inFlight.ReturnData = aws.Bool(true)
		in.Metrics = []cwtypes.MetricDataQuery{inFlight}
	case loop.Age:
		age := stat("age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queueName)
		age.ReturnData = aws.Bool(true)
		in.Metrics = []cwtypes.MetricDataQuery{age}
	case loop.BacklogPerInstance:
		divisor := "in_service"
		if a.ZeroInstances == loop.ZeroVisible {
			divisor = "IF(in_service > 0, in_service, 1)"
		}
		in.Metrics = made("visible / "+divisor, visible, inService)
	}
	must(r.metrics.PutMetricAlarm(r.Context(), in))
}

// send puts a job into the queue when it arrives.
func (r *rig) send(job loop.Job) {
	must(r.queues.SendMessage(r.Context(), &sqs.SendMessageInput{
		QueueUrl: r.url, MessageBody: aws.String("job"), MessageAttributes: map[string]sqstypes.MessageAttributeValue{
			sandbox.JobTimeAttribute: {DataType: aws.String("String"), StringValue: aws.String(duration(job.Service).String())},
		},
	}))
}

func (r *rig) desired() int {
	out := must(r.groups.DescribeAutoScalingGroups(r.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{groupName}}))
	return int(*out.AutoScalingGroups[0].DesiredCapacity)
}

// action is a change of the desired capacity.
type action struct {
	at       float64 // seconds
	from, to int
}

// play sends the jobs, as they arrive, and notes the desired capacity after every evaluation.
func (r *rig) play(jobs []loop.Job, end loop.Millis) []action {
	var actions []action
	desired := r.desired()
	jobs = r.begin(jobs)
	for at := loop.Minute + r.config.Metric.Delay; at < end; at += loop.Minute {
		jobs = r.sendUntil(jobs, at)
		r.now = r.start.Add(duration(at) + time.Microsecond)
		if is := r.desired(); is != desired {
			actions = append(actions, action{at.Seconds(), desired, is})
			desired = is
		}
	}
	r.sendUntil(jobs, end)
	r.now = r.start.Add(duration(end) + time.Microsecond)
	return actions
}

// begin lets the minutes pass that end with the model's 0, or are evaluated after it: there is no datapoint of
// them, and no policy acts on that.
func (r *rig) begin(jobs []loop.Job) []loop.Job {
	group, alarms := aws.String(groupName), []string{"AlarmNotification"}
	must(r.groups.SuspendProcesses(r.Context(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: group, ScalingProcesses: alarms}))
	jobs = r.sendUntil(jobs, 0)
	r.now = r.start.Add(time.Microsecond)
	must(r.groups.EnableMetricsCollection(r.Context(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: group, Granularity: aws.String("1Minute")}))
	jobs = r.sendUntil(jobs, r.config.Metric.Delay)
	r.now = r.start.Add(duration(r.config.Metric.Delay) + time.Microsecond)
	must(r.groups.ResumeProcesses(r.Context(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: group, ScalingProcesses: alarms}))
	return jobs
}

// sendUntil sends the jobs that arrive up to a time, and returns the others.
func (r *rig) sendUntil(jobs []loop.Job, to loop.Millis) []loop.Job {
	for len(jobs) > 0 && jobs[0].Arrival <= to {
		r.now = r.start.Add(duration(jobs[0].Arrival))
		r.send(jobs[0])
		jobs = jobs[1:]
	}
	return jobs
}

// row is what a minute's sample shows.
type row struct{ minute, visible, inFlight, desired, inService, done int }

func (r *rig) series(end loop.Millis) []row {
	ids := []string{"visible", "in_flight", "desired", "in_service", "done"}
	var queries []cwtypes.MetricDataQuery
	for i, name := range []string{"ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "GroupDesiredCapacity", "GroupInServiceInstances", "NumberOfMessagesDeleted"} {
		namespace, dimension := "AWS/SQS", cwtypes.Dimension{Name: aws.String("QueueName"), Value: aws.String(queueName)}
		if i == 2 || i == 3 {
			namespace, dimension = "AWS/AutoScaling", cwtypes.Dimension{Name: aws.String("AutoScalingGroupName"), Value: aws.String(groupName)}
		}
		queries = append(queries, cwtypes.MetricDataQuery{Id: &ids[i], MetricStat: &cwtypes.MetricStat{
			Stat: aws.String("Maximum"), Period: aws.Int32(60), Metric: &cwtypes.Metric{Namespace: &namespace, MetricName: &name, Dimensions: []cwtypes.Dimension{dimension}},
		}})
	}
	out := must(r.metrics.GetMetricData(r.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: &r.start, EndTime: aws.Time(r.start.Add(duration(end))), ScanBy: cwtypes.ScanByTimestampAscending, MetricDataQueries: queries,
	}))
	rows := make([]row, end/loop.Minute)
	for i, result := range out.MetricDataResults {
		for k, value := range result.Values {
			rows[k].minute = k + 1
			*[]*int{&rows[k].visible, &rows[k].inFlight, &rows[k].desired, &rows[k].inService, &rows[k].done}[i] = int(value)
		}
	}
	for k := range rows[1:] { // all that are done by then, as the model counts
		rows[k+1].done += rows[k].done
	}
	return rows
}

func jobsOf(trace *loop.Trace) []loop.Job {
	var jobs []loop.Job
	for buffer, source := make([]loop.Job, 100), trace.Source(); ; {
		n, err := source.Read(buffer)
		jobs = append(jobs, buffer[:n]...)
		if err != nil {
			return jobs
		}
	}
}

// differences plays a trace on the sandbox and in the model, and says in what they differ.
func differences(t *testing.T, config *loop.Config, trace *loop.Trace) string {
	t.Helper()
	result := must(loop.Run(config, trace, loop.Options{Series: true}))
	end := loop.FromSeconds(result.Totals.End)
	r := newRig(t, config)
	actions := r.play(jobsOf(trace), end)
	var wantActions []action
	for _, a := range result.Actions {
		wantActions = append(wantActions, action{a.Time, a.From, a.To})
	}
	diff := cmp.Diff(wantActions, actions, cmp.AllowUnexported(action{}))
	var want []row
	for _, s := range result.Series {
		want = append(want, row{s.Minute, s.Visible, s.Inflight, s.Desired, s.InService, int(s.Done)})
	}
	return diff + cmp.Diff(want, r.series(end), cmp.AllowUnexported(row{}))
}

func bound(x float64) *float64 { return &x }

func alarm(metric loop.Metric, comparison loop.Comparison, threshold float64, periods int) loop.AlarmConfig {
	a := loop.DefaultAlarm()
	a.Metric, a.Comparison, a.Threshold, a.Statistic = metric, comparison, threshold, loop.Maximum
	a.EvaluationPeriods, a.DatapointsToAlarm, a.TreatMissingData = periods, periods, loop.TreatNotBreaching
	return a
}

// rules are the policies that a stack has.
func rules(name string) []loop.Policy {
	in := &loop.Step{Name: "in", AdjustmentType: loop.ChangeInCapacity, Alarm: alarm(loop.Backlog, loop.AtMost, 2, 2), Steps: []loop.StepAdjustment{{Upper: bound(0), Adjustment: -1}}}
	switch name {
	case "classic":
		out, in := alarm(loop.Visible, loop.AtLeast, 10, 2), alarm(loop.Visible, loop.AtMost, 2, 2)
		for _, a := range []*loop.AlarmConfig{&out, &in} {
			a.Statistic, a.TreatMissingData = loop.Sum, loop.TreatMissing
		}
		return []loop.Policy{
			&loop.Simple{Name: "out", Alarm: out, AdjustmentType: loop.ChangeInCapacity, Adjustment: 2, Cooldown: 300 * loop.Second},
			&loop.Simple{Name: "in", Alarm: in, AdjustmentType: loop.ChangeInCapacity, Adjustment: -1, Cooldown: 300 * loop.Second},
		}
	case "safe", "safe from 0":
		left := loop.Backlog
		if name == "safe from 0" {
			left = loop.SpareBacklog
		}
		return []loop.Policy{
			&loop.Simple{Name: "out", Alarm: alarm(loop.Visible, loop.AtLeast, 10, 2), AdjustmentType: loop.ChangeInCapacity, Adjustment: 2, Cooldown: 300 * loop.Second},
			&loop.Simple{Name: "in", Alarm: alarm(left, loop.AtMost, 2, 2), AdjustmentType: loop.ChangeInCapacity, Adjustment: -1, Cooldown: 300 * loop.Second},
			&loop.Simple{Name: "wake", Alarm: alarm(loop.Stranded, loop.AtLeast, 1, 1), AdjustmentType: loop.ChangeInCapacity, Adjustment: 1, Cooldown: 60 * loop.Second},
		}
	case "step":
		return []loop.Policy{
			&loop.Step{Name: "out", AdjustmentType: loop.ChangeInCapacity, Alarm: alarm(loop.Visible, loop.AtLeast, 1, 1), Steps: []loop.StepAdjustment{
				{Lower: bound(0), Upper: bound(9), Adjustment: 1}, {Lower: bound(9), Upper: bound(40), Adjustment: 3}, {Lower: bound(40), Adjustment: 6},
			}}, in,
		}
	default:
		return []loop.Policy{
			&loop.Step{Name: "table", AdjustmentType: loop.ExactCapacity, Alarm: alarm(loop.Backlog, loop.AtLeast, 1, 1), Steps: []loop.StepAdjustment{
				{Lower: bound(0), Upper: bound(7), Adjustment: 1}, {Lower: bound(7), Upper: bound(20), Adjustment: 3},
				{Lower: bound(20), Upper: bound(60), Adjustment: 8}, {Lower: bound(60), Adjustment: 14},
			}}, in,
		}
	}
}

// nightly is the first hours of a night of jobs.
func nightly(t *testing.T) *loop.Trace {
	t.Helper()
	f := must(os.Open("../../testdata/loop/traces/synth_nightly.csv"))
	defer func() { _ = f.Close() }()
	jobs := jobsOf(must(loop.CSV{Name: "synth_nightly"}.Read(f)))
	return must(loop.NewTrace(slices.DeleteFunc(jobs, func(j loop.Job) bool { return j.Arrival > 6*loop.Hour })))
}

// What a simulation says of a policy is what happens on the sandbox, to the millisecond: with every way of
// scaling in, and every sort of policy.
func TestTheSandboxDoesWhatTheModelSays(t *testing.T) {
	for _, policy := range []string{"classic", "safe", "safe from 0", "step", "table"} {
		for _, scaleIn := range []loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain} {
			t.Run(policy+" "+string(scaleIn), func(t *testing.T) {
				config := loop.DefaultConfig()
				config.Group = loop.GroupConfig{
					Max: 20, Initial: 1, Slots: 1, Launch: 30 * loop.Second, Boot: loop.Boots{180 * loop.Second}, Warmup: 150 * loop.Second,
					ScaleIn: scaleIn, DrainTimeout: loop.Hour, Victim: loop.Oldest,
				}
				config.Queue = loop.QueueConfig{VisibilityTimeout: 900 * loop.Second, Heartbeat: true}
				config.Metric.Delay, config.DrainLimit = 30*loop.Second, 4*loop.Hour
				config.Policies = rules(policy)
				if diff := differences(t, &config, nightly(t)); diff != "" {
					t.Errorf("-model +sandbox:\n%s", diff)
				}
			})
		}
	}
}

// drawn draws a configuration in which everything falls on the same instants: arrivals, ends, launches and
// evaluations.
func drawn(r *rapid.T) *loop.Config {
	times := func(name string, step loop.Millis, most int) loop.Millis {
		return loop.Millis(rapid.IntRange(0, most).Draw(r, name)) * step
	}
	config := loop.DefaultConfig()
	config.Group = loop.GroupConfig{
		Max: rapid.IntRange(1, 6).Draw(r, "max"), Slots: rapid.IntRange(1, 3).Draw(r, "slots"), Launch: times("launch", 15*loop.Second, 6),
		Boot: loop.Boots{times("boot", 15*loop.Second, 12)}, Warmup: times("warmup", 30*loop.Second, 6), Victim: loop.Oldest,
		ScaleIn: rapid.SampledFrom([]loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain}).Draw(r, "scale in"), DrainTimeout: times("drain", loop.Minute, 8),
	}
	config.Group.Min = rapid.IntRange(0, config.Group.Max).Draw(r, "min")
	config.Group.Initial = rapid.IntRange(config.Group.Min, config.Group.Max).Draw(r, "initial")
	config.Queue = loop.QueueConfig{
		VisibilityTimeout: rapid.SampledFrom([]loop.Millis{0, 1, 30, 59, 60, 291}).Draw(r, "timeout") * loop.Second,
		Heartbeat:         rapid.Bool().Draw(r, "heartbeat"), MaxReceives: rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(r, "receives"),
	}
	config.Metric.Delay, config.DrainLimit = times("delay", 25*loop.Second, 6), loop.Hour
	switch name := rapid.SampledFrom([]string{"classic", "safe", "safe from 0", "step", "table", "any", "any"}).Draw(r, "policy"); name {
	case "any":
		for i := range rapid.IntRange(1, 3).Draw(r, "policies") {
			config.Policies = append(config.Policies, drawnPolicy(r, fmt.Sprint(i), config.Group.ScaleIn))
		}
	default:
		config.Policies = rules(name)
	}
	return &config
}

// drawnPolicy draws a policy such as no stack has.
func drawnPolicy(r *rapid.T, name string, scaleIn loop.ScaleIn) loop.Policy {
	kind := rapid.SampledFrom([]loop.AdjustmentType{loop.ChangeInCapacity, loop.PercentChangeInCapacity, loop.ExactCapacity}).Draw(r, "kind")
	magnitude := 0
	adjustment := func() int {
		switch kind {
		case loop.ExactCapacity:
			return rapid.IntRange(0, 7).Draw(r, "exact")
		case loop.PercentChangeInCapacity:
			return rapid.IntRange(-3, 4).Draw(r, "percent") * 35
		default:
			return rapid.IntRange(-3, 3).Draw(r, "change")
		}
	}
	if kind == loop.PercentChangeInCapacity {
		magnitude = rapid.IntRange(0, 2).Draw(r, "magnitude")
	}
	if rapid.Bool().Draw(r, "simple") {
		return &loop.Simple{
			Name: name, Alarm: drawnAlarm(r, scaleIn), AdjustmentType: kind, Adjustment: adjustment(), MinMagnitude: magnitude,
			Cooldown: loop.Millis(rapid.IntRange(0, 5).Draw(r, "cooldown")) * 45 * loop.Second,
		}
	}
	return &loop.Step{Name: name, Alarm: drawnAlarm(r, scaleIn), AdjustmentType: kind, MinMagnitude: magnitude, Steps: []loop.StepAdjustment{
		{Upper: bound(-2), Adjustment: adjustment()}, {Lower: bound(-2), Upper: bound(0), Adjustment: adjustment()},
		{Lower: bound(0), Upper: bound(4), Adjustment: adjustment()}, {Lower: bound(4), Adjustment: adjustment()},
	}}
}

// drawnAlarm draws an alarm. One of metric math has periods of a minute: of longer ones CloudWatch computes
// with what each metric's period makes, and the model with the value of each minute. And SQS takes no notice of the
// age of a message that was received thrice, which the model does: only those of killed workers are.
func drawnAlarm(r *rapid.T, scaleIn loop.ScaleIn) loop.AlarmConfig {
	a := loop.DefaultAlarm()
	metrics := []loop.Metric{loop.Visible, loop.Inflight, loop.Backlog, loop.Stranded, loop.SpareBacklog, loop.BacklogPerInstance}
	if scaleIn == loop.Protect {
		metrics = append(metrics, loop.Age)
	}
	a.Metric = rapid.SampledFrom(metrics).Draw(r, "metric")
	a.Statistic = rapid.SampledFrom([]loop.Statistic{loop.Sum, loop.Average, loop.Maximum, loop.Minimum}).Draw(r, "statistic")
	if a.Metric == loop.Visible || a.Metric == loop.Inflight || a.Metric == loop.Age {
		a.Period *= rapid.SampledFrom([]loop.Millis{1, 1, 2, 5}).Draw(r, "minutes")
	}
	a.EvaluationPeriods = rapid.IntRange(1, 4).Draw(r, "periods")
	a.DatapointsToAlarm = rapid.IntRange(1, a.EvaluationPeriods).Draw(r, "datapoints")
	a.Comparison = rapid.SampledFrom([]loop.Comparison{loop.AtLeast, loop.MoreThan, loop.AtMost, loop.LessThan}).Draw(r, "comparison")
	a.Threshold = float64(rapid.IntRange(0, 9).Draw(r, "threshold"))
	if a.Metric == loop.Age {
		a.Threshold *= 60
	}
	if a.Metric == loop.SpareBacklog { // where there is nothing to spare it is infinite, which a metric cannot be
		a.Comparison = rapid.SampledFrom([]loop.Comparison{loop.AtMost, loop.LessThan}).Draw(r, "less")
		a.DatapointsToAlarm = a.EvaluationPeriods // the newest one breaches
	}
	a.TreatMissingData = rapid.SampledFrom([]loop.Treatment{loop.TreatMissing, loop.TreatIgnore, loop.TreatBreaching, loop.TreatNotBreaching}).Draw(r, "missing")
	a.ZeroInstances = rapid.SampledFrom([]loop.ZeroInstances{loop.ZeroMissing, loop.ZeroVisible}).Draw(r, "zero")
	return a
}

// drawnJobs draws jobs that come in bursts, between which there may be hours.
func drawnJobs(r *rapid.T) *loop.Trace {
	var jobs []loop.Job
	begin := loop.Millis(0)
	for range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(r, "bursts") {
		for at := range rapid.IntRange(1, 40).Draw(r, "jobs") {
			jobs = append(jobs, loop.Job{
				Arrival: begin + loop.Millis(at*rapid.IntRange(0, 12).Draw(r, "between"))*5*loop.Second + loop.Millis(rapid.IntRange(0, 1).Draw(r, "more")),
				Service: 500 + loop.Millis(rapid.IntRange(0, 12).Draw(r, "service"))*29500,
			})
		}
		begin += loop.Millis(rapid.IntRange(1, 5).Draw(r, "hours")) * loop.Hour
	}
	return must(loop.NewTrace(jobs))
}

// The same of anything that can be drawn.
func TestTheSandboxDoesWhatTheModelSaysOfAnyGroup(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		if diff := differences(t, drawn(r), drawnJobs(r)); diff != "" {
			r.Fatalf("-model +sandbox:\n%s", diff)
		}
	})
}
