package sandbox

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func TestANewRoleIsFoundLater(t *testing.T) {
	s := newStage(t)
	s.delays.RoleVisible = 3 * time.Second
	name := aws.String("ingest")
	read := func() error {
		_, err := s.getRole(s.request(), &iam.GetRoleInput{RoleName: name})
		return err
	}
	put := func() error {
		_, err := s.putRolePolicy(s.request(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(inlineDocument)})
		return err
	}
	must(s.createRole(s.request(), roleInput("ingest")))
	for _, err := range []error{read(), put()} {
		s.refuses(err, "NoSuchEntity", "The role with name ingest cannot be found.")
	}
	same(t, len(must(s.listRoles(s.request(), &iam.ListRolesInput{})).Roles), 0)
	_, err := s.createFunction(s.request(), functionInput("ingest"))
	s.refuses(err, "InvalidParameterValueException", "cannot be assumed")
	_, err = s.createRole(s.request(), roleInput("ingest"))
	s.refuses(err, "EntityAlreadyExists", "")
	s.pass(3 * time.Second)
	s.accepts(read())
	s.accepts(put())
	must(s.createFunction(s.request(), functionInput("ingest")))

	must(s.createRole(s.request(), roleInput("short")))
	must(s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: aws.String("short")}))
	must(s.createRole(s.request(), roleInput("short")))
}

func TestADeletedQueueStillAnswers(t *testing.T) {
	s := newStage(t)
	s.delays.QueueDeleted, s.delays.QueueNameCooldown = time.Minute, 30*time.Second
	create := func() error {
		_, err := s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
		return err
	}
	attributes := func() error {
		_, err := s.getQueueAttributes(s.request(), &sqs.GetQueueAttributesInput{QueueUrl: queueURL("jobs"), AttributeNames: all()})
		return err
	}
	listed := func() int { return len(must(s.listQueues(s.request(), &sqs.ListQueuesInput{})).QueueUrls) }
	remove := func() error {
		_, err := s.deleteQueue(s.request(), &sqs.DeleteQueueInput{QueueUrl: queueURL("jobs")})
		return err
	}
	s.accepts(create())
	s.accepts(remove())
	s.pass(50 * time.Second)
	s.accepts(attributes())
	s.accepts(remove()) // which changes nothing
	must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: queueURL("jobs"), MessageBody: aws.String("lost")}))
	same(t, listed(), 1)
	s.refuses(create(), "QueueDeletedRecently", "60 seconds") // though its cooldown is over
	s.pass(10 * time.Second)
	s.refuses(attributes(), "QueueDoesNotExist", "")
	s.refuses(remove(), "QueueDoesNotExist", "")
	same(t, listed(), 0)
	s.accepts(create())
	s.accepts(attributes())
	same(t, s.Regions[defaultRegion].Queues["jobs"].Messages, nil)
	s.accepts(remove())
	s.pass(time.Minute)
	s.refuses(attributes(), "QueueDoesNotExist", "")
}

func TestDelaysHaveKeys(t *testing.T) {
	var d Delays
	for i, key := range DelayKeys() {
		if !d.Set(key, time.Duration(i+1)) {
			t.Errorf("%s is not known", key)
		}
	}
	same(t, d, Delays{FunctionPending: 1, QueueVisible: 2, QueueDeleted: 3, QueueNameCooldown: 4, RoleAssumable: 5, RoleVisible: 6, FunctionUpdate: 7})
	if d.Set("rolle", 1) {
		t.Error("a key that is none was taken")
	}
}
