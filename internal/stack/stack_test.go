package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

func TestSecondUpChangesNothing(t *testing.T) {
	for _, preset := range Presets() {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.spec = testSpecOf(preset)
		plan := p.up()
		if plan.Count(provision.Create) != len(plan.Steps) {
			t.Errorf("%s: the first plan was not of creations alone: %+v", preset, plan.Steps)
		}
		if !p.plan().Empty() {
			t.Errorf("%s: the second plan is not empty", preset)
		}
		file := p.file
		p.settled()
		if !bytes.Equal(p.file, file) {
			t.Errorf("%s: a run without changes wrote the state", preset)
		}
	}
}

func TestPlanChangesNothing(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.plan()
	if calls := mutating(p.asked()); len(calls) > 0 || p.file != nil {
		t.Errorf("a plan called %v, and saved %s", calls, p.file)
	}
}

func TestDestroyLeavesTheGroupAlone(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	groups := func() string {
		return asJSON(must(t, func() (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
			return p.theirs.autoscaling.DescribeAutoScalingGroups(t.Context(), &autoscaling.DescribeAutoScalingGroupsInput{})
		}).AutoScalingGroups)
	}
	before := groups()
	p.up()
	if err := p.destroy(); err != nil {
		t.Fatal(err)
	}
	if left := p.load().Resources; len(left) > 0 {
		t.Errorf("recorded after destroy: %v", left)
	}
	if groups() != before {
		t.Error("the group is not as it was")
	}
	for _, s := range p.plan().Steps {
		if s.Action != provision.Create {
			t.Errorf("%s is still there", s.LogicalID)
		}
	}
}

// hop is the latency of the network in the tests of round trips: what takes n hops takes n times as long.
const hop = 100 * time.Millisecond

// costs wants a command to make at most so many calls, in at most so many round trips one after another.
func (c *cloud) costs(command string, calls, hops int, run func()) {
	c.Helper()
	c.asked()
	start := time.Now()
	run()
	took := time.Since(start)
	made := c.asked()
	c.Logf("%s: %d calls (%d mutating), %.1f hops", command, len(made), len(mutating(made)), float64(took)/float64(hop))
	if len(made) > calls || took > time.Duration(hops)*hop {
		var names []string
		for _, call := range made {
			names = append(names, call.Operation)
		}
		slices.Sort(names)
		c.Errorf("%s: more than %d calls in %d hops: %v", command, calls, hops, names)
	}
}

func TestCommandsCostFewRoundTrips(t *testing.T) {
	for _, c := range []struct {
		stack                        string
		preset                       string
		least                        int32
		cold, rerun, status, destroy [2]int // calls and hops
	}{
		{"classic", Classic, 0, [2]int{25, 5}, [2]int{12, 1}, [2]int{13, 1}, [2]int{20, 4}},
		{"safe", Safe, 1, [2]int{25, 5}, [2]int{14, 1}, [2]int{15, 1}, [2]int{20, 4}},
		// Three more resources: a call to make each and to delete each, and one for the tags of the alarm.
		{"safe, of a group that can be empty", Safe, 0, [2]int{24, 5}, [2]int{15, 1}, [2]int{16, 1}, [2]int{24, 4}},
		{"step, of a group that can be empty", Step, 0, [2]int{24, 5}, [2]int{15, 1}, [2]int{16, 1}, [2]int{24, 4}},
		{"table", Table, 0, [2]int{25, 5}, [2]int{14, 1}, [2]int{15, 1}, [2]int{20, 4}},
	} {
		t.Run(c.stack, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, sandbox.Options{Latency: hop}))
				p.setMinimum(c.least)
				p.spec = testSpecOf(c.preset)
				p.costs("cold up", c.cold[0], c.cold[1], func() { p.up() })
				p.costs("up again", c.rerun[0], c.rerun[1], func() { p.up() })
				p.costs("plan", c.rerun[0], c.rerun[1], func() { p.plan() })
				p.costs("status", c.status[0], c.status[1], func() { p.status() })
				p.costs("destroy", c.destroy[0], c.destroy[1], func() { p.done(nil, p.destroy()) })
			})
		})
	}
}

func TestPresetCanBeSwitchedAndBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{QueueNameCooldown: time.Minute}}))
		p.up()
		safe := p.made()
		for _, preset := range []string{Classic, Safe} {
			p.spec.Preset = preset
			plan := p.up()
			if n := len(plan.Replacements()); n > 0 {
				t.Errorf("%d replacements to come to %s", n, preset)
			}
			if got, want := p.load().Record(DeadLetterQueue) != nil, preset == Safe; got != want {
				t.Errorf("%s: the dead-letter queue is there: %t", preset, got)
			}
			_, err := p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(testQueue + "-dlq")})
			if (err == nil) != (preset == Safe) {
				t.Errorf("%s: the dead-letter queue: %v", preset, err)
			}
			p.settled()
		}
		goldenList(t, "safe.golden.json", p.made())
		if len(safe) != len(p.made()) {
			t.Error("the stack is not what it was")
		}
	})
}

// A FIFO queue is another queue, of another name: whoever watches or fills the old one must come along.
func TestFIFOSwitchReplacesTheQueues(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.spec.FIFO = true
	var replaced []string
	for _, s := range p.plan().Replacements() {
		replaced = append(replaced, s.LogicalID)
	}
	if !slices.Equal(replaced, []string{DeadLetterQueue, JobQueue}) {
		t.Errorf("%v are replaced", replaced)
	}
	p.up()
	p.settled()
	goldenList(t, "safe-fifo.golden.json", p.made())
	out := must(t, func() (*sqs.ListQueuesOutput, error) {
		return p.theirs.sqs.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	})
	if want := []string{*testQueueURL(testQueue + "-dlq.fifo"), *testQueueURL(testQueue + ".fifo")}; !slices.Equal(out.QueueUrls, want) {
		t.Errorf("the queues are %v, want %v", out.QueueUrls, want)
	}
	if err := p.destroy(); err != nil {
		t.Error(err)
	}
}

// policiesOf returns the names of a group's policies.
func (c *cloud) policiesOf(group string) []string {
	c.Helper()
	names := []string{}
	for _, policy := range must(c.T, func() (*autoscaling.DescribePoliciesOutput, error) {
		return c.theirs.autoscaling.DescribePolicies(c.Context(), &autoscaling.DescribePoliciesInput{AutoScalingGroupName: &group})
	}).ScalingPolicies {
		names = append(names, *policy.PolicyName)
	}
	return names
}

func TestAnotherGroupTakesThePoliciesAlong(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.addGroup("other", 0)
	p.up()
	policies := p.policiesOf(testGroup)
	p.spec.ASG = "other"
	for _, s := range p.plan().Steps {
		moved := s.Type == scalingPolicyType || s.Type == metricsCollectionType
		if moved != (s.Action == provision.Replace) {
			t.Errorf("%s: %s %v", s.LogicalID, s.Action, s.Changes)
		}
	}
	p.up()
	p.settled()
	if got := p.policiesOf("other"); !slices.Equal(got, policies) {
		t.Errorf("the new group has the policies %v, want %v", got, policies)
	}
	if got := p.policiesOf(testGroup); len(got) > 0 {
		t.Errorf("the old group still has %v", got)
	}
	if got := p.enabled(); len(got) > 0 {
		t.Errorf("the old group still collects %v", got)
	}
	if o := p.recorded().Outputs(); !slices.Contains(o.Values, Output{"asg", "other"}) {
		t.Errorf("outputs %v", o.Values)
	}
	if err := p.destroy(); err != nil {
		t.Error(err)
	}
}

// A group deleted and made anew has lost its policies; the next up puts them back.
func TestGroupMadeAnewGetsItsPoliciesBack(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	policies := p.policiesOf(testGroup)
	p.remakeGroup()
	if s := p.status(); s.Healthy || !strings.Contains(s.Verdict, "it was deleted and made anew; `eventscale up --asg gpu-workers` puts its policies back") {
		t.Errorf("healthy: %t, %s", s.Healthy, s.Verdict)
	}
	for _, s := range p.plan().Steps {
		want := provision.Keep
		switch s.Type {
		case scalingPolicyType, metricsCollectionType:
			want = provision.Create
		case alarmType:
			want = provision.Update // it names the policy of the old group
		}
		if s.Action != want {
			t.Errorf("the plan is to %s %s, want %s", s.Action, s.LogicalID, want)
		}
	}
	p.up()
	p.settled()
	if s := p.status(); !s.Healthy {
		t.Error(s.Verdict)
	}
	if got := p.policiesOf(testGroup); !slices.Equal(got, policies) {
		t.Errorf("the group has the policies %v, want %v", got, policies)
	}
}

