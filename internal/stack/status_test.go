package stack

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

func TestStatusTellsTheLoopInWords(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	s := p.status()
	if !s.Healthy || s.Verdict != "13 resources in sync, 1 of 1 instances in service" {
		t.Error(s.Verdict)
	}
	rules := map[string]string{}
	for _, a := range s.Alarms {
		rules[a.LogicalID] = a.Rule
		if a.State != "INSUFFICIENT_DATA" || a.Since.IsZero() || !a.Enabled || a.Name == "" {
			t.Errorf("%+v", a)
		}
	}
	for _, r := range s.Policies {
		rules[r.LogicalID] = r.Rule
		if !r.Enabled || r.Name == "" {
			t.Errorf("%+v", r)
		}
	}
	want := map[string]string{
		ScaleOutAlarm: "visible >= 10 for 2 x 60 s", ScaleInAlarm: "visible + in_flight <= 2 AND < in_service for 2 x 60 s",
		WakeAlarm:      "visible > 0 AND in_service < 1 for 1 x 60 s",
		ScaleOutPolicy: "+2 instances, cooldown 5m", ScaleInPolicy: "-1 instance, cooldown 5m", WakePolicy: "+1 instance, cooldown 1m",
	}
	if asJSON(rules) != asJSON(want) {
		t.Errorf("%v, want %v", rules, want)
	}
	g := s.Group
	if g.Name != testGroup || g.Min != 0 || g.Max != 20 || g.Desired != 1 || g.InService != 1 || len(g.SuspendedProcesses) > 0 {
		t.Errorf("%+v", g)
	}
	if f := s.Function; f.Name != testFunction || f.State != "Active" || f.Runtime != "python3.13" {
		t.Errorf("%+v", f)
	}
	if len(s.Activities) != 1 || s.Activities[0].Status != "Successful" || s.Activities[0].Failed || s.Activities[0].Cause == "" {
		t.Errorf("%+v", s.Activities)
	}
	if s.Account != testAccount || s.Region != testRegion || s.Stack != testGroup || s.SchemaVersion != SchemaVersion {
		t.Errorf("%+v", s)
	}
}

func TestStatusOfClassicKnowsNoDeadLetters(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec.Preset = Classic
	p.up()
	if s := p.status(); !s.Healthy || s.Queue.DeadLetters != nil || len(s.Alarms) != 2 || s.Alarms[1].Rule != "visible <= 2 for 2 x 60 s" {
		t.Errorf("%+v", s)
	}
}

func (c *cloud) send(queue string, jobs int) {
	c.Helper()
	for range jobs {
		c.done(c.theirs.sqs.SendMessage(c.Context(), &sqs.SendMessageInput{QueueUrl: testQueueURL(queue), MessageBody: aws.String("job")}))
	}
}

func TestStatusCountsJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.up()
		p.send(testQueue, 3)
		p.done(p.theirs.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: testQueueURL(testQueue)}))
		p.done(p.theirs.sqs.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: testQueueURL(testQueue), MessageBody: aws.String("later"), DelaySeconds: 60}))
		time.Sleep(2 * time.Minute / 3)
		s := p.status()
		if q := s.Queue; q.Name != testQueue || q.Visible != 2 || q.InFlight != 1 || q.Delayed != 1 || *q.DeadLetters != 0 || !s.Healthy {
			t.Errorf("%+v, %s", q, s.Verdict)
		}
		p.send(testQueue+"-dlq", 2)
		s = p.status()
		if *s.Queue.DeadLetters != 2 || s.Healthy || s.Verdict != "2 in the dead-letter queue: received 5 times and not finished" {
			t.Errorf("%+v, %s", s.Queue, s.Verdict)
		}
	})
}

// The age of the oldest job is CloudWatch's, and is asked for only where there are jobs.
func TestStatusAsksForTheAgeOfJobsOnly(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.asked()
	p.status()
	if n := timesCalled(p.asked(), "GetMetricData"); n != 0 {
		t.Error("the age of no job was asked for")
	}
	p.send(testQueue, 1)
	p.status()
	if n := timesCalled(p.asked(), "GetMetricData"); n != 1 {
		t.Errorf("the age was asked for %d times", n)
	}
}

