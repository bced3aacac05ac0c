package sandbox

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/traits"
)

// failure is an error as it goes over the wire.
type failure struct {
	shape      string // its name in the service's model: "QueueDoesNotExist"
	code       string // its code in the Query protocol: "AWS.SimpleQueueService.NonExistentQueue"; else the shape
	status     int    // HTTP
	message    string
	messageKey string         // how the model spells the message's member
	members    map[string]any // the other members of the error's type
}

// sender reports whether the caller is at fault.
func (f failure) sender() bool { return f.status < http.StatusInternalServerError }

// fault is the fault in the words of the Query protocol.
func (f failure) fault() string {
	if f.sender() {
		return "Sender"
	}
	return "Receiver"
}

// describe puts a handler's error into the words of its service (nil for a service unknown).
func describe(w *wire, err error) failure {
	if w == nil {
		w = &wire{}
	}
	var own *apiError
	if errors.As(err, &own) {
		f := failure{shape: own.code, code: own.code, message: own.message, messageKey: "message"}
		f.complete(w, own.status, smithy.FaultClient)
		return f
	}
	var modelled smithy.APIError
	if errors.As(err, &modelled) {
		return describeModelled(w, modelled)
	}
	return failure{
		shape: "InternalFailure", code: "InternalFailure", status: http.StatusInternalServerError,
		message: err.Error(), messageKey: "message",
	}
}

// describeModelled describes an error of the SDK's own type. Its name is the type's name; its further
// fields are members.
func describeModelled(w *wire, err smithy.APIError) failure {
	value := reflect.Indirect(reflect.ValueOf(err))
	f := failure{
		shape:      value.Type().Name(),
		code:       err.ErrorCode(),
		message:    err.ErrorMessage(),
		messageKey: "message",
		members:    map[string]any{},
	}
	for name, member := range members(value, w.jsonName) {
		if name != "Message" && name != w.jsonName(value.Type(), "Message") && name != w.jsonName(value.Type(), "ErrorCodeOverride") {
			if tree, ok := jsonTree(w).build(member); ok {
				f.members[name] = tree
			}
		}
	}
	f.complete(w, 0, err.ErrorFault())
	return f
}

// complete adds what the service's model says of the error: its code in the Query protocol, its
// status, and the spelling of its message. A status given by the handler stands.
func (f *failure) complete(w *wire, status int, fault smithy.ErrorFault) {
	f.status = status
	if entry, ok := w.errorSchema(f.shape); ok {
		f.model(entry)
	}
	if f.status == 0 {
		f.status = w.statuses[f.code]
	}
	if f.status != 0 {
		return
	}
	f.status = http.StatusBadRequest
	if fault == smithy.FaultServer {
		f.status = http.StatusInternalServerError
	}
}

func (f *failure) model(schema *smithy.Schema) {
	if schema.Member("Message") != nil {
		f.messageKey = "Message"
	}
	if query, ok := smithy.SchemaTrait[*traits.AWSQueryError](schema); ok {
		f.code = query.ErrorCode
		if f.status == 0 {
			f.status = query.StatusCode
		}
	}
	if http, ok := smithy.SchemaTrait[*traits.HTTPError](schema); ok && f.status == 0 {
		f.status = http.Code
	}
}

// errorSchema returns the model of an error, where the SDK's module of the service carries one.
func (w *wire) errorSchema(shape string) (*smithy.Schema, bool) {
	if w.registry == nil {
		return nil, false
	}
	entry, ok := w.registry.Entries[w.shapes+"#"+shape]
	if !ok {
		return nil, false
	}
	return entry.Schema, true
}
