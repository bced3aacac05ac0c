package sandbox

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/ingest"
)

// withIngest is a stage with the queue jobs and eventscale's own function in front of it.
func withIngest(t *testing.T, queue string, attributes map[string]string) (*stage, *string) {
	s := newStage(t)
	url := s.queue(queue, attributes)
	must(s.createRole(s.request(), roleInput("ingest")))
	must(s.putRolePolicy(s.request(), rolePolicyInput("ingest", inlineDocument)))
	in := functionInput("ingest")
	in.Code.ZipFile = ingest.Zip()
	in.Environment = &types.Environment{Variables: map[string]string{"QUEUE_URL": *url}}
	must(s.createFunction(s.request(), in))
	return s, url
}

func rolePolicyInput(role, document string) *iam.PutRolePolicyInput {
	return &iam.PutRolePolicyInput{RoleName: &role, PolicyName: aws.String("send"), PolicyDocument: &document}
}

func (s *stage) invokes(event string) *lambda.InvokeOutput {
	s.Helper()
	return must(s.invoke(s.request(), &lambda.InvokeInput{FunctionName: aws.String("ingest"), Payload: []byte(event)}))
}

// What the events become was found by running index.py itself: see the next test.
var events = []struct{ event, jobs string }{
	{`{"a": 1.50, "b": [true, null, "\u00e9\ud83d\ude00\u007f\n/<"]}`, `{"a": 1.50, "b": [true, null, "\u00e9\ud83d\ude00\u007f\n/<"]}`},
	{`[1, "x", {"y": {}}]`, `1|"x"|{"y": {}}`},
	{`[]`, ``},
	{`7`, `7`},
	{``, `{}`},
	{`{"Event": "s3:TestEvent"}`, ``},
	{`{"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "b"}, "object": {"key": "a+b%2Fc.png", "size": 3}}}]}`,
		`{"bucket": "b", "key": "a b/c.png", "size": 3, "etag": null, "version_id": null, "sequencer": null, "event": "ObjectCreated:Put", "time": null, "region": null}`},
	{`{"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "plain"}}, {"EventSource": "aws:sns", "Sns": {"Message": "[1, 2]"}}]}`, `"plain"|1|2`},
	{`{"Records": [{"eventSource": "aws:s3"}, {"eventSource": "aws:sqs"}]}`, `{"Records": [{"eventSource": "aws:s3"}, {"eventSource": "aws:sqs"}]}`},
	{`{"Records": []}`, ``},
	{`{"detail-type": "x", "detail": {}}`, `{"detail-type": "x", "detail": {}}`},
}

func TestInvokePutsTheJobsOfAnEventIntoTheQueue(t *testing.T) {
	for _, tt := range events {
		s, url := withIngest(t, "jobs", nil)
		out := s.invokes(tt.event)
		if out.FunctionError != nil {
			t.Errorf("%s: %s", tt.event, out.Payload)
		}
		var bodies []string
		for _, m := range s.receive(url, 10) {
			bodies = append(bodies, *m.Body)
		}
		same(t, strings.Join(bodies, "|"), tt.jobs)
		var answer struct{ Sent int }
		if err := json.Unmarshal(out.Payload, &answer); err != nil || answer.Sent != len(bodies) {
			t.Errorf("%s: answered %s for %d jobs", tt.event, out.Payload, len(bodies))
		}
	}
}

// TestInvokeAgreesWithTheFunctionItself runs index.py on the same events, with a boto3 that prints.
func TestInvokeAgreesWithTheFunctionItself(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	const program = `
import json, os, sys, types
bodies = []
client = types.SimpleNamespace(send_message_batch=lambda QueueUrl, Entries: bodies.extend(e["MessageBody"] for e in Entries) or {})
sys.modules["boto3"] = types.SimpleNamespace(client=lambda _: client)
os.environ["QUEUE_URL"] = "q"
sys.dont_write_bytecode = True
sys.path.insert(0, "../ingest")
import index
index.handler(json.loads(sys.argv[1] or "{}"), None)
print("|".join(bodies), end="")
`
	for _, tt := range events {
		out, err := exec.Command(python, "-c", program, tt.event).CombinedOutput()
		want := strings.ReplaceAll(tt.jobs, "1.50", "1.5") // the sandbox writes numbers as they came
		if err != nil || string(out) != want {
			t.Errorf("%s: index.py sends %s, %v, want %s", tt.event, out, err, want)
		}
	}
}