func TestStatusShowsDrift(t *testing.T) {
	for what, c := range map[string]struct {
		meddle     func(*project)
		resource   string
		drift      Drift
		property   string
		have, want string
	}{
		"a queue's timeout": {func(p *project) {
			p.done(p.theirs.sqs.SetQueueAttributes(p.Context(), &sqs.SetQueueAttributesInput{
				QueueUrl: testQueueURL(testQueue), Attributes: map[string]string{"VisibilityTimeout": "30"},
			}))
		}, JobQueue, Modified, "VisibilityTimeout", "30", "900"},
		"an alarm's actions": {func(p *project) {
			p.done(p.theirs.cloudwatch.DisableAlarmActions(p.Context(), &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{testAlarm}}))
		}, ScaleOutAlarm, Modified, "ActionsEnabled", "false", "true"},
		"an alarm deleted": {func(p *project) {
			p.done(p.theirs.cloudwatch.DeleteAlarms(p.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{testAlarm}}))
		}, ScaleOutAlarm, Deleted, "", "", ""},
		"a role's trust": {func(p *project) {
			p.done(p.theirs.iam.UpdateRole(p.Context(), &iam.UpdateRoleInput{RoleName: aws.String(testRole), Description: aws.String("mine")}))
		}, IngestRole, Modified, "Description", "mine", "The ingest function of eventscale stack gpu-workers"},
		"a group that can be empty now": {func(p *project) { p.setMinimum(0) }, WakeAlarm, NotCreated, "", "", ""},
	} {
		t.Run(what, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			if c.drift == NotCreated {
				p.setMinimum(1)
			}
			p.up()
			c.meddle(p)
			s := p.status()
			i := slices.IndexFunc(s.Resources, func(r ResourceStatus) bool { return r.LogicalID == c.resource })
			if r := s.Resources[i]; r.Drift != c.drift || c.property != "" && !slices.Equal(r.Changes, []PropertyDrift{{c.property, c.have, c.want}}) {
				t.Errorf("%+v", r)
			}
			if s.Healthy || !strings.Contains(s.Verdict, string(c.drift)) || !strings.Contains(s.Verdict, "eventscale up") {
				t.Error(s.Verdict)
			}
			p.up()
			if s := p.status(); !s.Healthy {
				t.Error(s.Verdict)
			}
		})
	}
}

// What a run could not delete any more is still there, and that is not as the stack is wanted.
func TestStatusShowsWhatShouldBeGone(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.setMinimum(1) // the wake rule is to go, and the last instance needs no care
	s := p.status()
	for _, r := range s.Resources {
		leftOver := r.LogicalID == WakeAlarm || r.LogicalID == WakePolicy || r.LogicalID == GroupMetrics || r.LogicalID == ScaleInAlarm
		if leftOver != (r.Drift == Modified) {
			t.Errorf("%s is %s", r.LogicalID, r.Drift)
		}
	}
	if s.Healthy {
		t.Error(s.Verdict)
	}
}

// What is left of a stack is told, for it can be removed.
func TestStatusOfAGroupThatIsGone(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.done(p.theirs.autoscaling.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), ForceDelete: aws.Bool(true),
	}))
	s := p.status()
	if s.Healthy || s.Group != nil || !strings.HasPrefix(s.Verdict, "the Auto Scaling group gpu-workers does not exist any more; `eventscale destroy`") {
		t.Errorf("%+v", s)
	}
	if s.Queue == nil || s.Function == nil || len(s.Resources) == 0 {
		t.Errorf("what is left is not told: %+v", s)
	}
}

// A function of which no execution may run swallows the events, and is no drift: somebody may have meant it.
func TestStatusTellsOfAFunctionThatMayNotRun(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	for n, healthy := range map[int32]bool{0: false, 5: true} {
		p.done(p.theirs.lambda.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{
			FunctionName: aws.String(testFunction), ReservedConcurrentExecutions: &n,
		}))
		s := p.status()
		if s.Healthy != healthy || healthy == strings.Contains(s.Verdict, "has a reserved concurrency of 0") || *s.Function.ReservedConcurrency != int(n) {
			t.Errorf("reserved %d: %+v, %s", n, s.Function, s.Verdict)
		}
		if plan := p.plan(); !plan.Empty() {
			t.Errorf("reserved %d: up would change it: %+v", n, plan.Steps)
		}
	}
}

