package sandbox

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// queue is an SQS queue.
type queue struct {
	Name       string
	Created    time.Time
	Modified   time.Time
	Purged     time.Time         // when PurgeQueue was last called
	Attributes map[string]string // the settable ones, defaults included
	Tags       map[string]string
	Messages   []*message          // see put
	Number     int64               `json:",omitempty"` // of the newest message
	Duplicates map[string]sentOnce // of a FIFO queue, by deduplication ID
	Counts     counts              // since the last datapoint
	Metrics    map[string]*series  // by CloudWatch's names
}

func (w *world) sqsOperations() []operation {
	return []operation{
		op("CreateQueue", w.createQueue),
		op("GetQueueUrl", w.getQueueURL),
		op("GetQueueAttributes", w.getQueueAttributes),
		op("SetQueueAttributes", w.setQueueAttributes),
		op("ListQueues", w.listQueues),
		op("ListDeadLetterSourceQueues", w.listDeadLetterSourceQueues),
		op("ListQueueTags", w.listQueueTags),
		op("TagQueue", w.tagQueue),
		op("UntagQueue", w.untagQueue),
		op("PurgeQueue", w.purgeQueue),
		op("DeleteQueue", w.deleteQueue),
		op("SendMessage", w.sendMessage),
		op("SendMessageBatch", w.sendMessageBatch),
		op("ReceiveMessage", w.receiveMessage),
		op("DeleteMessage", w.deleteMessage),
		op("DeleteMessageBatch", w.deleteMessageBatch),
		op("ChangeMessageVisibility", w.changeMessageVisibility),
	}
}

// createQueue is idempotent as AWS's is: a queue of the same name and with equal values of the
// attributes *given* is simply named again; one that differs in a single one is a conflict.
func (w *world) createQueue(r *request, in *sqs.CreateQueueInput) (*sqs.CreateQueueOutput, error) {
	name := aws.ToString(in.QueueName)
	if err := checkQueueName(name, in.Attributes["FifoQueue"] == "true"); err != nil {
		return nil, err
	}
	place := w.in(r)
	if err := w.checkQueueAttributes(r, name, nil, in.Attributes); err != nil {
		return nil, err
	}
	if old, ok := place.Queues[name]; ok {
		if attribute, differs := old.differsFrom(in.Attributes); differs {
			return nil, &types.QueueNameExists{Message: aws.String(
				"A queue already exists with the same name and a different value for attribute " + attribute)}
		}
		return &sqs.CreateQueueOutput{QueueUrl: r.queueURL(name)}, nil
	}
	if deleted, ok := place.DeletedQueues[name]; ok && r.now.Before(deleted.Add(max(w.delays.QueueNameCooldown, w.delays.QueueDeleted))) {
		return nil, &types.QueueDeletedRecently{Message: aws.String(
			"You must wait 60 seconds after deleting a queue before you can create another with the same name.")}
	}
	tags, fault := addTags(nil, in.Tags)
	if fault != "" {
		return nil, sqsInvalidParameter(fault)
	}
	delete(place.DeletedQueues, name)
	delete(place.LeavingQueues, name)
	q := &queue{Name: name, Created: r.now, Modified: r.now, Attributes: defaultQueueAttributes(), Tags: tags}
	q.set(in.Attributes)
	place.Queues[name] = q
	return &sqs.CreateQueueOutput{QueueUrl: r.queueURL(name)}, nil
}

func (w *world) getQueueURL(r *request, in *sqs.GetQueueUrlInput) (*sqs.GetQueueUrlOutput, error) {
	owner := aws.ToString(in.QueueOwnerAWSAccountId)
	q, ok := w.queueNamed(r, aws.ToString(in.QueueName))
	if !ok || (owner != "" && owner != r.account) {
		return nil, queueDoesNotExist()
	}
	return &sqs.GetQueueUrlOutput{QueueUrl: r.queueURL(q.Name)}, nil
}

func (w *world) setQueueAttributes(r *request, in *sqs.SetQueueAttributesInput) (*sqs.SetQueueAttributesOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if len(in.Attributes) == 0 {
		return nil, sqsMissingParameter("Attribute.Name")
	}
	if err := w.checkQueueAttributes(r, q.Name, q.Attributes, in.Attributes); err != nil {
		return nil, err
	}
	q.set(in.Attributes)
	q.Modified = r.now
	return &sqs.SetQueueAttributesOutput{}, nil
}

