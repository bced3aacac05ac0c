package stack

import (
	"context"
	"errors"
	"net/http"
	"reflect"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// errNoAnswer: the SDK takes a success without a body for an answer in which nothing is set, whatever the operation.
// To us it would say that there is no such object. AWS does not answer so; a proxy or a captive portal does.
var errNoAnswer = &smithy.DeserializationError{Err: errors.New("it is empty")}

// answering makes clients take an empty answer for one that cannot be read, where the operation returns anything.
// What a function returns may be empty, and must not be asked for twice.
func answering(s *middleware.Stack) error {
	check := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleDeserialize(ctx, in)
		if err == nil && awsmiddleware.GetOperationName(ctx) != "Invoke" && empty(out.RawResponse) && tells(out.Result) {
			err = errNoAnswer
		}
		return out, metadata, err
	}
	return s.Deserialize.Add(middleware.DeserializeMiddlewareFunc("eventscale:answer", check), middleware.Before)
}

// empty reports whether a success has no body. One of 202 or 204 need not have any.
func empty(raw any) bool {
	answer, ok := raw.(*smithyhttp.Response)
	return ok && answer.StatusCode == http.StatusOK && answer.ContentLength == 0
}

// tells reports whether a result has members, as those of reads and creates do, and not only metadata.
func tells(result any) bool {
	t := reflect.TypeOf(result)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return false
	}
	for f := range t.Elem().Fields() {
		if f.IsExported() && f.Name != "ResultMetadata" {
			return true
		}
	}
	return false
}

// incomplete is the error of an answer in which a member is missing without which there is none.
func incomplete(err error, missing bool) error {
	if err == nil && missing {
		return &CallError{text: "the answer cannot be read: what was asked for is missing", err: errNoAnswer}
	}
	return err
}
