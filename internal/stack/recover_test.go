package stack

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
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
				p.confirms()
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
	p.confirms()
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
		if _, ok := errors.AsType[*AccountError](err); !ok {
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

// A move to another group that was cut off leaves objects with the tags of the group before: none is forgotten, or
// no destroy would find it.
func TestRecoverKeepsWhatAMoveDidNotComeTo(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	o := p.lost("another-group")
	o.Recorded = p.load()
	o.Recorded.ASG = o.ASG // as an up saves it first of all
	r, err := Recover(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, have := range o.Recorded.Resources {
		kept := func(k state.Record) bool { return k.Type == have.Type && k.Name == have.Name && k.ARN == have.ARN }
		if !slices.ContainsFunc(r.Snapshot.Resources, kept) {
			t.Errorf("%s %s is forgotten", have.LogicalID, have.Name)
		}
	}
	// Another's tags are another's, recorded or not.
	role := namesOf(p.spec, testRegion).role
	p.done(p.theirs.iam.TagRole(t.Context(), &iam.TagRoleInput{
		RoleName: &role, Tags: []iamtypes.Tag{{Key: aws.String(groupTag), Value: aws.String("a-third-group")}},
	}))
	if r, err = Recover(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if s := r.Snapshot; s.Record(IngestRole) != nil || s.Record(IngestRolePolicy) != nil {
		t.Error("a role of others is recorded, or its policy")
	}
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

// Whoever has no more permissions than iam-policy prints can recover a stack of any settings.
func TestRecoverNeedsNoMorePermissions(t *testing.T) {
	for _, preset := range Presets() {
		spec := testSpecOf(preset)
		p := newProject(newCloud(t, sandbox.Options{Policy: []byte(indented(t, Permissions(spec, home)))}))
		p.spec = spec
		p.up()
		for _, asg := range []string{testGroup, ""} {
			if r := p.recover(asg); r.Spec.Preset != preset {
				t.Errorf("%s was recovered as %s", preset, r.Spec.Preset)
			}
		}
		p.confirms()
		if err := p.destroy(); err != nil {
			t.Error(err)
		}
	}
}
