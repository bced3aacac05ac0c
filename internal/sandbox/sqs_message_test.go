package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (s *stage) send(url *string, body string) *sqs.SendMessageOutput {
	s.Helper()
	out, err := s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body})
	s.accepts(err)
	return out
}

func (s *stage) receive(url *string, most int32) []types.Message {
	s.Helper()
	out, err := s.receiveMessage(s.request(), &sqs.ReceiveMessageInput{
		QueueUrl: url, MaxNumberOfMessages: most, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	s.accepts(err)
	return out.Messages
}

// counts are the messages visible, in flight and delayed.
func (s *stage) counts(name string) [3]string {
	s.Helper()
	a := s.attributes(name)
	return [3]string{a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"]}
}

func TestMessageLifeFromSendToDelete(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	sent := s.send(url, "hello")
	same(t, *sent.MD5OfMessageBody, "5d41402abc4b2a76b9719d911017c592")
	same(t, s.counts("jobs"), [3]string{"1", "0", "0"})

	s.pass(time.Second)
	got := s.receive(url, 10)
	same(t, len(got), 1)
	same(t, []string{*got[0].MessageId, *got[0].Body, *got[0].MD5OfBody}, []string{*sent.MessageId, "hello", *sent.MD5OfMessageBody})
	same(t, got[0].Attributes, map[string]string{
		"ApproximateReceiveCount": "1", "ApproximateFirstReceiveTimestamp": "1795176011000", "SentTimestamp": "1795176010000", "SenderId": "123456789012",
	})
	same(t, s.counts("jobs"), [3]string{"0", "1", "0"})
	same(t, len(s.receive(url, 10)), 0)

	s.pass(30 * time.Second) // the visibility timeout
	same(t, s.counts("jobs"), [3]string{"1", "0", "0"})
	again := s.receive(url, 10)
	same(t, again[0].Attributes["ApproximateReceiveCount"], "2")
	same(t, again[0].Attributes["ApproximateFirstReceiveTimestamp"], "1795176011000")

	// The first receipt is out of date and deletes nothing, without an error.
	must(s.deleteMessage(s.request(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle}))
	same(t, s.counts("jobs"), [3]string{"0", "1", "0"})
	for range 2 {
		must(s.deleteMessage(s.request(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: again[0].ReceiptHandle}))
		same(t, s.counts("jobs"), [3]string{"0", "0", "0"})
	}
	_, err := s.deleteMessage(s.request(), &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("rubbish")})
	s.refuses(err, "ReceiptHandleIsInvalid", `"rubbish" is not a valid receipt handle`)
}

func TestDelayedMessagesWait(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", map[string]string{"DelaySeconds": "60"})
	s.send(url, "queue's delay")
	must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("own delay"), DelaySeconds: 90}))
	same(t, s.counts("jobs"), [3]string{"0", "0", "2"})
	s.pass(time.Minute)
	same(t, s.counts("jobs"), [3]string{"1", "0", "1"})
	same(t, len(s.receive(url, 10)), 1)
}

func TestVisibilityCanBeChanged(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	s.send(url, "x")
	change := func(receipt *string, seconds int32) error {
		_, err := s.changeMessageVisibility(s.request(), &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: seconds})
		return err
	}
	receipt := s.receive(url, 1)[0].ReceiptHandle
	s.accepts(change(receipt, 100))
	s.pass(99 * time.Second)
	same(t, s.counts("jobs"), [3]string{"0", "1", "0"})
	s.accepts(change(receipt, 0))
	same(t, s.counts("jobs"), [3]string{"1", "0", "0"})
	s.refuses(change(receipt, 10), "MessageNotInflight", "")
	s.refuses(change(receipt, 43_201), "InvalidParameterValue", "between 0 and 43200")
	out := must(s.receiveMessage(s.request(), &sqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 5}))
	s.refuses(change(receipt, 10), "InvalidParameterValue", "not available for visibility timeout change")
	s.pass(5 * time.Second)
	same(t, s.counts("jobs"), [3]string{"1", "0", "0"})
	same(t, len(out.Messages), 1)
	if out.Messages[0].Attributes != nil {
		t.Error("attributes that nobody asked for")
	}
}

