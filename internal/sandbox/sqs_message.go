package sandbox

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// message is a message in a queue. It is delayed or in flight until VisibleAt: the first if it was
// never received, else the second.
type message struct {
	ID            string
	Body          string
	Attributes    map[string]types.MessageAttributeValue `json:",omitempty"`
	TraceHeader   string                                 `json:",omitempty"`
	GroupID       string                                 `json:",omitempty"` // of a FIFO queue
	DuplicateID   string                                 `json:",omitempty"`
	Sequence      string                                 `json:",omitempty"`
	DeadFrom      string                                 `json:",omitempty"` // ARN of the queue that gave it up
	Number        int64                                  `json:",omitempty"` // rises from message to message; 0 in the file of an older program
	Sent          time.Time
	VisibleAt     time.Time
	FirstReceived time.Time `json:",omitzero"`
	Receives      int       `json:",omitempty"`
	Receipt       string    `json:",omitempty"` // the nonce of the newest receipt handle
}

// sentOnce remembers a deduplication ID for the five minutes in which SQS takes it for the same message.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
type sentOnce struct {
	At        time.Time
	MessageID string
	Sequence  string
}

const duplicateInterval = 5 * time.Minute

// count counts the messages that can be received, are in flight, and are delayed.
func (q *queue) count(now time.Time) (visible, inFlight, delayed int) {
	q.expire(now)
	rest := q.Messages
	if !q.isFIFO() {
		visible = q.firstAfter(now)
		rest = rest[visible:]
	}
	for _, m := range rest {
		switch {
		case !now.Before(m.VisibleAt):
			visible++
		case m.Receives > 0:
			inFlight++
		default:
			delayed++
		}
	}
	return visible, inFlight, delayed
}

// expire forgets what is older than the retention period.
func (q *queue) expire(now time.Time) {
	oldest := now.Add(-q.seconds("MessageRetentionPeriod"))
	q.Messages = slices.DeleteFunc(q.Messages, func(m *message) bool { return m.Sent.Before(oldest) })
}

func (w *world) sendMessage(r *request, in *sqs.SendMessageInput) (*sqs.SendMessageOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	m, err := q.send(r.now, types.SendMessageBatchRequestEntry{
		MessageBody:             in.MessageBody,
		DelaySeconds:            in.DelaySeconds,
		MessageAttributes:       in.MessageAttributes,
		MessageDeduplicationId:  in.MessageDeduplicationId,
		MessageGroupId:          in.MessageGroupId,
		MessageSystemAttributes: in.MessageSystemAttributes,
	})
	if err != nil {
		return nil, err
	}
	return &sqs.SendMessageOutput{
		MessageId:              aws.String(m.ID),
		MD5OfMessageBody:       md5Hex([]byte(m.Body)),
		MD5OfMessageAttributes: md5OfAttributes(m.Attributes),
		SequenceNumber:         orNil(m.Sequence),
	}, nil
}

// send puts a message into the queue. One that a FIFO queue has seen lately is not put there again,
// but answered like the first.
func (q *queue) send(now time.Time, in types.SendMessageBatchRequestEntry) (*message, error) {
	if err := q.checkMessage(in); err != nil {
		return nil, err
	}
	m := &message{
		ID:         newUUID(),
		Body:       *in.MessageBody,
		Attributes: in.MessageAttributes,
		GroupID:    aws.ToString(in.MessageGroupId),
		Sent:       now,
		VisibleAt:  now.Add(q.seconds("DelaySeconds")),
	}
	if in.DelaySeconds > 0 {
		m.VisibleAt = now.Add(time.Duration(in.DelaySeconds) * time.Second)
	}
	if trace, ok := in.MessageSystemAttributes["AWSTraceHeader"]; ok {
		m.TraceHeader = aws.ToString(trace.StringValue)
	}
	q.Counts.Sent++
	// Several messages may be sent at one moment.
	q.Number = max(q.Number+1, now.UnixNano())
	m.Number = q.Number
	if q.isFIFO() && q.isDuplicate(now, m, aws.ToString(in.MessageDeduplicationId)) {
		return m, nil
	}
	q.put(m)
	return m, nil
}

// isDuplicate gives m the identity of the message that it repeats, or remembers it as a new one.
func (q *queue) isDuplicate(now time.Time, m *message, id string) bool {
	if id == "" {
		id = *md5Hex([]byte(m.Body)) // AWS takes SHA-256; nobody can tell
	}
	m.DuplicateID = id
	maps.DeleteFunc(q.Duplicates, func(_ string, s sentOnce) bool { return !now.Before(s.At.Add(duplicateInterval)) })
	if first, ok := q.Duplicates[id]; ok {
		m.ID, m.Sequence = first.MessageID, first.Sequence
		return true
	}
	if q.Duplicates == nil {
		q.Duplicates = map[string]sentOnce{}
	}
	m.Sequence = strconv.FormatInt(m.Number, 10)
	q.Duplicates[id] = sentOnce{At: now, MessageID: m.ID, Sequence: m.Sequence}
	return false
}