// Without the group, and without a right to read all of the stack, there is no status, and not a crash.
func TestStatusOfAGroupThatIsGoneAndAStackThatCannotBeRead(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.done(p.theirs.autoscaling.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), ForceDelete: aws.Bool(true),
	}))
	p.faults.set("GetRole", 1, refusal("AccessDenied"))
	_, err := p.recorded().Status(t.Context(), time.Now())
	if err == nil || !strings.Contains(err.Error(), "reading AWS::IAM::Role IngestRole") {
		t.Errorf("%v, want to hear that the role may not be read", err)
	}
}

// healthy is a stack of which nothing is to be said.
func healthy() Status {
	none := 0
	return Status{
		Group: &GroupStatus{Name: "g", Max: 2, Desired: 2, InService: 1}, Queue: &QueueStatus{DeadLetters: &none},
		Function:  &FunctionStatus{Name: "f", State: "Active"},
		Resources: []ResourceStatus{{LogicalID: JobQueue, Drift: InSync}},
	}
}

func TestVerdictNamesTheGravest(t *testing.T) {
	const arn = "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:u:autoScalingGroupName/g"
	s := healthy()
	two := 2
	of := &Stack{
		Options: Options{Spec: testSpec(), Snapshot: state.New("g", "1", "us-east-1", "g")},
		group:   &astypes.AutoScalingGroup{AutoScalingGroupARN: aws.String(arn)},
	}
	of.Spec.ScaleOutAt = 20
	of.Snapshot.ASGARN = arn
	for _, c := range []struct {
		add  func()
		want string
	}{ // each graver than those before it
		{func() { s.Function.ReservedConcurrency = aws.Int(1) }, "1 resources in sync, 1 of 2 instances in service"},
		{func() { s.Queue.DeadLetters = &two }, "2 in the dead-letter queue"},
		{func() { s.Activities = []Activity{{Failed: true, Message: "InsufficientInstanceCapacity"}} }, "InsufficientInstanceCapacity"},
		{func() { s.Queue.Denial = "statement x denies it" }, "statement x denies it, so jobs do not get through"},
		{func() { s.Function.ReservedConcurrency = aws.Int(0) }, "the function f has a reserved concurrency of 0"},
		{func() { s.Function.State, s.Function.Reason = string(lambdatypes.StateFailed), "no runtime" }, "the function f is Failed: no runtime"},
		{func() { s.Group.SuspendedProcesses = []string{"AZRebalance"} }, "the function f is Failed"},
		{func() { s.Group.Max = 0 }, "cannot scale"},
		{func() { s.Group.SuspendedProcesses = []string{"AZRebalance", "AlarmNotification"} }, "AlarmNotification of group g is suspended"},
		{func() { s.Resources = append(s.Resources, ResourceStatus{LogicalID: IngestRole, Drift: Deleted}) }, "of 2 resources 1 DELETED; `eventscale up --asg gpu-workers --scale-out-at 20` mends that"},
		{func() { s.Resources[0].Drift, s.Resources[0].Foreign = Modified, true }, "somebody else has JobQueue; `eventscale plan --asg gpu-workers --scale-out-at 20 --adopt` shows"},
		{func() { of.Snapshot.Put(state.Record{LogicalID: "X", Status: "DELETE_IN_PROGRESS"}) }, "a destroy was not finished"},
		{func() { of.Snapshot.ASGARN += "-of-before" }, "made anew"},
		{func() { of.group.Status = aws.String("Delete in progress") }, "the group gpu-workers is being deleted (Delete in progress)"},
		{func() { s.Group = nil }, "does not exist any more"},
	} {
		c.add()
		of.judge(&s)
		if !strings.Contains(s.Verdict, c.want) || s.Healthy != strings.Contains(c.want, "in sync") {
			t.Errorf("%q (healthy: %t), want %q", s.Verdict, s.Healthy, c.want)
		}
	}
}