// remakeGroup deletes the group and makes another of its name.
func (p *project) remakeGroup() {
	p.Helper()
	p.done(p.theirs.autoscaling.DeleteAutoScalingGroup(p.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), ForceDelete: aws.Bool(true),
	}))
	p.addGroup(testGroup, 0)
}

func TestWhatIsDeletedByOthersIsMadeAgain(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	for _, r := range p.load().Resources {
		if r.LogicalID == IngestRole {
			continue // it cannot go while it has its policy
		}
		p.done(nil, deleteRecorded(t, p, r.LogicalID))
		for _, s := range p.status().Resources {
			if want := s.LogicalID == r.LogicalID; want && s.Drift != Deleted {
				t.Errorf("%s is %s", s.LogicalID, s.Drift)
			}
		}
		p.up()
		p.settled()
	}
}

func TestDestroyTakesWhatIsGoneForDone(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	records := p.load().Resources
	for i := len(records) - 1; i >= 0; i-- {
		p.done(nil, deleteRecorded(t, p, records[i].LogicalID))
	}
	if err := p.destroy(); err != nil {
		t.Error(err)
	}
	if left := p.load().Resources; len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// loseAnswer is a connection that breaks when AWS has done what was asked.
func loseAnswer(answer *http.Response) (*http.Response, error) {
	_ = answer.Body.Close()
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// cutAnswer is one that breaks in the middle of the answer, after which the SDK does not try again.
func cutAnswer(answer *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	return answer, err
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// The SDK repeats a call whose answer was lost, and AWS then speaks of our own object as of another's.
func TestLostAnswersDoNoHarm(t *testing.T) {
	for _, operation := range operationsOfUp(t) {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, sandbox.Options{}))
				p.faults.set(operation, 1, loseAnswer)
				p.up()
				if p.faults.hit != 1 {
					t.Fatal("no answer was lost")
				}
				p.settled()
				goldenList(t, "safe.golden.json", p.made())
				for _, r := range p.load().Resources {
					if r.Adopted {
						t.Errorf("%s is taken for somebody else's", r.LogicalID)
					}
				}
			})
		})
	}
}

// Where the SDK gives up, the run ends with an error and the next one goes on.
func TestCutAnswersAreMendedByTheNextUp(t *testing.T) {
	for _, operation := range operationsOfUp(t) {
		t.Run(operation, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, sandbox.Options{}))
				p.faults.set(operation, 1, cutAnswer)
				_, err := p.try()
				if p.faults.hit != 1 {
					t.Fatal("no answer was cut")
				}
				t.Log(err)
				p.up()
				p.settled()
				goldenList(t, "safe.golden.json", p.made())
				if err := p.destroy(); err != nil || len(p.load().Resources) > 0 {
					t.Errorf("destroy: %v, left: %v", err, p.load().Resources)
				}
			})
		})
	}
}

func TestLostAnswersOfDestroyDoNoHarm(t *testing.T) {
	for _, how := range []func(*http.Response) (*http.Response, error){loseAnswer, cutAnswer} {
		for _, operation := range []string{
			"DeleteQueue", "DeleteRolePolicy", "DeleteRole", "DeleteLogGroup", "DeleteFunction", "DeletePolicy",
			"DisableMetricsCollection", "DeleteAlarms",
		} {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, sandbox.Options{}))
				p.up()
				p.faults.set(operation, 1, how)
				if err := p.destroy(); err != nil {
					t.Log(err)
					p.done(nil, p.destroy())
				}
				if p.faults.hit != 1 {
					t.Errorf("%s: no answer was lost", operation)
				}
				if left := p.load().Resources; len(left) > 0 {
					t.Errorf("%s: left: %v", operation, left)
				}
			})
		}
	}
}

