package stack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// bodies are those of so many jobs: "job 1", "job 2", ...
func bodies(n int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if !yield(fmt.Sprintf("job %d", i+1), nil) {
				return
			}
		}
	}
}

// each are bodies as given.
func each(texts ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, text := range texts {
			if !yield(text, nil) {
				return
			}
		}
	}
}

// received takes all messages out of the queue, in their order.
func (p *project) received() []string {
	p.Helper()
	url := p.load().Record(JobQueue).PhysicalID
	var all []string
	for {
		out := must(p.T, func() (*sqs.ReceiveMessageOutput, error) {
			return p.theirs.sqs.ReceiveMessage(p.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 0, VisibilityTimeout: 3600})
		})
		for _, m := range out.Messages {
			all = append(all, aws.ToString(m.Body))
			p.done(p.theirs.sqs.DeleteMessage(p.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}))
		}
		if len(out.Messages) == 0 {
			return all
		}
	}
}

// onQueue is a stack that is up, in a bubble where nothing but its clock passes time.
func onQueue(t *testing.T, test func(t *testing.T, p *project)) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.up()
		p.asked()
		test(t, p)
	})
}

func TestEveryJobReachesTheQueueOnce(t *testing.T) {
	for _, n := range []int{1, 9, 10, 11, 137} {
		onQueue(t, func(t *testing.T, p *project) {
			sent, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(n), Via: ViaQueue})
			if err != nil || sent.Jobs != n || sent.Refused > 0 {
				t.Fatalf("%d of %d jobs: %+v, %v", sent.Jobs, n, sent.Refusals, err)
			}
			if calls := timesCalled(p.asked(), "SendMessageBatch"); calls != (n+9)/10 {
				t.Errorf("%d jobs in %d calls", n, calls)
			}
			got := p.received()
			slices.Sort(got)
			want := slices.Collect(func(yield func(string) bool) { bodies(n)(func(b string, _ error) bool { return yield(b) }) })
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestJobsOfAFIFOQueueKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.spec.FIFO = true
		p.up()
		for _, run := range []string{"a", "b"} { // another run's jobs are no duplicates
			sent, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(25), Via: ViaQueue, Run: run})
			if err != nil || sent.Jobs != 25 {
				t.Fatalf("%+v, %v", sent, err)
			}
		}
		var want []string
		for range 2 {
			for i := range 25 {
				want = append(want, fmt.Sprintf("job %d", i+1))
			}
		}
		if diff := cmp.Diff(want, p.received()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// groupsOf are the message groups of the jobs in the queue, in their order. A batch of a group hides the group's other
// jobs, so each job is deleted before the next is asked for.
func (p *project) groupsOf(n int) []string {
	p.Helper()
	url := p.load().Record(JobQueue).PhysicalID
	var all []string
	for range n {
		out := must(p.T, func() (*sqs.ReceiveMessageOutput, error) {
			return p.theirs.sqs.ReceiveMessage(p.Context(), &sqs.ReceiveMessageInput{
				QueueUrl: &url, MaxNumberOfMessages: 1, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"MessageGroupId"},
			})
		})
		for _, m := range out.Messages {
			all = append(all, m.Attributes["MessageGroupId"])
			p.done(p.theirs.sqs.DeleteMessage(p.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}))
		}
	}
	return all
}

func TestJobsOfAFIFOQueueAreOfOneGroupOrEachOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		o    Sending
		want []string
	}{
		{Sending{}, []string{DefaultGroup, DefaultGroup}},
		{Sending{Group: "a"}, []string{"a", "a"}},
		{Sending{GroupPerJob: true}, []string{"run-1", "run-2"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec.FIFO = true
			p.up()
			c.o.Bodies, c.o.Via, c.o.Run = bodies(2), ViaQueue, "run"
			if sent, err := p.recorded().Send(t.Context(), c.o); err != nil || sent.Jobs != 2 {
				t.Fatalf("%+v, %v", sent, err)
			}
			if diff := cmp.Diff(c.want, p.groupsOf(2)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWorkersShareTheJobsOfAFIFOQueueOnlyIfEachHasItsGroup(t *testing.T) {
	for perJob, want := range map[bool]int{false: 10, true: 30} { // a group's next batch waits for this one
		synctest.Test(t, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec.FIFO = true
			p.up()
			if _, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(30), Via: ViaQueue, Run: "run", GroupPerJob: perJob}); err != nil {
				t.Fatal(err)
			}
			url, got := p.load().Record(JobQueue).PhysicalID, 0
			for range 3 {
				out := must(t, func() (*sqs.ReceiveMessageOutput, error) {
					return p.theirs.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
				})
				got += len(out.Messages)
			}
			if got != want {
				t.Errorf("a group per job: %v: three workers got %d of 30 jobs, not %d", perJob, got, want)
			}
		})
	}
}

func TestARateIsKept(t *testing.T) {
	for _, c := range []struct {
		rate  float64
		jobs  int
		took  time.Duration
		calls int
	}{
		{1, 5, 4 * time.Second, 5},
		{10, 60, 5900 * time.Millisecond, 60},
		{50, 100, 1900 * time.Millisecond, 20}, // 5 jobs each 100 ms
		{1000, 500, 490 * time.Millisecond, 50},
		{0.5, 3, 4 * time.Second, 3},
	} {
		onQueue(t, func(t *testing.T, p *project) {
			start := time.Now()
			sent, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(c.jobs), Via: ViaQueue, Rate: c.rate})
			if err != nil || sent.Jobs != c.jobs || sent.Elapsed != time.Since(start) {
				t.Errorf("%v/s: %+v, %v", c.rate, sent, err)
			}
			took(t, start, c.took, c.took)
			if calls := timesCalled(p.asked(), "SendMessageBatch"); calls != c.calls {
				t.Errorf("%v/s: %d jobs in %d calls, not %d", c.rate, c.jobs, calls, c.calls)
			}
		})
	}
}

