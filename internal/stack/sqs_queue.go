package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// queueProperties are the properties of an AWS::SQS::Queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
type queueProperties struct {
	FifoQueue                     bool   `replace:"true"`
	MessageRetentionPeriod        int    // seconds, 60..1,209,600
	VisibilityTimeout             int    // seconds, 0..43,200
	ReceiveMessageWaitTimeSeconds int    // 0..20
	DelaySeconds                  int    // 0..900: a job that is delayed is none that waits, to the alarms
	MaximumMessageSize            int    // bytes, 1,024..1,048,576
	SqsManagedSseEnabled          bool   // false with a KMS key too, which the function could not use
	RedrivePolicy                 string // JSON in canonical form; "" for none
	RedriveAllowPolicy            string // JSON in canonical form; "" where any queue may use this as its dead-letter queue
	Policy                        string // our statements, as JSON in canonical form; "" for none
	Others                        otherStatements
	Tags                          provision.Tags
}

type queueAPI interface {
	CreateQueue(context.Context, *sqs.CreateQueueInput, ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error)
	GetQueueUrl(context.Context, *sqs.GetQueueUrlInput, ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error)
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
	SetQueueAttributes(context.Context, *sqs.SetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.SetQueueAttributesOutput, error)
	ListQueueTags(context.Context, *sqs.ListQueueTagsInput, ...func(*sqs.Options)) (*sqs.ListQueueTagsOutput, error)
	TagQueue(context.Context, *sqs.TagQueueInput, ...func(*sqs.Options)) (*sqs.TagQueueOutput, error)
	UntagQueue(context.Context, *sqs.UntagQueueInput, ...func(*sqs.Options)) (*sqs.UntagQueueOutput, error)
	DeleteQueue(context.Context, *sqs.DeleteQueueInput, ...func(*sqs.Options)) (*sqs.DeleteQueueOutput, error)
}

// QueueType is the type of queues: to delete one deletes the jobs in it.
const QueueType = "AWS::SQS::Queue"

// queueKind makes queues. The physical ID is the queue's URL. All attributes of a queue that is read,
// those that are no properties too, are given to saw.
func queueKind(api queueAPI, account Account, saw func(url string, attributes map[string]string)) provision.Kind[queueProperties] {
	q := queues{api, account, saw}
	return provision.Kind[queueProperties]{
		Type:     QueueType,
		Tags:     func(p queueProperties) provision.Tags { return p.Tags },
		Appears:  newObjectAppears,
		Reuses:   true,
		Read:     q.read,
		ReadTags: q.readTags,
		Create:   q.create,
		Confirm:  q.confirm,
		Update:   q.update,
		Delete:   q.delete,
	}
}

type queues struct {
	api     queueAPI
	account Account
	saw     func(url string, attributes map[string]string)
}

func (q queues) read(ctx context.Context, id provision.Identity) (provision.Live[queueProperties], error) {
	live := provision.Live[queueProperties]{PhysicalID: id.PhysicalID}
	if live.PhysicalID == "" {
		found, err := q.api.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &id.Name})
		if err = incomplete(err, found == nil || found.QueueUrl == nil); err != nil {
			return live, missingQueue(err)
		}
		live.PhysicalID = aws.ToString(found.QueueUrl)
	}
	tags := fetch(ctx, func(ctx context.Context) (provision.Tags, error) {
		return q.readTags(ctx, provision.Identity{PhysicalID: live.PhysicalID})
	})
	attributes, err := q.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       &live.PhysicalID,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		return live, missingQueue(err)
	}
	q.saw(live.PhysicalID, attributes.Attributes)
	live.ARN = attributes.Attributes["QueueArn"]
	if live.Properties, err = queueFrom(attributes.Attributes); err != nil {
		return live, err
	}
	live.Properties.Tags, err = tags()
	return live, missingQueue(err)
}

func (q queues) readTags(ctx context.Context, id provision.Identity) (provision.Tags, error) {
	out, err := q.api.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &id.PhysicalID})
	if err != nil {
		return nil, fmt.Errorf("reading its tags: %w", missingQueue(err))
	}
	return out.Tags, nil
}

