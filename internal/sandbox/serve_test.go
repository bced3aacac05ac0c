package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
)

// pipes is a listener whose connections are in memory, so that a test's clock holds for them.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
	taken   atomic.Int32
}

func newPipes() *pipes { return &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.waiting:
		p.taken.Add(1)
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4599} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.waiting <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// served is a sandbox that is served for as long as a test lasts.
type served struct {
	*testing.T
	*pipes
	stop  context.CancelFunc
	ended chan error
}

// serve runs a test of a served sandbox under a clock of its own.
func serve(t *testing.T, options Options, public bool, test func(*served)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		s := &served{T: t, pipes: newPipes(), stop: stop, ended: make(chan error, 1)}
		cloud := opened(t, options)
		go func() { s.ended <- cloud.Serve(ctx, s.pipes, public) }()
		test(s)
		stop()
		if err := <-s.ended; err != nil {
			t.Errorf("serving ended with %v", err)
		}
	})
}

// config is a configuration of clients that reach the sandbox by a host.
func (s *served) config(host string) aws.Config {
	transport := &http.Transport{DialContext: s.dial}
	s.Cleanup(transport.CloseIdleConnections)
	config := testConfig(transport)
	config.BaseEndpoint = aws.String("http://" + host)
	return config
}

// open opens a connection, and says something on it.
func (s *served) open(text string) net.Conn {
	s.Helper()
	c, err := s.dial(s.Context(), "", "")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = c.Close() })
	go func() { _, _ = io.WriteString(c, text) }()
	return c
}

func TestAServedSandboxIsReachedByTheNamesOfThisMachineOnly(t *testing.T) {
	for host, allowed := range map[string]bool{
		"localhost": true, "localhost:4599": true, "LOCALHOST.:1": true, "127.0.0.1:4599": true, "127.9.9.9": true, "[::1]:4599": true,
		"sqs.localhost": true, "jobs.sqs.us-east-1.localhost:4599": true, "192.168.7.7:4599": true,
		"sqs.eu-west-3.amazonaws.com": true, "eu-west-3.queue.amazonaws.com": true, "sqs.cn-north-1.amazonaws.com.cn": true,
		"host.docker.internal:4599": true,
		"evil.example":              false, "evil.example:4599": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false,
		"notlocalhost": false, "evilamazonaws.com": false, "amazonaws.com.evil.example": false, "sqs.amazonaws.com.evil.example": false, "a.localhost.evil.example": false, "192.168.7.8": false, "": false, ":4599": false, "0.0.0.0": false,
	} {
		for _, public := range []bool{false, true} {
			r := signed("sqs", "POST", "http://localhost/", "Action=ListQueues")
			r.Host = host
			err := guard{public: public, address: &net.TCPAddr{IP: net.IPv4(192, 168, 7, 7)}}.refuse(r)
			if (err == nil) != (allowed || public) {
				t.Errorf("%q, public %v: %v", host, public, err)
			}
		}
	}
}

func TestAServedSandboxRefusesInTheClientsProtocol(t *testing.T) {
	serve(t, Options{}, false, func(s *served) {
		for _, speaker := range speakers() {
			subject := subjectOf(speaker.service)
			_, err := methodOf(s.T, speaker.client(s.config("evil.example")), subject.operation).do(subject.input)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != "SandboxRequestRefused" || !strings.Contains(api.ErrorMessage(), `"evil.example"`) {
				s.Errorf("%s in %s: got %v", speaker.service, speaker.protocol, err)
			}
			if _, err := methodOf(s.T, speaker.client(s.config("localhost:4599")), subject.operation).do(subject.input); speaker.service != "lambda" && err != nil {
				s.Errorf("%s in %s: %v", speaker.service, speaker.protocol, err)
			}
		}
	})
}

func TestAServedSandboxRefusesWebPages(t *testing.T) {
	for name, header := range map[string]http.Header{
		"origin": {"Origin": {"https://evil.example"}}, "no origin": {"Origin": {"null"}}, "local page": {"Origin": {"http://localhost:3000"}},
		"cross-site form": {"Sec-Fetch-Site": {"cross-site"}}, "same site": {"Sec-Fetch-Site": {"same-site"}},
	} {
		for _, public := range []bool{false, true} {
			r := signed("sqs", "GET", "http://localhost/?Action=ListQueues", "")
			for key, values := range header {
				r.Header[key] = values
			}
			if err := (guard{public: public, address: newPipes().Addr()}).refuse(r); err == nil {
				t.Errorf("%s, public %v: it passed", name, public)
			}
		}
	}
}

func TestAPublicSandboxIsReachedByAnyName(t *testing.T) {
	serve(t, Options{}, true, func(s *served) {
		must(sqs.NewFromConfig(s.config("sandbox.lan:4599")).ListQueues(s.Context(), &sqs.ListQueuesInput{}))
	})
}

func TestOnlyLoopbackIsLocal(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1": true, "127.1.2.3": true, "::1": true, "0.0.0.0": false, "::": false, "192.168.7.7": false} {
		same(t, IsLocal(&net.TCPAddr{IP: net.ParseIP(address)}), want)
	}
}

func TestALongPollIsNotCutOff(t *testing.T) {
	serve(t, Options{}, false, func(s *served) {
		client := sqs.NewFromConfig(s.config("localhost"))
		url := must(client.CreateQueue(s.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})).QueueUrl
		start := time.Now()
		must(client.ReceiveMessage(s.Context(), &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20}))
		same(s.T, time.Since(start).Round(time.Second), 20*time.Second)
	})
}

