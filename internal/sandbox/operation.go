package sandbox

import (
	"context"
	"reflect"
	"time"
)

// operation is one API operation: what it takes, in the SDK's own input type, and what it does.
// It knows no protocol; the codecs fill the input and send the output.
type operation struct {
	name     string
	newInput func() any
	output   reflect.Type // what a pointer to is returned
	call     func(*request, any) (any, error)
}

// op declares an operation by its handler. Input and output are the SDK's types of that operation
// (I = sqs.CreateQueueInput), so that a handler cannot speak of a field AWS does not have.
func op[I, O any](name string, handler func(*request, *I) (*O, error)) operation {
	return operation{
		name:     name,
		newInput: func() any { return new(I) },
		output:   reflect.TypeFor[O](),
		call: func(r *request, input any) (any, error) {
			output, err := handler(r, input.(*I))
			if err != nil {
				return nil, err
			}
			return output, nil
		},
	}
}

// request is what a handler may know of a call besides its input.
type request struct {
	ctx       context.Context
	now       time.Time
	account   string // 12 digits
	region    string // from the signature's scope, else the sandbox's own
	partition string // "aws"
	baseURL   string // "https://sqs.us-east-1.amazonaws.com" or "http://127.0.0.1:4599": what the caller reached us by
	id        string // the request ID that the answer carries

	waited time.Duration // how long notYet has kept the caller waiting so far
}

// notYet is the error of a handler that would rather answer later (a long poll): nothing has
// happened, and the handler is called again in a moment, with request.waited grown. Meanwhile others
// are served.
type notYet struct{}

func (notYet) Error() string { return "not yet" }

// apiError is an error that the SDK models no type for. Where it does, handlers return the SDK's
// type (&types.QueueDoesNotExist{...}), and the HTTP status comes from the table beside the codecs.
type apiError struct {
	code    string
	message string
	status  int // HTTP; 0 means 400
}

func (e *apiError) Error() string { return e.code + ": " + e.message }