// operationsOfUp returns the operations by which an up makes the stack.
func operationsOfUp(t *testing.T) []string {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	var operations []string
	for _, call := range mutating(p.asked()) {
		operations = append(operations, call.Operation)
	}
	slices.Sort(operations)
	return slices.Compact(operations)
}

func TestObjectsOfOthersAreLeftAlone(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.addQueue(testQueue, map[string]string{"VisibilityTimeout": "7"})
	p.addRole(testRole, "ec2.amazonaws.com")
	_, err := p.try()
	foreign, ok := errors.AsType[*provision.ForeignError](err)
	if !ok || !strings.Contains(err.Error(), testQueue) || !strings.Contains(err.Error(), testRole) {
		t.Fatalf("%v, want both named", err)
	}
	if !strings.Contains(foreign.Hint(), "--adopt") {
		t.Error(foreign.Hint())
	}
	if calls := mutating(p.asked()); len(calls) > 0 {
		t.Errorf("%v was called", calls)
	}
	p.adopt = true
	p.up()
	p.settled()
	if err := p.destroy(); err != nil {
		t.Fatal(err)
	}
	p.done(p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(testQueue)}))
	for _, r := range p.load().Resources {
		t.Errorf("left recorded: %s", r.LogicalID)
	}
}

// A state that is lost is found again by names and tags.
func TestStackIsFoundAgainWithoutItsState(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	before := p.made()
	p.file = nil
	p.confirms()
	if asJSON(before) != asJSON(p.made()) {
		t.Error("something was changed")
	}
}

func TestMissingGroupNamesTheNearest(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	for _, name := range []string{"gpu-worker-2", "web", "batch", "database"} {
		p.addGroup(name, 1)
	}
	p.spec.ASG = "gpu-wrokers"
	_, err := p.try()
	missing, ok := errors.AsType[*GroupError](err)
	if !ok {
		t.Fatalf("%v, want a GroupError", err)
	}
	if missing.Name != "gpu-wrokers" || missing.Region != testRegion || len(missing.Nearby) != 3 || !slices.Equal(missing.Nearby[:2], []string{"gpu-workers", "gpu-worker-2"}) {
		t.Errorf("%+v", missing)
	}
	if !strings.Contains(missing.Hint(), "did you mean gpu-workers, gpu-worker-2") || !strings.Contains(missing.Error(), "us-east-1") {
		t.Errorf("%v; %s", missing, missing.Hint())
	}
	if calls := mutating(p.asked()); len(calls) > 0 || p.file != nil {
		t.Errorf("%v was called, and saved %s", calls, p.file)
	}
}

func TestRegionWithoutGroupsIsToldSo(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.done(p.theirs.autoscaling.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), ForceDelete: aws.Bool(true),
	}))
	_, err := p.try()
	if missing, ok := errors.AsType[*GroupError](err); !ok || len(missing.Nearby) > 0 || !strings.Contains(missing.Hint(), "--region") {
		t.Errorf("%v", err)
	}
}

func TestNearestIsWhatTakesTheFewestLetters(t *testing.T) {
	words := []string{"scale-in-at", "scale-out-at", "scale-out-by", "periods", "period"}
	if got := Nearest("scale-out", words, 2); !slices.Equal(got, []string{"scale-out-at", "scale-out-by"}) {
		t.Error(got)
	}
	if got := Nearest("period", words, 9); got[0] != "period" || got[1] != "periods" || len(got) != len(words) {
		t.Error(got)
	}
	for pair, want := range map[[2]string]int{{"", "abc"}: 3, {"abc", ""}: 3, {"kitten", "sitting"}: 3, {"same", "same"}: 0, {"ab", "ba"}: 2} {
		if got := Distance(pair[0], pair[1]); got != want {
			t.Errorf("%q: %d, want %d", pair, got, want)
		}
	}
}

func TestAnotherRegionIsRefusedWithoutACall(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.asked()
	_, err := Open(Options{Clients: clientsOver("eu-west-1", p.faults), Spec: p.spec, Snapshot: p.load(), Save: p.save})
	refused, ok := errors.AsType[*AccountError](err)
	if !ok || !strings.Contains(err.Error(), "belongs to region us-east-1, and this is region eu-west-1") || !strings.Contains(refused.Hint(), "--region") {
		t.Errorf("%v", err)
	}
	if calls := p.asked(); len(calls) > 0 {
		t.Errorf("%v was called", calls)
	}
}