func (q queues) create(ctx context.Context, id provision.Identity, want queueProperties) (provision.Live[queueProperties], error) {
	made, err := provision.Retry(ctx, queueNameCooldown, func(ctx context.Context) (*sqs.CreateQueueOutput, error) {
		return provision.Retry(ctx, deadLetterQueueVisible, func(ctx context.Context) (*sqs.CreateQueueOutput, error) {
			return q.api.CreateQueue(ctx, &sqs.CreateQueueInput{
				QueueName: &id.Name, Attributes: want.attributes(creatable(want)), Tags: want.Tags,
			})
		})
	})
	if _, taken := errors.AsType[*types.QueueNameExists](err); taken {
		err = fmt.Errorf("%w: %w", provision.ErrExists, err)
	}
	if err = incomplete(err, made == nil || made.QueueUrl == nil); err != nil {
		return provision.Live[queueProperties]{}, err
	}
	return provision.Live[queueProperties]{
		PhysicalID: aws.ToString(made.QueueUrl),
		ARN:        q.account.arn("sqs", id.Name),
		Properties: want,
	}, nil
}

// confirm asks SQS to make the queue: it does so only where there is none, and waits for the name of one that
// was deleted. Reads can go on for a minute after a DeleteQueue as if nothing were.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
func (q queues) confirm(ctx context.Context, id provision.Identity, want queueProperties) error {
	_, err := q.create(ctx, id, want)
	if errors.Is(err, provision.ErrExists) {
		return nil // with other attributes, which Update is for
	}
	return err
}

func (q queues) update(ctx context.Context, live provision.Live[queueProperties], want queueProperties, changed provision.Changed) error {
	if attributes := want.attributes(changed); len(attributes) > 0 {
		attributes["Policy"] = live.Properties.Others.with(want.Policy) // always: moto drops a policy that is not among them
		_, err := provision.Retry(ctx, deadLetterQueueVisible, func(ctx context.Context) (*sqs.SetQueueAttributesOutput, error) {
			return provision.Retry(ctx, queueVisible, func(ctx context.Context) (*sqs.SetQueueAttributesOutput, error) {
				return q.api.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: &live.PhysicalID, Attributes: attributes})
			})
		})
		if err != nil {
			return err
		}
	}
	return retag(live.Properties.Tags, want.Tags,
		func(set provision.Tags) error {
			_, err := q.api.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: &live.PhysicalID, Tags: set})
			return err
		},
		func(keys []string) error {
			_, err := q.api.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: &live.PhysicalID, TagKeys: keys})
			return err
		})
}

func (q queues) delete(ctx context.Context, id provision.Identity) error {
	_, err := q.api.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: &id.PhysicalID})
	return gone(missingQueue(err))
}

// queueNameCooldown: SQS refuses a name for 60 s after its queue was deleted; 75 s leaves room for clocks.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
var queueNameCooldown = provision.Patience{
	Reason: "SQS to free the name: it refuses one for 60 s after a queue of it was deleted",
	Cap:    75 * time.Second, First: time.Second, Longest: 5 * time.Second,
	Passing: func(err error) bool {
		_, recent := errors.AsType[*types.QueueDeletedRecently](err)
		return recent
	},
}

// deadLetterQueueVisible: a queue is visible to others about one second after it was created, and a
// redrive policy that names one which is not is refused. 60 s is what SQS says of propagation.
var deadLetterQueueVisible = provision.Patience{
	Reason: "the dead-letter queue to become visible",
	Cap:    time.Minute, First: time.Second, Longest: 5 * time.Second,
	Passing: func(err error) bool {
		return isAPIError(err, "InvalidParameterValue", "Dead letter target does not exist")
	},
}

// queueVisible: one that Confirm made anew in the place of one just deleted is missing for about a second.
var queueVisible = provision.Patience{
	Reason: "SQS to show the new queue",
	Cap:    30 * time.Second, First: 500 * time.Millisecond,
	Passing: func(err error) bool { return errors.Is(missingQueue(err), provision.ErrNotFound) },
}

