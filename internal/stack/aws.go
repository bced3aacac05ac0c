package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/eventscale/eventscale/internal/provision"
)

// Account is where a stack lives.
type Account struct {
	Partition string // "aws", "aws-cn", "aws-us-gov"
	ID        string // 12 digits
	Region    string
}

// PartitionOf returns the partition of a region.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func PartitionOf(region string) string {
	for prefix, partition := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc",
		"us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f",
	} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}

// arn returns the ARN of a regional object.
func (a Account) arn(service, resource string) string {
	return arn.ARN{Partition: a.Partition, Service: service, Region: a.Region, AccountID: a.ID, Resource: resource}.String()
}

// accountOf returns the account that an ARN names.
func accountOf(s string) (Account, error) {
	a, err := arn.Parse(s)
	if err != nil {
		return Account{}, fmt.Errorf("ARN %q: %w", s, err)
	}
	return Account{Partition: a.Partition, ID: a.AccountID, Region: a.Region}, nil
}

// canonical returns a JSON document with its keys sorted and no white space, so that two of the same
// meaning are equal. What is not JSON comes back as it is: it will differ, and be mended.
func canonical(document string) string {
	if document == "" {
		return ""
	}
	var v any
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return document
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return document // there is more behind it
	}
	return mustJSON(v)
}

// mustJSON encodes plain data, with sorted keys and without HTML's escapes.
func mustJSON(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("cannot happen: plain data: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// isAPIError reports whether AWS answered with the code and a message that holds the fragment: for
// the errors that AWS tells apart by their message alone.
func isAPIError(err error, code, fragment string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code && strings.Contains(api.ErrorMessage(), fragment)
}

// gone is nil for an object that was not there any more.
func gone(err error) error {
	if errors.Is(err, provision.ErrNotFound) {
		return nil
	}
	return err
}

// fetch starts a call, and returns a function that waits for its result.
func fetch[T any](ctx context.Context, call func(context.Context) (T, error)) func() (T, error) {
	var result T
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		result, err = call(ctx)
	}()
	return func() (T, error) { <-done; return result, err }
}

// batch makes one call serve all who need a part of its answer. They wait for it at a channel, not in
// the once: the clock of testing/synctest stands still while anybody waits for a mutex.
type batch[T any] struct {
	call func(context.Context) (map[string]T, error)
	once sync.Once
	done chan struct{}
	got  map[string]T
	err  error
}

// find returns the entry of a name, or ErrNotFound.
func (b *batch[T]) find(ctx context.Context, name string) (T, error) {
	b.once.Do(func() {
		b.done = make(chan struct{})
		go func() {
			defer close(b.done)
			b.got, b.err = b.call(ctx)
		}()
	})
	<-b.done
	entry, ok := b.got[name]
	if b.err == nil && !ok {
		return entry, provision.ErrNotFound
	}
	return entry, b.err
}

// CallError is an error of AWS in one line: its code and message, without the SDK's wrapping.
type CallError struct {
	text string
	err  error
}

func (e *CallError) Error() string { return e.text }
func (e *CallError) Unwrap() error { return e.err }

// Hint says what to do about a call that was repeated in vain, or answered by something that is not AWS.
func (e *CallError) Hint() string {
	if gaveUp, ok := errors.AsType[*gaveUpError](e.err); ok {
		return gaveUp.Hint()
	}
	if undocumented(e.err) || errors.Is(e.err, errNoAnswer) {
		return notAWS
	}
	return ""
}

// concise shortens the text of an AWS error; errors.As still finds the SDK's types in it.
func concise(err error) error {
	var operation *smithy.OperationError
	if !errors.As(err, &operation) {
		return err
	}
	short := shortCause(operation)
	var gaveUp *gaveUpError
	if errors.As(operation, &gaveUp) {
		short += " (" + gaveUp.Error() + ")"
	}
	return &CallError{text: strings.Replace(err.Error(), operation.Error(), short, 1), err: err}
}

// undocumented reports whether an error came without AWS's document: it is mostly a gateway's, or of a server
// that is not AWS.
func undocumented(err error) bool {
	var unreadable *smithy.DeserializationError
	return status(err) >= http.StatusMultipleChoices && (errors.As(err, &unreadable) || hasCode(err, "UnknownError"))
}

// shortCause is what AWS said of a call, or what became of it on the way.
func shortCause(err error) string {
	var api smithy.APIError
	var unsent *smithyhttp.RequestSendError
	var unreadable *smithy.DeserializationError
	var stopped *provision.StoppedError
	switch {
	case errors.As(err, &stopped):
		return stopped.Error()
	case undocumented(err):
		return fmt.Sprintf("HTTP %d %s", status(err), http.StatusText(status(err)))
	case errors.As(err, &unreadable):
		return "the answer cannot be read: " + oneLine(unreadable.Err.Error())
	case errors.As(err, &api):
		return api.ErrorCode() + ": " + oneLine(api.ErrorMessage())
	case errors.As(err, &unsent):
		return unsent.Err.Error()
	}
	return err.Error()
}

// mostOfMessage is how many bytes of a message are shown: AWS's own are shorter, and who stands in its place may
// send megabytes.
const mostOfMessage = 2 << 10

// oneLine is a message in one line of a bearable length.
func oneLine(message string) string {
	cut := ""
	if len(message) > mostOfMessage {
		message, cut = strings.ToValidUTF8(message[:mostOfMessage], ""), " ..."
	}
	return strings.Join(strings.Fields(message), " ") + cut
}

// conciseKind shortens the AWS errors of a kind.
func conciseKind[P any](k provision.Kind[P]) provision.Kind[P] {
	read, create, remove, readTags := k.Read, k.Create, k.Delete, k.ReadTags
	if readTags != nil {
		k.ReadTags = func(ctx context.Context, id provision.Identity) (provision.Tags, error) {
			tags, err := readTags(ctx, id)
			return tags, concise(err)
		}
	}
	k.Read = func(ctx context.Context, id provision.Identity) (provision.Live[P], error) {
		live, err := read(ctx, id)
		return live, concise(err)
	}
	k.Create = func(ctx context.Context, id provision.Identity, want P) (provision.Live[P], error) {
		live, err := create(ctx, id, want)
		return live, concise(err)
	}
	k.Delete = func(ctx context.Context, id provision.Identity) error { return concise(remove(ctx, id)) }
	if confirm := k.Confirm; confirm != nil {
		k.Confirm = func(ctx context.Context, id provision.Identity, want P) error { return concise(confirm(ctx, id, want)) }
	}
	if update := k.Update; update != nil {
		k.Update = func(ctx context.Context, live provision.Live[P], want P, changed provision.Changed) error {
			return concise(update(ctx, live, want, changed))
		}
	}
	if ready := k.Ready; ready != nil {
		k.Ready = func(ctx context.Context, live provision.Live[P]) error { return concise(ready(ctx, live)) }
	}
	return k
}
