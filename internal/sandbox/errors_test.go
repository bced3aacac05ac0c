package sandbox

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// failingWith calls an operation that fails with err, and returns what the client sees.
func failingWith(t *testing.T, speaker speaker, operation string, err error) error {
	t.Helper()
	world := &echo{service: speaker.service, operation: operation, err: err}
	m := methodOf(t, speaker.client(testConfig(world.open(t))), operation)
	world.inputType = m.input
	_, got := m.do(generator{newRand(operation, 0), false}.shape(m.input))
	return got
}

func statusOf(t *testing.T, err error) int {
	t.Helper()
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		t.Fatalf("%v is not an answer", err)
	}
	if response.RequestID == "" {
		t.Errorf("%v has no request ID", err)
	}
	return response.HTTPStatusCode()
}

// anOperation is one operation of each service, to fail.
func anOperation(service string) string {
	return map[string]string{
		"sqs": "GetQueueUrl", "iam": "GetRole", "sts": "GetCallerIdentity", "lambda": "GetFunction",
		"logs": "DeleteLogGroup", "monitoring": "DeleteAlarms", "autoscaling": "DeletePolicy",
	}[service]
}

// operationWith is an operation whose model has the error: the older modules of the SDK know a type
// only there.
func operationWith(service, code string) string {
	operation, ok := map[string]string{
		"EntityAlreadyExists": "CreateRole", "DeleteConflict": "DeleteRole", "MalformedPolicyDocument": "PutRolePolicy",
		"ScalingActivityInProgress": "SetDesiredCapacity",
	}[code]
	if !ok {
		return anOperation(service)
	}
	return operation
}

func TestErrorsArriveWithCodeAndStatus(t *testing.T) {
	message := aws.String(`it's <not> "there" & won't be`)
	tests := []struct {
		service string
		err     error
		code    string // as the client's ErrorCode() has it, in the service's own protocol
		status  int
	}{
		{"sqs", &sqstypes.QueueDoesNotExist{Message: message}, "AWS.SimpleQueueService.NonExistentQueue", 400},
		{"sqs", &sqstypes.QueueNameExists{Message: message}, "QueueAlreadyExists", 400},
		{"sqs", &sqstypes.QueueDeletedRecently{Message: message}, "AWS.SimpleQueueService.QueueDeletedRecently", 400},
		{"sqs", &sqstypes.PurgeQueueInProgress{Message: message}, "AWS.SimpleQueueService.PurgeQueueInProgress", 403},
		{"sqs", &sqstypes.InvalidAttributeName{Message: message}, "InvalidAttributeName", 400},
		{"sqs", &apiError{code: "InvalidParameterValue", message: *message}, "InvalidParameterValue", 400},
		{"iam", &iamtypes.NoSuchEntityException{Message: message}, "NoSuchEntity", 404},
		{"iam", &iamtypes.EntityAlreadyExistsException{Message: message}, "EntityAlreadyExists", 409},
		{"iam", &iamtypes.DeleteConflictException{Message: message}, "DeleteConflict", 409},
		{"iam", &iamtypes.MalformedPolicyDocumentException{Message: message}, "MalformedPolicyDocument", 400},
		{"iam", &apiError{code: "ValidationError", message: *message}, "ValidationError", 400},
		{"lambda", &lambdatypes.ResourceNotFoundException{Message: message}, "ResourceNotFoundException", 404},
		{"lambda", &lambdatypes.ResourceConflictException{Message: message}, "ResourceConflictException", 409},
		{"lambda", &lambdatypes.InvalidParameterValueException{Message: message}, "InvalidParameterValueException", 400},
		{"lambda", &lambdatypes.ServiceException{Message: message}, "ServiceException", 500},
		{"lambda", &apiError{code: "ValidationException", message: *message}, "ValidationException", 400},
		{"lambda", &apiError{code: "NotImplemented", message: *message, status: 501}, "NotImplemented", 501},
		{"logs", &logstypes.ResourceAlreadyExistsException{Message: message}, "ResourceAlreadyExistsException", 400},
		{"logs", &logstypes.ServiceUnavailableException{Message: message}, "ServiceUnavailableException", 500},
		{"monitoring", &cwtypes.ResourceNotFound{Message: message}, "ResourceNotFound", 404},
		{"monitoring", &cwtypes.LimitExceededFault{Message: message}, "LimitExceeded", 400},
		{"monitoring", &apiError{code: "ValidationError", message: *message}, "ValidationError", 400},
		{"autoscaling", &astypes.ScalingActivityInProgressFault{Message: message}, "ScalingActivityInProgress", 400},
		{"autoscaling", &astypes.ResourceContentionFault{Message: message}, "ResourceContention", 500},
		{"autoscaling", &apiError{code: "ValidationError", message: *message}, "ValidationError", 400},
	}
	for _, speaker := range speakers() {
		for _, test := range tests {
			if test.service != speaker.service {
				continue
			}
			t.Run(speaker.service+"/"+speaker.protocol+"/"+test.code, func(t *testing.T) {
				got := failingWith(t, speaker, operationWith(test.service, test.code), test.err)
				if status := statusOf(t, got); status != test.status {
					t.Errorf("status %d, want %d", status, test.status)
				}
				var api smithy.APIError
				if !errors.As(got, &api) {
					t.Fatalf("%v is not an API error", got)
				}
				if api.ErrorMessage() != *message {
					t.Errorf("message %q, want %q", api.ErrorMessage(), *message)
				}
				if speaker.protocol != "query" && api.ErrorCode() != test.code {
					t.Errorf("code %q, want %q", api.ErrorCode(), test.code)
				}
				if unmodelled := new(apiError); !errors.As(test.err, &unmodelled) && reflect.TypeOf(api) != reflect.TypeOf(test.err) {
					t.Errorf("arrived as %T, want %T", api, test.err)
				}
			})
		}
	}
}