func TestRulesOfOthersAreToldToo(t *testing.T) {
	for want, p := range map[string]alarmProperties{
		"CPU > 1.5 for 3 x 60 s":     {Metrics: []alarmMetric{{MetricName: "CPU", Period: 60}}, ComparisonOperator: "GreaterThanThreshold", Threshold: 1.5, EvaluationPeriods: 3},
		"in_flight < 2 for 1 x 60 s": {Metrics: []alarmMetric{{MetricName: inFlightMetric, Period: 60}}, ComparisonOperator: "LessThanThreshold", Threshold: 2, EvaluationPeriods: 1},
		"CPU LessThanLowerThreshold 0 for 1 x 60 s": {
			Metrics: []alarmMetric{{MetricName: "CPU", Period: 60}}, ComparisonOperator: string(cwtypes.ComparisonOperatorLessThanLowerThreshold), EvaluationPeriods: 1,
		},
	} {
		if got := alarmRule(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	bound := func(n float64) *float64 { return &n }
	steps := stepAdjustments{{nil, bound(-5), -10}, {bound(-5), bound(0), 0}, {bound(0), nil, 1}}
	for want, p := range map[string]scalingPolicyProperties{
		"TargetTrackingScaling":       {PolicyType: "TargetTrackingScaling"},
		"-1 instance, cooldown 1m30s": {PolicyType: simpleScaling, ScalingAdjustment: -1, Cooldown: 90},
		"5 instances, cooldown 0s":    {PolicyType: simpleScaling, AdjustmentType: "ExactCapacity", ScalingAdjustment: 5},
		"no jobs: -1":                 {PolicyType: stepScaling, StepAdjustments: stepAdjustments{{nil, bound(-10), -1}}},
		"1 job or fewer: -1":          {PolicyType: stepScaling, StepAdjustments: stepAdjustments{{nil, bound(-9), -1}}},
		"always: 2":                   {PolicyType: stepScaling, AdjustmentType: "ExactCapacity", StepAdjustments: stepAdjustments{{nil, nil, 2}}},
		"5 jobs or fewer: -10%, 5 jobs: +0%, 10 jobs: +1%; warm-up 3m": {
			PolicyType: stepScaling, AdjustmentType: "PercentChangeInCapacity", StepAdjustments: steps, EstimatedInstanceWarmup: aws.Int(180),
		},
	} {
		if got := policyRule(p, &alarmProperties{Threshold: 10}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	want := "threshold-5 or fewer: -10, threshold-5: +0, threshold+0: +1"
	if got := policyRule(scalingPolicyProperties{PolicyType: stepScaling, StepAdjustments: steps}, nil); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestGroupStatusCountsInstancesByTheirState(t *testing.T) {
	g := groupStatus(&astypes.AutoScalingGroup{
		Instances: []astypes.Instance{
			{LifecycleState: astypes.LifecycleStateInService}, {LifecycleState: astypes.LifecycleStatePending},
			{LifecycleState: astypes.LifecycleStatePendingWait}, {LifecycleState: astypes.LifecycleStateTerminatingWait}, {LifecycleState: astypes.LifecycleStateStandby},
		},
		SuspendedProcesses: []astypes.SuspendedProcess{{ProcessName: aws.String("Launch")}},
	})
	if g.InService != 1 || g.Pending != 2 || g.Terminating != 1 || !slices.Equal(g.SuspendedProcesses, []string{"Launch"}) {
		t.Errorf("%+v", g)
	}
}

func TestOutputsAreThoseOfTheState(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	var keys []string
	for _, o := range p.recorded().Outputs().Values {
		keys = append(keys, o.Key)
		if o.Value == "" {
			t.Errorf("%s is empty", o.Key)
		}
	}
	if len(keys) < 2 || keys[0] != "lambda_function_name" || keys[1] != "sqs_queue_name" {
		t.Errorf("the outputs do not begin with the reference design's: %v", keys)
	}
	classic := newProject(newCloud(t, sandbox.Options{}))
	classic.spec.Preset = Classic
	classic.up()
	for _, o := range classic.recorded().Outputs().Values {
		if strings.HasPrefix(o.Key, "dlq") || strings.HasPrefix(o.Key, "wake") {
			t.Errorf("classic has no %s", o.Key)
		}
	}
}
