package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// raised is an exception of the built-in function.
type raised struct{ kind, message string }

// fields are the members of a JSON object.
type fields map[string]json.RawMessage

// ingest does what the built-in function does (index.py in internal/ingest): it puts the jobs of an event
// into the queue at QUEUE_URL and returns how many they were.
func (w *world) ingest(r *request, f *function, event []byte) (int, *raised) {
	jobs, err := jobsOf(event)
	if err != nil {
		return 0, err
	}
	var bodies []string
	for i, job := range jobs {
		body := pythonJSON(job)
		if len(body) > maxBatchBytes {
			return 0, &raised{"ValueError", fmt.Sprintf("job %d of %d is %d bytes; SQS takes at most %d: %s...", i+1, len(jobs), len(body), maxBatchBytes, body[:80])}
		}
		bodies = append(bodies, body)
	}
	target, ok := "", false
	if e := f.Configuration.Environment; e != nil {
		target, ok = e.Variables["QUEUE_URL"]
	}
	if !ok {
		return 0, &raised{"KeyError", "'QUEUE_URL'"}
	}
	if len(jobs) > 0 {
		if err := w.mayFunctionSend(r, f, target); err != nil {
			return 0, err
		}
	}
	return len(jobs), w.sendJobs(r, target, jobs, bodies)
}

func (w *world) sendJobs(r *request, target string, jobs []json.RawMessage, bodies []string) *raised {
	var first error
	failed := 0
	for i, body := range bodies {
		message := types.SendMessageBatchRequestEntry{MessageBody: &body}
		if strings.HasSuffix(target, ".fifo") {
			orderJob(&message, jobs[i], fmt.Sprintf("%s-%d", r.id, i))
		}
		q, err := w.queueAt(r, &target)
		if err != nil {
			why := batchFailure(nil, err)
			return &raised{"QueueDoesNotExist", fmt.Sprintf("An error occurred (%s) when calling the SendMessageBatch operation: %s", *why.Code, *why.Message)}
		}
		if _, err := q.send(r.now, message); err != nil {
			failed++
			first = firstError(first, err)
		}
	}
	if failed == 0 {
		return nil
	}
	why := batchFailure(nil, first)
	return &raised{"RuntimeError", fmt.Sprintf("%d of %d jobs are not on the queue: %s: %s", failed, len(bodies), *why.Code, *why.Message)}
}

// orderJob says what a FIFO queue must know of a job.
func orderJob(message *types.SendMessageBatchRequestEntry, job json.RawMessage, unique string) {
	message.MessageGroupId, message.MessageDeduplicationId = aws.String(unique), aws.String(unique)
	var named struct {
		Group any `json:"group"`
	}
	if json.Unmarshal(job, &named) == nil {
		if group, ok := named.Group.(string); ok && group != "" {
			message.MessageGroupId = &group
		}
	}
}

// jobsOf returns the jobs that an event stands for.
func jobsOf(event json.RawMessage) ([]json.RawMessage, *raised) {
	var list []json.RawMessage
	if json.Unmarshal(event, &list) == nil && list != nil {
		return list, nil
	}
	var object fields
	_ = json.Unmarshal(event, &object) // anything else is an event without fields
	if object.text("Event") == "s3:TestEvent" {
		return nil, nil
	}
	if records, ok := recordsFrom(object, "aws:s3"); ok {
		return collect(records, objectJob)
	}
	if records, ok := recordsFrom(object, "aws:sns"); ok {
		return collect(records, messageJobs)
	}
	return []json.RawMessage{event}, nil
}

func collect(records []fields, jobs func(fields) ([]json.RawMessage, *raised)) ([]json.RawMessage, *raised) {
	var all []json.RawMessage
	for _, record := range records {
		some, err := jobs(record)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// recordsFrom returns the records of an event that is a batch of records of one AWS service.
func recordsFrom(event fields, source string) ([]fields, bool) {
	var records []fields
	if json.Unmarshal(event["Records"], &records) != nil || records == nil {
		return nil, false
	}
	other := func(record fields) bool {
		return record.text("eventSource") != source && record.text("EventSource") != source
	}
	return records, !slices.ContainsFunc(records, other)
}

// objectJob says in one flat job what happened to one S3 object.
func objectJob(record fields) ([]json.RawMessage, *raised) {
	s3 := record.object("s3")
	object, bucket := s3.object("object"), s3.object("bucket")
	for name, at := range map[string]json.RawMessage{"s3": record["s3"], "object": s3["object"], "key": object["key"], "bucket": s3["bucket"], "name": bucket["name"]} {
		if at == nil {
			return nil, &raised{"KeyError", "'" + name + "'"}
		}
	}
	key, err := url.QueryUnescape(object.text("key"))
	if err != nil {
		key = object.text("key") // Python leaves what it cannot decode as it is
	}
	job := ordered{
		{"bucket", bucket["name"]}, {"key", quoted(key)}, {"size", object["size"]}, {"etag", object["eTag"]},
		{"version_id", object["versionId"]}, {"sequencer", object["sequencer"]},
		{"event", record["eventName"]}, {"time", record["eventTime"]}, {"region", record["awsRegion"]},
	}
	return []json.RawMessage{job.json()}, nil
}

// messageJobs returns the jobs of one SNS message: S3 publishes whole events through SNS.
func messageJobs(record fields) ([]json.RawMessage, *raised) {
	message, ok := record.object("Sns")["Message"]
	if !ok {
		return nil, &raised{"KeyError", "'Message'"}
	}
	var text string
	_ = json.Unmarshal(message, &text) // SNS sends nothing but text
	if !json.Valid([]byte(text)) {
		return []json.RawMessage{message}, nil
	}
	return jobsOf(json.RawMessage(text))
}

func (f fields) text(name string) string {
	var s string
	_ = json.Unmarshal(f[name], &s) // what is no text is none
	return s
}

func (f fields) object(name string) fields {
	var o fields
	_ = json.Unmarshal(f[name], &o)
	return o
}