func TestAnotherAccountIsRefused(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.file = bytes.ReplaceAll(p.file, []byte(testAccount), []byte("999999999999"))
	p.asked()
	_, up := p.try()
	for what, err := range map[string]error{"up": up, "destroy": p.destroy()} {
		if _, ok := errors.AsType[*AccountError](err); !ok || !strings.Contains(err.Error(), "belongs to account 999999999999, and this is account 123456789012") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if calls := mutating(p.asked()); len(calls) > 0 {
		t.Errorf("%v was called", calls)
	}
}

// Nobody must learn a user's secret from the state, from a plan or from an error.
func TestSecretsAreNeitherSavedNorShown(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec.Env = map[string]provision.Secret{"TOKEN": provision.NewSecret("hunter2")}
	p.up()
	p.spec.Env["TOKEN"] = provision.NewSecret("hunter3")
	plan := p.plan()
	shown := fmt.Sprintf("%s %+v %v", p.file, plan.Steps, p.events)
	if strings.Contains(shown, "hunter") {
		t.Error("the secret is shown")
	}
	if n := plan.Count(provision.Update); n != 1 {
		t.Errorf("%d updates for a secret that was changed", n)
	}
	p.up()
	p.settled()
	if s := p.status(); !s.Healthy { // which knows the digests only
		t.Error(s.Verdict)
	}
}

// deleteRecorded deletes an object behind the back of the stack that recorded it.
func deleteRecorded(t *testing.T, p *project, logicalID string) error {
	t.Helper()
	r := p.load().Record(logicalID)
	k, _ := observe(p.theirs, home, p.spec)
	remove := map[string]func(context.Context, provision.Identity) error{
		QueueType: k.queue.Delete, roleType: k.role.Delete, rolePolicyType: k.rolePolicy.Delete, logGroupType: k.logGroup.Delete,
		functionType: k.function.Delete, scalingPolicyType: k.policy.Delete, metricsCollectionType: k.metrics.Delete, alarmType: k.alarm.Delete,
	}
	return remove[r.Type](t.Context(), provision.Identity{Name: r.Name, PhysicalID: r.PhysicalID, ARN: r.ARN})
}

// Whoever names another group's stack, in a folder that knows nothing of it, must not take it over.
func TestAStackOfAnotherGroupIsRefused(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.addGroup("other", 0)
	stranger := newProject(p.cloud)
	stranger.spec.ASG = "other"
	_, err := stranger.try()
	foreign, ok := errors.AsType[*provision.ForeignError](err)
	if !ok || !strings.Contains(err.Error(), "eventscale:asg=gpu-workers") || foreign.Hint() == "" {
		t.Fatalf("the error is %v", err)
	}
	if stranger.file != nil {
		t.Error("something was recorded")
	}
	p.settled()
}

// What was deleted behind our back and made anew by somebody else has our name, and is theirs.
func TestDestroyLeavesWhatIsNotOursAnyMore(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.done(p.theirs.sqs.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: testQueueURL(testQueue), Tags: map[string]string{provision.StackTag: "theirs"}}))
	p.done(p.theirs.cloudwatch.UntagResource(t.Context(), &cloudwatch.UntagResourceInput{
		ResourceARN: aws.String("arn:aws:cloudwatch:us-east-1:123456789012:alarm:" + testAlarm), TagKeys: []string{provision.StackTag},
	}))
	p.done(p.theirs.cloudwatch.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"eventscale-gpu-workers-scale-in"}}))
	if err := p.destroy(); err != nil {
		t.Fatal(err)
	}
	if left := p.load().Resources; len(left) > 0 {
		t.Errorf("recorded after destroy: %v", left)
	}
	p.done(p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(testQueue)}))
	if out, err := p.theirs.cloudwatch.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{}); err != nil || len(out.MetricAlarms) != 1 {
		t.Errorf("%v, %v", out.MetricAlarms, err)
	}
}
