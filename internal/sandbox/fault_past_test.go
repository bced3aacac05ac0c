package sandbox

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// TestAStaleReadShowsTheWorldBeforeTheWrites goes through what is made, changed and deleted.
func TestAStaleReadShowsTheWorldBeforeTheWrites(t *testing.T) {
	for name, path := range map[string]string{"in memory": "", "in a file": sandboxPath(t)} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
			s := opened(t, Options{Path: path, Now: func() time.Time { return now }, Faults: []Fault{{Service: "sqs", Do: DoStale, For: 10 * time.Second}}})
			client := sqs.NewFromConfig(testConfig(s))
			url := aws.String("http://sandbox/123456789012/jobs")
			timeout := func() string {
				out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: all()})
				if err != nil {
					code, _ := codeOf(err)
					return code
				}
				return out.Attributes["VisibilityTimeout"]
			}
			const none = "AWS.SimpleQueueService.NonExistentQueue"
			same(t, timeout(), none)
			must(client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")}))
			same(t, timeout(), none)
			must(iam.NewFromConfig(testConfig(s)).CreateRole(t.Context(), roleInput("worker")))
			must(iam.NewFromConfig(testConfig(s)).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("worker")})) // no rule is for IAM
			now = now.Add(9 * time.Second)
			same(t, timeout(), none)
			now = now.Add(time.Second)
			same(t, timeout(), "30")

			must(client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "60"}}))
			now = now.Add(4 * time.Second)
			must(client.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "90"}}))
			same(t, timeout(), "30")
			now = now.Add(6 * time.Second)
			same(t, timeout(), "60")
			now = now.Add(4 * time.Second)
			same(t, timeout(), "90")

			must(client.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: url}))
			same(t, timeout(), "90")
			now = now.Add(10 * time.Second)
			same(t, timeout(), none)
			must(client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("other")}))
			if n := len(s.past.worlds); n != 1 {
				t.Errorf("%d worlds are kept", n)
			}
		})
	}
}

func TestWithoutStaleRulesNoPastIsKept(t *testing.T) {
	s := opened(t, Options{Faults: []Fault{{Do: DoDelay, For: time.Nanosecond}}})
	must(sqs.NewFromConfig(testConfig(s)).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")}))
	same(t, len(s.past.worlds), 0)
}
