package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/fxamacker/cbor/v2"
)

// subject is the call of each service to which the faults of a test happen: a mutating one, where there is.
type subject struct {
	operation string
	input     any
	field     string // a member of its answer
}

func subjectOf(service string) subject {
	return map[string]subject{
		"sqs":         {"CreateQueue", &sqs.CreateQueueInput{QueueName: aws.String("jobs")}, "QueueUrl"},
		"iam":         {"CreateRole", roleInput("worker"), "Role"},
		"sts":         {"GetCallerIdentity", &sts.GetCallerIdentityInput{}, "Account"},
		"lambda":      {"CreateFunction", functionInput("ingest"), "FunctionArn"},
		"logs":        {"CreateLogGroup", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("g")}, ""},
		"monitoring":  {"PutMetricAlarm", simpleAlarm("busy"), ""},
		"autoscaling": {"PutScalingPolicy", simplePolicy("out", 2), "PolicyARN"},
	}[service]
}

// ailing is a sandbox in which the subject's calls go wrong, and a real client of one protocol.
type ailing struct {
	*testing.T
	speaker
	subject
	world  *Sandbox
	client any
	seen   *arrival
	calls  chan Call
}

// arrival is what came of the last answer, below the SDK.
type arrival struct {
	next   http.RoundTripper
	length int64 // as announced
	body   []byte
	err    error // that ended the body
}

func (a *arrival) RoundTrip(r *http.Request) (*http.Response, error) {
	a.length, a.body, a.err = -1, nil, nil
	answer, err := a.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.length = answer.ContentLength
	a.body, a.err = io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(a.body))
	if a.err != nil {
		answer.Body = io.NopCloser(io.MultiReader(bytes.NewReader(a.body), brokenReader{}))
	}
	return answer, nil
}

// ail runs a test with each protocol, in process and over HTTP.
func ail(t *testing.T, rule Fault, test func(*ailing)) {
	t.Helper()
	for _, speaker := range speakers() {
		for name, way := range map[string]func(*testing.T, *Sandbox) (http.RoundTripper, string){"in process": inProcess, "over HTTP": overHTTP} {
			t.Run(speaker.service+"/"+speaker.protocol+"/"+name, func(t *testing.T) {
				a := &ailing{T: t, speaker: speaker, subject: subjectOf(speaker.service), calls: make(chan Call, 100)}
				rule.Service, rule.Operations = speaker.service, []string{a.operation}
				if rule.Do == DoOmit {
					if a.field == "" {
						t.Skip("its answer has no members")
					}
					rule.Field = a.field
				}
				a.world = opened(t, Options{Log: func(c Call) { a.calls <- c }})
				must(iam.NewFromConfig(testConfig(a.world)).CreateRole(t.Context(), roleInput("ingest")))
				if err := rule.check(); err != nil {
					t.Fatal(err)
				}
				a.world.judge = newJudge([]Fault{rule}) // from now on
				transport, endpoint := way(t, a.world)
				a.seen = &arrival{next: transport}
				config := testConfig(a.seen)
				config.BaseEndpoint = &endpoint
				a.client = speaker.client(config)
				a.drain()
				test(a)
			})
		}
	}
}

func inProcess(_ *testing.T, s *Sandbox) (http.RoundTripper, string) { return s, "http://sandbox" }

func overHTTP(t *testing.T, s *Sandbox) (http.RoundTripper, string) {
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &http.Transport{}, server.URL
}

// call makes the subject's call.
func (a *ailing) call() (any, error) {
	return methodOf(a.T, a.client, a.operation).do(a.input)
}

// drain returns the calls that were logged since the last time.
func (a *ailing) drain() []Call {
	var all []Call
	for len(a.calls) > 0 {
		all = append(all, <-a.calls)
	}
	return all
}