func (q *queue) checkMessage(in types.SendMessageBatchRequestEntry) error {
	body := aws.ToString(in.MessageBody)
	if body == "" {
		return sqsMissingParameter("MessageBody")
	}
	if i := strings.IndexFunc(body, func(c rune) bool { return !sqsAllows(c) }); i >= 0 {
		return &types.InvalidMessageContents{Message: aws.String("Invalid characters found in the message body.")}
	}
	if most := q.number("MaximumMessageSize"); messageSize(in) > most {
		return sqsInvalidParameter("One or more parameters are invalid. Reason: Message must be shorter than " + strconv.Itoa(most) + " bytes.")
	}
	if in.DelaySeconds < 0 || in.DelaySeconds > 900 {
		return sqsBadValue(strconv.Itoa(int(in.DelaySeconds)), "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
	}
	if err := checkMessageAttributes(in.MessageAttributes); err != nil {
		return err
	}
	return q.checkFIFOMessage(in)
}

func (q *queue) checkFIFOMessage(in types.SendMessageBatchRequestEntry) error {
	switch {
	case !q.isFIFO() && in.MessageDeduplicationId != nil:
		return sqsBadValue(*in.MessageDeduplicationId, "MessageDeduplicationId", "The request includes a parameter that is not valid for this queue type.")
	case q.isFIFO() && in.DelaySeconds > 0:
		return sqsBadValue(strconv.Itoa(int(in.DelaySeconds)), "DelaySeconds", "The request include parameter that is not valid for this queue type.")
	case q.isFIFO() && aws.ToString(in.MessageGroupId) == "":
		return sqsMissingParameter("MessageGroupId")
	case q.isFIFO() && in.MessageDeduplicationId == nil && q.Attributes["ContentBasedDeduplication"] != "true":
		return sqsInvalidParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	}
	return nil
}

// sqsAllows says which characters a body may hold: those of XML 1.0.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func sqsAllows(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' ||
		0x20 <= c && c <= 0xD7FF || 0xE000 <= c && c <= 0xFFFD || 0x10000 <= c && c <= 0x10FFFF
}

// messageSize counts what SQS counts: the body and the names, types and values of the attributes.
func messageSize(in types.SendMessageBatchRequestEntry) int {
	size := len(aws.ToString(in.MessageBody))
	for name, value := range in.MessageAttributes {
		size += len(name) + len(aws.ToString(value.DataType)) + len(aws.ToString(value.StringValue)) + len(value.BinaryValue)
	}
	return size
}

func checkMessageAttributes(attributes map[string]types.MessageAttributeValue) error {
	if len(attributes) > 10 {
		return sqsInvalidParameter("Number of message attributes [" + strconv.Itoa(len(attributes)) + "] exceeds the allowed maximum [10].")
	}
	for _, name := range sortedKeys(attributes) {
		value := attributes[name]
		kind, _, _ := strings.Cut(aws.ToString(value.DataType), ".")
		switch {
		case kind == "":
			return sqsInvalidParameter("The message attribute '" + name + "' must contain non-empty message attribute type.")
		case kind != "String" && kind != "Number" && kind != "Binary":
			return sqsInvalidParameter("The type of message (user) attribute '" + name + "' is invalid. You must use only the following supported type prefixes: Binary, Number, String.")
		case kind == "Binary" && len(value.BinaryValue) == 0, kind != "Binary" && aws.ToString(value.StringValue) == "":
			return sqsInvalidParameter("The message attribute '" + name + "' must contain non-empty message attribute value for message attribute type '" + kind + "'.")
		}
	}
	return nil
}

func md5Hex(b []byte) *string {
	sum := md5.Sum(b)
	return aws.String(hex.EncodeToString(sum[:]))
}

// md5OfAttributes is the digest by which clients check that attributes arrived whole.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
func md5OfAttributes(attributes map[string]types.MessageAttributeValue) *string {
	if len(attributes) == 0 {
		return nil
	}
	var text []byte
	add := func(b []byte) {
		text = binary.BigEndian.AppendUint32(text, uint32(len(b)))
		text = append(text, b...)
	}
	for _, name := range sortedKeys(attributes) {
		value := attributes[name]
		add([]byte(name))
		add([]byte(aws.ToString(value.DataType)))
		if value.StringValue != nil {
			text = append(text, 1)
			add([]byte(*value.StringValue))
		} else {
			text = append(text, 2)
			add(value.BinaryValue)
		}
	}
	return md5Hex(text)
}