func TestPoisonGoesToTheDeadLetterQueue(t *testing.T) {
	s := newStage(t)
	dlq := s.queue("dlq", nil)
	url := s.queue("jobs", map[string]string{"RedrivePolicy": redriveTo("dlq", "2"), "VisibilityTimeout": "10"})
	sent := s.send(url, "poison")
	for range 2 {
		same(t, len(s.receive(url, 1)), 1)
		s.pass(10 * time.Second)
	}
	same(t, s.counts("jobs"), [3]string{"1", "0", "0"}) // it moves at the next receive
	same(t, len(s.receive(url, 1)), 0)
	same(t, s.counts("jobs"), [3]string{"0", "0", "0"})
	same(t, s.counts("dlq"), [3]string{"1", "0", "0"})
	dead := s.receive(dlq, 1)[0]
	same(t, []string{*dead.MessageId, dead.Attributes["DeadLetterQueueSourceArn"]}, []string{*sent.MessageId, queueARN("jobs")})
}

// Also those that were sent at one moment, whichever was hidden first: the model takes them by their number.
func TestMessagesThatComeBackTogetherDoSoInTheirOrder(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	for _, body := range []string{"a", "b", "c"} {
		s.send(url, body)
	}
	hide := map[string]*string{}
	for _, m := range s.receive(url, 10) {
		hide[*m.Body] = m.ReceiptHandle
	}
	for _, body := range []string{"c", "a", "b"} {
		must(s.changeMessageVisibility(s.request(), &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: hide[body], VisibilityTimeout: 60}))
	}
	s.pass(time.Minute)
	var bodies string
	for _, m := range s.receive(url, 10) {
		bodies += *m.Body
	}
	same(t, bodies, "abc")
}

func TestSequenceNumbersRiseWithinABatch(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs.fifo", map[string]string{"FifoQueue": "true"})
	in := &sqs.SendMessageBatchInput{QueueUrl: url}
	for _, id := range []string{"a", "b", "c"} {
		in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &id, MessageGroupId: aws.String("g"), MessageDeduplicationId: &id})
	}
	sent := must(s.sendMessageBatch(s.request(), in)).Successful
	if a, b, c := *sent[0].SequenceNumber, *sent[1].SequenceNumber, *sent[2].SequenceNumber; a >= b || b >= c {
		t.Errorf("%s, %s, %s", a, b, c)
	}
}

func TestMessagesExpire(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", map[string]string{"MessageRetentionPeriod": "60"})
	s.send(url, "x")
	s.pass(time.Minute)
	same(t, s.counts("jobs"), [3]string{"1", "0", "0"})
	s.pass(time.Second)
	same(t, s.counts("jobs"), [3]string{"0", "0", "0"})
	same(t, len(s.receive(url, 1)), 0)
}

func TestSendRefusesBadMessages(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", map[string]string{"MaximumMessageSize": "1024"})
	attribute := func(kind, value string) map[string]types.MessageAttributeValue {
		return map[string]types.MessageAttributeValue{"a": {DataType: &kind, StringValue: &value}}
	}
	for _, c := range []struct {
		in             sqs.SendMessageInput
		code, fragment string
	}{
		{sqs.SendMessageInput{}, "MissingParameter", "MessageBody"},
		{sqs.SendMessageInput{MessageBody: aws.String("a\x00b")}, "InvalidMessageContents", ""},
		{sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", 1025))}, "InvalidParameterValue", "Message must be shorter than 1024 bytes"},
		{sqs.SendMessageInput{MessageBody: aws.String("x"), DelaySeconds: 901}, "InvalidParameterValue", "DelaySeconds"},
		{sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("Text", "v")}, "InvalidParameterValue", "supported type prefixes"},
		{sqs.SendMessageInput{MessageBody: aws.String("x"), MessageAttributes: attribute("String", "")}, "InvalidParameterValue", "non-empty message attribute value"},
		{sqs.SendMessageInput{MessageBody: aws.String("x"), MessageDeduplicationId: aws.String("d")}, "InvalidParameterValue", "queue type"},
	} {
		c.in.QueueUrl = url
		_, err := s.sendMessage(s.request(), &c.in)
		s.refuses(err, c.code, c.fragment)
	}
	for _, in := range []sqs.ReceiveMessageInput{{MaxNumberOfMessages: 11}, {WaitTimeSeconds: 21}, {VisibilityTimeout: 43_201}} {
		in.QueueUrl = url
		_, err := s.receiveMessage(s.request(), &in)
		s.refuses(err, "InvalidParameterValue", "is invalid. Reason:")
	}
}