// logged wants one call to have been logged.
func (a *ailing) logged(status int, fault Effect) {
	a.Helper()
	all := a.drain()
	if len(all) != 1 || all[0].Status != status || all[0].Fault != fault || all[0].Operation != a.operation {
		a.Errorf("logged %+v, want one with status %d and fault %q", all, status, fault)
	}
}

// tookEffect wants the subject's effect to be in the world, or not to be.
func (a *ailing) tookEffect(want bool) {
	a.Helper()
	w := a.world.store.current.(*world)
	place := w.Regions["eu-west-3"]
	if place == nil {
		place = &regional{Groups: map[string]*group{firstGroup: {}}}
	}
	got := map[string]int{
		"sqs": len(place.Queues), "iam": len(w.Roles) - 1, "lambda": len(place.Functions), "logs": len(place.LogGroups),
		"monitoring": len(place.Alarms), "autoscaling": len(place.Groups[firstGroup].Policies),
	}[a.service]
	if a.service != "sts" && (got == 1) != want {
		a.Errorf("%d were made, want it to be made: %v", got, want)
	}
}

// works wants the next call to work.
func (a *ailing) works() {
	a.Helper()
	if _, err := a.call(); err != nil {
		a.Errorf("the next call failed: %v", err)
	}
	a.tookEffect(true)
	a.logged(successOf(a.service), "")
}

func successOf(service string) int {
	if service == "lambda" {
		return http.StatusCreated
	}
	return http.StatusOK
}

func TestAThrottleIsTheServicesOwn(t *testing.T) {
	ail(t, Fault{First: 2, Do: DoThrottle}, func(a *ailing) {
		for range 2 {
			_, err := a.call()
			if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) != aws.TrueTernary {
				a.Errorf("the SDK does not take it for throttling: %v", err)
			}
			if status := statusOf(a.T, err); status < 400 || status > 429 {
				a.Errorf("status %d", status)
			}
			a.tookEffect(false)
			a.logged(statusOf(a.T, err), DoThrottle)
		}
		a.works()
	})
}

func TestAnErrorIsInTheProtocolsForm(t *testing.T) {
	for status, code := range map[int]string{500: "InternalFailure", 503: "ServiceUnavailable"} {
		ail(t, Fault{Nth: 1, Do: DoError, Status: status}, func(a *ailing) {
			_, err := a.call()
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != code || statusOf(a.T, err) != status {
				a.Errorf("got %v, want %s", err, code)
			}
			if retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) != aws.TrueTernary {
				a.Errorf("the SDK would not repeat it: %v", err)
			}
			a.tookEffect(false)
			a.logged(status, DoError)
			a.works()
		})
	}
}

func TestAnErrorOfACertainCode(t *testing.T) {
	ail(t, Fault{Nth: 1, Do: DoError, Code: "AccessDenied", Message: "no <you> may not"}, func(a *ailing) {
		_, err := a.call()
		var api smithy.APIError
		if !errors.As(err, &api) || api.ErrorCode() != "AccessDenied" || api.ErrorMessage() != "no <you> may not" || statusOf(a.T, err) != http.StatusForbidden {
			a.Errorf("got %v", err)
		}
		a.tookEffect(false)
	})
}

func TestACutConnectionTellsNothing(t *testing.T) {
	for do, effect := range map[Effect]bool{DoCutBefore: false, DoCutAfter: true} {
		ail(t, Fault{Nth: 1, Do: do}, func(a *ailing) {
			_, err := a.call()
			var send *smithyhttp.RequestSendError
			if !errors.As(err, &send) || retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) != aws.TrueTernary {
				a.Errorf("got %v", err)
			}
			a.tookEffect(effect)
			a.logged(map[bool]int{true: successOf(a.service)}[effect], do)
		})
	}
}

