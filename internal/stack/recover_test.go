package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

// recover looks for the project's stack as if its state were lost, and keeps what it finds as the state.
func (p *project) recover(asg string) *Recovery {
	p.Helper()
	p.file = nil
	r, err := Recover(p.Context(), p.lost(asg))
	if err != nil {
		p.Fatal(err)
	}
	if err := p.save(r.Snapshot); err != nil {
		p.Fatal(err)
	}
	return r
}

func (p *project) lost(asg string) RecoverOptions {
	return RecoverOptions{Clients: p.ours, Stack: p.spec.Stack, ASG: asg, BuiltIn: CodeSHA256(zipped("pass"))}
}

// recoverable are specs of all presets and policies in which every setting differs from its default somewhere.
func recoverable() map[string]Spec {
	specs := otherPolicies()
	for _, preset := range Presets() {
		specs["default "+preset] = testSpecOf(preset)
	}
	simple := testSpec()
	simple.ScaleOutAt, simple.ScaleOutBy, simple.ScaleInAt, simple.ScaleInBy = 30, 4, 5, 3
	simple.Cooldown, simple.Period, simple.Periods = Duration(90*time.Second), Duration(2*time.Minute), 3
	simple.VisibilityTimeout, simple.LogRetention, simple.Memory = Duration(time.Hour), 30, 512
	simple.FunctionTimeout, simple.Handler, simple.Runtime = Duration(time.Minute), "app.run", "python3.12"
	simple.Env = map[string]provision.Secret{"TOKEN": provision.NewSecret("hush")}
	simple.Tags = map[string]string{"team": "ml", "cost-center": "42"}
	specs["simple"] = simple
	fifo := testSpec()
	fifo.FIFO, fifo.Stack = true, "ordered"
	specs["fifo"] = fifo
	derived := testSpecOf(Table)
	derived.JobsPerInstance = 8
	specs["derived table"] = derived
	return specs
}