// TestAHangIsNotCutOffByTheServer waits longer than all of the server's limits together.
func TestAHangIsNotCutOffByTheServer(t *testing.T) {
	serve(t, Options{Faults: []Fault{{Do: DoHang}}}, false, func(s *served) {
		ctx, cancel := context.WithTimeout(s.Context(), time.Hour)
		defer cancel()
		_, withBody := sqs.NewFromConfig(s.config("localhost")).ListQueues(ctx, &sqs.ListQueuesInput{})
		ctx, cancel = context.WithTimeout(s.Context(), time.Hour)
		defer cancel()
		_, without := lambda.NewFromConfig(s.config("localhost")).ListFunctions(ctx, &lambda.ListFunctionsInput{})
		for _, err := range []error{withBody, without} {
			if !errors.Is(err, context.DeadlineExceeded) {
				s.Errorf("got %v", err)
			}
		}
	})
}

func TestTheEndDoesNotWaitForCallsThatHang(t *testing.T) {
	serve(t, Options{Faults: []Fault{{Do: DoHang}}}, false, func(s *served) {
		failed := make(chan error)
		go func() {
			_, err := sqs.NewFromConfig(s.config("localhost")).ListQueues(s.Context(), &sqs.ListQueuesInput{})
			failed <- err
		}()
		synctest.Wait()
		start := time.Now()
		s.stop()
		if err := <-failed; err == nil {
			s.Error("it was answered")
		}
		same(s.T, time.Since(start), shutdownTime)
	})
}

// TestASlowUploadArrives sends a package for ten minutes, a part now and then.
func TestASlowUploadArrives(t *testing.T) {
	serve(t, Options{}, false, func(s *served) {
		config := s.config("localhost")
		config.HTTPClient = &http.Client{Transport: slowly{config.HTTPClient.(*http.Client).Transport}}
		_, err := lambda.NewFromConfig(config).CreateFunction(s.Context(), &lambda.CreateFunctionInput{
			FunctionName: aws.String("f"), Role: aws.String("arn:aws:iam::123456789012:role/none"), Runtime: lambdatypes.RuntimePython313,
			Handler: aws.String("index.handler"), Code: &lambdatypes.FunctionCode{ZipFile: zipped("pass")},
		})
		code, message := codeOf(err)
		same(s.T, code, "InvalidParameterValueException") // there is no such role: all of it was read
		same(s.T, strings.Contains(message, "cannot be assumed"), true)
	})
}

// slowly sends a body in parts.
type slowly struct{ next http.RoundTripper }

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	reader, writer := io.Pipe()
	go func() {
		defer writer.Close()
		for part := range 25 {
			time.Sleep(25 * time.Second)
			_, _ = writer.Write(body[len(body)*part/25 : len(body)*(part+1)/25])
		}
	}()
	r.Body = reader
	return s.next.RoundTrip(r)
}

func TestConnectionsThatStallAreEnded(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\nAuthorization: Credential=a/b/c/sqs/aws4_request\r\n"
	for name, test := range map[string]struct {
		text  string
		after time.Duration
	}{
		"nothing is said":   {"", headerTime},
		"no end of headers": {head, headerTime},
		"half a body":       {head + "\r\n12345", stallTime},
		"half a refusal":    {strings.Replace(head, "localhost", "evil.example", 1) + "\r\n12345", stallTime},
		"after an answer":   {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", idleTime},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, Options{}, false, func(s *served) {
				start := time.Now()
				_, _ = io.Copy(io.Discard, s.open(test.text))
				same(t, time.Since(start).Round(time.Second), test.after)
			})
		})
	}
}

func TestAnAnswerThatNobodyTakesIsGivenUp(t *testing.T) {
	serve(t, Options{}, false, func(s *served) {
		c := s.open("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
		time.Sleep(stallTime + time.Second)
		if answer, _ := io.ReadAll(c); len(answer) > 0 {
			s.Errorf("it still came: %q", answer)
		}
	})
}

func TestHeadersAreLimited(t *testing.T) {
	serve(t, Options{}, false, func(s *served) {
		c := s.open("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + strings.Repeat("x", 2*maxHeader) + "\r\n\r\n")
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.Contains(line, "431") {
			s.Errorf("got %q, %v", line, err)
		}
	})
}

func TestConnectionsAreLimited(t *testing.T) {
	serve(t, Options{}, false, func(s *served) {
		for i := range maxConnections {
			s.open(fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: localhost\r\n", i))
		}
		ctx, cancel := context.WithTimeout(s.Context(), headerTime/2)
		defer cancel()
		if _, err := s.dial(ctx, "", ""); !errors.Is(err, context.DeadlineExceeded) {
			s.Errorf("one more was taken: %v", err)
		}
		time.Sleep(headerTime) // the others said too little
		s.open("")
		synctest.Wait()
		same(s.T, s.taken.Load(), maxConnections+1)
	})
}

// TestFewLargeBodiesAreHeldAtATime sends the beginnings of as many as are held, and one more.
func TestFewLargeBodiesAreHeldAtATime(t *testing.T) {
	const head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
	serve(t, Options{}, false, func(s *served) {
		begun := fmt.Sprintf(head, maxBody) + strings.Repeat("x", 2*smallBody)
		for range largeBodies {
			s.open(begun)
		}
		synctest.Wait()
		answered := func(size int) time.Duration {
			start := time.Now()
			c := s.open("")
			go func() { _, _ = io.WriteString(c, fmt.Sprintf(head, size)+strings.Repeat("x", size)) }()
			if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
				s.Errorf("%d bytes: %v", size, err)
			}
			return time.Since(start).Round(time.Second)
		}
		same(s.T, answered(smallBody), 0)
		same(s.T, answered(3*smallBody), stallTime) // when the others have stalled
		same(s.T, answered(3*smallBody), 0)
	})
}