func TestHalfAnAnswerArrives(t *testing.T) {
	for _, do := range []Effect{DoTruncate, DoShorten} {
		ail(t, Fault{Nth: 1, Do: do}, func(a *ailing) {
			_, _ = a.call() // of what it makes of half an answer it is not asked here
			torn, half := *a.seen, int64(len(a.seen.body))
			a.tookEffect(true)
			a.logged(successOf(a.service), do)
			switch {
			case do == DoTruncate && (torn.length/2 != half || torn.length == half || !errors.Is(torn.err, io.ErrUnexpectedEOF)):
				a.Errorf("%d of %d bytes arrived, then %v", half, torn.length, torn.err)
			case do == DoShorten && (torn.length != half || torn.err != nil):
				a.Errorf("%d of %d bytes arrived, then %v", half, torn.length, torn.err)
			}
			if isWhole(torn.body) {
				a.Errorf("all of the answer arrived: %q", torn.body)
			}
		})
	}
}

func isWhole(body []byte) bool {
	return json.Valid(body) || bytes.HasSuffix(body, []byte("Response>")) || cbor.Wellformed(body) == nil
}

func TestAMemberIsLeftOut(t *testing.T) {
	ail(t, Fault{Do: DoOmit}, func(a *ailing) {
		out, err := a.call()
		if err != nil {
			a.Fatal(err)
		}
		if field := reflect.ValueOf(out).Elem().FieldByName(a.field); !field.IsZero() {
			a.Errorf("%s arrived: %v", a.field, field)
		}
		a.tookEffect(true)
		a.logged(successOf(a.service), DoOmit)
	})
}

func TestAHangEndsWithTheClientsPatience(t *testing.T) {
	ail(t, Fault{Nth: 1, Do: DoHang}, func(a *ailing) {
		ctx, cancel := context.WithCancel(a.Context())
		defer cancel()
		a.world.options.Now = func() time.Time { // it is asked for when the call has arrived
			cancel()
			return time.Now()
		}
		m := methodOf(a.T, a.client, a.operation)
		results := m.call.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(a.input)})
		if err, _ := results[1].Interface().(error); !errors.Is(err, context.Canceled) {
			a.Errorf("got %v", err)
		}
		hung := <-a.calls // over HTTP the server learns a little later
		if hung.Fault != DoHang || hung.Status != 0 {
			a.Errorf("logged %+v", hung)
		}
		a.tookEffect(false)
		a.works()
	})
}

func TestADelayPassesBeforeTheEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := opened(t, Options{Faults: []Fault{{Service: "sqs", Do: DoDelay, For: time.Minute}, {Do: DoDelay, For: time.Second}}})
		start := time.Now()
		must(sqs.NewFromConfig(testConfig(s)).ListQueues(t.Context(), &sqs.ListQueuesInput{}))
		same(t, time.Since(start), time.Minute+time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := sqs.NewFromConfig(testConfig(s)).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs")}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		s.options.Faults, s.judge = nil, newJudge(nil)
		same(t, len(must(sqs.NewFromConfig(testConfig(s)).ListQueues(t.Context(), &sqs.ListQueuesInput{})).QueueUrls), 0)
	})
}

// verdicts makes calls of two operations in turn, and writes down which of them fail.
func verdicts(t *testing.T, rule Fault, calls int) string {
	t.Helper()
	rule.Do = DoThrottle
	client := sqs.NewFromConfig(testConfig(opened(t, Options{Faults: []Fault{rule}})))
	marks := make([]byte, 0, calls)
	for i := range calls {
		var err error
		if i%2 == 0 {
			_, err = client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String([]string{"one", "two"}[i/2%2])})
		} else {
			_, err = client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
		}
		marks = append(marks, map[bool]byte{false: '.', true: 'x'}[err != nil])
	}
	return string(marks)
}

