package stack

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// dying is an AWS in which a queue is read for a minute after it was deleted, as if nothing were.
func dying() sandbox.Options {
	return sandbox.Options{Delays: sandbox.Delays{QueueDeleted: time.Minute, QueueNameCooldown: time.Minute, QueueVisible: time.Second}}
}

// A queue that was deleted and can still be read must not be taken for the stack's.
func TestAQueueThatIsBeingDeletedIsMadeAnew(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"same settings":  func(*Spec) {},
		"other settings": func(s *Spec) { s.VisibilityTimeout = Duration(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, dying()))
				p.up()
				p.done(nil, p.destroy())
				if _, err := p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(testQueue)}); err != nil {
					t.Fatalf("the queue cannot be read any more: %v", err)
				}
				change(&p.spec)
				start := time.Now()
				p.up()
				took(t, start, time.Minute, 70*time.Second)
				p.told(DeadLetterQueue, queueNameCooldown)
				time.Sleep(10 * time.Minute)
				p.settled()
				if s := p.status(); !s.Healthy {
					t.Error(s.Verdict)
				}
			})
		})
	}
}

// A destroy that was cut off after its call, and then an up: the record is there, and the queue on its way out.
func TestAQueueWhoseDeletionWasCutOffIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, dying()))
		p.up()
		s := p.load()
		for _, r := range s.Resources {
			if r.Type == QueueType {
				p.done(nil, deleteRecorded(t, p, r.LogicalID))
				r.Status = string(provision.DeleteInProgress)
				s.Put(r)
			}
		}
		p.done(nil, p.save(s))
		p.up()
		time.Sleep(10 * time.Minute)
		p.settled()
	})
}

// confirms wants an up to do nothing but to make sure of the queues that were found, and the next to do nothing at
// all.
func (p *project) confirms() {
	p.Helper()
	p.asked()
	p.up()
	for _, call := range mutating(p.asked()) {
		if call.Operation != "CreateQueue" { // which changes nothing of a queue that is there
			p.Errorf("%v was called", call)
		}
	}
	p.settled()
}

// A stack is looked for by its names while its queues are on their way out.
func TestAQueueThatIsBeingDeletedIsNotRecoveredForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, dying()))
		p.up()
		for _, id := range []string{JobQueue, DeadLetterQueue} {
			p.done(nil, deleteRecorded(t, p, id))
		}
		p.recover(testGroup)
		p.up()
		time.Sleep(10 * time.Minute)
		p.settled()
		if s := p.status(); !s.Healthy {
			t.Error(s.Verdict)
		}
	})
}

// leaving is a Lambda that goes on showing a function which is being deleted, and refuses another of its name.
func leaving(p *project, gone time.Time) http.RoundTripper {
	return transport(func(r *http.Request) (*http.Response, error) {
		if !strings.HasPrefix(r.URL.Path, "/2015-03-31/functions") || !time.Now().Before(gone) {
			return p.faults.RoundTrip(r)
		}
		body, status, header := `{"Configuration":{"FunctionName":"`+testFunction+`","State":"Deleting"}}`, http.StatusOK, http.Header{}
		if r.Method == http.MethodPost {
			body, status = `{"Type":"User","Message":"Function already exist: `+testFunction+`"}`, http.StatusConflict
			header.Set("X-Amzn-Errortype", "ResourceConflictException")
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
	})
}

func TestAFunctionThatIsBeingDeletedIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{}))
		start := time.Now()
		p.ours = clientsOver(testRegion, leaving(p, start.Add(20*time.Second)))
		for _, s := range p.plan().Steps {
			if s.Action != provision.Create {
				t.Errorf("the plan is to %s %s", s.Action, s.LogicalID)
			}
		}
		p.up()
		took(t, start, 20*time.Second, 40*time.Second)
		p.told(IngestFunction, functionDeleted)
		p.settled()
	})
}

