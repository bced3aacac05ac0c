package sandbox

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

// stage is a world under test, its handlers called directly, with a clock of its own.
type stage struct {
	*testing.T
	*world
	now    time.Time
	region string
}

func newStage(t *testing.T) *stage {
	now := time.Date(2026, 11, 20, 12, 0, 10, 0, time.UTC)
	s := &stage{T: t, world: newWorld(now), now: now, region: defaultRegion}
	s.delays, s.Workers = Delays{}, Workers{}
	return s
}

func (s *stage) request() *request {
	return &request{
		ctx: s.Context(), now: s.now, account: defaultAccount, region: s.region, partition: "aws",
		baseURL: "https://sqs." + s.region + ".amazonaws.com", id: "11111111-2222-4333-8444-555555555555",
	}
}

func (s *stage) pass(d time.Duration) {
	s.advance(s.now, s.now.Add(d))
	s.now = s.now.Add(d)
}

// codeOf returns the code and the message that a client would get.
func codeOf(err error) (code, message string) {
	var own *apiError
	var modelled smithy.APIError
	switch {
	case errors.As(err, &own):
		return own.code, own.message
	case errors.As(err, &modelled):
		return modelled.ErrorCode(), modelled.ErrorMessage()
	case err != nil:
		return "", err.Error()
	}
	return "", ""
}

// refuses wants an error of that code whose message has the fragment.
func (s *stage) refuses(err error, code, fragment string) {
	s.Helper()
	gotCode, message := codeOf(err)
	if gotCode != code || !strings.Contains(message, fragment) {
		s.Errorf("got %q %q, want %q with %q", gotCode, message, code, fragment)
	}
}

func (s *stage) accepts(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("refused: %v", err)
	}
}

// must is for calls that a test only builds on.
func must[T any](out T, err error) T {
	if err != nil {
		panic(err)
	}
	return out
}

func same[T any](t testing.TB, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true })); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestEachRegionHoldsTheFirstGroupAndNothingOfTheOthers(t *testing.T) {
	s := newStage(t)
	arns := map[string]bool{}
	for _, region := range []string{"us-east-1", "eu-west-3"} {
		s.region = region
		groups := must(s.describeAutoScalingGroups(s.request(), &autoscaling.DescribeAutoScalingGroupsInput{})).AutoScalingGroups
		if len(groups) != 1 || *groups[0].AutoScalingGroupName != "gpu-workers" {
			t.Fatalf("%s: %d groups", region, len(groups))
		}
		arns[*groups[0].AutoScalingGroupARN] = true
		if groups[0].AvailabilityZones[0] != region+"a" {
			t.Errorf("%s: zones %v", region, groups[0].AvailabilityZones)
		}
		if n := len(must(s.listQueues(s.request(), &sqs.ListQueuesInput{})).QueueUrls); n != 0 {
			t.Errorf("%s: %d queues", region, n)
		}
		must(s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")}))
	}
	if len(arns) != 2 {
		t.Errorf("ARNs %v", arns)
	}
	s.region = "us-west-2"
	must(s.createRole(s.request(), roleInput("global")))
	s.region = "us-east-1"
	must(s.getRole(s.request(), &iam.GetRoleInput{RoleName: aws.String("global")}))
}

func TestCallerIsTheAccount(t *testing.T) {
	s := newStage(t)
	out := must(s.getCallerIdentity(s.request(), &sts.GetCallerIdentityInput{}))
	same(t, []string{*out.Account, *out.Arn}, []string{"123456789012", "arn:aws:iam::123456789012:root"})
}

func TestWorldOutlivesItsFile(t *testing.T) {
	s := newStage(t)
	populate(s)
	before := must(json.Marshal(s.world))
	var again world
	if err := json.Unmarshal(before, &again); err != nil {
		t.Fatal(err)
	}
	same(t, string(must(json.Marshal(&again))), string(before))

	want := portrait(s)
	s.world = &again
	same(t, portrait(s), want)
	must(s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("later")})) // no nil map is left
	s.region = "sa-east-1"
	must(s.createQueue(s.request(), &sqs.CreateQueueInput{QueueName: aws.String("elsewhere")}))
}