func TestWhichCallsARuleActsOn(t *testing.T) {
	for name, test := range map[string]struct {
		rule Fault
		want string // of CreateQueue one, ListQueues, CreateQueue two, ListQueues, and again
	}{
		"all":             {Fault{}, "xxxxxxxx"},
		"service":         {Fault{Service: "iam"}, "........"},
		"operation":       {Fault{Operations: []string{"ListQueues"}}, ".x.x.x.x"},
		"operations":      {Fault{Operations: []string{"ListQueues", "CreateQueue"}}, "xxxxxxxx"},
		"mutating":        {Fault{Calls: MutatingCalls}, "x.x.x.x."},
		"reading":         {Fault{Calls: ReadingCalls}, ".x.x.x.x"},
		"nth":             {Fault{Nth: 3}, "..x....."},
		"first":           {Fault{First: 3}, "xxx....."},
		"every":           {Fault{Every: 3}, "..x..x.."},
		"nth of each":     {Fault{Nth: 2, Each: EachOperation}, "..xx...."},
		"first of each":   {Fault{First: 2, Each: EachOperation}, "xxxx...."},
		"first of a call": {Fault{First: 1, Each: EachCall}, "xxx....."},
		"every of each":   {Fault{Every: 2, Each: EachOperation}, "..xx..xx"},
		"mutating nth":    {Fault{Calls: MutatingCalls, Nth: 2}, "..x....."},
		"always":          {Fault{Probability: 1}, "xxxxxxxx"},
	} {
		t.Run(name, func(t *testing.T) { same(t, verdicts(t, test.rule, 8), test.want) })
	}
}

func TestAProbabilityIsTheSameForTheSameSeed(t *testing.T) {
	rule := Fault{Probability: 0.2, Seed: 1}
	first := verdicts(t, rule, 400)
	same(t, verdicts(t, rule, 400), first)
	if n := bytes.Count([]byte(first), []byte("x")); n < 60 || n > 100 {
		t.Errorf("%d of 400 calls failed", n)
	}
	rule.Seed = 2
	if verdicts(t, rule, 400) == first {
		t.Error("another seed makes no difference")
	}
}

func TestTheFirstRuleActsAndAllCount(t *testing.T) {
	s := opened(t, Options{Faults: []Fault{
		{Nth: 1, Do: DoError, Status: 500}, {Nth: 2, Do: DoError, Status: 503}, {First: 3, Do: DoThrottle},
	}})
	client := sqs.NewFromConfig(testConfig(s))
	var got []string
	for range 4 {
		_, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{})
		code, _ := codeOf(err)
		got = append(got, code)
	}
	same(t, got, []string{"InternalFailure", "ServiceUnavailable", "RequestThrottled", ""})
}

func TestRulesOnAnswersCountOnlySuccesses(t *testing.T) {
	s := opened(t, Options{Faults: []Fault{{Service: "sqs", Nth: 1, Do: DoCutAfter}}})
	client := sqs.NewFromConfig(testConfig(s))
	var missing smithy.APIError
	if _, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("none")}); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
	var send *smithyhttp.RequestSendError
	if _, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{}); !errors.As(err, &send) {
		t.Errorf("got %v", err)
	}
}

func TestARateIsATokenBucket(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := opened(t, Options{Now: func() time.Time { return now }, Faults: []Fault{{Service: "sqs", Do: DoRate, Rate: 2, Burst: 3}}})
	client := sqs.NewFromConfig(testConfig(s))
	passed := func(calls int) (n int) {
		for range calls {
			if _, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{}); err == nil {
				n++
			}
		}
		return n
	}
	same(t, passed(10), 3)
	now = now.Add(time.Second)
	same(t, passed(10), 2)
	now = now.Add(time.Hour)
	same(t, passed(10), 3)
	must(iam.NewFromConfig(testConfig(s)).ListRoles(t.Context(), &iam.ListRolesInput{}))
}

func TestCountsHoldWithCallsSideBySide(t *testing.T) {
	s := opened(t, Options{Faults: []Fault{{First: 10, Do: DoThrottle}}})
	var failed atomic.Int32
	done := make(chan struct{})
	for range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range 10 {
				if _, err := sqs.NewFromConfig(testConfig(s)).ListQueues(context.Background(), &sqs.ListQueuesInput{}); err != nil {
					failed.Add(1)
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
	same(t, failed.Load(), 10)
}
