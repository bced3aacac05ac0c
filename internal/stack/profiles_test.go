package stack

import (
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// profile is a way in which AWS, or the network before it, does badly, and through which every command has to
// come by itself.
type profile struct {
	name   string
	delays sandbox.Delays
	faults []sandbox.Fault
}

// ghosts reports whether what was deleted still shows itself for a while. An up meanwhile takes it for its own,
// as nothing tells that it is going; so nobody can destroy a stack and make it anew in the same moment.
func (p profile) ghosts() bool {
	return p.delays.QueueDeleted > 0 || slices.ContainsFunc(p.faults, func(f sandbox.Fault) bool { return f.Do == sandbox.DoStale })
}

func profiles() []profile {
	slow := sandbox.Delays{
		RoleVisible: 3 * time.Second, RoleAssumable: 15 * time.Second, QueueVisible: 3 * time.Second,
		QueueNameCooldown: time.Minute, FunctionPending: 10 * time.Second, FunctionUpdate: 3 * time.Second,
	}
	throttledTwice := sandbox.Fault{Do: sandbox.DoThrottle, First: 2, Each: sandbox.EachCall}
	throttledByChance := sandbox.Fault{Do: sandbox.DoThrottle, Probability: 0.2, Seed: 1}
	first := sandbox.Fault{Do: sandbox.DoError, Status: 500, Nth: 1, Each: sandbox.EachOperation}
	second := sandbox.Fault{Do: sandbox.DoError, Status: 503, Nth: 2, Each: sandbox.EachOperation}
	cutAfter := sandbox.Fault{Do: sandbox.DoCutAfter, Calls: sandbox.MutatingCalls, Nth: 1, Each: sandbox.EachCall}
	stale := sandbox.Fault{Do: sandbox.DoStale, For: 3 * time.Second}
	once := func(do sandbox.Effect, each sandbox.Each) []sandbox.Fault {
		return []sandbox.Fault{{Do: do, Nth: 1, Each: each}}
	}
	return []profile{
		{"every call is throttled twice", sandbox.Delays{}, []sandbox.Fault{throttledTwice}},
		{"a fifth of the calls is throttled", sandbox.Delays{}, []sandbox.Fault{throttledByChance}},
		{"each operation fails with 500 and with 503", sandbox.Delays{}, []sandbox.Fault{first, second}},
		{"each connection is cut before the call", sandbox.Delays{}, once(sandbox.DoCutBefore, sandbox.EachCall)},
		{"each connection is cut after the effect", sandbox.Delays{}, []sandbox.Fault{cutAfter}},
		{"each answer is truncated", sandbox.Delays{}, once(sandbox.DoTruncate, sandbox.EachCall)},
		{"each answer is shortened", sandbox.Delays{}, once(sandbox.DoShorten, sandbox.EachCall)},
		{"each operation hangs once", sandbox.Delays{}, once(sandbox.DoHang, sandbox.EachOperation)},
		{"roles come late", sandbox.Delays{RoleVisible: 3 * time.Second, RoleAssumable: 15 * time.Second}, nil},
		{"queues come late", sandbox.Delays{QueueVisible: 3 * time.Second}, nil},
		{"queues go late", sandbox.Delays{QueueNameCooldown: time.Minute, QueueDeleted: time.Minute}, nil},
		{"names of queues are taken", sandbox.Delays{QueueNameCooldown: time.Minute}, nil},
		{"functions take their time", sandbox.Delays{FunctionPending: 10 * time.Second, FunctionUpdate: 3 * time.Second}, nil},
		{"policies have no ARN in the answer", sandbox.Delays{}, []sandbox.Fault{{Operations: []string{"PutScalingPolicy"}, Do: sandbox.DoOmit, Field: "PolicyARN"}}},
		{"reads show what was", sandbox.Delays{}, []sandbox.Fault{stale}},
		{"all is slow", slow, nil},
		{"all is slow and cut after the effect", slow, []sandbox.Fault{cutAfter}},
		{"all is slow, stale, throttled and cut", slow, []sandbox.Fault{throttledByChance, cutAfter, stale}},
	}
}

// settling is longer than any delay of a profile, so that what is looked at afterwards shows itself.
const settling = 2 * time.Minute

func TestEveryCommandComesThroughEveryProfile(t *testing.T) {
	want := lifeUnder(t, profile{name: "nothing is wrong"})
	for _, profile := range profiles() {
		t.Run(profile.name, func(t *testing.T) {
			got := lifeUnder(t, profile)
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("stage %d: made\n%s\nwant\n%s", i, got[i], want[i])
				}
			}
		})
	}
}

