package main

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
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