func TestMessageAttributesComeBackByName(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	attributes := map[string]types.MessageAttributeValue{
		"job.id":    {DataType: aws.String("String"), StringValue: aws.String("7")},
		"job.blob":  {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}},
		"unrelated": {DataType: aws.String("Number"), StringValue: aws.String("1")},
	}
	sent := must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: attributes}))
	same(t, *sent.MD5OfMessageAttributes, "1a99d47cab1c69d86f994265a7488478")
	for names, want := range map[string]int{"All": 3, ".*": 3, "job.*": 2, "unrelated": 1, "none": 0} {
		s.pass(time.Minute)
		got := must(s.receiveMessage(s.request(), &sqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{names}})).Messages[0]
		if len(got.MessageAttributes) != want {
			t.Errorf("%s: %d attributes, want %d", names, len(got.MessageAttributes), want)
		}
	}
}

func TestBatchesFailEntryByEntry(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs", nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	out := must(s.sendMessageBatch(s.request(), &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{entry("a", "1"), entry("b", ""), entry("c", "3")}}))
	same(t, []int{len(out.Successful), len(out.Failed)}, []int{2, 1})
	same(t, []string{*out.Failed[0].Id, *out.Failed[0].Code}, []string{"b", "MissingParameter"})

	var gone []types.DeleteMessageBatchRequestEntry
	for _, m := range s.receive(url, 10) {
		gone = append(gone, types.DeleteMessageBatchRequestEntry{Id: aws.String("id" + *m.Body), ReceiptHandle: m.ReceiptHandle})
	}
	gone = append(gone, types.DeleteMessageBatchRequestEntry{Id: aws.String("bad"), ReceiptHandle: aws.String("bad")})
	deleted := must(s.deleteMessageBatch(s.request(), &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: gone}))
	same(t, []int{len(deleted.Successful), len(deleted.Failed)}, []int{2, 1})
	same(t, s.counts("jobs"), [3]string{"0", "0", "0"})

	many := make([]types.SendMessageBatchRequestEntry, 11)
	for code, entries := range map[string][]types.SendMessageBatchRequestEntry{
		"EmptyBatchRequest": nil, "TooManyEntriesInBatchRequest": many, "BatchEntryIdsNotDistinct": {entry("a", "1"), entry("a", "2")},
		"InvalidBatchEntryId": {entry("a b", "1")}, "BatchRequestTooLong": {entry("a", strings.Repeat("x", 600_000)), entry("b", strings.Repeat("x", 600_000))},
	} {
		_, err := s.sendMessageBatch(s.request(), &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		s.refuses(err, code, "")
	}
}

func TestFIFOQueueKeepsOrderAndDropsRepeats(t *testing.T) {
	s := newStage(t)
	url := s.queue("jobs.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	_, err := s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	s.refuses(err, "MissingParameter", "MessageGroupId")
	send := func(group, body string) string {
		return *must(s.sendMessage(s.request(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group})).MessageId
	}
	first := send("g", "1")
	same(t, send("g", "1"), first)
	send("g", "2")
	send("h", "3")
	same(t, *s.receive(url, 1)[0].Body, "1")
	rest := s.receive(url, 10) // "2" waits for "1"
	same(t, []int{len(rest)}, []int{1})
	same(t, *rest[0].Body, "3")
	s.pass(5 * time.Minute)
	if send("g", "1") == first {
		t.Error("a repeat is known for longer than five minutes")
	}
}