// Whatever was asked for is found again from what AWS shows, and the state is what it was.
func TestRecoverFindsTheSettings(t *testing.T) {
	for name, spec := range recoverable() {
		for _, asg := range []string{testGroup, ""} {
			t.Run(name+" by group "+asg, func(t *testing.T) {
				p := newProject(newCloud(t, sandbox.Options{}))
				p.spec = spec
				p.up()
				before := p.load()
				r := p.recover(asg)
				if diff := cmp.Diff(settingsOf(t, before.Spec), settingsOf(t, r.Snapshot.Spec)); diff != "" {
					t.Errorf("settings (-asked for +found):\n%s", diff)
				}
				if len(r.Unknown) > 0 {
					t.Errorf("not known: %v", r.Unknown)
				}
				p.sameRecords(before)
				if s := p.status(); !s.Healthy {
					t.Error(s.Verdict)
				}
				p.settled()
				if err := p.destroy(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func settingsOf(t *testing.T, spec json.RawMessage) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(spec, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// sameRecords wants the state to hold what it held, but that nobody knows any more who turned the metric on.
func (p *project) sameRecords(before *state.Snapshot) {
	p.Helper()
	now := p.load()
	for _, s := range []*state.Snapshot{before, now} {
		for i := range s.Resources {
			s.Resources[i].Status = ""
			if s.Resources[i].LogicalID == GroupMetrics {
				s.Resources[i].Adopted = true
			}
		}
		s.Serial, s.Lineage, s.Spec = 0, "", nil
	}
	if diff := cmp.Diff(before, now); diff != "" {
		p.Errorf("state (-before +recovered):\n%s", diff)
	}
}

func TestRecoverChangesNothing(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.asked()
	p.recover("")
	if calls := mutating(p.asked()); len(calls) > 0 {
		t.Errorf("it called %v", calls)
	}
}

// claimsOf are the findings' claims by logical ID.
func claimsOf(r *Recovery) map[string]provision.Claim {
	claims := map[string]provision.Claim{}
	for _, f := range r.Findings {
		claims[f.LogicalID] = f.Claim
	}
	return claims
}

func TestRecoverTellsWhatIsMissingAndWhatIsNotOurs(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	n := namesOf(p.spec, testRegion)
	p.done(p.theirs.lambda.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: &n.function}))
	url := p.load().Record(DeadLetterQueue).PhysicalID
	p.done(p.theirs.sqs.UntagQueue(t.Context(), &sqs.UntagQueueInput{QueueUrl: &url, TagKeys: []string{provision.StackTag}}))
	r := p.recover(testGroup)
	claims := claimsOf(r)
	for id, want := range map[string]provision.Claim{
		JobQueue: provision.Found, IngestFunction: provision.Missing, DeadLetterQueue: provision.Foreign,
		GroupMetrics: provision.Adopted, ScaleInPolicy: provision.Found,
	} {
		if claims[id] != want {
			t.Errorf("%s is %s, want %s", id, claims[id], want)
		}
	}
	if !slices.ContainsFunc(r.Unknown, func(s string) bool { return strings.HasPrefix(s, "IngestFunction is missing: handler") }) {
		t.Errorf("not known: %v", r.Unknown)
	}
	if s := p.load(); s.Record(IngestFunction) != nil || s.Record(DeadLetterQueue) != nil {
		t.Error("what is missing or foreign was recorded")
	}
	if err := p.destroy(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &n.deadLetterQueue}); err != nil {
		t.Errorf("the foreign queue: %v", err)
	}
}

// An inline policy carries no tags: on a role that is somebody else's it is theirs too.
func TestRecoverLeavesThePolicyOfAForeignRole(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	role := namesOf(p.spec, testRegion).role
	p.done(p.theirs.iam.UntagRole(t.Context(), &iam.UntagRoleInput{RoleName: &role, TagKeys: []string{groupTag}}))
	claims := claimsOf(p.recover(testGroup))
	if claims[IngestRole] != provision.Foreign || claims[IngestRolePolicy] != provision.Foreign {
		t.Errorf("role %s, its policy %s", claims[IngestRole], claims[IngestRolePolicy])
	}
}

func TestRecoverKeepsWhatWasAdopted(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	queue := namesOf(p.spec, testRegion).jobQueue
	p.done(p.theirs.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queue}))
	p.adopt = true
	p.up()
	p.adopt = false
	before := p.load()
	if claims := claimsOf(p.recover(testGroup)); claims[JobQueue] != provision.Adopted {
		t.Errorf("the queue is %s", claims[JobQueue])
	}
	p.sameRecords(before)
	p.settled()
	if err := p.destroy(); err != nil {
		t.Fatal(err)
	}
	p.done(p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue}))
}

// A switch of the queues that was cut off leaves both: those that the function names are in use.
func TestRecoverFindsReplacedQueues(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	plain := p.load()
	p.spec.FIFO = true
	p.up()
	made := must(t, func() (*sqs.CreateQueueOutput, error) {
		return p.theirs.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
			QueueName: aws.String(plain.Record(JobQueue).Name), Tags: plain.Record(JobQueue).Tags,
		})
	})
	r := p.recover("")
	if !r.Spec.FIFO {
		t.Error("the FIFO queues are in use")
	}
	old := p.load().Record(provision.Superseded(JobQueue))
	if old == nil || old.PhysicalID != aws.ToString(made.QueueUrl) || old.Status != string(provision.DeletePending) {
		t.Errorf("the other queue is recorded as %+v", old)
	}
	if plan := p.plan(); plan.Count(provision.Delete) != 1 || plan.Count(provision.Keep) != len(plan.Steps)-1 {
		t.Errorf("the plan is %+v", plan.Steps)
	}
}

// A group's name that no tag can hold stands there as its digest.
func TestRecoverFindsAGroupByItsDigest(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec.ASG, p.spec.Stack = "gpu*workers", "gpu"
	p.addGroup(p.spec.ASG, 1)
	p.permitted = actionsOf(Permissions(testSpec(), home))
	p.up()
	if r := p.recover(""); r.Spec.ASG != "gpu*workers" {
		t.Errorf("the group is %q", r.Spec.ASG)
	}
	p.settled()
}

