package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/eventscale/eventscale/internal/hostile"
)

// wireRequest is a request as a fuzzer can change it.
type wireRequest struct {
	service, target, method, path, kind, body string
}

func (w wireRequest) http(ctx context.Context) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, w.method, "http://sandbox.test", strings.NewReader(w.body))
	if err != nil {
		return nil, err
	}
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(w.path, "?")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20261123/us-east-1/"+w.service+"/aws4_request, SignedHeaders=host, Signature=0")
	r.Header.Set("Content-Type", w.kind)
	if w.target != "" {
		r.Header.Set("X-Amz-Target", w.target)
	}
	if strings.Contains(w.kind, "cbor") {
		r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
	}
	return r, nil
}

// recorder keeps what the real clients send.
type recorder struct {
	service string
	sent    []wireRequest
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	body := ""
	if request.Body != nil {
		b, _ := io.ReadAll(request.Body)
		body = string(b)
	}
	path := request.URL.EscapedPath()
	if request.URL.RawQuery != "" {
		path += "?" + request.URL.RawQuery
	}
	r.sent = append(r.sent, wireRequest{r.service, request.Header.Get("X-Amz-Target"), request.Method, path, request.Header.Get("Content-Type"), body})
	return nil, errors.New("recorded")
}

// everyCall has every operation of every service once in each protocol: as the real clients send it, with all
// members set, or with hardly any.
func everyCall(tb testing.TB) []wireRequest {
	tb.Helper()
	var all []wireRequest
	known := newWorld(time.Unix(0, 0)).services()
	for _, speaker := range speakers() {
		r := &recorder{service: speaker.service}
		client := reflect.ValueOf(speaker.client(testConfig(r)))
		for _, operation := range known[speaker.service] {
			call := client.MethodByName(operation.name)
			for round := range uint64(3) {
				input := generator{newRand(operation.name, round), round > 0}.shape(call.Type().In(1).Elem())
				call.Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(input)})
			}
		}
		all = append(all, r.sent...)
	}
	if len(all) < 200 {
		tb.Fatalf("only %d calls were recorded", len(all))
	}
	return all
}

// trusting makes a role.
var trusting = wireRequest{"iam", "", "POST", "/", "application/x-www-form-urlencoded", "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D&Tags.member.1.Key=a&Tags.member.1.Value=b"}