func TestInvokeOrdersTheJobsOfAFIFOQueue(t *testing.T) {
	s, url := withIngest(t, "jobs.fifo", map[string]string{"FifoQueue": "true"})
	s.invokes(`[{"group": "a", "n": 1}, {"group": "a", "n": 2}, {"group": 7}]`)
	out := must(s.receiveMessage(s.request(), &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{"All"}}))
	var groups []string
	for _, m := range out.Messages {
		groups = append(groups, m.Attributes["MessageGroupId"])
	}
	same(t, groups, []string{"a", "a", s.request().id + "-2"})
}

func TestInvokeSaysWhatTheFunctionRaises(t *testing.T) {
	s, url := withIngest(t, "jobs", nil)
	raises := func(event, kind string) {
		t.Helper()
		out := s.invokes(event)
		if aws.ToString(out.FunctionError) != "Unhandled" || !strings.Contains(string(out.Payload), kind) {
			t.Errorf("%s: %s %s, want %s", event, aws.ToString(out.FunctionError), out.Payload, kind)
		}
	}
	raises(`{"Records": [{"eventSource": "aws:s3"}]}`, "KeyError")
	raises(`["`+strings.Repeat("x", maxBatchBytes)+`"]`, "ValueError")
	must(s.deleteQueue(s.request(), &sqs.DeleteQueueInput{QueueUrl: url}))
	raises(`1`, "QueueDoesNotExist")
	_, err := s.invoke(s.request(), &lambda.InvokeInput{FunctionName: aws.String("ingest"), Payload: []byte("{")})
	s.refuses(err, "InvalidRequestContentException", "json")
	other := withFunction(t)
	_, err = other.invoke(other.request(), &lambda.InvokeInput{FunctionName: aws.String("ingest")})
	other.refuses(err, "SandboxRunsNoOtherCode", "only eventscale's built-in function")
}

func TestInvokeThroughTheClient(t *testing.T) {
	cloud := opened(t, Options{})
	config := testConfig(cloud)
	queues, client := sqs.NewFromConfig(config), lambda.NewFromConfig(config)
	url := must(queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})).QueueUrl
	roles := iam.NewFromConfig(config)
	must(roles.CreateRole(t.Context(), roleInput("ingest")))
	must(roles.PutRolePolicy(t.Context(), rolePolicyInput("ingest", inlineDocument)))
	in := functionInput("ingest")
	in.Code.ZipFile, in.Environment = ingest.Zip(), &types.Environment{Variables: map[string]string{"QUEUE_URL": *url}}
	must(client.CreateFunction(t.Context(), in))
	invoke := func(kind types.InvocationType, payload string) *lambda.InvokeOutput {
		return must(client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("ingest"), InvocationType: kind, Payload: []byte(payload)}))
	}
	out := invoke(types.InvocationTypeRequestResponse, `[1, 2]`)
	same(t, []string{string(out.Payload), *out.ExecutedVersion}, []string{`{"sent": 2}`, "$LATEST"})
	same(t, out.StatusCode, int32(200))
	same(t, invoke(types.InvocationTypeEvent, `3`).StatusCode, int32(202))
	same(t, invoke(types.InvocationTypeDryRun, `4`).StatusCode, int32(204))
	failed := invoke("", `{"Records": [{"EventSource": "aws:sns"}]}`)
	same(t, []string{*failed.FunctionError, string(failed.Payload[:30])}, []string{"Unhandled", `{"errorMessage":"'Message'","e`})
	got := must(queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10}))
	same(t, len(got.Messages), 3)
}