// attributes returns the SQS attributes of the named properties, in SQS's own form.
func (p queueProperties) attributes(of provision.Changed) map[string]string {
	all := map[string]string{
		"FifoQueue":                     strconv.FormatBool(p.FifoQueue),
		"MessageRetentionPeriod":        strconv.Itoa(p.MessageRetentionPeriod),
		"VisibilityTimeout":             strconv.Itoa(p.VisibilityTimeout),
		"ReceiveMessageWaitTimeSeconds": strconv.Itoa(p.ReceiveMessageWaitTimeSeconds),
		"DelaySeconds":                  strconv.Itoa(p.DelaySeconds),
		"MaximumMessageSize":            strconv.Itoa(p.MaximumMessageSize),
		"SqsManagedSseEnabled":          strconv.FormatBool(p.SqsManagedSseEnabled),
		"RedrivePolicy":                 p.RedrivePolicy,
		"RedriveAllowPolicy":            cmp.Or(p.RedriveAllowPolicy, redriveAllowAll),
		"Policy":                        p.Policy,
	}
	named := map[string]string{}
	for name, value := range all {
		if of[name] {
			named[name] = value
		}
	}
	return named
}

// redriveAllowAll is what SQS does without a RedriveAllowPolicy.
const redriveAllowAll = `{"redrivePermission":"allowAll"}`

// creatable names the properties that a new queue is given: SQS refuses FifoQueue=false and an empty
// policy on create.
func creatable(p queueProperties) provision.Changed {
	return provision.Changed{
		"FifoQueue": p.FifoQueue, "MessageRetentionPeriod": true, "VisibilityTimeout": true,
		"ReceiveMessageWaitTimeSeconds": true, "DelaySeconds": true, "MaximumMessageSize": true, "SqsManagedSseEnabled": true,
		"RedrivePolicy": p.RedrivePolicy != "", "RedriveAllowPolicy": p.RedriveAllowPolicy != "", "Policy": p.Policy != "",
	}
}

// queueFrom reads properties from SQS attributes; one that is missing has its empty value.
func queueFrom(attributes map[string]string) (queueProperties, error) {
	r := attributeReader{attributes: attributes}
	policy, others := splitPolicy(attributes["Policy"])
	p := queueProperties{
		FifoQueue:                     r.boolean("FifoQueue"),
		MessageRetentionPeriod:        r.integer("MessageRetentionPeriod"),
		VisibilityTimeout:             r.integer("VisibilityTimeout"),
		ReceiveMessageWaitTimeSeconds: r.integer("ReceiveMessageWaitTimeSeconds"),
		DelaySeconds:                  r.integer("DelaySeconds"),
		MaximumMessageSize:            r.integer("MaximumMessageSize"),
		SqsManagedSseEnabled:          r.boolean("SqsManagedSseEnabled"),
		RedrivePolicy:                 canonical(attributes["RedrivePolicy"]),
		RedriveAllowPolicy:            canonical(attributes["RedriveAllowPolicy"]),
		Policy:                        policy,
		Others:                        others,
	}
	if p.RedriveAllowPolicy == redriveAllowAll {
		p.RedriveAllowPolicy = ""
	}
	return p, r.err
}

// attributeReader parses SQS attributes and keeps the first error.
type attributeReader struct {
	attributes map[string]string
	err        error
}

func (r *attributeReader) integer(name string) int {
	n, err := strconv.Atoi(cmp.Or(r.attributes[name], "0"))
	r.keep(name, err)
	return n
}

func (r *attributeReader) boolean(name string) bool {
	b, err := strconv.ParseBool(cmp.Or(r.attributes[name], "false"))
	r.keep(name, err)
	return b
}

func (r *attributeReader) keep(name string, err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("SQS attribute %s: %w", name, err)
	}
}

// missingQueue turns SQS's words for a queue that is not there into ErrNotFound.
func missingQueue(err error) error {
	if _, missing := errors.AsType[*types.QueueDoesNotExist](err); missing {
		return fmt.Errorf("%w: %w", provision.ErrNotFound, err)
	}
	return err
}

// siblingURL returns the URL of a queue of the same account and region as another: they differ in the
// last element of the path only.
func siblingURL(url, name string) string {
	return url[:strings.LastIndexByte(url, '/')+1] + name
}
