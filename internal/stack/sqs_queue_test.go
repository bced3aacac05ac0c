package stack

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

const testQueue = "eventscale-gpu-workers-jobs"

func testQueueURL(name string) *string {
	return aws.String("https://sqs.us-east-1.amazonaws.com/" + testAccount + "/" + name)
}

// redriveTo is a redrive policy in canonical form.
func redriveTo(queue string, receives string) string {
	return canonical(`{"maxReceiveCount":` + receives + `,"deadLetterTargetArn":"` + home.arn("sqs", queue) + `"}`)
}

// someQueue is a queue of which every property has a value that is not SQS's own.
func someQueue() queueProperties {
	return queueProperties{
		MessageRetentionPeriod: 86400, VisibilityTimeout: 900, ReceiveMessageWaitTimeSeconds: 20, SqsManagedSseEnabled: true,
		DelaySeconds: 1, MaximumMessageSize: 2048, RedriveAllowPolicy: canonical(`{"redrivePermission":"denyAll"}`),
		RedrivePolicy: redriveTo("dead", "5"), Policy: refusePlainHTTP(home.arn("sqs", testQueue)),
		Tags: provision.Tags{"owner": "us"},
	}
}

func (c *cloud) addQueue(name string, attributes map[string]string) {
	c.Helper()
	c.done(c.theirs.sqs.CreateQueue(c.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes}))
}

func queueSubject() subject[queueProperties] {
	return subject[queueProperties]{
		kind:  func(k kinds) provision.Kind[queueProperties] { return k.queue },
		setup: func(c *cloud) { c.addQueue("dead", nil); c.addQueue("dead-2", nil) },
		name:  testQueue, other: testQueue + "-dlq", want: someQueue(),
		others: map[string][]any{
			"MessageRetentionPeriod":        {60, 1_209_600},
			"VisibilityTimeout":             {0, 43_200},
			"ReceiveMessageWaitTimeSeconds": {0, 1},
			"DelaySeconds":                  {0, 900},
			"MaximumMessageSize":            {1024, 1 << 20},
			"SqsManagedSseEnabled":          {false, true},
			"RedriveAllowPolicy": {
				canonical(`{"redrivePermission":"byQueue","sourceQueueArns":["` + home.arn("sqs", "dead") + `"]}`), "", canonical(`{"redrivePermission":"denyAll"}`),
			},
			"RedrivePolicy": {redriveTo("dead", "6"), redriveTo("dead-2", "6"), ""},
			"Policy":        {document(statement{Sid: insecureTransport, Effect: "Deny", Principal: "*", Action: "sqs:*", Resource: "*"}), ""},
		},
		physicalID: "https://sqs.us-east-1.amazonaws.com/123456789012/eventscale-gpu-workers-jobs",
		arn:        "arn:aws:sqs:us-east-1:123456789012:eventscale-gpu-workers-jobs",
		meddle: func(c *cloud) {
			c.done(c.theirs.sqs.SetQueueAttributes(c.Context(), &sqs.SetQueueAttributesInput{
				QueueUrl: testQueueURL(testQueue), Attributes: map[string]string{"VisibilityTimeout": "30", "Policy": ""},
			}))
			c.done(c.theirs.sqs.TagQueue(c.Context(), &sqs.TagQueueInput{
				QueueUrl: testQueueURL(testQueue), Tags: map[string]string{"owner": "them"},
			}))
		},
		meddled: []string{"Policy", "Tags", "VisibilityTimeout"},
	}
}

func TestQueueConforms(t *testing.T) { conforms(t, queueSubject()) }

