package stack

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// The SDK wraps an error in its own words; the user reads AWS's, and the SDK's type is still in it.
func TestErrorsOfAWSAreOneLine(t *testing.T) {
	s := queueSubject().stage(t)
	_, err := s.fresh().Read(t.Context(), provision.Identity{Name: "none", PhysicalID: "https://sqs.us-east-1.amazonaws.com/x"})
	if err == nil || errors.Is(err, provision.ErrNotFound) {
		t.Fatalf("%v, want an error of SQS", err)
	}
	const want = "InvalidAddress: The address https://sqs.us-east-1.amazonaws.com/x is not valid for this endpoint."
	if err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if !hasCode(err, "InvalidAddress") {
		t.Error("the SDK's error is lost")
	}
}

func TestDocumentsAreEqualByWhatTheySay(t *testing.T) {
	for _, same := range [][]string{
		{`{"b":[1,2],"a":"<&>"}`, "{ \"a\": \"<&>\",\n \"b\": [ 1, 2 ] }"},
		{`{"n":12345678901234567890}`, `{ "n" : 12345678901234567890 }`},
		{"", ""},
	} {
		if canonical(same[0]) != canonical(same[1]) {
			t.Errorf("%s and %s are %s and %s", same[0], same[1], canonical(same[0]), canonical(same[1]))
		}
	}
	for _, other := range [][]string{{`{"a":[1,2]}`, `{"a":[2,1]}`}, {"not JSON", "NOT JSON"}, {"{", "{}"}, {"", "{}"}} {
		if canonical(other[0]) == canonical(other[1]) {
			t.Errorf("%s and %s are the same", other[0], other[1])
		}
	}
}

func TestAccountIsReadFromAnARN(t *testing.T) {
	got, err := accountOf("arn:aws-cn:autoscaling:cn-north-1:123456789012:autoScalingGroup:u:autoScalingGroupName/g")
	if want := (Account{"aws-cn", "123456789012", "cn-north-1"}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := accountOf("gpu-workers"); err == nil {
		t.Error("a name was read as an ARN")
	}
}

// refusal is what a JSON service answers to a caller whom it does not let in.
func refusal(code string) func(*http.Response) (*http.Response, error) {
	return func(answer *http.Response) (*http.Response, error) {
		body := `{"__type":"` + code + `","message":"no"}`
		answer.StatusCode, answer.Header = http.StatusForbidden, http.Header{"Content-Type": {"application/x-amz-json-1.1"}}
		answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		return answer, nil
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	for code, want := range map[string][2]bool{ // denied, unauthenticated
		"AccessDeniedException":       {true, false},
		"ExpiredTokenException":       {false, true},
		"UnrecognizedClientException": {false, true},
		"NotAuthorized":               {true, false},
		"RequestTimeTooSkewed":        {false, true},
		"InvalidParameterException":   {false, false},
	} {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.faults.set("DescribeLogGroups", 1, refusal(code))
		_, err := p.try()
		if err == nil || Denied(err) != want[0] || Unauthenticated(err) != want[1] {
			t.Errorf("%s: %v: denied %t, unauthenticated %t", code, err, Denied(err), Unauthenticated(err))
		}
		if calls := mutating(p.asked()); len(calls) > 0 {
			t.Errorf("%s: %v was called after it", code, calls)
		}
	}
}

func TestTagsAreListedByKey(t *testing.T) {
	got := tagList(provision.Tags{"b": "2", "a": "1", "c": ""}, func(k, v *string) string { return *k + "=" + *v })
	if asJSON(got) != `["a=1","b=2","c="]` {
		t.Error(got)
	}
}
