package stack

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// says answers with a status and a body.
func says(status int, body string) transport {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{}, Request: r,
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	}
}

// goesWrong never answers.
func goesWrong(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hangs takes a request and says nothing more.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

// swallowed is a connection that does not come about.
func swallowed(r *http.Request) (*http.Response, error) {
	return nil, errors.Join(sleep(r.Context(), 5*time.Second), &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("i/o timeout")})
}

// counted counts the requests that go to a transport.
func counted(n *atomic.Int64, next transport) transport {
	return func(r *http.Request) (*http.Response, error) {
		n.Add(1)
		return next(r)
	}
}

// after answers by one transport for a time, and then by another.
func after(d time.Duration, first, then transport) transport {
	change := time.Now().Add(d)
	return func(r *http.Request) (*http.Response, error) {
		if time.Now().Before(change) {
			return first(r)
		}
		return then(r)
	}
}

const (
	sqsThrottle  = `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"Request is throttled."}`
	queueFound   = `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/jobs"}`
	iamCollision = `<ErrorResponse><Error><Type>Sender</Type><Code>ConcurrentModification</Code><Message>Try again.</Message></Error></ErrorResponse>`
	logsQuota    = `{"__type":"LimitExceededException","message":"Resource limit exceeded."}`
	logsAborted  = `{"__type":"OperationAbortedException","message":"Please try again."}`
)

// The calls of these tests, one a protocol.
func findQueue(ctx context.Context, c *Clients) error {
	_, err := c.sqs.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: new("jobs")})
	return concise(err)
}

func deleteRole(ctx context.Context, c *Clients) error {
	_, err := c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("role")})
	return concise(err)
}

func makeLogGroup(ctx context.Context, c *Clients) error {
	_, err := c.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: new("group")})
	return concise(err)
}

// A trouble that lasts ends in an error that says what it was and how long it was borne; one that ends in
// time does no harm.
func TestTroublesAreBorneForATime(t *testing.T) {
	for name, c := range map[string]struct {
		trouble     transport
		call        func(context.Context, *Clients) error
		then        transport
		least, most time.Duration
		says        []string
	}{
		"throttled":       {says(400, sqsThrottle), findQueue, says(200, queueFound), patienceThrottled, patienceThrottled + 20*time.Second, []string{"RequestThrottled: Request is throttled. (tried ", "10m"}},
		"out of order":    {says(503, `{}`), findQueue, says(200, queueFound), patienceFaltering, patienceFaltering + 20*time.Second, []string{"HTTP 503 Service Unavailable (tried "}},
		"behind a gate":   {says(502, "<html>Bad Gateway</html>"), findQueue, says(200, queueFound), patienceFaltering, patienceFaltering + 20*time.Second, []string{"HTTP 502 Bad Gateway (tried "}},
		"iam is busy":     {says(409, iamCollision), deleteRole, says(200, `<DeleteRoleResponse/>`), patienceColliding, patienceColliding + 3*time.Second, []string{"ConcurrentModification: Try again. (tried "}},
		"logs are busy":   {says(400, logsAborted), makeLogGroup, says(200, `{}`), patienceColliding, patienceColliding + 3*time.Second, []string{"OperationAbortedException: Please try again. (tried "}},
		"hung":            {hangs, findQueue, says(200, queueFound), patienceCut, patienceCut + 3*time.Second, []string{"nothing came for 15s (tried 3 times in 45s)"}},
		"cut":             {goesWrong(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}), findQueue, says(200, queueFound), patienceCut, patienceCut + 3*time.Second, []string{"connection reset by peer (tried "}},
		"refused":         {goesWrong(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), findQueue, says(200, queueFound), patienceUnreached, patienceUnreached + 3*time.Second, []string{"connection refused (tried "}},
		"a black hole":    {swallowed, findQueue, says(200, queueFound), patienceUnreached, patienceUnreached + 8*time.Second, []string{"i/o timeout (tried 2 times in 10s)"}},
		"half an answer":  {says(200, queueFound[:20]), findQueue, says(200, queueFound), 0, 20 * time.Second, []string{"the answer cannot be read: ", "(tried 8 times in "}},
		"a foreign page":  {says(200, "<html>Sign in to the WLAN</html>"), findQueue, says(200, queueFound), 0, 20 * time.Second, []string{"the answer cannot be read: ", "(tried 8 times in "}},
		"an empty answer": {says(200, ""), findQueue, says(200, queueFound), 0, 20 * time.Second, []string{"the answer cannot be read: it is empty (tried 8 times in "}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := c.call(t.Context(), clientsOver(testRegion, c.trouble))
				if err == nil && c.says != nil {
					t.Fatal("no error")
				}
				took(t, start, c.least, c.most)
				for _, words := range c.says {
					if !strings.Contains(err.Error(), words) {
						t.Errorf("%q does not say %q", err, words)
					}
				}
				if err != nil && strings.Contains(err.Error(), "\n") {
					t.Errorf("%q has several lines", err)
				}
				t.Log(err)
				if c.then == nil {
					return
				}
				if err := c.call(t.Context(), clientsOver(testRegion, after(c.least/2, c.trouble, c.then))); err != nil {
					t.Errorf("it has passed: %v", err)
				}
			})
		})
	}
}

