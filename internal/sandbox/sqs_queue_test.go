package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func queueURL(name string) *string {
	return aws.String("https://sqs.us-east-1.amazonaws.com/123456789012/" + name)
}

func queueARN(name string) string { return "arn:aws:sqs:us-east-1:123456789012:" + name }

func all() []types.QueueAttributeName { return []types.QueueAttributeName{types.QueueAttributeNameAll} }

func (s *stage) queue(name string, attributes map[string]string) *string {
	s.Helper()
	out, err := s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	s.accepts(err)
	return out.QueueUrl
}

func (s *stage) attributes(name string) map[string]string {
	s.Helper()
	out, err := s.getQueueAttributes(s.request(), &sqs.GetQueueAttributesInput{QueueUrl: queueURL(name), AttributeNames: all()})
	s.accepts(err)
	return out.Attributes
}

func TestNewQueueHasTheDefaultsOfAWS(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	same(t, *url, "https://sqs.us-east-1.amazonaws.com/123456789012/jobs")
	same(t, s.attributes("jobs"), map[string]string{
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "0", "ApproximateNumberOfMessagesNotVisible": "0",
		"CreatedTimestamp": "1795176010", "DelaySeconds": "0", "LastModifiedTimestamp": "1795176010", "MaximumMessageSize": "1048576",
		"MessageRetentionPeriod": "345600", "QueueArn": queueARN("jobs"), "ReceiveMessageWaitTimeSeconds": "0",
		"SqsManagedSseEnabled": "true", "VisibilityTimeout": "30",
	})
	out := must(s.getQueueAttributes(s.request(), &sqs.GetQueueAttributesInput{QueueUrl: url}))
	same(t, len(out.Attributes), 0)
}

func TestCreateQueueComparesOnlyWhatIsGiven(t *testing.T) {
	s := newStage(t)
	first := s.queue("jobs", map[string]string{"VisibilityTimeout": "60"})
	same(t, s.queue("jobs", nil), first)
	same(t, s.queue("jobs", map[string]string{"VisibilityTimeout": "60", "DelaySeconds": "0"}), first)
	_, err := s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"VisibilityTimeout": "61"}})
	s.refuses(err, "QueueNameExists", "A queue already exists with the same name and a different value for attribute VisibilityTimeout")
	same(t, s.attributes("jobs")["VisibilityTimeout"], "60")
}

func TestQueueNamesFollowTheRules(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"a b", "a.b", strings.Repeat("x", 81), "jobs.fifo"} {
		_, err := s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: &name})
		s.refuses(err, "InvalidParameterValue", "Can only include alphanumeric characters")
	}
	_, err := s.createQueue(s.request(), &sqs.CreateQueueInput{})
	s.refuses(err, "MissingParameter", "QueueName")
	_, err = s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"FifoQueue": "true"}})
	s.refuses(err, "InvalidParameterValue", ".fifo")
	s.queue("jobs.fifo", map[string]string{"FifoQueue": "true"})
	s.queue("Jobs", nil) // names are case sensitive
	s.queue("jobs", nil)
}

func TestQueueAttributesFollowTheRules(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	for name, values := range map[string][]string{
		"DelaySeconds": {"-1", "901", "x"}, "MaximumMessageSize": {"1023", "1048577"}, "MessageRetentionPeriod": {"59", "1209601"},
		"ReceiveMessageWaitTimeSeconds": {"21", ""}, "VisibilityTimeout": {"43201", "1.5"}, "SqsManagedSseEnabled": {"yes"},
		"Policy": {"{", strings.Repeat(" ", 8193)}, "RedriveAllowPolicy": {`{"redrivePermission":"some"}`, `{"redrivePermission":"byQueue"}`},
	} {
		for _, value := range values {
			_, err := s.setQueueAttributes(s.request(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{name: value}})
			s.refuses(err, "InvalidAttributeValue", "Invalid value for the parameter "+name)
		}
	}
	for _, name := range []string{"Colour", "QueueArn", "All", "ContentBasedDeduplication", "FifoQueue"} {
		_, err := s.setQueueAttributes(s.request(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{name: "true"}})
		s.refuses(err, "InvalidAttributeName", "Unknown Attribute "+name)
	}
	_, err := s.getQueueAttributes(s.request(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Colour"}})
	s.refuses(err, "InvalidAttributeName", "Unknown Attribute Colour")
}

func TestSetQueueAttributesChangesOnlyWhatIsGiven(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", map[string]string{"DelaySeconds": "5", "Policy": `{"Statement":[]}`})
	s.pass(time.Minute)
	must(s.setQueueAttributes(s.request(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "90", "Policy": ""}}))
	got := s.attributes("jobs")
	same(t, []string{got["VisibilityTimeout"], got["DelaySeconds"], got["LastModifiedTimestamp"], got["CreatedTimestamp"]}, []string{"90", "5", "1795176070", "1795176010"})
	if _, ok := got["Policy"]; ok {
		t.Error("an empty policy does not take it away")
	}
	must(s.setQueueAttributes(s.request(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"KmsMasterKeyId": "alias/aws/sqs"}}))
	same(t, s.attributes("jobs")["SqsManagedSseEnabled"], "false")
}

