package sandbox

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"reflect"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// reset is how a connection that is cut looks to a client.
func reset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
}

// disturb does to a call what the rules say before it takes effect. It reports whether the connection is to be
// cut. The only error is the context's.
func (s *Sandbox) disturb(ctx context.Context, c *call) (cut bool, err error) {
	if refused := c.refusal != nil; refused {
		return false, nil
	}
	delay, rule := s.judge.request(c, s.options.Now())
	if delay > 0 {
		c.fault = DoDelay
	}
	if rule != nil {
		c.fault = rule.Do
	}
	if err := wait(ctx, delay); err != nil {
		return false, err
	}
	switch c.fault {
	case DoThrottle, DoRate:
		c.refusal = throttling(c.service)
	case DoError:
		c.refusal = rule.failure()
	case DoStale:
		c.stale = rule.For
	case DoHang:
		<-ctx.Done()
		return false, ctx.Err()
	case DoCutBefore:
		return true, nil
	}
	return false, nil
}

// spoil does to the output of a call what the rules say. What is done to its encoded answer is for the answer
// itself: see mangle.
func (s *Sandbox) spoil(c *call, output any) {
	c.spoiled = s.judge.answer(c)
	if c.spoiled == nil {
		return
	}
	c.fault = c.spoiled.Do
	if c.spoiled.Do == DoOmit {
		if field := reflect.ValueOf(output).Elem().FieldByName(c.spoiled.Field); field.IsValid() {
			field.SetZero()
		}
	}
}

// mangle does to an encoded answer what the rules say.
func (a *answer) mangle(rule *Fault) {
	if rule == nil {
		return
	}
	switch rule.Do {
	case DoCutAfter:
		a.cut = true
	case DoTruncate:
		a.torn = len(a.body) > 0
	case DoShorten:
		a.body = a.body[:len(a.body)/2]
	}
}

// throttling is how each service says that it is asked too often.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_Errors
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
func throttling(service string) error {
	message := aws.String("Rate exceeded")
	switch service {
	case "lambda":
		return &lambdatypes.TooManyRequestsException{Message: message, Type: aws.String("User")}
	case "logs":
		return &logstypes.ThrottlingException{Message: message}
	case "sqs":
		return &sqstypes.RequestThrottled{Message: message}
	}
	return &apiError{code: "Throttling", message: *message}
}

// failure is the error of a rule.
func (f *Fault) failure() error {
	e := &apiError{code: f.Code, message: f.Message, status: f.Status}
	if e.message == "" {
		e.message = "The sandbox was told to fail this call."
	}
	if e.code != "" {
		if e.status == 0 && (e.code == "AccessDenied" || e.code == "AccessDeniedException") {
			e.status = http.StatusForbidden
		}
		return e
	}
	if e.status == 0 {
		e.status = http.StatusInternalServerError
	}
	e.code = codeOfStatus(e.status)
	return e
}

// codeOfStatus is what AWS's services call an error of a status, where they have no word of their own.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
func codeOfStatus(status int) string {
	switch {
	case status == http.StatusServiceUnavailable:
		return "ServiceUnavailable"
	case status >= http.StatusInternalServerError:
		return "InternalFailure"
	case status == http.StatusForbidden:
		return "AccessDenied"
	}
	return "ValidationError"
}

// reader reads the answer's body as far as it arrives.
func (a *answer) reader() io.ReadCloser {
	if a.torn {
		return io.NopCloser(io.MultiReader(bytes.NewReader(a.arriving()), brokenReader{}))
	}
	return io.NopCloser(bytes.NewReader(a.body))
}

// arriving is the part of the body that arrives.
func (a *answer) arriving() []byte {
	if a.torn {
		return a.body[:len(a.body)/2]
	}
	return a.body
}

// brokenReader is the rest of a body that does not arrive.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
