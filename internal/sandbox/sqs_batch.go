package sandbox

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
)

const (
	maxBatchEntries = 10
	maxBatchBytes   = 1_048_576
)

var batchEntryID = pattern(`^[0-9A-Za-z_-]{1,80}$`)

// sendMessageBatch sends each entry for itself: one that fails does not stop the others.
func (w *world) sendMessageBatch(r *request, in *sqs.SendMessageBatchInput) (*sqs.SendMessageBatchOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	ids, size := make([]*string, len(in.Entries)), 0
	for i, entry := range in.Entries {
		ids[i] = entry.Id
		size += messageSize(entry)
	}
	if err := checkBatch("SendMessageBatchRequestEntry", ids); err != nil {
		return nil, err
	}
	if size > maxBatchBytes {
		return nil, &types.BatchRequestTooLong{Message: aws.String(fmt.Sprintf(
			"Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxBatchBytes, size))}
	}
	out := &sqs.SendMessageBatchOutput{}
	for _, entry := range in.Entries {
		m, err := q.send(r.now, entry)
		if err != nil {
			out.Failed = append(out.Failed, batchFailure(entry.Id, err))
			continue
		}
		out.Successful = append(out.Successful, types.SendMessageBatchResultEntry{
			Id:                     entry.Id,
			MessageId:              aws.String(m.ID),
			MD5OfMessageBody:       md5Hex([]byte(m.Body)),
			MD5OfMessageAttributes: md5OfAttributes(m.Attributes),
			SequenceNumber:         orNil(m.Sequence),
		})
	}
	return out, nil
}

func (w *world) deleteMessageBatch(r *request, in *sqs.DeleteMessageBatchInput) (*sqs.DeleteMessageBatchOutput, error) {
	q, err := w.queueAt(r, in.QueueUrl)
	if err != nil {
		return nil, err
	}
	ids := make([]*string, len(in.Entries))
	for i, entry := range in.Entries {
		ids[i] = entry.Id
	}
	if err := checkBatch("DeleteMessageBatchRequestEntry", ids); err != nil {
		return nil, err
	}
	out := &sqs.DeleteMessageBatchOutput{}
	for _, entry := range in.Entries {
		m, err := q.byReceipt(entry.ReceiptHandle)
		if err != nil {
			out.Failed = append(out.Failed, batchFailure(entry.Id, err))
			continue
		}
		q.delete(m)
		out.Successful = append(out.Successful, types.DeleteMessageBatchResultEntry{Id: entry.Id})
	}
	return out, nil
}

func checkBatch(entryType string, ids []*string) error {
	if len(ids) == 0 {
		return &types.EmptyBatchRequest{Message: aws.String("There should be at least one " + entryType + " in the request.")}
	}
	if len(ids) > maxBatchEntries {
		return &types.TooManyEntriesInBatchRequest{Message: aws.String(
			"Maximum number of entries per request are 10. You have sent " + strconv.Itoa(len(ids)) + ".")}
	}
	seen := map[string]bool{}
	for _, id := range ids {
		switch id := aws.ToString(id); {
		case !batchEntryID().MatchString(id):
			return &types.InvalidBatchEntryId{Message: aws.String("A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")}
		case seen[id]:
			return &types.BatchEntryIdsNotDistinct{Message: aws.String("Id " + id + " repeated.")}
		default:
			seen[id] = true
		}
	}
	return nil
}

func batchFailure(id *string, err error) types.BatchResultErrorEntry {
	entry := types.BatchResultErrorEntry{Id: id, SenderFault: true, Code: aws.String("InternalError"), Message: aws.String(err.Error())}
	var modelled smithy.APIError
	var plain *apiError
	switch {
	case errors.As(err, &modelled):
		entry.Code, entry.Message = aws.String(modelled.ErrorCode()), aws.String(modelled.ErrorMessage())
	case errors.As(err, &plain):
		entry.Code, entry.Message = &plain.code, &plain.message
	}
	return entry
}
