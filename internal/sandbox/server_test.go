package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// timeless is the part of a backend in which nothing happens.
type timeless struct{}

func (timeless) advance(time.Time, time.Time) bool { return false }
func (timeless) settle(time.Time)                  {}
func (timeless) employ(func(*Workers)) bool        { return false }
func (timeless) working() []placement              { return nil }
func (timeless) upgrade(time.Time)                 {}
func (timeless) check() error                      { return nil }

// patience is a backend whose operation is content to answer after it has waited long enough.
type patience struct {
	timeless
	enough time.Duration
}

func (p patience) home() (account, region string) { return "999999999999", "ap-south-2" }

func (p patience) services() map[string][]operation {
	return map[string][]operation{"sqs": {op("ListQueues", func(r *request, _ *sqs.ListQueuesInput) (*sqs.ListQueuesOutput, error) {
		if r.waited < p.enough {
			return nil, notYet{}
		}
		return &sqs.ListQueuesOutput{QueueUrls: []string{r.waited.String()}}, nil
	})}}
}

func TestNotYetWaitsWithoutTheLocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := open(Options{}, source{fresh: func(time.Time) backend { return patience{enough: 20 * time.Second} }})
		if err != nil {
			t.Fatal(err)
		}
		client := sqs.NewFromConfig(testConfig(s))
		start := time.Now()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				out, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
				if err != nil || out.QueueUrls[0] != "20s" {
					t.Errorf("got %v, %v", out, err)
				}
			})
		}
		all.Wait()
		if waited := time.Since(start); waited != 20*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestNotYetEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := open(Options{}, source{fresh: func(time.Time) backend { return patience{enough: time.Hour} }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = sqs.NewFromConfig(testConfig(s)).ListQueues(ctx, &sqs.ListQueuesInput{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

// opened is a sandbox of the real world.
func opened(t *testing.T, options Options) *Sandbox {
	t.Helper()
	s, err := Open(options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLatencyEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := sqs.NewFromConfig(testConfig(opened(t, Options{Latency: time.Hour})))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := client.ListQueues(ctx, &sqs.ListQueuesInput{})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestRequestsWaitTheirLatencySideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := sqs.NewFromConfig(testConfig(opened(t, Options{Latency: time.Second})))
		start := time.Now()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

func TestLogTellsEachCall(t *testing.T) {
	var calls []Call
	s := opened(t, Options{Log: func(c Call) { calls = append(calls, c) }})
	queues := sqs.NewFromConfig(testConfig(s))
	roles := iam.NewFromConfig(testConfig(s))
	ctx := t.Context()
	_, _ = queues.ListQueues(ctx, &sqs.ListQueuesInput{})
	_, _ = queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String("https://sqs.eu-west-3.amazonaws.com/123456789012/none")})
	_, _ = roles.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("none")})

	want := []Call{
		{"sqs", "ListQueues", "eu-west-3", 200, "", false, ""},
		{"sqs", "ReceiveMessage", "eu-west-3", 400, "AWS.SimpleQueueService.NonExistentQueue", true, ""},
		{"iam", "DeleteRole", "us-east-1", 404, "NoSuchEntity", true, ""},
	}
	if len(calls) != len(want) {
		t.Fatalf("got %+v", calls)
	}
	for i := range want {
		if calls[i] != want[i] {
			t.Errorf("got %+v, want %+v", calls[i], want[i])
		}
	}
}

func TestServesOverHTTPAtAnyHost(t *testing.T) {
	server := httptest.NewServer(opened(t, Options{}))
	defer server.Close()
	config := testConfig(http.DefaultTransport)
	config.BaseEndpoint = aws.String(server.URL)
	client := sqs.NewFromConfig(config)
	created, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
	if err != nil {
		t.Fatal(err)
	}
	if want := server.URL + "/123456789012/jobs"; *created.QueueUrl != want {
		t.Errorf("the queue's URL is %s, want %s", *created.QueueUrl, want)
	}
	_, err = client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
	var missing *sqstypes.QueueDoesNotExist
	if !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

// signed is a request as a client of the service sends it, as far as the sandbox looks at it.
func signed(service, method, url, body string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	}
	if service != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-west-2/"+service+"/aws4_request, SignedHeaders=host, Signature=00")
	}
	return r
}

func TestFindsTheServiceAsked(t *testing.T) {
	s := opened(t, Options{})
	tests := map[string]struct {
		request            *http.Request
		service, operation string
	}{
		"by signature":        {signed("iam", "POST", "http://localhost:1/", "Action=GetRole&Version=2010-05-08"), "iam", "GetRole"},
		"by version":          {signed("other", "POST", "http://localhost:1/", "Action=GetRole&Version=2010-05-08"), "iam", "GetRole"},
		"by URL":              {signed("sts", "GET", "http://localhost:1/?Action=GetCallerIdentity&Version=2011-06-15", ""), "sts", "GetCallerIdentity"},
		"by host":             {signed("", "POST", "http://monitoring.us-east-1.amazonaws.com/", "Action=DescribeAlarms"), "monitoring", "DescribeAlarms"},
		"by old host":         {signed("", "POST", "http://us-east-1.queue.amazonaws.com/", "Action=ListQueues"), "sqs", "ListQueues"},
		"by path of RPC v2":   {signed("", "POST", "http://localhost:1/service/GraniteServiceVersion20100801/operation/DescribeAlarms", ""), "monitoring", ""},
		"by path of Lambda":   {signed("", "GET", "http://localhost:1/2015-03-31/functions/", ""), "lambda", "ListFunctions"},
		"ARN in the path":     {signed("lambda", "GET", "http://localhost:1/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Af", ""), "lambda", "GetFunction"},
		"service not present": {signed("ec2", "POST", "http://localhost:1/", "Action=DescribeVpcs&Version=2016-11-15"), "ec2", "DescribeVpcs"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body, _ := io.ReadAll(test.request.Body)
			c := s.route(test.request, body)
			if c.service != test.service || c.operation != test.operation {
				t.Errorf("found %q of %q, want %q of %q", c.operation, c.service, test.operation, test.service)
			}
		})
	}
}

