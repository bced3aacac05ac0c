package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/provision"
)

type sendAPI interface {
	SendMessageBatch(context.Context, *sqs.SendMessageBatchInput, ...func(*sqs.Options)) (*sqs.SendMessageBatchOutput, error)
}

// queueCarrier sends jobs straight to the queue.
type queueCarrier struct {
	api  sendAPI
	url  string
	fifo bool
	Sending
}

const (
	// mostEntries is SQS's limit for a batch.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
	mostEntries = 10

	// callsInFlight hide the round trip: at 10 ms each, 8 of them carry 8,000 jobs a second.
	callsInFlight = 8

	// mostTries of an entry that SQS could not take for reasons of its own, with a pause of firstPause,
	// doubled after each: 1.5 s in all.
	mostTries  = 5
	firstPause = 100 * time.Millisecond
)

func (c queueCarrier) most() (jobs, bytes int) { return mostEntries, mostBody }

// lanes: calls in flight overtake each other, and jobs of a FIFO queue shall keep their order.
func (c queueCarrier) lanes() int {
	if c.fifo {
		return 1
	}
	return callsInFlight
}

// carry sends a batch, and once more what SQS failed on; what it refuses for the sender's fault stays so.
func (c queueCarrier) carry(ctx context.Context, batch []job) (taken int, refused []Refusal, err error) {
	pause := firstPause
	for try := 1; len(batch) > 0; try++ {
		failed, err := c.try(ctx, batch)
		if err != nil {
			return taken, refused, err
		}
		taken += len(batch) - len(failed)
		var again []job
		for _, j := range batch {
			switch entry, ok := failed[j.number]; {
			case !ok:
			case entry.SenderFault || try == mostTries:
				refused = append(refused, Refusal{Job: j.number, Code: aws.ToString(entry.Code), Message: aws.ToString(entry.Message)})
			default:
				again = append(again, j)
			}
		}
		if len(again) == 0 {
			break
		}
		if err := sleep(ctx, pause); err != nil {
			return taken, refused, err
		}
		batch, pause = again, 2*pause
	}
	return taken, refused, nil
}

// try makes one call, and returns what failed by the number of the job.
func (c queueCarrier) try(ctx context.Context, batch []job) (map[int]types.BatchResultErrorEntry, error) {
	in := &sqs.SendMessageBatchInput{QueueUrl: &c.url}
	for _, j := range batch {
		in.Entries = append(in.Entries, c.entry(j))
	}
	out, err := provision.Retry(ctx, sendable, func(ctx context.Context) (*sqs.SendMessageBatchOutput, error) {
		return c.api.SendMessageBatch(ctx, in)
	})
	if err != nil {
		return nil, fmt.Errorf("sending to %s: %w", c.url, concise(err))
	}
	failed := map[int]types.BatchResultErrorEntry{}
	for _, f := range out.Failed {
		n, err := strconv.Atoi(aws.ToString(f.Id))
		if err != nil {
			return nil, fmt.Errorf("sending to %s: the answer names an entry %q, and there was none", c.url, aws.ToString(f.Id))
		}
		failed[n] = f
	}
	return failed, nil
}

// sendable: a queue can be used a second after it was made, and an up that had nothing slower to do has ended by
// then. It is asked once more at the end of the wait; one that somebody deleted is known as such that much later.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
var sendable = provision.Patience{
	Reason: "SQS to show the queue, if it was made a moment ago",
	Cap:    1500 * time.Millisecond, First: 2 * time.Second,
	Passing: func(err error) bool { return errors.Is(missingQueue(err), provision.ErrNotFound) },
}

func (c queueCarrier) entry(j job) types.SendMessageBatchRequestEntry {
	id := strconv.Itoa(j.number)
	e := types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &j.body}
	group := c.Group
	if c.fifo {
		unique := c.Run + "-" + id
		e.MessageDeduplicationId = &unique
		group = cmp.Or(group, DefaultGroup)
		if c.GroupPerJob {
			group = unique
		}
	}
	if group != "" {
		e.MessageGroupId = &group
	}
	return e
}