// populate makes one of each thing.
func populate(s *stage) {
	r := s.request()
	must(s.createQueue(r, &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Tags: map[string]string{"a": "b"}}))
	must(s.sendMessage(r, &sqs.SendMessageInput{QueueUrl: queueURL("jobs"), MessageBody: aws.String("<one>")}))
	must(s.createRole(r, roleInput("ingest")))
	must(s.putRolePolicy(r, &iam.PutRolePolicyInput{RoleName: aws.String("ingest"), PolicyName: aws.String("p"), PolicyDocument: aws.String(inlineDocument)}))
	must(s.createFunction(r, functionInput("ingest")))
	must(s.addPermission(r, permissionInput("s3")))
	must(s.createLogGroup(r, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/aws/lambda/ingest")}))
	policy := must(s.putScalingPolicy(r, simplePolicy("out", 2)))
	alarm := simpleAlarm("busy")
	alarm.AlarmActions = []string{*policy.PolicyARN}
	must(s.putMetricAlarm(r, alarm))
	must(s.putMetricAlarm(r, mathAlarm("calm")))
}

// portrait is what clients see of the world.
func portrait(s *stage) []any {
	r := s.request()
	return []any{
		must(s.getQueueAttributes(r, &sqs.GetQueueAttributesInput{QueueUrl: queueURL("jobs"), AttributeNames: all()})),
		must(s.getRole(r, &iam.GetRoleInput{RoleName: aws.String("ingest")})),
		must(s.getFunction(r, &lambda.GetFunctionInput{FunctionName: aws.String("ingest")})),
		must(s.getFunctionPolicy(r, &lambda.GetPolicyInput{FunctionName: aws.String("ingest")})),
		must(s.describeLogGroups(r, &cloudwatchlogs.DescribeLogGroupsInput{})),
		must(s.describePolicies(r, &autoscaling.DescribePoliciesInput{})),
		must(s.describeAutoScalingGroups(r, &autoscaling.DescribeAutoScalingGroupsInput{})),
		must(s.describeScalingActivities(r, &autoscaling.DescribeScalingActivitiesInput{})),
		must(s.describeAlarms(r, &cloudwatch.DescribeAlarmsInput{})),
		must(s.describeAlarmHistory(r, &cloudwatch.DescribeAlarmHistoryInput{})),
	}
}

func TestOperationsAreListedOnce(t *testing.T) {
	for service, operations := range newStage(t).services() {
		seen := map[string]bool{}
		for _, each := range operations {
			if seen[each.name] {
				t.Errorf("%s %s is listed twice", service, each.name)
			}
			seen[each.name] = true
			if input := reflect.TypeOf(each.newInput()).Elem().Name(); input != each.name+"Input" {
				t.Errorf("%s %s takes %s", service, each.name, input)
			}
		}
	}
}

func TestTagRulesHoldInEveryService(t *testing.T) {
	tooMany := map[string]string{}
	for range maxTags + 1 {
		tooMany[newUUID()] = ""
	}
	for name, bad := range map[string]map[string]string{
		"reserved": {"aws:x": "1"}, "empty key": {"": "1"}, "long key": {strings.Repeat("k", 129): ""}, "long value": {"k": strings.Repeat("v", 257)}, "many": tooMany,
	} {
		if _, fault := addTags(nil, bad); fault == "" {
			t.Errorf("%s: taken", name)
		}
	}
	old := map[string]string{"a": "1", "b": "2"}
	tags, fault := addTags(old, map[string]string{"b": "3"})
	if fault != "" {
		t.Fatal(fault)
	}
	same(t, tags, map[string]string{"a": "1", "b": "3"})
	same(t, old, map[string]string{"a": "1", "b": "2"})
	same(t, withoutTags(tags, []string{"a", "none"}), map[string]string{"b": "3"})
}

func TestPagesHoldEachItemOnce(t *testing.T) {
	items := []int{1, 2, 3, 4, 5}
	var got []int
	var token *string
	for range 3 {
		part, next, ok := page(items, token, 2)
		if !ok {
			t.Fatal("token refused")
		}
		got, token = append(got, part...), next
	}
	same(t, got, items)
	if token != nil {
		t.Error("a fourth page")
	}
	if _, _, ok := page(items, aws.String("nonsense!"), 2); ok {
		t.Error("a made-up token was taken")
	}
}