func TestRecoverWithoutTheGroup(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec.ASG, p.spec.Stack = "short-lived", "short-lived"
	p.addGroup("short-lived", 1)
	p.up()
	p.deleteGroup("short-lived")
	r := p.recover("")
	if r.Snapshot.ASGARN != "" {
		t.Errorf("the group is known: %s", r.Snapshot.ASGARN)
	}
	if claims := claimsOf(r); claims[ScaleOutPolicy] != provision.Missing || claims[ScaleOutAlarm] != provision.Found {
		t.Errorf("found is %v", claims)
	}
	if err := p.destroy(); err != nil {
		t.Error(err)
	}
}

func TestRecoverOfNothing(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	wants := func(o RecoverOptions, text, hint string) {
		t.Helper()
		_, err := Recover(t.Context(), o)
		h, ok := err.(interface{ Hint() string })
		if err == nil || !ok || !strings.Contains(err.Error(), text) || !strings.Contains(h.Hint(), hint) {
			t.Errorf("the error is %v", err)
		}
	}
	wants(p.lost(testGroup), "nothing of stack gpu-workers is in account 123456789012, region us-east-1", "check --asg")
	wants(p.lost(""), "nothing of stack gpu-workers", "check --stack, --region and --profile")
	wants(p.lost("gpu-worker"), "there is no Auto Scaling group of that name", "did you mean gpu-workers")
	queue := namesOf(p.spec, testRegion).jobQueue
	p.done(p.theirs.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &queue}))
	wants(p.lost(testGroup), "nothing of stack gpu-workers", queue+": it has no eventscale tags")
	for i, group := range []string{"a", "b"} {
		name := namesOf(p.spec, testRegion).alarms()[i]
		p.done(p.theirs.cloudwatch.PutMetricAlarm(t.Context(), taggedAlarm(name, allRules[i].alarmID, group)))
	}
	wants(p.lost(""), "the objects of stack gpu-workers name different groups: a, b", "--asg a")
}

func TestRecoverRefusesAnotherAccountsState(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	for _, edit := range []func(*state.Snapshot){
		func(s *state.Snapshot) { s.Account = "999999999999" },
		func(s *state.Snapshot) { s.Region = "eu-west-1" },
	} {
		o := p.lost(testGroup)
		o.Recorded = p.load()
		edit(o.Recorded)
		_, err := Recover(t.Context(), o)
		if _, ok := err.(*AccountError); !ok {
			t.Errorf("the error is %v", err)
		}
	}
}

// A state that can be read knows what AWS does not show, and records what is not looked for.
func TestRecoverKeepsWhatAReadableStateKnows(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	o := p.lost(testGroup)
	o.Recorded = p.load()
	elsewhere := *o.Recorded.Record(ScaleInPolicy)
	elsewhere.Name, elsewhere.PhysicalID = "old-group/eventscale-gpu-workers-scale-in", "old-group/eventscale-gpu-workers-scale-in"
	o.Recorded.Put(state.Record{
		LogicalID: "Future", Type: "AWS::Future::Thing", Name: "thing", PhysicalID: "thing", Status: "CREATE_COMPLETE",
	})
	*o.Recorded.Record(ScaleInPolicy) = elsewhere
	r, err := Recover(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Snapshot
	if s.Lineage != o.Recorded.Lineage || s.Serial != o.Recorded.Serial {
		t.Error("it began a new history")
	}
	if s.Record(GroupMetrics).Adopted {
		t.Error("it forgot who turned the metric on")
	}
	if s.Record("Future") == nil {
		t.Error("it forgot an object of an unknown type")
	}
	if old := s.Record(provision.Superseded(ScaleInPolicy)); old == nil || old.Name != elsewhere.Name {
		t.Errorf("the policy on another group is recorded as %+v", old)
	}
	if len(r.Carried) != 2 {
		t.Errorf("carried over: %+v", r.Carried)
	}
}

// An up with other settings and no state knows nothing of the rules that were there before.
func TestRecoverFindsTheRulesOfAnotherPolicy(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.file, p.spec = nil, testSpecOf(Step)
	p.up()
	p.theirs.delete(t, namesOf(p.spec, testRegion).rule(scaleInRule))
	r := p.recover(testGroup)
	if r.Spec.Policy != StepPolicy {
		t.Errorf("the policy is %s", r.Spec.Policy)
	}
	if len(r.Unknown) != 1 || !strings.Contains(r.Unknown[0], "rules of more than one policy, simple and step: step is taken") {
		t.Errorf("not known: %v", r.Unknown)
	}
	if plan := p.plan(); plan.Count(provision.Delete) != 3 {
		t.Errorf("the plan is %+v", plan.Steps)
	}
	p.up()
	p.settled()
}

// delete removes an alarm.
func (c *Clients) delete(t *testing.T, alarm string) {
	t.Helper()
	if _, err := c.cloudwatch.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{alarm}}); err != nil {
		t.Fatal(err)
	}
}