func TestJobsOfASlowSourceDoNotWaitForTheTenth(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		slow := func(yield func(string, error) bool) {
			for i := range 3 {
				time.Sleep(time.Minute)
				if !yield(fmt.Sprint(i), nil) {
					return
				}
			}
		}
		var told []time.Duration
		start := time.Now()
		_, err := p.recorded().Send(t.Context(), Sending{Bodies: slow, Via: ViaQueue, Progress: func(Sent) { told = append(told, time.Since(start)) }})
		if err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{time.Minute + linger, 2*time.Minute + linger, 3 * time.Minute}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestBatchesAreNotLargerThanSQSTakes(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		large := strings.Repeat("x", mostBody/2-10)
		texts := []string{large, large, "small", large, strings.Repeat("y", mostBody), large}
		sent, err := p.recorded().Send(t.Context(), Sending{Bodies: each(texts...), Via: ViaQueue})
		if err != nil || sent.Jobs != len(texts) {
			t.Fatalf("%d jobs: %v, %v", sent.Jobs, sent.Refusals, err)
		}
	})
}

func TestABodyThatCannotGoIsRefusedAndTheOthersGo(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		texts := []string{"good", "", strings.Repeat("x", mostBody+1), "bell\a", "\xff", "good too"}
		sent, err := p.recorded().Send(t.Context(), Sending{Bodies: each(texts...), Via: ViaQueue})
		if err != nil || sent.Jobs != 2 {
			t.Fatalf("%d jobs: %v", sent.Jobs, err)
		}
		var numbers []int
		for _, r := range sent.Refusals {
			numbers = append(numbers, r.Job)
		}
		if !slices.Equal(numbers, []int{2, 3, 4, 5}) {
			t.Errorf("refused: %+v", sent.Refusals)
		}
		if want := "the body must be at most 1048576 bytes, has 1048577"; sent.Refusals[1].Message != want {
			t.Errorf("%q, not %q", sent.Refusals[1].Message, want)
		}
	})
}

func TestOfManyRefusalsTheFirstAreKeptAndAllAreCounted(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		const bad = 3 * MostRefusals
		source := func(yield func(string, error) bool) {
			for range bad {
				if !yield("bell\a", nil) {
					return
				}
			}
		}
		last := 0
		progress := func(s Sent) {
			if s.Refusals != nil || s.Refused <= last {
				t.Errorf("told of %d refused after %d, with %d of the reasons", s.Refused, last, len(s.Refusals))
			}
			last = s.Refused
		}
		sent, err := p.recorded().Send(t.Context(), Sending{Bodies: source, Via: ViaQueue, Progress: progress})
		if err != nil || sent.Refused != bad || sent.Tried() != bad || last != bad || len(sent.Refusals) != MostRefusals {
			t.Errorf("%d refused, %d told of, %d kept: %v", sent.Refused, last, len(sent.Refusals), err)
		}
	})
}

func TestALongMessageOfARefusalIsCut(t *testing.T) {
	var d delivery
	d.keep([]Refusal{{Message: strings.Repeat("ü", mostMessage)}, {Message: "x" + strings.Repeat("ü", mostMessage)}})
	for i, want := range []string{strings.Repeat("ü", mostMessage/2), "x" + strings.Repeat("ü", mostMessage/2-1)} {
		if got := d.kept[i].Message; got != want {
			t.Errorf("%d bytes of %d are kept", len(got), mostMessage)
		}
	}
}