// TestEveryModelledErrorKeepsItsTypeAndMembers goes through the SDK's registries, so that a new
// error type of the SDK is tested when it comes. In Query two of CloudWatch's share a code.
func TestEveryModelledErrorKeepsItsTypeAndMembers(t *testing.T) {
	wires := wires()
	for _, speaker := range speakers() {
		registry := wires[speaker.service].registry
		if registry == nil || speaker.protocol == "query" {
			continue
		}
		for id, entry := range registry.Entries {
			sent, ok := entry.New().(smithy.APIError)
			if !ok {
				continue
			}
			t.Run(speaker.service+"/"+speaker.protocol+"/"+id, func(t *testing.T) {
				value := reflect.ValueOf(sent).Elem()
				generator{newRand(id, 0), false}.fill(value, longList)
				value.FieldByName("ErrorCodeOverride").SetZero()
				if entry.Schema.Member("message") == nil && entry.Schema.Member("Message") == nil {
					value.FieldByName("Message").SetZero()
				}
				if retry := value.FieldByName("RetryAfterSeconds"); retry.IsValid() {
					retry.SetZero() // a header, and nothing here throttles
				}
				got := failingWith(t, speaker, anOperation(speaker.service), sent)
				arrived := reflect.New(reflect.TypeOf(sent))
				if !errors.As(got, arrived.Interface()) {
					t.Fatalf("%v is not a %T", got, sent)
				}
				override := arrived.Elem().Elem().FieldByName("ErrorCodeOverride")
				override.SetZero()
				if diff := cmp.Diff(sent, arrived.Elem().Interface(), sameShape(speaker.protocol)); diff != "" {
					t.Errorf("(-sent +arrived):\n%s", diff)
				}
			})
		}
	}
}

func TestSaysWhatTheSandboxDoesNotHave(t *testing.T) {
	for _, speaker := range speakers() {
		t.Run(speaker.service+"/"+speaker.protocol, func(t *testing.T) {
			s := (&echo{service: speaker.service, operation: "Other"}).open(t)
			m := methodOf(t, speaker.client(testConfig(s)), anOperation(speaker.service))
			_, err := m.do(generator{newRand("", 0), false}.shape(m.input))
			var api smithy.APIError
			if !errors.As(err, &api) || !strings.Contains(api.ErrorMessage(), "The sandbox does not have the operation") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRefusesAnUnsignedRequest(t *testing.T) {
	for _, speaker := range speakers() {
		t.Run(speaker.service+"/"+speaker.protocol, func(t *testing.T) {
			s := (&echo{service: speaker.service, operation: anOperation(speaker.service)}).open(t)
			config := testConfig(s)
			config.Credentials = aws.AnonymousCredentials{}
			m := methodOf(t, speaker.client(config), anOperation(speaker.service))
			_, err := m.do(generator{newRand("", 0), false}.shape(m.input))
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != "MissingAuthenticationToken" {
				t.Fatalf("got %v", err)
			}
			if status := statusOf(t, err); status != http.StatusForbidden {
				t.Errorf("status %d", status)
			}
		})
	}
}