func (c *cloud) deleteGroup(name string) {
	c.Helper()
	c.done(c.theirs.autoscaling.DeleteAutoScalingGroup(c.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: &name, ForceDelete: aws.Bool(true),
	}))
}

// taggedAlarm is an alarm that says it is the stack's, around some group.
func taggedAlarm(name, logicalID, group string) *cloudwatch.PutMetricAlarmInput {
	tags := provision.Tags{provision.StackTag: testGroup, provision.LogicalIDTag: logicalID, groupTag: group}
	in := alarmProperties{
		Metrics:           []alarmMetric{{Namespace: "AWS/SQS", MetricName: visibleMetric, Statistic: "Sum", Period: 60}},
		EvaluationPeriods: 1, DatapointsToAlarm: 1, ComparisonOperator: atLeast, TreatMissingData: "missing",
	}.input(name)
	in.Tags = alarmTags(tags)
	return in
}

// A metric that the group collects for itself is no part of a stack that does not use it.
func TestRecoverLeavesTheGroupsOwnMetric(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec = testSpecOf(Classic)
	p.up()
	p.done(p.theirs.autoscaling.EnableMetricsCollection(t.Context(), &autoscaling.EnableMetricsCollectionInput{
		AutoScalingGroupName: aws.String(testGroup), Granularity: aws.String("1Minute"),
	}))
	if claims := claimsOf(p.recover("")); claims[GroupMetrics] != "" {
		t.Errorf("the metric is %s", claims[GroupMetrics])
	}
	p.settled()
}

// A tag that somebody has given one object is none of the stack's, and must outlive the next up.
func TestRecoverTakesNoTagOfOthers(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec.Tags = map[string]string{"team": "ml"}
	p.up()
	url := p.load().Record(JobQueue).PhysicalID
	p.done(p.theirs.sqs.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: &url, Tags: map[string]string{"cost-center": "42"}}))
	if r := p.recover(testGroup); len(r.Spec.Tags) != 1 || r.Snapshot.Record(JobQueue).Tags["cost-center"] != "" {
		t.Errorf("tags %v, applied %v", r.Spec.Tags, r.Snapshot.Record(JobQueue).Tags)
	}
	p.spec.Tags = nil
	p.up()
	out := must(t, func() (*sqs.ListQueueTagsOutput, error) {
		return p.theirs.sqs.ListQueueTags(t.Context(), &sqs.ListQueueTagsInput{QueueUrl: &url})
	})
	if _, gone := out.Tags["team"]; gone || out.Tags["cost-center"] != "42" {
		t.Errorf("after an up without tags: %v", out.Tags)
	}
}

func TestTheStacksTagsAreThoseThatAllHave(t *testing.T) {
	tagged := func(extra string) provision.Finding {
		return provision.Finding{Claim: provision.Found, Tags: provision.Tags{"team": "ml", extra: "x", "aws:cloudformation": "x", provision.StackTag: "s"}}
	}
	theirs := provision.Finding{Claim: provision.Adopted, Tags: provision.Tags{}}
	e := &evidence{found: map[string]provision.Finding{JobQueue: tagged("a"), IngestRole: tagged("b"), IngestFunction: theirs}}
	if diff := cmp.Diff(map[string]string{"team": "ml"}, e.tags()); diff != "" {
		t.Error(diff)
	}
}
