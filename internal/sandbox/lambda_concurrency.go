package sandbox

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// mostReserved leaves 100 of an account's 1,000 executions to the functions that have none of their own.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
const mostReserved = 900

// concurrency is what GetFunction shows: nothing where nothing is reserved.
func (f *function) concurrency() *types.Concurrency {
	if f.Reserved == nil {
		return nil
	}
	return &types.Concurrency{ReservedConcurrentExecutions: f.Reserved}
}

func (w *world) getFunctionConcurrency(r *request, in *lambda.GetFunctionConcurrencyInput) (*lambda.GetFunctionConcurrencyOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	return &lambda.GetFunctionConcurrencyOutput{ReservedConcurrentExecutions: f.Reserved}, nil
}

// putFunctionConcurrency reserves executions; the sandbox runs one at a time, so that only 0 makes a difference.
func (w *world) putFunctionConcurrency(r *request, in *lambda.PutFunctionConcurrencyInput) (*lambda.PutFunctionConcurrencyOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if aws.ToInt32(in.ReservedConcurrentExecutions) > mostReserved {
		return nil, lambdaInvalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].")
	}
	f.Reserved = in.ReservedConcurrentExecutions
	return &lambda.PutFunctionConcurrencyOutput{ReservedConcurrentExecutions: f.Reserved}, nil
}

func (w *world) deleteFunctionConcurrency(r *request, in *lambda.DeleteFunctionConcurrencyInput) (*lambda.DeleteFunctionConcurrencyOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	f.Reserved = nil
	return &lambda.DeleteFunctionConcurrencyOutput{}, nil
}

// throttled is what a caller of a function is told that may not run at all.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (f *function) throttled() error {
	if f.Reserved == nil || *f.Reserved > 0 {
		return nil
	}
	return &types.TooManyRequestsException{
		Type: aws.String("User"), Message: aws.String("Rate Exceeded."), Reason: types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded,
	}
}
