package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// TestAWSOutOfReachIsSaidPlainly: nothing listens on port 1.
func TestAWSOutOfReachIsSaidPlainly(t *testing.T) {
	client := sqs.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	_, err := client.ListQueues(t.Context(), nil)
	if err == nil {
		t.Fatal("port 1 answers")
	}
	if text := errorText(err); strings.Contains(text, "RequestID") || !strings.Contains(text, "127.0.0.1:1") {
		t.Errorf("shown as %q", text)
	}
	if got := strings.Join(hints(err), "\n"); !strings.Contains(got, "--region and --endpoint-url") {
		t.Errorf("hints %q", got)
	}
	if got := hints(&credentialsError{err}); len(got) != 1 {
		t.Errorf("missing credentials are no trouble of the network: %q", got)
	}
}

// TestARegionThatIsOffIsThoughtOf: STS knows the credentials there too, so that a look at them alone leads nowhere.
func TestARegionThatIsOffIsThoughtOf(t *testing.T) {
	refused := &smithy.GenericAPIError{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	if got := strings.Join(hints(refused), "\n"); !strings.Contains(got, "--profile") || !strings.Contains(got, "list-regions") || exitCode(refused) != exitDenied {
		t.Errorf("exit code %d, hints %q", exitCode(refused), got)
	}
}

// advised is an error with advice, or with none, over another.
type advised struct {
	hint string
	err  error
}

func (e *advised) Error() string { return "it failed" }
func (e *advised) Unwrap() error { return e.err }
func (e *advised) Hint() string  { return e.hint }

// An error that has nothing to advise does not hide the advice of the one that it wraps.
func TestAnErrorWithoutAdviceHidesNone(t *testing.T) {
	inner := &advised{hint: "do this"}
	if got := hints(&advised{err: fmt.Errorf("deleting: %w", inner)}); !slices.Equal(got, []string{"do this"}) {
		t.Errorf("the advice is %q", got)
	}
	if got := hints(&advised{hint: "do that", err: inner}); !slices.Equal(got, []string{"do that"}) {
		t.Errorf("the advice is %q, and not the outermost", got)
	}
	if got := hints(&advised{}); len(got) != 0 {
		t.Errorf("the advice is %q where there is none", got)
	}
}