func TestAdviceOnABodyFitsItsFault(t *testing.T) {
	large := func(bytes int) string { return strings.Repeat("1", bytes) }
	async := Sending{Via: ViaFunction, Async: true}
	for _, c := range []struct {
		o      Sending
		body   string
		advice string
	}{
		{Sending{Via: ViaQueue}, "", "without --body"},
		{Sending{Via: ViaQueue}, large(mostBody + 1), "S3"},
		{Sending{Via: ViaQueue}, "bell\a", "base64"},
		{Sending{Via: ViaQueue}, "\xff", "base64"},
		{Sending{Via: ViaFunction}, "hello", "for example --body '{"},
		{Sending{Via: ViaFunction}, large(mostEvent + 1), "S3"},
		{async, large(mostEvent + 1), "S3"},
		{async, large(mostEvent), "leave --async out"},
		{async, "{}", ""},
	} {
		fault, advice := c.o.Fault(c.body)
		if (fault == "") != (c.advice == "") || !strings.Contains(advice, c.advice) || c.advice == "" && advice != "" {
			t.Errorf("%s, %d bytes: %q, with the advice %q", c.o.Via, len(c.body), fault, advice)
		}
	}
}

// failing makes SQS answer that it failed on the entries named, as it does at times, though in truth it took them.
func failing(ids []string, senderFault bool) func(*http.Response) (*http.Response, error) {
	return func(answer *http.Response) (*http.Response, error) {
		var out map[string][]map[string]any
		if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
			return nil, err
		}
		for _, id := range ids {
			out["Failed"] = append(out["Failed"], map[string]any{"Id": id, "SenderFault": senderFault, "Code": "InternalError", "Message": "try again"})
			out["Successful"] = slices.DeleteFunc(out["Successful"], func(e map[string]any) bool { return e["Id"] == id })
		}
		body, err := json.Marshal(out)
		answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		answer.Header.Del("X-Amz-Crc32")
		return answer, err
	}
}

func TestAnEntryThatSQSFailedOnIsSentAgain(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		p.faults.set("SendMessageBatch", 1, failing([]string{"2", "4"}, false))
		start := time.Now()
		sent, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(5), Via: ViaQueue})
		if err != nil || sent.Jobs != 5 || sent.Refused > 0 {
			t.Errorf("%+v, %v", sent, err)
		}
		took(t, start, firstPause, firstPause)
		if got := len(p.received()); got != 7 {
			t.Errorf("%d messages, not the five and two once more", got)
		}
	})
}

func TestARefusedEntryIsNamed(t *testing.T) {
	for senderFault, calls := range map[bool]int{true: 1, false: mostTries} {
		onQueue(t, func(t *testing.T, p *project) {
			p.faults.set("SendMessageBatch", 100, failing([]string{"3"}, senderFault))
			sent, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(4), Via: ViaQueue})
			want := []Refusal{{Job: 3, Code: "InternalError", Message: "try again"}}
			if diff := cmp.Diff(want, sent.Refusals); err != nil || sent.Jobs != 3 || diff != "" {
				t.Errorf("%d jobs, %v (-want +got):\n%s", sent.Jobs, err, diff)
			}
			if got := timesCalled(p.asked(), "SendMessageBatch"); got != calls {
				t.Errorf("sender's fault %v: %d calls, not %d", senderFault, got, calls)
			}
		})
	}
}

func TestAFailureOfTheQueueStopsTheSending(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		url := p.load().Record(JobQueue).PhysicalID
		s := p.recorded()
		p.done(p.theirs.sqs.DeleteQueue(t.Context(), &sqs.DeleteQueueInput{QueueUrl: &url}))
		sent, err := s.Send(t.Context(), Sending{Bodies: bodies(10_000), Via: ViaQueue})
		if err == nil || !strings.Contains(err.Error(), "NonExistentQueue") && !strings.Contains(err.Error(), "QueueDoesNotExist") || sent.Jobs != 0 {
			t.Errorf("%+v, %v", sent, err)
		}
		if lost, ok := errors.AsType[*LostError](err); !ok || !strings.Contains(lost.Hint(), "eventscale up") {
			t.Errorf("%v gives no advice", err)
		}
		if calls := timesCalled(p.asked(), "SendMessageBatch"); calls > 2*callsInFlight {
			t.Errorf("%d calls were made of a queue that is gone", calls)
		}
	})
}

// An up with nothing slow to do ends before SQS shows its queue to all.
func TestJobsCanBeSentRightAfterAnUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{QueueVisible: time.Second}}))
		p.up()
		sent, err := p.recorded().Send(t.Context(), Sending{Bodies: bodies(12), Via: ViaQueue})
		if err != nil || sent.Jobs != 12 {
			t.Errorf("%d jobs were sent: %v", sent.Jobs, err)
		}
	})
}