// What another attempt would not mend is tried once.
func TestWhatLastsIsTriedOnce(t *testing.T) {
	untrusted := &tls.CertificateVerificationError{Err: errors.New("x509: certificate signed by unknown authority")}
	for name, c := range map[string]struct {
		answer transport
		call   func(context.Context, *Clients) error
	}{
		"a quota of Logs":     {says(400, logsQuota), makeLogGroup},
		"no such name":        {goesWrong(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}), findQueue},
		"a foreign authority": {goesWrong(untrusted), findQueue},
		"denied":              {says(400, `{"__type":"AccessDenied","message":"no"}`), findQueue},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int64
				start := time.Now()
				if err := c.call(t.Context(), clientsOver(testRegion, counted(&n, c.answer))); err == nil {
					t.Error("no error")
				}
				took(t, start, 0, 0)
				if n.Load() != 1 {
					t.Errorf("tried %d times", n.Load())
				}
			})
		})
	}
}

// A network that was there a moment ago is waited for longer than one that never was.
func TestALostNetworkIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := goesWrong(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})
		clients := clientsOver(testRegion, after(time.Second, says(400, logsQuota), refused))
		if err := makeLogGroup(t.Context(), clients); err == nil {
			t.Fatal("no error")
		}
		time.Sleep(time.Second)
		start := time.Now()
		if err := findQueue(t.Context(), clients); err == nil { // of another service
			t.Error("no error")
		}
		took(t, start, patienceLost, patienceLost+3*time.Second)
	})
}

// The bounds are of each trouble by itself: one at the end of another has its own time.
func TestEachTroubleHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := goesWrong(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET})
		weather := after(2*time.Minute, says(503, `{}`), after(2*time.Minute+20*time.Second, reset, says(200, queueFound)))
		if err := findQueue(t.Context(), clientsOver(testRegion, weather)); err != nil {
			t.Error(err)
		}
	})
}

// Nobody waits for AWS after Ctrl-C; but a request in flight comes to its end.
func TestInterruptedCallsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := findQueue(ctx, clientsOver(testRegion, says(400, sqsThrottle))); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the deadline", err)
		}
		took(t, start, time.Minute, time.Minute)

		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		slow := func(r *http.Request) (*http.Response, error) {
			if err := sleep(r.Context(), 5*time.Second); err != nil {
				return nil, err
			}
			return says(200, queueFound)(r)
		}
		if err := findQueue(ctx, clientsOver(testRegion, transport(slow))); err != nil {
			t.Errorf("the request in flight: %v", err)
		}
	})
}

// slowly reads a request as a line of so many bytes a second carries it, and answers.
func slowly(rate int, then transport) transport {
	return func(r *http.Request) (*http.Response, error) {
		piece := make([]byte, rate)
		for {
			_, err := io.ReadFull(r.Body, piece)
			if err != nil {
				break
			}
			if err := sleep(r.Context(), time.Second); err != nil {
				return nil, context.Cause(r.Context())
			}
		}
		return then(r)
	}
}

// A package takes its time on a slow line, and that is no reason to begin again.
func TestALargePackageHasItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		line := counted(&n, slowly(64<<10, says(201, `{"FunctionName":"f"}`)))
		_, err := clientsOver(testRegion, line).lambda.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{
			FunctionName: new("f"), ZipFile: bytes.Repeat([]byte{7}, 20<<20),
		})
		if err != nil || n.Load() != 1 {
			t.Errorf("%v after %d attempts", err, n.Load())
		}
	})
}

// A function that runs for minutes must not be run twice because of that.
func TestInvokeWaitsForTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		long := counted(&n, func(r *http.Request) (*http.Response, error) {
			if err := sleep(r.Context(), 14*time.Minute); err != nil {
				return nil, context.Cause(r.Context())
			}
			return says(200, `{}`)(r)
		})
		_, err := clientsOver(testRegion, long).lambda.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: new("f")})
		if err != nil || n.Load() != 1 {
			t.Errorf("%v after %d invocations", err, n.Load())
		}
	})
}