// Lambda gave the right to decrypt the environment to the role that was, not to its name.
func TestAFunctionIsConfiguredAgainForANewRole(t *testing.T) {
	for who, remake := range map[string]func(*project){
		"us":   func(*project) {},
		"them": func(p *project) { p.addRole(testRole, "lambda.amazonaws.com") },
	} {
		t.Run(who, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.up()
			p.done(nil, deleteRecorded(t, p, IngestRolePolicy))
			p.done(p.theirs.iam.DeleteRole(t.Context(), &iam.DeleteRoleInput{RoleName: aws.String(testRole)}))
			remake(p)
			if s := p.plan().Steps; s[findStep(s, IngestFunction)].Action != provision.Update {
				t.Errorf("the plan for the function is %+v", s[findStep(s, IngestFunction)])
			}
			p.asked()
			p.up()
			if n := timesCalled(p.asked(), "UpdateFunctionConfiguration"); n != 1 {
				t.Errorf("the function was configured %d times", n)
			}
			p.settled()
		})
	}
}

func findStep(steps []provision.Step, logicalID string) int {
	for i, s := range steps {
		if s.LogicalID == logicalID {
			return i
		}
	}
	return -1
}

// untags takes the stack's tags from some of its objects.
func (p *project) untags() {
	p.Helper()
	keys := []string{provision.StackTag, provision.LogicalIDTag, groupTag}
	p.done(p.theirs.sqs.UntagQueue(p.Context(), &sqs.UntagQueueInput{QueueUrl: testQueueURL(testQueue), TagKeys: keys}))
	p.done(p.theirs.iam.UntagRole(p.Context(), &iam.UntagRoleInput{RoleName: aws.String(testRole), TagKeys: keys}))
	p.done(p.theirs.cloudwatch.UntagResource(p.Context(), &cloudwatch.UntagResourceInput{
		ResourceARN: aws.String(home.arn("cloudwatch", "alarm:"+testAlarm)), TagKeys: keys,
	}))
	p.done(p.theirs.lambda.UntagResource(p.Context(), &lambda.UntagResourceInput{
		Resource: aws.String(home.arn("lambda", "function:"+testFunction)), TagKeys: keys,
	}))
}

func TestOurTagsArePutBack(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	before := p.alike()
	p.untags()
	modified := 0
	for _, r := range p.status().Resources {
		if r.Drift == Modified && len(r.Changes) == 3 {
			modified++
		}
	}
	if modified != 4 {
		t.Errorf("%d resources are shown without their tags, want 4", modified)
	}
	p.up()
	p.settled()
	if p.alike() != before {
		t.Error("the stack is not as it was")
	}
}

// What another stack has come to own is refused by up, shown by status, and left by destroy.
func TestWhatAnotherStackTookIsTheirs(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.done(p.theirs.sqs.TagQueue(t.Context(), &sqs.TagQueueInput{QueueUrl: testQueueURL(testQueue), Tags: map[string]string{provision.StackTag: "theirs"}}))
	s := p.status()
	modified := slices.ContainsFunc(s.Resources, func(r ResourceStatus) bool { return r.LogicalID == JobQueue && r.Drift == Modified && r.Foreign })
	if s.Healthy || !modified || !strings.Contains(s.Verdict, "somebody else has JobQueue") {
		t.Errorf("%s, modified: %t", s.Verdict, modified)
	}
	p.asked()
	_, err := p.try()
	if _, ok := errors.AsType[*provision.ForeignError](err); !ok || !strings.Contains(err.Error(), "eventscale:stack=theirs") {
		t.Errorf("%v, want the queue to be refused", err)
	}
	if calls := mutating(p.asked()); len(calls) > 0 {
		t.Errorf("%v was called", calls)
	}
	p.done(nil, p.destroy())
	p.done(p.theirs.sqs.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(testQueue)}))
}

