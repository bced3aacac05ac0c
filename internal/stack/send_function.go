package stack

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

type invokeAPI interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// functionCarrier sends each job as an event to the function.
type functionCarrier struct {
	api  invokeAPI
	name string
	Sending
}

// most: an event a call.
func (c functionCarrier) most() (jobs, bytes int) { return 1, c.mostBytes() }

// lanes are below the 10 concurrent executions of a new account, so that the function's real events find
// room too.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func (c functionCarrier) lanes() int { return callsInFlight }

func (c functionCarrier) carry(ctx context.Context, batch []job) (taken int, refused []Refusal, err error) {
	for _, j := range batch {
		out, err := c.api.Invoke(ctx, &lambda.InvokeInput{
			FunctionName: &c.name, Payload: []byte(j.body), InvocationType: c.invocationType(),
		})
		if err != nil {
			return taken, refused, fmt.Errorf("invoking %s: %w", c.name, concise(err))
		}
		if out.FunctionError == nil {
			taken++
			continue
		}
		code, message := functionError(aws.ToString(out.FunctionError), out.Payload)
		refused = append(refused, Refusal{j.number, code, message, c.advice()})
	}
	return taken, refused, nil
}

func (c functionCarrier) invocationType() types.InvocationType {
	if c.Async {
		return types.InvocationTypeEvent
	}
	return types.InvocationTypeRequestResponse
}

// advice leads to the function's own words. Its log group has the name that Lambda expects.
func (c functionCarrier) advice() string {
	return "the function's log says more: aws logs tail /aws/lambda/" + c.name
}

// functionError reads what a function raised: {"errorMessage": "...", "errorType": "RuntimeError", ...}.
// https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
func functionError(kind string, payload []byte) (code, message string) {
	var raised struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}
	if err := json.Unmarshal(payload, &raised); err != nil || raised.Message == "" {
		return kind, string(payload)
	}
	if raised.Type == "" {
		return kind, raised.Message
	}
	return raised.Type, raised.Message
}