// lifeUnder makes a stack, changes all of it, makes it anew at once after it is destroyed, and returns what
// was made at each stage.
func lifeUnder(t *testing.T, profile profile) (made []string) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: profile.delays, Faults: profile.faults}))
		for _, spec := range []Spec{testSpec(), everySettingOf(Safe), testSpec()} {
			p.spec = spec
			p.process()
			start := time.Now()
			p.up()
			t.Logf("up took %s", time.Since(start))
			time.Sleep(settling)
			p.process()
			if s := p.status(); !s.Healthy {
				t.Error(s.Verdict)
			}
			made = append(made, withoutIDs(t, p.made()))
			p.single()
		}
		for range 2 {
			p.process()
			start := time.Now()
			p.done(nil, p.destroy())
			t.Logf("destroy took %s", time.Since(start))
			if profile.ghosts() {
				time.Sleep(settling)
			}
			p.process()
			p.up()
			time.Sleep(settling)
			p.single()
		}
		p.process()
		p.done(nil, p.destroy())
		time.Sleep(settling)
		if left := p.inventory(); len(left) > 0 {
			t.Errorf("left after destroy: %v", left)
		}
	})
	return made
}

// process is what a new run of the program has: clients of its own.
func (p *project) process() { p.ours = newClients(configOver(testRegion, p.faults), true) }

func withoutIDs(t *testing.T, list []made) string {
	t.Helper()
	return regexp.MustCompile(uuid+"|AROA[A-Z2-7]{17}").ReplaceAllString(indented(t, list), "ID")
}

// single wants exactly the objects to exist that are recorded.
func (p *project) single() {
	p.Helper()
	var want []string
	for _, r := range p.load().Resources {
		if r.Type != rolePolicyType && r.Type != metricsCollectionType {
			want = append(want, r.Type)
		}
	}
	slices.Sort(want)
	if have := p.inventory(); !slices.Equal(have, want) {
		p.Errorf("there are\n%v, recorded are\n%v", have, want)
	}
}

// inventory returns the type of each object in the account that a stack can make.
func (p *project) inventory() (all []string) {
	p.Helper()
	ctx, c := p.Context(), p.theirs
	add := func(n int, name string) { all = append(all, slices.Repeat([]string{name}, n)...) }
	add(len(must(p.T, func() (*sqs.ListQueuesOutput, error) { return c.sqs.ListQueues(ctx, &sqs.ListQueuesInput{}) }).QueueUrls), QueueType)
	add(len(must(p.T, func() (*iam.ListRolesOutput, error) { return c.iam.ListRoles(ctx, &iam.ListRolesInput{}) }).Roles), roleType)
	add(len(must(p.T, func() (*lambda.ListFunctionsOutput, error) {
		return c.lambda.ListFunctions(ctx, &lambda.ListFunctionsInput{})
	}).Functions), functionType)
	add(len(must(p.T, func() (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
		return c.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	}).LogGroups), logGroupType)
	add(len(must(p.T, func() (*cloudwatch.DescribeAlarmsOutput, error) {
		return c.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	}).MetricAlarms), alarmType)
	add(len(p.policiesOf(testGroup)), scalingPolicyType)
	slices.Sort(all)
	return all
}
