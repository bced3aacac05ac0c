package stack

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

const testLogGroup = "/aws/lambda/eventscale-gpu-workers-ingest"

func logGroupSubject() subject[logGroupProperties] {
	return subject[logGroupProperties]{
		kind: func(k kinds) provision.Kind[logGroupProperties] { return k.logGroup },
		name: testLogGroup, other: testLogGroup + "-2",
		want:       logGroupProperties{RetentionInDays: 14, Tags: provision.Tags{"owner": "us"}},
		others:     map[string][]any{"RetentionInDays": {1, 3653}},
		physicalID: testLogGroup,
		arn:        "arn:aws:logs:us-east-1:123456789012:log-group:" + testLogGroup,
		meddle: func(c *cloud) {
			c.done(c.theirs.logs.PutRetentionPolicy(c.Context(), &cloudwatchlogs.PutRetentionPolicyInput{
				LogGroupName: aws.String(testLogGroup), RetentionInDays: aws.Int32(30),
			}))
			c.done(c.theirs.logs.TagResource(c.Context(), &cloudwatchlogs.TagResourceInput{
				ResourceArn: aws.String(home.arn("logs", "log-group:"+testLogGroup)), Tags: map[string]string{"owner": "them"},
			}))
		},
		meddled: []string{"RetentionInDays", "Tags"},
	}
}

func TestLogGroupConforms(t *testing.T) { conforms(t, logGroupSubject()) }

// AWS finds log groups by prefix, fifty at a time: ours must be on the first page.
func TestLogGroupIsFoundAmongManyOfItsPrefix(t *testing.T) {
	s := logGroupSubject().stage(t)
	for i := range 60 {
		s.done(s.theirs.logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(s.name + strconv.Itoa(i))}))
	}
	s.missing(provision.Identity{Name: s.name})
	s.reads(s.create(s.name), s.want)
}

func TestEveryRetentionIsTaken(t *testing.T) {
	s := logGroupSubject().stage(t)
	live := s.create(s.name)
	for _, days := range retentionDays {
		want := s.want
		want.RetentionInDays = days
		s.bring(live, want)
	}
}

// busy is what Logs says while another operation on the group is under way.
func busy(answer *http.Response) (*http.Response, error) {
	const body = `{"__type":"OperationAbortedException","message":"A conflicting operation is currently in progress against this resource. Please try again."}`
	answer.StatusCode = http.StatusBadRequest
	answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return answer, nil
}

func TestLogGroupWaitsForOtherOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := logGroupSubject().stage(t)
		s.faults.set("PutRetentionPolicy", 3, busy)
		live := s.create(s.name)
		s.reads(live, s.want)
		if s.faults.hit != 3 {
			t.Errorf("%d conflicts were met", s.faults.hit)
		}
		s.faults.set("DeleteLogGroup", 3, busy)
		if err := s.fresh().Delete(t.Context(), s.identity(live)); err != nil {
			t.Error(err)
		}
		if s.faults.hit != 3 {
			t.Errorf("%d conflicts were met", s.faults.hit)
		}
	})
}

func TestLogGroupThatStaysBusyIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := logGroupSubject().stage(t)
		live := s.create(s.name)
		s.faults.set("DeleteLogGroup", 1000, busy)
		start := time.Now()
		err := s.fresh().Delete(t.Context(), s.identity(live))
		if _, ok := errors.AsType[*types.OperationAbortedException](err); !ok {
			t.Errorf("%v, want what Logs said", err)
		}
		took(t, start, patienceColliding, 2*patienceColliding)
	})
}

func TestRetentionThatLogsRefusesIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := logGroupSubject().stage(t)
		live := s.create(s.name)
		want := s.want
		want.RetentionInDays = 2
		s.atOnce("PutRetentionPolicy", "InvalidParameterException", func() error {
			return s.fresh().Update(t.Context(), live, want, provision.Changed{"RetentionInDays": true})
		})
	})
}

// A function still warm writes logs after it was deleted, and would make its log group anew: the group
// goes after the function, and the function's role may not make groups.
func TestLogGroupIsDeletedAfterTheFunction(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.asked()
	if err := p.destroy(); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, call := range p.asked() {
		if call.Operation == "DeleteFunction" || call.Operation == "DeleteLogGroup" {
			order = append(order, call.Operation)
		}
	}
	if strings.Join(order, " ") != "DeleteFunction DeleteLogGroup" {
		t.Errorf("deleted in the order %v", order)
	}
}