func TestSaysThatTheSandboxDoesNotHaveAService(t *testing.T) {
	w := httptest.NewRecorder()
	opened(t, Options{}).ServeHTTP(w, signed("ec2", "POST", "http://localhost:1/", "Action=DescribeVpcs&Version=2016-11-15"))
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `The sandbox does not have the service &#34;ec2&#34;.`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestRefusesNonsense(t *testing.T) {
	s := opened(t, Options{})
	nonsense := []string{
		"{", "[]", "null", "7", `{"QueueName":7}`, `{"QueueName":{}}`, `{"QueueName":"a","Attributes":[]}`,
		`{"QueueName":"a"}{}`, "\xa1", "\xff\xff", "\x81\x01", "\xa1aNa", "=&=&..=.&%zz", "a.b=1&a=2&a.b.c=3",
	}
	requests := map[string]func(body string) *http.Request{
		"json": func(body string) *http.Request {
			r := signed("sqs", "POST", "http://localhost:1/", body)
			r.Header.Set("X-Amz-Target", "AmazonSQS.CreateQueue")
			return r
		},
		"cbor": func(body string) *http.Request {
			r := signed("monitoring", "POST", "http://localhost:1/service/GraniteServiceVersion20100801/operation/SetAlarmState", body)
			r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
			return r
		},
		"rest": func(body string) *http.Request {
			return signed("lambda", "POST", "http://localhost:1/2015-03-31/functions", body)
		},
		"query": func(body string) *http.Request {
			return signed("monitoring", "POST", "http://localhost:1/", "Action=PutMetricAlarm&Threshold=x&Dimensions="+body+"&Metrics.member.1.Period=99999999999")
		},
	}
	for protocol, request := range requests {
		for _, body := range nonsense {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, request(body))
			if w.Code != http.StatusBadRequest {
				t.Errorf("%s of %q: got %d %s", protocol, body, w.Code, w.Body)
			}
		}
	}
}

func TestRefusesATooLargeBody(t *testing.T) {
	w := httptest.NewRecorder()
	opened(t, Options{}).ServeHTTP(w, signed("sqs", "POST", "http://localhost:1/", strings.Repeat("x", maxBody+1)))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// TestSpeaksTheOldQueryOfSQS does with forms what clients before 2023 do.
func TestSpeaksTheOldQueryOfSQS(t *testing.T) {
	s := opened(t, Options{})
	tests := []struct{ url, form, want string }{
		{"/", "Action=CreateQueue&QueueName=jobs&Attribute.1.Name=DelaySeconds&Attribute.1.Value=7&Tag.1.Key=team&Tag.1.Value=ml",
			`<CreateQueueResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><CreateQueueResult><QueueUrl>http://localhost:1/123456789012/jobs</QueueUrl></CreateQueueResult>`},
		{"/123456789012/jobs", "Action=GetQueueAttributes&AttributeName.1=DelaySeconds",
			`<GetQueueAttributesResult><Attribute><Name>DelaySeconds</Name><Value>7</Value></Attribute></GetQueueAttributesResult>`},
		{"/123456789012/jobs", "Action=ListQueueTags",
			`<ListQueueTagsResult><Tag><Key>team</Key><Value>ml</Value></Tag></ListQueueTagsResult>`},
		{"/", "Action=ListQueues",
			`<ListQueuesResult><QueueUrl>http://localhost:1/123456789012/jobs</QueueUrl></ListQueuesResult>`},
		{"/", "Action=GetQueueUrl&QueueName=none", `<Code>AWS.SimpleQueueService.NonExistentQueue</Code>`},
	}
	for _, test := range tests {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, signed("sqs", "POST", "http://localhost:1"+test.url, test.form+"&Version=2012-11-05"))
		if !strings.Contains(w.Body.String(), test.want) {
			t.Errorf("%s: got %s", test.form, w.Body)
		}
	}
}