// handmade are calls that go further than generated ones, and some that are no calls.
func handmade() []wireRequest {
	query, form := "application/x-www-form-urlencoded", func(service, body string) wireRequest {
		return wireRequest{service, "", "POST", "/", "application/x-www-form-urlencoded", body}
	}
	data := func(queries string) wireRequest {
		return wireRequest{"monitoring", "GraniteServiceVersion20100801.GetMetricData", "POST", "/", "application/x-amz-json-1.0", `{"StartTime":0,"EndTime":253402300799,"MetricDataQueries":[` + queries + "]}"}
	}
	return []wireRequest{
		{"sqs", "AmazonSQS.CreateQueue", "POST", "/", "application/x-amz-json-1.0", `{"QueueName":"other","Attributes":{"VisibilityTimeout":"60"},"tags":{"a":"b"}}`},
		{"sqs", "AmazonSQS.SendMessage", "POST", "/", "application/x-amz-json-1.0", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/jobs","MessageBody":"x","DelaySeconds":900}`},
		{"sqs", "AmazonSQS.ReceiveMessage", "POST", "/", "application/x-amz-json-1.0", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/jobs","WaitTimeSeconds":20,"MaxNumberOfMessages":10}`},
		{"monitoring", "GraniteServiceVersion20100801.PutMetricAlarm", "POST", "/", "application/x-amz-json-1.0", `{"AlarmName":"a","Namespace":"AWS/SQS","MetricName":"ApproximateNumberOfMessagesVisible","Dimensions":[{"Name":"QueueName","Value":"jobs"}],"Statistic":"Sum","Period":60,"EvaluationPeriods":2,"Threshold":"NaN","ComparisonOperator":"GreaterThanThreshold"}`},
		{"monitoring", "GraniteServiceVersion20100801.GetMetricData", "POST", "/", "application/x-amz-json-1.0", `{"StartTime":-62135596800,"EndTime":253402300799,"MetricDataQueries":[{"Id":"m","MetricStat":{"Metric":{"Namespace":"AWS/SQS","MetricName":"ApproximateNumberOfMessagesVisible","Dimensions":[{"Name":"QueueName","Value":"jobs"}]},"Period":60,"Stat":"Sum"}},{"Id":"e","Expression":"IF(m > 1, m / 0, -m)"}]}`},
		{"monitoring", "GraniteServiceVersion20100801.GetMetricStatistics", "POST", "/", "application/x-amz-json-1.0", `{"Namespace":"AWS/SQS","MetricName":"ApproximateNumberOfMessagesVisible","Dimensions":[{"Name":"QueueName","Value":"jobs"}],"StartTime":0,"EndTime":1e18,"Period":60,"Statistics":["Sum"]}`},
		data(`{"Id":"a","Expression":"1"},{"Id":"b","Expression":"2"},{"Id":"c","Expression":"METRICS()"}`), data(`{"Id":"a","Expression":"b"},{"Id":"b","Expression":"a"}`),
		data(`{"Id":"m","MetricStat":{"Metric":{"Namespace":"AWS/SQS","MetricName":"ApproximateNumberOfMessagesVisible","Dimensions":[{"Name":"QueueName","Value":"jobs"}]},"Period":2147483640,"Stat":"p99.99999"}}`),
		{"monitoring", "GraniteServiceVersion20100801.SetAlarmState", "POST", "/", "application/x-amz-json-1.0", `{"AlarmName":"a","StateValue":"ALARM","StateReason":"x","StateReasonData":"{"}`},
		{"logs", "Logs_20140328.CreateLogGroup", "POST", "/", "application/x-amz-json-1.1", `{"logGroupName":"/aws/lambda/x"}`},
		form("autoscaling", "Action=CreateAutoScalingGroup&Version=2011-01-01&AutoScalingGroupName=g&MinSize=0&MaxSize=2147483647&DesiredCapacity=2147483647&LaunchConfigurationName=x&AvailabilityZones.member.1=us-east-1a"),
		form("autoscaling", "Action=PutScalingPolicy&Version=2011-01-01&AutoScalingGroupName=gpu-workers&PolicyName=p&AdjustmentType=PercentChangeInCapacity&ScalingAdjustment=2147483647"),
		form("autoscaling", "Action=PutScalingPolicy&Version=2011-01-01&AutoScalingGroupName=gpu-workers&PolicyName=p&PolicyType=StepScaling&AdjustmentType=ChangeInCapacity&StepAdjustments.member.1.ScalingAdjustment=1&StepAdjustments.member.1.MetricIntervalLowerBound=NaN"),
		form("autoscaling", "Action=SetDesiredCapacity&Version=2011-01-01&AutoScalingGroupName=gpu-workers&DesiredCapacity=10"),
		trusting,
		form("sqs", "Action=SetQueueAttributes&Version=2012-11-05&Attribute.999999999.Name=VisibilityTimeout&Attribute.999999999.Value=1"),
		form("sqs", "Action=TagQueue&Version=2012-11-05&Tag.-1.Key=a&Tag.+1.Key=b&Tag.01.Key=c&Tag..Key=d&Tag.1.Key.Key=e&Tag=f"),
		form("iam", "Action=GetRole&Version=2010-05-08&RoleName.member.1.a.b=c&=&.&..=.&%zz"),
		{"lambda", "", "POST", "/2015-03-31/functions", "application/json", `{"FunctionName":"f","Role":"arn:aws:iam::123456789012:role/r","Code":{"ZipFile":"UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="},"Handler":"a.b","Runtime":"python3.13"}`},
		{"lambda", "", "GET", "/2015-03-31/functions/%2F%00%ff", "", ""},
		{"lambda", "", "DELETE", "/2015-03-31/functions/f?Qualifier=%24LATEST", query, ""},
		{"", "", "GET", "/favicon.ico", "", ""}, {"s3", "", "PUT", "/bucket/key", "application/xml", "<a/>"}, {"monitoring", "", "POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "application/cbor", "\xbf\xff"},
		{"monitoring", "", "POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "application/cbor", "\xa1jAlarmNames\x9a\xff\xff\xff\xff"},
		{"monitoring", "", "POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "application/cbor", "\xa1jAlarmNames\x7b\x7f\xff\xff\xff\xff\xff\xff\xff"},
	}
}

// aWorld is one in which most operations find what they are asked for.
func aWorld(tb testing.TB) json.RawMessage {
	tb.Helper()
	s := openWorld(tb, nil)
	for _, w := range []wireRequest{
		{"sqs", "AmazonSQS.CreateQueue", "POST", "/", "application/x-amz-json-1.0", `{"QueueName":"jobs"}`},
		{"sqs", "AmazonSQS.SendMessage", "POST", "/", "application/x-amz-json-1.0", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/123456789012/jobs","MessageBody":"x"}`},
		trusting,
	} {
		if got := ask(tb, s, w); got.StatusCode != http.StatusOK {
			tb.Fatalf("%s: %d", w.body, got.StatusCode)
		}
	}
	return snapshotOf(tb, s)
}

// openWorld opens a sandbox with a world of a file, or with a new one; its clock stands still.
func openWorld(tb testing.TB, saved json.RawMessage) *Sandbox {
	tb.Helper()
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	s, err := open(Options{Now: func() time.Time { return now }}, source{fresh: func(time.Time) backend {
		w := newWorld(now)
		if saved != nil {
			if err := json.Unmarshal(saved, w); err != nil {
				tb.Fatalf("what was saved cannot be read: %v", err)
			}
		}
		return w
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func snapshotOf(tb testing.TB, s *Sandbox) json.RawMessage {
	tb.Helper()
	saved, err := json.Marshal(s.store.current)
	if err != nil {
		tb.Fatalf("the world cannot be saved any more: %v", err)
	}
	return saved
}

// ask returns the answer; nil where the request is none, or waits longer than the test does.
func ask(tb testing.TB, s *Sandbox, w wireRequest) *http.Response {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	r, err := w.http(ctx)
	if err != nil {
		return nil
	}
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, r)
	if ctx.Err() != nil {
		return nil
	}
	return answer.Result()
}

// speaksProtocol checks that an answer is one: not a fault of the sandbox's own, and well formed.
func speaksProtocol(t *testing.T, w wireRequest, got *http.Response) {
	t.Helper()
	if got == nil {
		t.Fatalf("%+v: no answer", w)
	}
	body, _ := io.ReadAll(got.Body)
	switch kind := got.Header.Get("Content-Type"); {
	case got.StatusCode == http.StatusInternalServerError || got.StatusCode < 200 || got.StatusCode > 599:
		t.Errorf("%+v: status %d: %.300s", w, got.StatusCode, body)
	case got.Header.Get("X-Amzn-Requestid") == "":
		t.Errorf("%+v: no request ID", w)
	case len(body) == 0:
	case strings.Contains(kind, "json") && !json.Valid(body), strings.Contains(kind, "cbor") && cbor.Wellformed(body) != nil:
		t.Errorf("%+v: %s: %.300q", w, kind, body)
	case strings.Contains(kind, "xml"):
		if err := wellFormed(body); err != nil {
			t.Errorf("%+v: %v: %.300q", w, err, body)
		}
	}
}

func wellFormed(body []byte) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func FuzzServe(f *testing.F) {
	for _, w := range slices.Concat(everyCall(f), handmade()) {
		f.Add(w.service, w.target, w.method, w.path, w.kind, w.body)
	}
	saved := aWorld(f)
	f.Fuzz(func(t *testing.T, service, target, method, path, kind, body string) {
		w := wireRequest{service, target, method, path, kind, body}
		if w.waits() {
			t.Skip("it waits for a message that does not come")
		}
		s := openWorld(t, saved)
		for range 2 { // the second finds what the first has done
			if got := ask(t, s, w); got != nil {
				speaksProtocol(t, w, got)
			}
		}
		if s.store.current != nil {
			openWorld(t, snapshotOf(t, s))
		}
	})
}

func (w wireRequest) waits() bool {
	return strings.Contains(w.body, "WaitTimeSeconds") || strings.Contains(w.path, "WaitTimeSeconds") || strings.Contains(w.body, "ReceiveMessageWait")
}

func TestEveryCallIsAnsweredInItsProtocol(t *testing.T) {
	saved := aWorld(t)
	for i, w := range slices.Concat(everyCall(t), handmade()) {
		if w.waits() {
			continue
		}
		t.Run(fmt.Sprint(i, " ", w.service, " ", w.target), func(t *testing.T) {
			s := openWorld(t, saved)
			hostile.Within(t, func() { speaksProtocol(t, w, ask(t, s, w)) })
			if s.store.current != nil {
				openWorld(t, snapshotOf(t, s))
			}
		})
	}
}

// megabytes are requests that cost the most for what they are.
func megabytes() map[string]wireRequest {
	sqs := func(body string) wireRequest {
		return wireRequest{"sqs", "AmazonSQS.SendMessageBatch", "POST", "/", "application/x-amz-json-1.0", body}
	}
	form := func(body string) wireRequest {
		return wireRequest{"iam", "", "POST", "/", "application/x-www-form-urlencoded", "Action=CreateRole&Version=2010-05-08&" + body}
	}
	cbor := func(body string) wireRequest {
		return wireRequest{"monitoring", "", "POST", "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", "application/cbor", body}
	}
	alarm := func(body string) wireRequest {
		return wireRequest{"monitoring", "GraniteServiceVersion20100801.GetMetricData", "POST", "/", "application/x-amz-json-1.0", `{"StartTime":0,"EndTime":60,"MetricDataQueries":[` + body + "]}"}
	}
	return map[string]wireRequest{
		"JSON lists": sqs(hostile.Nest("[", "", "]")), "JSON objects": sqs(hostile.Nest(`{"a":`, "1", "}")), "JSON of empty lists": sqs(`{"Entries":[` + hostile.Repeat("[],") + "1]}"),
		"JSON of empty objects": sqs(`{"Entries":[` + hostile.Repeat("{},") + "{}]}"), "JSON of small objects": sqs(`{"Entries":[` + hostile.Repeat(`{"":0},`) + "{}]}"),
		"JSON numbers": sqs(`{"Entries":[` + hostile.Repeat("0,") + "0]}"), "a JSON number": sqs(`{"QueueUrl":` + hostile.Repeat("9") + "}"), "JSON escapes": sqs(`{"QueueUrl":"` + hostile.Repeat(`\u0000`) + `"}`),
		"a name of dots": form(hostile.Repeat(".")), "a deep name": form(hostile.Repeat("a.") + "=1"), "a deep index": form("Tags" + hostile.Repeat(".1") + "=1"),
		"many parameters": form(hostile.Repeat("a&")), "many numbered": form(numbered("&Tags.member.%d.Key=a")), "deep and many": form(numbered("&Tags.%d.a.b.c.d.e.f.g.h.i.j.k")),
		"deep with dots": form(numbered("&%d............")), "a far index": form("Tags.member.99999999999999999999.Key=1&Tags.member.999999999.Key=1"), "percents": form(hostile.Repeat("%41")), "semicolons": form(hostile.Repeat(";")),
		"CBOR lists": cbor(hostile.Repeat("\x81")), "CBOR maps": cbor(hostile.Repeat("\xa1\x60")), "CBOR of empty lists": cbor("\xa1jAlarmNames\x9f" + hostile.Repeat("\x80") + "\xff"),
		"CBOR of empty maps": cbor("\xa1jAlarmNames\x9f" + hostile.Repeat("\xa0") + "\xff"), "CBOR of small maps": cbor("\xa1jAlarmNames\x9f" + hostile.Repeat("\xa1\x60\x00") + "\xff"),
		"CBOR of lists of lists": cbor("\xa1jAlarmNames\x9f" + hostile.Repeat("\x88\x80\x80\x80\x80\x80\x80\x80\x80") + "\xff"), "CBOR pieces": cbor("\xa1jAlarmNames\x7f" + hostile.Repeat("\x61a") + "\xff"),
		"CBOR that promises": cbor("\xa1jAlarmNames\x9b\x00\x00\x00\x00\xff\xff\xff\xff"), "CBOR bytes": cbor("\xa1jAlarmNames\x5a\x7f\xff\xff\xff" + hostile.Repeat("a")), "CBOR tags": cbor(hostile.Repeat("\xc1")), "a CBOR bignum": cbor("\xa1jMaxRecords\xc2\x5a\x00\x0f\xff\x00" + hostile.Repeat("\xff")),
		"brackets": alarm(`{"Id":"e","Expression":"` + hostile.Repeat("(") + `"}`), "closed brackets": alarm(`{"Id":"e","Expression":"` + hostile.Nest("(", "1", ")") + `"}`), "signs": alarm(`{"Id":"e","Expression":"` + hostile.Repeat("-") + `1"}`),
		"sums": alarm(`{"Id":"e","Expression":"` + hostile.Repeat("1+") + `1"}`), "powers": alarm(`{"Id":"e","Expression":"` + hostile.Repeat("9^") + `9"}`), "many queries": alarm(strings.TrimSuffix(numbered(`{"Id":"e%d","Expression":"1"},`), ",")), "queries of all before": alarm(ofAllBefore(500)), "queries of the one before": alarm(chain(500)),
		"constants": alarm(constants(500)), "queries": alarm(hostile.Repeat(`{"Id":"e","Expression":"1"},`) + `{"Id":"f"}`),
		"a path": {"lambda", "", "GET", "/2015-03-31/functions/" + hostile.Repeat("a/"), "", ""}, "a query": {"lambda", "", "GET", "/2015-03-31/functions/?" + hostile.Repeat("a&"), "", ""},
		"a target": {"sqs", hostile.Repeat("a."), "POST", "/", "", ""}, "a scope": {hostile.Repeat("/"), "", "POST", "/", "", ""}, "spaces": sqs(hostile.Repeat(" ")),
		"an event": {"lambda", "", "POST", "/2015-03-31/functions/f/invocations", "", hostile.Nest("[", "", "]")}, "a policy": form("RoleName=r&AssumeRolePolicyDocument=" + hostile.Nest("[", "", "]")),
	}
}

// ofAllBefore are expressions each of which needs all others before it.
func ofAllBefore(n int) string {
	queries, sum := []string{`{"Id":"e0","Expression":"1"}`}, "e0"
	for i := 1; i < n; i++ {
		queries = append(queries, fmt.Sprintf(`{"Id":"e%d","Expression":"%s"}`, i, sum))
		if next := fmt.Sprintf("e%d+%s", i, sum); len(next) < maxExpression {
			sum = next
		}
	}
	return strings.Join(queries, ",")
}

func chain(n int) string {
	queries := []string{`{"Id":"e0","MetricStat":{"Metric":{"Namespace":"n","MetricName":"m"},"Period":60,"Stat":"Sum"}}`}
	for i := 1; i < n; i++ {
		queries = append(queries, fmt.Sprintf(`{"Id":"e%d","Expression":"FILL(e%d, 1)"}`, i, i-1))
	}
	return strings.Join(queries, ",")
}

func constants(n int) string {
	queries := make([]string, n)
	for i := range queries {
		queries[i] = fmt.Sprintf(`{"Id":"e%d","Expression":"%d"}`, i, i)
	}
	return strings.Join(queries, ",")
}

// numbered is a megabyte of a unit with its number in each.
func numbered(unit string) string {
	var b strings.Builder
	for i := 1; b.Len() < hostile.Megabyte; i++ {
		fmt.Fprintf(&b, unit, i)
	}
	return b.String()
}

func TestAMegabyteOfRequestIsBounded(t *testing.T) {
	for name, w := range megabytes() {
		t.Run(name, func(t *testing.T) {
			s := openWorld(t, nil)
			hostile.Within(t, func() {
				if got := ask(t, s, w); got != nil {
					if got.StatusCode == http.StatusInternalServerError {
						t.Errorf("status %d", got.StatusCode)
					}
				}
			})
		})
	}
}

func FuzzParseMath(f *testing.F) {
	for _, text := range []string{"m1 + m2", "IF(m1 > 1, m1 / 0, -m2)", "FILL(m, 0)", "AVG([m1, m2])", "m1 AND m2 OR m3", "((((1))))", "1e400", "m >= 2 && m <= 3", "", "SUM(METRICS())", "0x1p4", "'", "1_000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseMath(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without words")
			}
			return
		}
		again, err := parseMath(text)
		if err != nil || fmt.Sprintf("%#v", again) != fmt.Sprintf("%#v", e) {
			t.Errorf("%q is parsed differently again: %v", text, err)
		}
		e.names(nil)
	})
}

func FuzzFillTime(f *testing.F) {
	for _, x := range []float64{0, 1.5, -1, 253402300799, 253402300800, math.NaN(), math.Inf(1), math.MaxFloat64, -62135596801} {
		f.Add(x, "")
	}
	f.Add(0.0, "2026-11-24T03:00:00Z")
	f.Add(0.0, "-0001-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, x float64, text string) {
		for _, src := range []any{x, text, json.Number(text)} {
			var at time.Time
			if fillTime(reflect.ValueOf(&at).Elem(), src) == nil {
				if _, err := json.Marshal(at); err != nil {
					t.Errorf("%v: %v", src, err)
				}
			}
		}
	})
}
