package stack

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// invalidBody is the code of a refusal that is ours: AWS is not asked.
const invalidBody = "InvalidBody"

// Limits of SQS, for a body as for a batch, and of Lambda, for an event that is left to it and for one that
// is waited for. In bytes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
const (
	mostBody       = 1 << 20
	mostAsyncEvent = 1 << 20
	mostEvent      = 6 << 20
)

// Fault is what keeps a body from being sent, and what to do about it, in words; "" for none.
func (o Sending) Fault(body string) (fault, advice string) {
	most := o.mostBytes()
	switch {
	case body == "":
		return "must not be empty", "for example --body " + exampleBody + "; without --body the jobs are numbered"
	case len(body) > most:
		return fmt.Sprintf("must be at most %d bytes, has %d", most, len(body)), o.adviceOnSize(len(body))
	case o.Via == ViaFunction && !json.Valid([]byte(body)):
		return "must be JSON: a function takes nothing else", "for example --body " + exampleBody
	case o.Via == ViaQueue && !carries(body):
		return "must be text in UTF-8, without control characters: SQS would change them to U+FFFD",
			`write control characters in JSON, as in {"text": "\u0007"}, or encode the body, for example with base64`
	}
	return "", ""
}

// exampleBody is a body that goes every way.
const exampleBody = `'{"input": "s3://bucket/key"}'`

func (o Sending) adviceOnSize(bytes int) string {
	if o.Async && bytes <= mostEvent {
		return fmt.Sprintf("leave --async out: an event that is waited for may have %d bytes", mostEvent)
	}
	return "put large input into S3 and send where it lies, as in --body " + exampleBody
}

func (o Sending) mostBytes() int {
	switch {
	case o.Via == ViaQueue:
		return mostBody
	case o.Async:
		return mostAsyncEvent
	}
	return mostEvent
}

// carries reports whether SQS keeps each character of a text: it keeps those of XML 1.0.
func carries(body string) bool {
	return utf8.ValidString(body) && !strings.ContainsFunc(body, func(c rune) bool {
		return c < 0x20 && c != '\t' && c != '\n' && c != '\r' || c == 0xFFFE || c == 0xFFFF
	})
}

// sift takes out the jobs that need not be tried.
func (o Sending) sift(batch []job) (fit []job, refused []Refusal) {
	for _, j := range batch {
		if fault, advice := o.Fault(j.body); fault != "" {
			refused = append(refused, Refusal{j.number, invalidBody, "the body " + fault, advice})
			continue
		}
		fit = append(fit, j)
	}
	return fit, refused
}
