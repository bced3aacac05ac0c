package stack

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

// What is not AWS can answer 200 and say nothing, or nothing of what was asked for. It must not pass for a stack that
// is not there, nor end the program.
func TestAnswersThatSayNothingAreErrors(t *testing.T) {
	for body, want := range map[string]string{"": "it is empty (tried 8 times", "{}": "what was asked for is missing"} {
		synctest.Test(t, func(t *testing.T) {
			o := Options{Clients: clientsOver(testRegion, says(200, body)), Spec: testSpec(), Snapshot: state.New("s", "", testRegion, testGroup)}
			s, err := Open(o)
			if err != nil {
				t.Fatal(err)
			}
			reading, err := s.engine.Read(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q was read as %+v, %v", body, reading, err)
			}
		})
	}
}

// An answer can get lost on any call of a run; the effect is there, and the run goes on with it.
func TestEmptyAnswersInTheMiddleOfARunAreBorne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{}))
		var n atomic.Int64
		p.ours = clientsOver(testRegion, transport(func(r *http.Request) (*http.Response, error) {
			answer, err := p.faults.RoundTrip(r)
			if err == nil && answer.StatusCode == http.StatusOK && n.Add(1)%3 == 0 {
				return says(200, "")(r)
			}
			return answer, err
		}))
		p.up()
		p.settled()
	})
}

// What a function returns may be nothing, and it must not run twice because of that.
func TestAFunctionMayReturnNothing(t *testing.T) {
	var n atomic.Int64
	_, err := clientsOver(testRegion, counted(&n, says(200, ""))).lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: new("f")})
	if err != nil || n.Load() != 1 {
		t.Errorf("%v after %d invocations", err, n.Load())
	}
}

// A proxy that wants a login sends the client elsewhere.
func TestARedirectIsNoAnswerOfAWS(t *testing.T) {
	err := makeLogGroup(t.Context(), clientsOver(testRegion, says(302, "moved")))
	if err == nil || !strings.Contains(err.Error(), "HTTP 302 Found") || hintOf(err) != notAWS {
		t.Errorf("%v, hint %q", err, hintOf(err))
	}
}

func hintOf(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok {
		return h.Hint()
	}
	return ""
}

func TestMessagesOfAWSAreOneLineOfABearableLength(t *testing.T) {
	for _, message := range []string{`a\n\n  b\r\nc`, strings.Repeat("y", 1<<20)} {
		err := findQueue(t.Context(), clientsOver(testRegion, says(400, `{"__type":"X","message":"`+message+`"}`)))
		if err == nil || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 2*mostOfMessage {
			t.Errorf("%.200q", err)
		}
	}
}

// A call that hangs says so before it is given up, and one whose answer has come says no more.
func TestASlowCallIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		ctx := provision.WithWaiting(t.Context(), func(reason string, _ time.Time) { told = append(told, reason) })
		_ = findQueue(ctx, clientsOver(testRegion, after(time.Second, hangs, says(200, queueFound))))
		want := "waiting for SQS to answer GetQueueUrl"
		if len(told) != 2 || told[0] != want || !strings.Contains(told[1], "nothing came for 15s") {
			t.Errorf("told: %q", told)
		}
		told = nil
		_ = findQueue(ctx, clientsOver(testRegion, says(200, queueFound)))
		time.Sleep(time.Minute)
		if len(told) > 0 {
			t.Errorf("told of a call that was answered: %q", told)
		}
	})
}

// What is stopped between two attempts says on what it waited, to those who tell of the resource.
func TestAStoppedCallSaysWhatItWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Faults: []sandbox.Fault{{Operations: []string{"CreateRole"}, Do: sandbox.DoThrottle}}}))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s := p.recorded()
		p.done(nil, s.Read(ctx))
		plan, err := s.Plan()
		p.done(nil, err)
		if err := s.Apply(ctx, plan); err == nil {
			t.Fatal("it was not stopped")
		}
		for _, e := range p.events {
			if e.LogicalID == IngestRole && e.Status == provision.Skipped {
				if want := "stopped while waiting for IAM to take CreateRole: Throttling"; !strings.HasPrefix(e.Reason, want) {
					t.Errorf("the reason is %q", e.Reason)
				}
				return
			}
		}
		t.Error("the role was not told of")
	})
}