func TestAStoppedSendingSaysHowManyWereSent(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		stop := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(3500*time.Millisecond, func() { cancel(stop) })
		start := time.Now()
		sent, err := p.recorded().Send(ctx, Sending{Bodies: bodies(1000), Via: ViaQueue, Rate: 2})
		if !errors.Is(err, stop) || sent.Jobs != 7 {
			t.Errorf("%d jobs, %v", sent.Jobs, err)
		}
		took(t, start, 3500*time.Millisecond, 3500*time.Millisecond)
		if got := len(p.received()); got != sent.Jobs {
			t.Errorf("%d messages are there, and %d were told of", got, sent.Jobs)
		}
	})
}

func TestASourceThatFailsEndsTheSendingAfterWhatItGave(t *testing.T) {
	onQueue(t, func(t *testing.T, p *project) {
		broken := errors.New("broken")
		source := func(yield func(string, error) bool) { _ = yield("one", nil) && yield("", broken) }
		sent, err := p.recorded().Send(t.Context(), Sending{Bodies: source, Via: ViaQueue})
		if !errors.Is(err, broken) || sent.Jobs != 1 {
			t.Errorf("%+v, %v", sent, err)
		}
	})
}

func TestAStackWithoutItsQueueSaysSo(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	for via, what := range map[string]string{ViaQueue: "queue", ViaFunction: "function"} {
		_, err := p.open(p.spec).Send(t.Context(), Sending{Bodies: bodies(1), Via: via})
		if unmade, ok := errors.AsType[*UnmadeError](err); !ok || unmade.What != what || !strings.Contains(unmade.Hint(), "eventscale up") {
			t.Errorf("via %s: %v", via, err)
		}
	}
}

// lambdaOf is a Lambda that invokes a function of Go.
func lambdaOf(invoke func(r *http.Request, event string) (status int, functionError, payload string)) http.RoundTripper {
	var mu sync.Mutex
	return transport(func(r *http.Request) (*http.Response, error) {
		mu.Lock()
		defer mu.Unlock()
		event, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		status, functionError, payload := invoke(r, string(event))
		header := http.Header{}
		if functionError != "" {
			header.Set("X-Amz-Function-Error", functionError)
		}
		return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(payload)), Request: r}, nil
	})
}

func TestEventsGoToTheFunctionAndItsErrorsComeBack(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	var got []string
	p.ours.lambda = clientsOver(testRegion, lambdaOf(func(r *http.Request, event string) (int, string, string) {
		if !strings.Contains(r.URL.Path, "/functions/eventscale-gpu-workers-ingest/invocations") || r.Header.Get("X-Amz-Invocation-Type") != "RequestResponse" {
			t.Errorf("%s %s", r.URL.Path, r.Header)
		}
		got = append(got, event)
		switch event {
		case `{"a":2}`:
			return 200, "Unhandled", `{"errorMessage": "no such bucket", "errorType": "KeyError", "stackTrace": []}`
		case `{"a":3}`:
			return 200, "Unhandled", `Task timed out`
		}
		return 200, "", `{"sent": 1}`
	})).lambda
	sent, err := p.recorded().Send(t.Context(), Sending{Bodies: each(`{"a":1}`, `{"a":2}`, `{"a":3}`, `{"a":`), Via: ViaFunction})
	log := "the function's log says more: aws logs tail /aws/lambda/eventscale-gpu-workers-ingest"
	want := []Refusal{
		{2, "KeyError", "no such bucket", log}, {3, "Unhandled", "Task timed out", log},
		{4, "InvalidBody", "the body must be JSON: a function takes nothing else", "for example --body " + exampleBody},
	}
	if diff := cmp.Diff(want, sent.Refusals); err != nil || sent.Jobs != 1 || diff != "" {
		t.Errorf("%d events, %v (-want +got):\n%s", sent.Jobs, err, diff)
	}
	if slices.Sort(got); !slices.Equal(got, []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}) {
		t.Errorf("the function got %v", got)
	}
}

func TestAnEventThatIsNotWaitedForIsLeftToLambda(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.ours.lambda = clientsOver(testRegion, lambdaOf(func(r *http.Request, _ string) (int, string, string) {
		if kind := r.Header.Get("X-Amz-Invocation-Type"); kind != "Event" {
			t.Errorf("invocation type %s", kind)
		}
		return 202, "", ""
	})).lambda
	sent, err := p.recorded().Send(t.Context(), Sending{Bodies: each("1", "2"), Via: ViaFunction, Async: true})
	if err != nil || sent.Jobs != 2 {
		t.Errorf("%+v, %v", sent, err)
	}
}

func TestAnEventThatIsWaitedForMayBeLarger(t *testing.T) {
	event := `"` + strings.Repeat("x", 2<<20) + `"`
	for o, fits := range map[*Sending]bool{{Via: ViaQueue}: false, {Via: ViaFunction, Async: true}: false, {Via: ViaFunction}: true} {
		if fault, _ := o.Fault(event); (fault == "") != fits {
			t.Errorf("via %s, async %v: %q", o.Via, o.Async, fault)
		}
	}
}
