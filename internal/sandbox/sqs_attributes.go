package sandbox

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

var (
	standardQueueName = pattern(`^[0-9A-Za-z_-]{1,80}$`)
	fifoQueueName     = pattern(`^[0-9A-Za-z_-]{1,75}\.fifo$`)
)

func checkQueueName(name string, fifo bool) error {
	switch {
	case name == "":
		return sqsMissingParameter("QueueName")
	case fifo && !fifoQueueName().MatchString(name):
		return sqsInvalidParameter("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.")
	case !fifo && !standardQueueName().MatchString(name):
		return sqsInvalidParameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// defaultQueueAttributes are those of a queue created without any.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
func defaultQueueAttributes() map[string]string {
	return map[string]string{
		"DelaySeconds":                  "0",
		"MaximumMessageSize":            "1048576",
		"MessageRetentionPeriod":        "345600",
		"ReceiveMessageWaitTimeSeconds": "0",
		"SqsManagedSseEnabled":          "true",
		"VisibilityTimeout":             "30",
	}
}

// checkQueueAttribute returns nil for a value that SQS takes without looking at anything else.
func checkQueueAttribute(name, value string) error {
	fifoOnly := []string{"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}
	good := true
	switch name {
	case "DelaySeconds":
		good = wholeBetween(value, 0, 900)
	case "MaximumMessageSize":
		good = wholeBetween(value, 1024, 1_048_576)
	case "MessageRetentionPeriod":
		good = wholeBetween(value, 60, 1_209_600)
	case "ReceiveMessageWaitTimeSeconds":
		good = wholeBetween(value, 0, 20)
	case "VisibilityTimeout":
		good = wholeBetween(value, 0, 43_200)
	case "KmsDataKeyReusePeriodSeconds":
		good = wholeBetween(value, 60, 86_400)
	case "SqsManagedSseEnabled":
		good = value == "true" || value == "false"
	case "Policy":
		good = value == "" || len(value) <= 8192 && json.Valid([]byte(value))
	case "RedriveAllowPolicy":
		good = value == "" || goodRedriveAllowPolicy(value)
	case "FifoQueue":
		// A standard queue is one without the attribute: AWS knows no FifoQueue=false.
		if value != "true" {
			return unknownQueueAttribute(name)
		}
	case "RedrivePolicy", "KmsMasterKeyId":
	default:
		good = slices.Contains(fifoOnly, name)
		if !good {
			return unknownQueueAttribute(name)
		}
	}
	if !good {
		return &types.InvalidAttributeValue{Message: aws.String("Invalid value for the parameter " + name + ".")}
	}
	return nil
}

func unknownQueueAttribute(name string) error {
	return &types.InvalidAttributeName{Message: aws.String("Unknown Attribute " + name + ".")}
}

func wholeBetween(value string, least, most int) bool {
	n, err := strconv.Atoi(value)
	return err == nil && least <= n && n <= most
}

func goodRedriveAllowPolicy(value string) bool {
	var policy struct {
		RedrivePermission string   `json:"redrivePermission"`
		SourceQueueARNs   []string `json:"sourceQueueArns"`
	}
	if json.Unmarshal([]byte(value), &policy) != nil {
		return false
	}
	switch policy.RedrivePermission {
	case "allowAll", "denyAll":
		return len(policy.SourceQueueARNs) == 0
	case "byQueue":
		return len(policy.SourceQueueARNs) >= 1 && len(policy.SourceQueueARNs) <= 10
	}
	return false
}

// checkQueueAttributes checks what is given for a queue that has old so far (nil: it is new).
func (w *world) checkQueueAttributes(r *request, name string, old, given map[string]string) error {
	for _, attribute := range sortedKeys(given) {
		if err := checkQueueAttribute(attribute, given[attribute]); err != nil {
			return err
		}
	}
	fifo := strings.HasSuffix(name, ".fifo")
	_, typed := given["FifoQueue"]
	if typed && old != nil && old["FifoQueue"] == "" {
		return unknownQueueAttribute("FifoQueue") // a queue's type is for life
	}
	if given["KmsMasterKeyId"] != "" && given["SqsManagedSseEnabled"] == "true" {
		return &types.InvalidAttributeValue{Message: aws.String(
			"You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")}
	}
	if !fifo {
		for _, attribute := range []string{"ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"} {
			if _, ok := given[attribute]; ok {
				return unknownQueueAttribute(attribute)
			}
		}
	}
	if policy := given["RedrivePolicy"]; policy != "" {
		return w.checkRedrivePolicy(r, policy, fifo)
	}
	return nil
}

// redrivePolicy is the attribute RedrivePolicy. AWS takes the count as a number or a string.
type redrivePolicy struct {
	TargetARN       string      `json:"deadLetterTargetArn"`
	MaxReceiveCount json.Number `json:"maxReceiveCount"`
}

// most returns how often a message may be received before it goes to the dead-letter queue.
func (p redrivePolicy) most() int {
	if p.MaxReceiveCount == "" {
		return 10 // AWS's default
	}
	n, _ := strconv.Atoi(p.MaxReceiveCount.String())
	return n
}

func (q *queue) redrive() (redrivePolicy, bool) {
	var policy redrivePolicy
	err := json.Unmarshal([]byte(q.Attributes["RedrivePolicy"]), &policy)
	return policy, err == nil
}

func (w *world) checkRedrivePolicy(r *request, value string, fifo bool) error {
	bad := func(reason string) error { return sqsBadValue(value, "RedrivePolicy", reason) }
	var policy redrivePolicy
	if err := json.Unmarshal([]byte(value), &policy); err != nil {
		return bad("Redrive policy is not a valid JSON map.")
	}
	if policy.TargetARN == "" {
		return bad("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	if n := policy.most(); n < 1 || n > 1000 {
		return bad("Invalid value for maxReceiveCount: " + policy.MaxReceiveCount.String() + ", valid values are from 1 to 1000 both inclusive.")
	}
	target, ok := strings.CutPrefix(policy.TargetARN, r.arn("sqs", ""))
	if !ok {
		return bad("Dead-letter target owner should be same as the source.")
	}
	dlq, ok := w.queueNamed(r, target)
	if !ok {
		return bad("Dead letter target does not exist.")
	}
	if dlq.isFIFO() != fifo {
		return bad("Dead-letter queue must be same type of queue as the source.")
	}
	return nil
}

// set puts the given attributes over the queue's; "" takes one away.
func (q *queue) set(given map[string]string) {
	for name, value := range given {
		if value == "" {
			delete(q.Attributes, name)
			continue
		}
		q.Attributes[name] = value
	}
	switch {
	case given["KmsMasterKeyId"] != "":
		q.Attributes["SqsManagedSseEnabled"] = "false"
	case given["SqsManagedSseEnabled"] == "true":
		delete(q.Attributes, "KmsMasterKeyId")
	}
	if q.isFIFO() {
		if _, ok := q.Attributes["ContentBasedDeduplication"]; !ok {
			q.Attributes["ContentBasedDeduplication"] = "false"
		}
	}
}

// differsFrom names an attribute of which the queue has another value than the one given.
func (q *queue) differsFrom(given map[string]string) (attribute string, differs bool) {
	for _, name := range sortedKeys(given) {
		if !sameValue(q.Attributes[name], given[name]) {
			return name, true
		}
	}
	return "", false
}

// sameValue compares JSON by what it says, all else by its letters.
func sameValue(a, b string) bool {
	if a == b {
		return true
	}
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}

func (w *world) getQueueAttributes(r *request, in *sqs.GetQueueAttributesInput) (*sqs.GetQueueAttributesOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	known := types.QueueAttributeName("").Values()
	all := q.allAttributes(r)
	asked := make(map[string]string, len(all))
	for _, name := range in.AttributeNames {
		if !slices.Contains(known, name) {
			return nil, unknownQueueAttribute(string(name))
		}
		if name == types.QueueAttributeNameAll {
			maps.Copy(asked, all)
		} else if value, ok := all[string(name)]; ok {
			asked[string(name)] = value
		}
	}
	return &sqs.GetQueueAttributesOutput{Attributes: asked}, nil
}

func (q *queue) allAttributes(r *request) map[string]string {
	visible, inFlight, delayed := q.count(r.now)
	all := maps.Clone(q.Attributes)
	all["QueueArn"] = r.arn("sqs", q.Name)
	all["CreatedTimestamp"] = unixSeconds(q.Created)
	all["LastModifiedTimestamp"] = unixSeconds(q.Modified)
	all["ApproximateNumberOfMessages"] = strconv.Itoa(visible)
	all["ApproximateNumberOfMessagesNotVisible"] = strconv.Itoa(inFlight)
	all["ApproximateNumberOfMessagesDelayed"] = strconv.Itoa(delayed)
	return all
}

func unixSeconds(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