// Somebody lets SNS send to our queue: that is theirs, and our own statement must be there all the same.
func TestStatementsOfOthersAreLeftInThePolicy(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	theirs := `{"Sid":"AllowSNS","Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + home.arn("sqs", testQueue) + `"}`
	ours := strings.TrimSuffix(strings.TrimPrefix(refusePlainHTTP(home.arn("sqs", testQueue)), `{"Statement":[`), `],"Version":"2012-10-17"}`)
	policy := func(statement string) string {
		return `{"Version":"2008-10-17","Id":"mine","Statement":` + statement + `}`
	}
	for name, c := range map[string]struct {
		given string
		drift Drift
	}{
		"beside ours":           {policy("[" + theirs + "," + ours + "]"), InSync},
		"in place of ours":      {policy("[" + theirs + "]"), Modified},
		"without brackets":      {policy(theirs), Modified},
		"beside another of our": {policy("[" + strings.Replace(ours, "sqs:*", "sqs:SendMessage", 1) + "," + theirs + "]"), Modified},
	} {
		t.Run(name, func(t *testing.T) {
			setsQueue("Policy", c.given)(p)
			for _, r := range p.status().Resources {
				if r.LogicalID == JobQueue && r.Drift != c.drift {
					t.Errorf("it is %s: %v", r.Drift, r.Changes)
				}
			}
			p.up()
			p.spec.VisibilityTimeout++ // an update of another property carries them over too
			p.up()
			p.settled()
			out := must(t, func() (*sqs.GetQueueAttributesOutput, error) {
				return p.theirs.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: testQueueURL(testQueue), AttributeNames: []types.QueueAttributeName{"Policy"}})
			})
			if got, want := canonical(out.Attributes["Policy"]), canonical(policy("["+ours+","+theirs+"]")); c.drift == Modified && got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// Reads that show the past: the stack as it was before what was just done to it.
func TestReadsOfThePastDoNoHarm(t *testing.T) {
	for _, preset := range Presets() {
		t.Run(preset, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, sandbox.Options{Faults: []sandbox.Fault{{Calls: sandbox.ReadingCalls, Do: sandbox.DoStale, For: 3 * time.Second}}}))
				p.spec = testSpecOf(preset)
				p.up()
				made := p.load()
				p.up() // to which nothing is there yet, of all that is recorded
				for _, r := range p.load().Resources {
					if was := made.Record(r.LogicalID); was.PhysicalID != r.PhysicalID || was.ARN != r.ARN || r.Adopted {
						t.Errorf("recorded is %+v, was %+v", r, was)
					}
				}
				p.spec.VisibilityTimeout, p.spec.Memory = Duration(time.Minute), 512
				p.up()
				p.up() // which sees what the one before has just changed as it was
				time.Sleep(time.Minute)
				p.up()
				p.settled()
				if s := p.status(); !s.Healthy {
					t.Error(s.Verdict)
				}
				p.done(nil, p.destroy())
				time.Sleep(time.Minute)
				p.isGone(t)
			})
		})
	}
}

// isGone wants nothing of the stack to be there, whatever the state says.
func (p *project) isGone(t *testing.T) {
	t.Helper()
	p.file = nil
	for _, s := range p.plan().Steps {
		if s.Action != provision.Create {
			t.Errorf("%s is left", s.LogicalID)
		}
	}
}

// A destroy right after an up sees nothing yet of what that has made, and must not take it for gone.
func TestDestroyRightAfterUpLeavesNothing(t *testing.T) {
	for name, o := range map[string]sandbox.Options{
		"new queues and roles are missing": {Delays: sandbox.Delays{QueueVisible: 3 * time.Second, RoleVisible: 3 * time.Second}},
		"reads show the past":              {Faults: []sandbox.Fault{{Calls: sandbox.ReadingCalls, Do: sandbox.DoStale, For: 3 * time.Second}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newProject(newCloud(t, o))
				p.up()
				p.done(nil, p.destroy())
				time.Sleep(time.Minute)
				p.isGone(t)
			})
		})
	}
}
