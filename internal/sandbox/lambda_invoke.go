package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/eventscale/eventscale/internal/ingest"
)

// invoke runs the one function that the sandbox can run: eventscale's own, told by its code. It is done
// when the call is answered, also where the caller does not wait for it.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (w *world) invoke(r *request, in *lambda.InvokeInput) (*lambda.InvokeOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if w.isPending(f, r.now) {
		return nil, lambdaConflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
	}
	if !f.isBuiltIn() {
		return nil, &apiError{
			code: "SandboxRunsNoOtherCode", status: http.StatusNotImplemented,
			message: "The sandbox runs only eventscale's built-in function, and the code of " + *f.Configuration.FunctionName + " is another.",
		}
	}
	event := in.Payload
	if len(event) == 0 {
		event = []byte("{}")
	}
	if !json.Valid(event) {
		return nil, &types.InvalidRequestContentException{Type: aws.String("User"), Message: aws.String("Could not parse request body into json: the payload is no JSON")}
	}
	switch in.InvocationType {
	case types.InvocationTypeDryRun:
		return &lambda.InvokeOutput{StatusCode: http.StatusNoContent}, nil
	case types.InvocationTypeEvent:
		if f.throttled() == nil {
			_, _ = w.ingest(r, f, event) // nobody is told of a failure: AWS tries again, and it fails again
		}
		return &lambda.InvokeOutput{StatusCode: http.StatusAccepted}, nil
	}
	if err := f.throttled(); err != nil {
		return nil, err
	}
	return w.answerInvoke(r, f, event), nil
}

// answerInvoke runs the function and says what it returned or raised.
func (w *world) answerInvoke(r *request, f *function, event []byte) *lambda.InvokeOutput {
	out := &lambda.InvokeOutput{StatusCode: http.StatusOK, ExecutedVersion: aws.String("$LATEST")}
	sent, err := w.ingest(r, f, event)
	if err == nil {
		out.Payload = fmt.Appendf(nil, `{"sent": %d}`, sent)
		return out
	}
	out.FunctionError = aws.String("Unhandled")
	out.Payload, _ = json.Marshal(map[string]any{
		"errorMessage": err.message, "errorType": err.kind, "requestId": r.id, "stackTrace": []string{},
	})
	return out
}

// isBuiltIn says whether the function's code is the package that eventscale deploys.
func (f *function) isBuiltIn() bool {
	sum := sha256.Sum256(ingest.Zip())
	return aws.ToString(f.Configuration.CodeSha256) == base64.StdEncoding.EncodeToString(sum[:])
}