func TestFIFOQueueConforms(t *testing.T) {
	s := queueSubject()
	fifo := map[string]string{"FifoQueue": "true"}
	s.setup = func(c *cloud) { c.addQueue("dead.fifo", fifo); c.addQueue("dead-2.fifo", fifo) }
	s.name, s.other = testQueue+".fifo", testQueue+"-dlq.fifo"
	s.want.FifoQueue, s.want.RedrivePolicy = true, redriveTo("dead.fifo", "5")
	s.others["RedrivePolicy"] = []any{redriveTo("dead-2.fifo", "5"), ""}
	s.physicalID, s.arn = s.physicalID+".fifo", s.arn+".fifo"
	s.meddle = func(c *cloud) {
		c.done(c.theirs.sqs.SetQueueAttributes(c.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl: testQueueURL(s.name), Attributes: map[string]string{"VisibilityTimeout": "30"},
		}))
	}
	s.meddled = []string{"VisibilityTimeout"}
	conforms(t, s)
}

// SQS does not keep to the order or the white space of what it was given, so neither counts.
func TestQueuePolicyIsComparedByItsMeaning(t *testing.T) {
	s := queueSubject().stage(t)
	live := s.create(s.name)
	c := s.cloud
	c.done(c.theirs.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: &live.PhysicalID, Attributes: map[string]string{
		"RedrivePolicy": `{ "maxReceiveCount" : 5, "deadLetterTargetArn": "` + home.arn("sqs", "dead") + `" }`,
		"Policy":        strings.ReplaceAll(s.want.Policy, `,"`, ` , "`),
	}}))
	s.reads(live, s.want)
}

func TestQueueAttributeThatIsNoNumberIsAnError(t *testing.T) {
	for _, attributes := range []map[string]string{{"VisibilityTimeout": "soon"}, {"SqsManagedSseEnabled": "perhaps"}} {
		if _, err := queueFrom(attributes); err == nil {
			t.Errorf("%v was understood", attributes)
		}
	}
}

// A queue of other attributes than those asked for is a conflict, not a queue made.
func TestQueueThatDiffersExists(t *testing.T) {
	s := queueSubject().stage(t)
	s.addQueue(s.name, nil)
	_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
	if !errors.Is(err, provision.ErrExists) {
		t.Errorf("%v, want ErrExists", err)
	}
}

func TestQueueWaitsUntilItsNameIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{QueueNameCooldown: time.Minute}}))
		p.up()
		if err := p.destroy(); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		p.up()
		took(t, start, time.Minute, 65*time.Second)
		p.told(DeadLetterQueue, queueNameCooldown)
		p.settled()
	})
}

func TestQueueWaitsForItsNameNoLongerThanMakesSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := queueSubject()
		c := newCloud(t, sandbox.Options{Delays: sandbox.Delays{QueueNameCooldown: time.Hour}})
		s.setup(c)
		c.addQueue(s.name, nil)
		c.done(c.theirs.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: testQueueURL(s.name)}))
		start := time.Now()
		_, err := c.kinds().queue.Create(t.Context(), provision.Identity{Name: s.name}, s.want)
		if _, ok := errors.AsType[*types.QueueDeletedRecently](err); !ok {
			t.Errorf("%v, want what SQS said", err)
		}
		took(t, start, queueNameCooldown.Cap, queueNameCooldown.Cap+time.Second)
	})
}

func TestQueueWaitsUntilItsDeadLetterQueueIsVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, sandbox.Options{Delays: sandbox.Delays{QueueVisible: 3 * time.Second}})
		p := newProject(c)
		start := time.Now()
		p.up()
		took(t, start, 3*time.Second, 8*time.Second)
		p.told(JobQueue, deadLetterQueueVisible)
		time.Sleep(3 * time.Second)
		p.settled()
	})
}

func TestQueueThatSQSRefusesIsNotTriedAgain(t *testing.T) {
	bad := map[string]func(*queueProperties){
		"InvalidAttributeValue": func(p *queueProperties) { p.MessageRetentionPeriod = 1 },
		"InvalidParameterValue": func(p *queueProperties) {
			p.RedrivePolicy = canonical(`{"deadLetterTargetArn":"` + home.arn("sqs", "dead") + `","maxReceiveCount":0}`)
		},
	}
	for code, spoil := range bad {
		synctest.Test(t, func(t *testing.T) {
			s := queueSubject().stage(t)
			spoil(&s.want)
			s.atOnce("CreateQueue", code, func() error {
				_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
				return err
			})
		})
	}
}
