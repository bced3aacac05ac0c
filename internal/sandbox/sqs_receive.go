package sandbox

import (
	"encoding/base64"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// receiveMessage answers at once if there is a message, else when the time that call or queue set for
// a long poll is over.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
func (w *world) receiveMessage(r *request, in *sqs.ReceiveMessageInput) (*sqs.ReceiveMessageOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if err := checkReceive(in); err != nil {
		return nil, err
	}
	hidden := q.seconds("VisibilityTimeout")
	if in.VisibilityTimeout > 0 {
		hidden = time.Duration(in.VisibilityTimeout) * time.Second
	}
	out := &sqs.ReceiveMessageOutput{}
	q.expire(r.now)
	for _, m := range w.take(r, q, max(1, int(in.MaxNumberOfMessages))) {
		q.receive(m, r.now, r.now.Add(hidden))
		out.Messages = append(out.Messages, m.received(r, q, in))
	}
	poll := q.seconds("ReceiveMessageWaitTimeSeconds")
	if in.WaitTimeSeconds > 0 {
		poll = time.Duration(in.WaitTimeSeconds) * time.Second
	}
	if len(out.Messages) == 0 && r.waited < poll {
		return nil, notYet{}
	}
	if len(out.Messages) == 0 {
		q.Counts.Empty++
	}
	return out, nil
}

// receive hides a message for whoever receives it now.
func (q *queue) receive(m *message, now, until time.Time) {
	m.Receives++
	m.Receipt = newUUID()
	if m.FirstReceived.IsZero() {
		m.FirstReceived = now
	}
	q.hide(m, until)
	q.Counts.Received++
}

// delete is what a worker does with a message that is done; nil is one that is gone already.
func (q *queue) delete(m *message) {
	if m != nil {
		q.remove(m)
		q.Counts.Deleted++
	}
}

func checkReceive(in *sqs.ReceiveMessageInput) error {
	switch n := int(in.MaxNumberOfMessages); {
	case n < 0 || n > 10:
		return sqsBadValue(strconv.Itoa(n), "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
	case in.WaitTimeSeconds < 0 || in.WaitTimeSeconds > 20:
		return sqsBadValue(strconv.Itoa(int(in.WaitTimeSeconds)), "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
	case in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43_200:
		return sqsBadVisibility(in.VisibilityTimeout)
	}
	return nil
}

func sqsBadVisibility(seconds int32) error {
	return sqsBadValue(strconv.Itoa(int(seconds)), "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200")
}

// take returns up to n messages that can be received. What was received too often goes to the
// dead-letter queue on the way, as in AWS: at the next receive, not when its timeout ends (but see
// giveUpMessages).
func (w *world) take(r *request, q *queue, n int) []*message {
	dlq, most := w.deadLetters(r, q)
	var taken, buried []*message
	busy := map[string]bool{} // groups of a FIFO queue with a message in flight: the next must wait
	for _, m := range q.Messages {
		hidden := r.now.Before(m.VisibleAt)
		if len(taken) == n || hidden && !q.isFIFO() {
			break
		}
		switch {
		case busy[m.GroupID] && q.isFIFO():
		case hidden:
			busy[m.GroupID] = true
		case dlq != nil && m.Receives >= most:
			buried = append(buried, m)
		default:
			taken = append(taken, m)
		}
	}
	q.bury(r, buried, dlq)
	return taken
}

// deadLetters is the queue to which messages go that were received so often; nil where there is none.
func (w *world) deadLetters(r *request, q *queue) (dlq *queue, most int) {
	redrive, ok := q.redrive()
	if !ok {
		return nil, 0
	}
	return w.in(r).Queues[strings.TrimPrefix(redrive.TargetARN, r.arn("sqs", ""))], redrive.most()
}

// bury moves messages to the dead-letter queue.
func (q *queue) bury(r *request, dead []*message, dlq *queue) {
	for _, m := range dead {
		q.remove(m)
		m.DeadFrom, m.VisibleAt = r.arn("sqs", q.Name), r.now
		dlq.put(m)
	}
}

func (m *message) received(r *request, q *queue, in *sqs.ReceiveMessageInput) types.Message {
	attributes := m.chosenAttributes(in.MessageAttributeNames)
	return types.Message{
		MessageId:              aws.String(m.ID),
		ReceiptHandle:          aws.String(m.receiptHandle(q)),
		Body:                   aws.String(m.Body),
		MD5OfBody:              md5Hex([]byte(m.Body)),
		Attributes:             m.systemAttributes(r, in),
		MessageAttributes:      attributes,
		MD5OfMessageAttributes: md5OfAttributes(attributes),
	}
}

// systemAttributes returns those asked for, by the parameter's new name or its old one.
func (m *message) systemAttributes(r *request, in *sqs.ReceiveMessageInput) map[string]string {
	all := map[string]string{
		"SenderId":                         r.account,
		"SentTimestamp":                    unixMillis(m.Sent),
		"ApproximateFirstReceiveTimestamp": unixMillis(m.FirstReceived),
		"ApproximateReceiveCount":          strconv.Itoa(m.Receives),
		"AWSTraceHeader":                   m.TraceHeader,
		"MessageGroupId":                   m.GroupID,
		"MessageDeduplicationId":           m.DuplicateID,
		"SequenceNumber":                   m.Sequence,
		"DeadLetterQueueSourceArn":         m.DeadFrom,
	}
	asked := map[string]bool{}
	for _, name := range in.AttributeNames { //nolint:staticcheck // older clients still ask in its words
		asked[string(name)] = true
	}
	for _, name := range in.MessageSystemAttributeNames {
		asked[string(name)] = true
	}
	maps.DeleteFunc(all, func(name, value string) bool { return value == "" || !asked["All"] && !asked[name] })
	if len(all) == 0 {
		return nil
	}
	return all
}

// chosenAttributes picks by name, by "prefix.*", or all by "All" or ".*".
func (m *message) chosenAttributes(names []string) map[string]types.MessageAttributeValue {
	chosen := map[string]types.MessageAttributeValue{}
	for attribute, value := range m.Attributes {
		for _, name := range names {
			prefix, wild := strings.CutSuffix(name, ".*")
			if name == "All" || name == attribute || wild && strings.HasPrefix(attribute, prefix) {
				chosen[attribute] = value
			}
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	return chosen
}

// A receipt handle names queue, message and the receive that gave it out.
func (m *message) receiptHandle(q *queue) string {
	return base64.StdEncoding.EncodeToString([]byte(q.Name + " " + m.ID + " " + m.Receipt))
}

// byReceipt finds the message of a handle: nil if it is gone, or was received again since. A handle
// that this queue cannot have given out is an error.
func (q *queue) byReceipt(handle *string) (*message, error) {
	if aws.ToString(handle) == "" {
		return nil, sqsMissingParameter("ReceiptHandle")
	}
	plain, err := base64.StdEncoding.DecodeString(*handle)
	parts := strings.Fields(string(plain))
	if err != nil || len(parts) != 3 || parts[0] != q.Name {
		return nil, &types.ReceiptHandleIsInvalid{Message: aws.String("The input receipt handle \"" + *handle + "\" is not a valid receipt handle.")}
	}
	for _, m := range q.Messages {
		if m.ID == parts[1] && m.Receipt == parts[2] {
			return m, nil
		}
	}
	return nil, nil
}

// deleteMessage deletes what is there; a message that is gone already is no error.
func (w *world) deleteMessage(r *request, in *sqs.DeleteMessageInput) (*sqs.DeleteMessageOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	m, err := q.byReceipt(in.ReceiptHandle)
	if err != nil {
		return nil, err
	}
	q.delete(m)
	return &sqs.DeleteMessageOutput{}, nil
}

func (w *world) changeMessageVisibility(r *request, in *sqs.ChangeMessageVisibilityInput) (*sqs.ChangeMessageVisibilityOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if in.VisibilityTimeout < 0 || in.VisibilityTimeout > 43_200 {
		return nil, sqsBadVisibility(in.VisibilityTimeout)
	}
	m, err := q.byReceipt(in.ReceiptHandle)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, sqsBadValue(*in.ReceiptHandle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
	}
	if !r.now.Before(m.VisibleAt) {
		return nil, &types.MessageNotInflight{Message: aws.String("The specified message isn't in flight.")}
	}
	q.hide(m, r.now.Add(time.Duration(in.VisibilityTimeout)*time.Second))
	return &sqs.ChangeMessageVisibilityOutput{}, nil
}

func unixMillis(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