func TestRedrivePolicyNeedsItsQueue(t *testing.T) {
	s := newStage(t)
	policy := `{"deadLetterTargetArn":"` + queueARN("dlq") + `","maxReceiveCount":5}`
	in := &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"RedrivePolicy": policy}}
	_, err := s.createQueue(s.request(), in)
	s.refuses(err, "InvalidParameterValue", "Dead letter target does not exist")
	s.queue("dlq", nil)
	must(s.createQueue(s.request(), in))
	// The same in other words is the same queue.
	in.Attributes["RedrivePolicy"] = `{ "maxReceiveCount": 5, "deadLetterTargetArn": "` + queueARN("dlq") + `" }`
	must(s.createQueue(s.request(), in))
	same(t, s.attributes("jobs")["RedrivePolicy"], policy)

	sources := must(s.listDeadLetterSourceQueues(s.request(), &sqs.ListDeadLetterSourceQueuesInput{QueueUrl: queueURL("dlq")}))
	same(t, sources.QueueUrls, []string{*queueURL("jobs")})

	for bad, fragment := range map[string]string{
		`{`:                           "not a valid JSON",
		`{"maxReceiveCount":1}`:       "deadLetterTargetArn",
		redriveTo("dlq", "0"):         "valid values are from 1 to 1000",
		redriveTo("dlq", `"1001"`):    "valid values are from 1 to 1000",
		redriveTo("none", "3"):        "Dead letter target does not exist",
		redriveTo("other.fifo", "3"):  "same type of queue",
		`{"deadLetterTargetArn":"x"}`: "same as the source",
	} {
		s.queue("other.fifo", map[string]string{"FifoQueue": "true"})
		_, err := s.setQueueAttributes(s.request(), &sqs.SetQueueAttributesInput{QueueUrl: queueURL("jobs"), Attributes: map[string]string{"RedrivePolicy": bad}})
		s.refuses(err, "InvalidParameterValue", fragment)
	}
}

func redriveTo(queue, count string) string {
	return `{"deadLetterTargetArn":"` + queueARN(queue) + `","maxReceiveCount":` + count + `}`
}

func TestDeletedQueueBarsItsName(t *testing.T) {
	s := newStage(t)
	s.delays.QueueNameCooldown = time.Minute
	url := s.queue("jobs", nil)
	must(s.deleteQueue(s.request(), &sqs.DeleteQueueInput{QueueUrl: url}))
	_, err := s.deleteQueue(s.request(), &sqs.DeleteQueueInput{QueueUrl: url})
	s.refuses(err, "QueueDoesNotExist", "The specified queue does not exist.")
	s.pass(time.Minute - time.Nanosecond)
	_, err = s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
	s.refuses(err, "QueueDeletedRecently", "You must wait 60 seconds after deleting a queue")
	s.pass(time.Nanosecond)
	s.queue("jobs", nil)
}

func TestNewQueueMayBeHiddenForAWhile(t *testing.T) {
	s := newStage(t)
	s.delays.QueueVisible = time.Second
	s.queue("jobs", nil)
	_, err := s.getQueueURL(s.request(), &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
	s.refuses(err, "QueueDoesNotExist", "")
	s.queue("jobs", nil) // CreateQueue knows it
	s.pass(time.Second)
	must(s.getQueueURL(s.request(), &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")}))
}

func TestQueueURLsAreReadByTheirPath(t *testing.T) {
	s := newStage(t)
	s.queue("jobs", nil)
	for _, good := range []string{"http://127.0.0.1:4599/123456789012/jobs", "https://queue.amazonaws.com/123456789012/jobs"} {
		_, err := s.listQueueTags(s.request(), &sqs.ListQueueTagsInput{QueueUrl: &good})
		s.accepts(err)
	}
	for _, bad := range []string{"https://x/123456789012/none", "https://x/999999999999/jobs"} {
		_, err := s.listQueueTags(s.request(), &sqs.ListQueueTagsInput{QueueUrl: &bad})
		s.refuses(err, "QueueDoesNotExist", "")
	}
	for _, bad := range []string{"jobs", "https://x/jobs", "https://x/1/2/3"} {
		_, err := s.listQueueTags(s.request(), &sqs.ListQueueTagsInput{QueueUrl: &bad})
		s.refuses(err, "InvalidAddress", "")
	}
	_, err := s.listQueueTags(s.request(), &sqs.ListQueueTagsInput{})
	s.refuses(err, "MissingParameter", "QueueUrl")
}

func TestQueueTags(t *testing.T) {
	s := newStage(t)
	url := must(s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Tags: map[string]string{"a": "1"}})).QueueUrl
	must(s.tagQueue(s.request(), &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"b": "2", "a": "3"}}))
	must(s.untagQueue(s.request(), &sqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"b"}}))
	same(t, must(s.listQueueTags(s.request(), &sqs.ListQueueTagsInput{QueueUrl: url})).Tags, map[string]string{"a": "3"})
	_, err := s.tagQueue(s.request(), &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"aws:x": "2"}})
	s.refuses(err, "InvalidParameterValue", "aws:")
}

func TestListQueuesByPrefixAndPage(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"b-1", "a-2", "a-1", "a-3"} {
		s.queue(name, nil)
	}
	first := must(s.listQueues(s.request(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String("a-"), MaxResults: aws.Int32(2)}))
	same(t, first.QueueUrls, []string{*queueURL("a-1"), *queueURL("a-2")})
	second := must(s.listQueues(s.request(), &sqs.ListQueuesInput{QueueNamePrefix: aws.String("a-"), MaxResults: aws.Int32(2), NextToken: first.NextToken}))
	same(t, second.QueueUrls, []string{*queueURL("a-3")})
	if second.NextToken != nil {
		t.Error("a third page")
	}
}

func TestPurgeOnceAMinute(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}))
	must(s.purgeQueue(s.request(), &sqs.PurgeQueueInput{QueueUrl: url}))
	same(t, s.attributes("jobs")["ApproximateNumberOfMessages"], "0")
	_, err := s.purgeQueue(s.request(), &sqs.PurgeQueueInput{QueueUrl: url})
	s.refuses(err, "PurgeQueueInProgress", "jobs")
	s.pass(time.Minute)
	must(s.purgeQueue(s.request(), &sqs.PurgeQueueInput{QueueUrl: url}))
}
