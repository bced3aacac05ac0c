package stack

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

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

// onlyPolicies removes all of the stack but its scaling policies, and its state.
func (p *project) onlyPolicies() {
	p.Helper()
	s := p.load()
	s.Resources = slices.DeleteFunc(s.Resources, func(r state.Record) bool { return r.Type == scalingPolicyType })
	p.done(nil, p.save(s))
	p.done(nil, p.destroy())
	p.file = nil
}

// Scaling policies carry no tags. Where they are all that is left, and the group is named, they are found, and removed
// only by who says so.
func TestRecoverFindsPoliciesThatAreAllThatIsLeft(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.onlyPolicies()
	_, err := Recover(t.Context(), p.lost(""))
	if e, ok := errors.AsType[*SearchError](err); !ok || !strings.Contains(e.Hint(), "with --asg") {
		t.Errorf("without a group: %v", err)
	}
	claims := claimsOf(p.recover(testGroup))
	for _, id := range []string{ScaleOutPolicy, ScaleInPolicy, WakePolicy} {
		if claims[id] != provision.Adopted {
			t.Errorf("%s is %s", id, claims[id])
		}
	}
	p.done(nil, p.destroy())
	left := must(t, func() (map[string]astypes.ScalingPolicy, error) {
		return describePolicies(t.Context(), p.theirs.autoscaling, testGroup)
	})
	if len(left) != 3 {
		t.Errorf("%d policies are left, want 3", len(left))
	}
	p.recover(testGroup)
	p.up()
	p.settled()
	p.onlyPolicies()
	p.recover(testGroup)
	s := p.recorded()
	s.engine.DeleteAdopted = true
	p.done(nil, s.Destroy(t.Context()))
	p.isGone(t)
}

// Beside an object of the stack's names that is somebody else's, the policies may be theirs too.
func TestRecoverLeavesPoliciesBesideAForeignObject(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.onlyPolicies()
	p.addRole(testRole, "lambda.amazonaws.com")
	_, err := Recover(t.Context(), p.lost(testGroup))
	if e, ok := errors.AsType[*SearchError](err); !ok || e.Empty() || len(e.Foreign) != 4 {
		t.Errorf("%v", err)
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
	p.confirms()
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
	p.confirms()
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

// A run that was cut off may have made what AWS does not show yet: a recovery of its state must not forget that.
func TestRecoverKeepsAnIntentThatIsNotShownYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{QueueVisible: 3 * time.Second}}))
		p.up()
		o := p.lost(testGroup)
		o.Recorded = p.load()
		r := o.Recorded.Record(JobQueue)
		r.Status, r.PhysicalID, r.ARN = string(provision.CreateInProgress), "", ""
		recovered, err := Recover(t.Context(), o)
		p.done(nil, err)
		if claim := claimsOf(recovered)[JobQueue]; claim != provision.Missing {
			t.Fatalf("the queue is %s", claim)
		}
		p.done(nil, p.save(recovered.Snapshot))
		p.done(nil, p.destroy())
		time.Sleep(time.Minute)
		p.isGone(t)
	})
}