func (w *world) listQueues(r *request, in *sqs.ListQueuesInput) (*sqs.ListQueuesOutput, error) {
	var urls []string
	place := w.in(r)
	names := append(sortedKeys(place.Queues), sortedKeys(place.LeavingQueues)...)
	slices.Sort(names)
	for _, name := range names {
		if _, answers := w.queueNamed(r, name); answers && strings.HasPrefix(name, aws.ToString(in.QueueNamePrefix)) {
			urls = append(urls, *r.queueURL(name))
		}
	}
	part, next, err := pageOfQueues(urls, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	return &sqs.ListQueuesOutput{QueueUrls: part, NextToken: next}, nil
}

func (w *world) listDeadLetterSourceQueues(r *request, in *sqs.ListDeadLetterSourceQueuesInput) (*sqs.ListDeadLetterSourceQueuesOutput, error) {
	target, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, q := range byName(w.in(r).Queues) {
		if redrive, ok := q.redrive(); ok && redrive.TargetARN == r.arn("sqs", target.Name) {
			urls = append(urls, *r.queueURL(q.Name))
		}
	}
	part, next, err := pageOfQueues(urls, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	return &sqs.ListDeadLetterSourceQueuesOutput{QueueUrls: part, NextToken: next}, nil
}

// pageOfQueues gives a token only to callers that named a page size: without one SQS returns at
// most 1,000 queues and says nothing of the rest.
func pageOfQueues(urls []string, token *string, size *int32) ([]string, *string, error) {
	const most = 1000
	part, next, ok := page(urls, token, pageSize(size, most, most))
	if !ok {
		return nil, nil, sqsInvalidParameter("Invalid or expired next token.")
	}
	if size == nil {
		next = nil
	}
	return part, next, nil
}

func (w *world) listQueueTags(r *request, in *sqs.ListQueueTagsInput) (*sqs.ListQueueTagsOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	return &sqs.ListQueueTagsOutput{Tags: maps.Clone(q.Tags)}, nil
}

func (w *world) tagQueue(r *request, in *sqs.TagQueueInput) (*sqs.TagQueueOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if len(in.Tags) == 0 {
		return nil, sqsMissingParameter("Tags")
	}
	tags, fault := addTags(q.Tags, in.Tags)
	if fault != "" {
		return nil, sqsInvalidParameter(fault)
	}
	q.Tags = tags
	return &sqs.TagQueueOutput{}, nil
}

func (w *world) untagQueue(r *request, in *sqs.UntagQueueInput) (*sqs.UntagQueueOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if len(in.TagKeys) == 0 {
		return nil, sqsInvalidParameter("Tag keys must not be empty.")
	}
	q.Tags = withoutTags(q.Tags, in.TagKeys)
	return &sqs.UntagQueueOutput{}, nil
}

// purgeInterval is AWS's: one PurgeQueue a queue in 60 s.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
const purgeInterval = 60 * time.Second

func (w *world) purgeQueue(r *request, in *sqs.PurgeQueueInput) (*sqs.PurgeQueueOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	if !q.Purged.IsZero() && r.now.Before(q.Purged.Add(purgeInterval)) {
		return nil, &types.PurgeQueueInProgress{Message: aws.String(
			"Only one PurgeQueue operation on " + q.Name + " is allowed every 60 seconds.")}
	}
	q.Purged, q.Messages = r.now, nil
	return &sqs.PurgeQueueOutput{}, nil
}

// deleteQueue deletes at once, but the name stays barred for a while, and so long the queue may still answer.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
func (w *world) deleteQueue(r *request, in *sqs.DeleteQueueInput) (*sqs.DeleteQueueOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	place := w.in(r)
	if place.LeavingQueues[q.Name] == q {
		return &sqs.DeleteQueueOutput{}, nil // it is on its way already
	}
	delete(place.Queues, q.Name)
	place.DeletedQueues[q.Name] = r.now
	if w.delays.QueueDeleted > 0 {
		if place.LeavingQueues == nil {
			place.LeavingQueues = map[string]*queue{}
		}
		place.LeavingQueues[q.Name] = q
	}
	return &sqs.DeleteQueueOutput{}, nil
}

// queueAt finds a queue by its URL. Only the path counts: clients reach the sandbox under names
// other than those in the URLs they were given.
func (w *world) queueAt(r *request, queueURL *string) (*queue, error) {
	if aws.ToString(queueURL) == "" {
		return nil, sqsMissingParameter("QueueUrl")
	}
	u, err := url.Parse(*queueURL)
	if err != nil {
		return nil, sqsInvalidAddress(*queueURL)
	}
	account, name, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok || name == "" || strings.Contains(name, "/") {
		return nil, sqsInvalidAddress(*queueURL)
	}
	q, ok := w.queueNamed(r, name)
	if !ok || account != r.account {
		return nil, queueDoesNotExist()
	}
	return q, nil
}

// queueNamed finds a queue by its name: not one that was made just now, but one that was deleted just now.
func (w *world) queueNamed(r *request, name string) (*queue, bool) {
	place := w.in(r)
	if q, ok := place.Queues[name]; ok {
		return q, !r.now.Before(q.Created.Add(w.delays.QueueVisible))
	}
	q, ok := place.LeavingQueues[name]
	return q, ok && r.now.Before(place.DeletedQueues[name].Add(w.delays.QueueDeleted))
}

func (r *request) queueURL(name string) *string {
	return aws.String(strings.TrimSuffix(r.baseURL, "/") + "/" + r.account + "/" + name)
}

func queueDoesNotExist() error {
	return &types.QueueDoesNotExist{Message: aws.String("The specified queue does not exist.")}
}

func sqsInvalidAddress(address string) error {
	return &types.InvalidAddress{Message: aws.String("The address " + address + " is not valid for this endpoint.")}
}

func sqsInvalidParameter(message string) error {
	return &apiError{code: "InvalidParameterValue", message: message}
}

func sqsMissingParameter(name string) error {
	return &apiError{code: "MissingParameter", message: "The request must contain the parameter " + name + "."}
}

// sqsBadValue is how SQS speaks of a parameter of which it can say what is wrong.
func sqsBadValue(value, parameter, reason string) error {
	return sqsInvalidParameter(fmt.Sprintf("Value %s for parameter %s is invalid. Reason: %s", value, parameter, reason))
}

// number reads an attribute that was checked when it was set.
func (q *queue) number(attribute string) int {
	n, _ := strconv.Atoi(q.Attributes[attribute])
	return n
}

func (q *queue) seconds(attribute string) time.Duration {
	return time.Duration(q.number(attribute)) * time.Second
}

func (q *queue) isFIFO() bool { return q.Attributes["FifoQueue"] == "true" }
