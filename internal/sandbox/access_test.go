package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// Every operation is in the table, and nothing else is.
func TestEveryOperationHasAnAccessRule(t *testing.T) {
	have, want := map[string]bool{}, map[string]bool{}
	for _, rule := range accessRules() {
		have[rule.operation] = true
		service, _, _ := strings.Cut(rule.operation, ":")
		if prefix, _, _ := strings.Cut(rule.action, ":"); prefix != service && prefix+service != "cloudwatchmonitoring" && rule.action != "iam:PassRole" {
			t.Errorf("%s asks for %s", rule.operation, rule.action)
		}
	}
	for service, operations := range newStage(t).services() {
		for _, o := range operations {
			want[service+":"+o.name] = true
		}
	}
	if !maps.Equal(have, want) {
		t.Errorf("rules: %v\noperations: %v", sortedKeys(have), sortedKeys(want))
	}
}

// What is forgotten in the table is denied, unless all is allowed.
func TestOperationWithoutRuleIsDenied(t *testing.T) {
	s := newStage(t)
	s.gate = must(newGate([]byte(policyOf("sqs:SendMessage", "arn:aws:sqs:*:*:jobs"))))
	s.refuses(s.authorize("sqs", "InventedOperation", &asked{s.request(), s.world, &sqs.SendMessageInput{}}), "AccessDenied", "sqs:inventedoperation")
}

// policyOf is a document that allows actions on a resource.
func policyOf(actions, resource string) string {
	list, _ := json.Marshal(strings.Fields(actions))
	return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": %s, "Resource": %q}]}`, list, resource)
}

// bound is a sandbox whose caller a policy binds, and the same world to a caller who may all.
type bound struct {
	*testing.T
	path string
	free aws.Config
}

func newBound(t *testing.T) *bound {
	path := filepath.Join(t.TempDir(), "world.json")
	return &bound{T: t, path: path, free: testConfig(opened(t, Options{Path: path}))}
}

// by returns the clients' configuration of a caller with the policy.
func (b *bound) by(policy string) aws.Config {
	b.Helper()
	return testConfig(opened(b.T, Options{Path: b.path, Policy: []byte(policy)}))
}

// denied wants an error of this status, code and message.
func (b *bound) denied(err error, status int, code, message string) {
	b.Helper()
	var api smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		b.Fatalf("%v is no refusal", err)
	}
	same(b.T, []string{api.ErrorCode(), api.ErrorMessage()}, []string{code, message})
	same(b.T, response.HTTPStatusCode(), status)
}

func user(action, resource string) string {
	return "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: " + action + " on resource: " + resource +
		" because no identity-based policy allows the " + action + " action"
}

// A refusal is in each service's own words, and comes before any word of what is there.
func TestDenialsAreInTheWordsOfTheService(t *testing.T) {
	b := newBound(t)
	c := b.by(policyOf("sqs:GetQueueUrl", "*"))
	ctx := t.Context()

	_, err := sqs.NewFromConfig(c).DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: aws.String("https://sqs.eu-west-3.amazonaws.com/123456789012/none")})
	b.denied(err, 403, "AccessDenied", user("sqs:deletequeue", "arn:aws:sqs:eu-west-3:123456789012:none"))
	_, err = iam.NewFromConfig(c).DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("none")})
	b.denied(err, 403, "AccessDenied", user("iam:DeleteRole", "arn:aws:iam::123456789012:role/none"))
	_, err = lambda.NewFromConfig(c).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: aws.String("none")})
	b.denied(err, 403, "AccessDeniedException", user("lambda:DeleteFunction", "arn:aws:lambda:eu-west-3:123456789012:function:none"))
	_, err = cloudwatchlogs.NewFromConfig(c).DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("/none")})
	b.denied(err, 400, "AccessDeniedException", user("logs:DeleteLogGroup", "arn:aws:logs:eu-west-3:123456789012:log-group:/none:log-stream:"))
	_, err = cloudwatch.NewFromConfig(c).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"none", "other"}})
	b.denied(err, 403, "AccessDenied", user("cloudwatch:DeleteAlarms", "arn:aws:cloudwatch:eu-west-3:123456789012:alarm:none"))
	_, err = autoscaling.NewFromConfig(c).DeletePolicy(ctx, &autoscaling.DeletePolicyInput{AutoScalingGroupName: aws.String("none"), PolicyName: aws.String("p")})
	b.denied(err, 403, "AccessDenied", user("autoscaling:DeletePolicy", "arn:aws:autoscaling:eu-west-3:123456789012:autoScalingGroup:*:autoScalingGroupName/none"))

	_, err = sqs.NewFromConfig(c).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
	if statusOf(t, err) != http.StatusBadRequest || !strings.Contains(err.Error(), "NonExistentQueue") {
		t.Errorf("who may ask is told: %v", err)
	}
	explicit := `{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}`
	_, err = sqs.NewFromConfig(b.by(explicit)).ListQueues(ctx, &sqs.ListQueuesInput{})
	b.denied(err, 403, "AccessDenied", "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: sqs:listqueues on resource: * with an explicit deny in an identity-based policy")
	who := must(sts.NewFromConfig(b.by(explicit)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})) // which nobody is denied
	same(t, *who.Arn, "arn:aws:iam::123456789012:user/sandbox")
	same(t, *must(sts.NewFromConfig(b.free).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})).Arn, "arn:aws:iam::123456789012:root")
}

// attempt is a call that asks for more than an action of its own name.
type attempt struct {
	call    func(aws.Config) error
	actions string // all that it asks for
}

func attempts(t *testing.T, url *string) map[string]attempt {
	ctx, name := t.Context(), aws.String("ingest")
	function := functionInput("ingest")
	function.Tags = map[string]string{"team": "gpu"}
	untagged := functionInput("plain")
	tagged := roleInput("tagged")
	tagged.Tags = []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("gpu")}}
	return map[string]attempt{
		"CreateQueue": {func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("plain")})
			return err
		}, "sqs:CreateQueue"},
		"CreateQueue with tags": {func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("tagged"), Tags: function.Tags})
			return err
		}, "sqs:CreateQueue sqs:TagQueue"},
		"SendMessageBatch": {func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: []sqstypes.SendMessageBatchRequestEntry{{Id: aws.String("a"), MessageBody: aws.String("b")}}})
			return err
		}, "sqs:SendMessage"},
		"CreateRole with tags": {func(c aws.Config) error {
			_, err := iam.NewFromConfig(c).CreateRole(ctx, tagged)
			return err
		}, "iam:CreateRole iam:TagRole"},
		"CreateFunction": {func(c aws.Config) error {
			_, err := lambda.NewFromConfig(c).CreateFunction(ctx, untagged)
			return err
		}, "lambda:CreateFunction iam:PassRole"},
		"CreateFunction with tags": {func(c aws.Config) error {
			_, err := lambda.NewFromConfig(c).CreateFunction(ctx, function)
			return err
		}, "lambda:CreateFunction lambda:TagResource iam:PassRole"},
		"UpdateFunctionConfiguration": {func(c aws.Config) error {
			_, err := lambda.NewFromConfig(c).UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(9)})
			return err
		}, "lambda:UpdateFunctionConfiguration"},
		"UpdateFunctionConfiguration with a role": {func(c aws.Config) error {
			_, err := lambda.NewFromConfig(c).UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Role: function.Role})
			return err
		}, "lambda:UpdateFunctionConfiguration iam:PassRole"},
		"Invoke": {func(c aws.Config) error {
			_, err := lambda.NewFromConfig(c).Invoke(ctx, &lambda.InvokeInput{FunctionName: name, InvocationType: lambdatypes.InvocationTypeDryRun})
			if err != nil && strings.Contains(err.Error(), "SandboxRunsNoOtherCode") {
				return nil
			}
			return err
		}, "lambda:InvokeFunction"},
		"CreateLogGroup with tags": {func(c aws.Config) error {
			_, err := cloudwatchlogs.NewFromConfig(c).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/g"), Tags: function.Tags})
			return err
		}, "logs:CreateLogGroup logs:TagResource"},
		"PutMetricAlarm with tags": {func(c aws.Config) error {
			in := simpleAlarm("high")
			in.Tags = []cwtypes.Tag{{Key: aws.String("team"), Value: aws.String("gpu")}}
			_, err := cloudwatch.NewFromConfig(c).PutMetricAlarm(ctx, in)
			return err
		}, "cloudwatch:PutMetricAlarm cloudwatch:TagResource"},
	}
}

// Each call works with all the actions that it asks for, and with none of them left out.
func TestCallsAskForTheirDependentActionsToo(t *testing.T) {
	b := newBound(t)
	ctx := t.Context()
	url := must(sqs.NewFromConfig(b.free).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("jobs")})).QueueUrl
	must(iam.NewFromConfig(b.free).CreateRole(ctx, roleInput("ingest")))
	all := attempts(t, url)
	for name, a := range all {
		actions := strings.Fields(a.actions)
		for i, left := range actions {
			others := slices.Delete(slices.Clone(actions), i, i+1)
			err := a.call(b.by(policyOf(strings.Join(append(others, "sqs:ListQueues"), " "), "*")))
			if err == nil || !strings.Contains(err.Error(), "not authorized to perform") {
				t.Errorf("%s without %s: %v", name, left, err)
			}
		}
	}
	for _, name := range sortedKeys(all) { // so the function is made before it is updated
		if err := all[name].call(b.by(policyOf(all[name].actions, "*"))); err != nil {
			t.Errorf("%s with %s: %v", name, all[name].actions, err)
		}
	}
}

// Who may not list the tags is shown a function without them, and why.
func TestGetFunctionShowsTagsToWhoMayListThem(t *testing.T) {
	b := newBound(t)
	must(iam.NewFromConfig(b.free).CreateRole(t.Context(), roleInput("ingest")))
	in := functionInput("ingest")
	in.Tags = map[string]string{"team": "gpu"}
	must(lambda.NewFromConfig(b.free).CreateFunction(t.Context(), in))
	seen := func(actions string) *lambda.GetFunctionOutput {
		return must(lambda.NewFromConfig(b.by(policyOf(actions, "*"))).GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("ingest")}))
	}
	with, without := seen("lambda:GetFunction lambda:ListTags"), seen("lambda:GetFunction")
	same(t, with.Tags, in.Tags)
	if with.TagsError != nil {
		t.Errorf("an error beside the tags: %v", *with.TagsError.Message)
	}
	if without.Tags != nil || without.TagsError == nil || *without.TagsError.ErrorCode != "AccessDeniedException" ||
		*without.TagsError.Message != user("lambda:ListTags", "arn:aws:lambda:eu-west-3:123456789012:function:ingest") {
		t.Errorf("%v %v", without.Tags, without.TagsError)
	}
}

// Each operation is about the resource that its input names, however it names it.
func TestResourcesAreThoseOfTheRequest(t *testing.T) {
	s := newStage(t)
	in := roleInput("Ingest")
	in.Path = aws.String("/jobs/")
	must(s.createRole(s.request(), in))
	group := *s.in(s.request()).Groups[firstGroup].Group.AutoScalingGroupARN
	for _, tt := range []struct {
		operation string
		input     any
		want      string
	}{
		{"sqs:SendMessage", &sqs.SendMessageInput{QueueUrl: aws.String("http://127.0.0.1:4599/210987654321/jobs.fifo")}, "arn:aws:sqs:us-east-1:210987654321:jobs.fifo"},
		{"sqs:GetQueueUrl", &sqs.GetQueueUrlInput{QueueName: aws.String("jobs")}, "arn:aws:sqs:us-east-1:123456789012:jobs"},
		{"sqs:ListQueues", &sqs.ListQueuesInput{}, "*"},
		{"iam:GetRole", &iam.GetRoleInput{RoleName: aws.String("ingest")}, "arn:aws:iam::123456789012:role/jobs/Ingest"},
		{"iam:CreateRole", &iam.CreateRoleInput{RoleName: aws.String("new"), Path: aws.String("/p/")}, "arn:aws:iam::123456789012:role/p/new"},
		{"iam:ListRoles", &iam.ListRolesInput{}, "arn:aws:iam::123456789012:role/"},
		{"lambda:GetFunction", &lambda.GetFunctionInput{FunctionName: aws.String("f")}, "arn:aws:lambda:us-east-1:123456789012:function:f"},
		{"lambda:GetFunction", &lambda.GetFunctionInput{FunctionName: aws.String("123456789012:function:f:live")}, "arn:aws:lambda:us-east-1:123456789012:function:f:live"},
		{"lambda:Invoke", &lambda.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("live")}, "arn:aws:lambda:us-east-1:123456789012:function:f:live"},
		{"lambda:TagResource", &lambda.TagResourceInput{Resource: aws.String("arn:aws:lambda:us-east-1:123456789012:function:f")}, "arn:aws:lambda:us-east-1:123456789012:function:f"},
		{"logs:CreateLogGroup", &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("/g")}, "arn:aws:logs:us-east-1:123456789012:log-group:/g:log-stream:"},
		{"logs:DescribeLogGroups", &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/g")}, "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:"},
		{"logs:TagResource", &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String("arn:aws:logs:us-east-1:123456789012:log-group:/g")}, "arn:aws:logs:us-east-1:123456789012:log-group:/g"},
		{"monitoring:DescribeAlarms", &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"a", "b"}}, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a arn:aws:cloudwatch:us-east-1:123456789012:alarm:b"},
		{"monitoring:DescribeAlarms", &cloudwatch.DescribeAlarmsInput{}, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"},
		{"monitoring:SetAlarmState", &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("a")}, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"},
		{"monitoring:UntagResource", &cloudwatch.UntagResourceInput{ResourceARN: aws.String("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a")}, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a"},
		{"autoscaling:PutScalingPolicy", &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String(firstGroup)}, group},
		{"autoscaling:DeletePolicy", &autoscaling.DeletePolicyInput{PolicyName: aws.String("arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:1:autoScalingGroupName/" + firstGroup + ":policyName/p")}, group},
		{"autoscaling:PutScalingPolicy", &autoscaling.PutScalingPolicyInput{AutoScalingGroupName: aws.String("none")}, "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/none"},
	} {
		for _, rule := range accessRules() {
			if rule.operation == tt.operation {
				a := &asked{s.request(), s.world, tt.input}
				if got := strings.Join(rule.on(a), " "); got != tt.want && rule.when == nil {
					t.Errorf("%s: %s, want %s", tt.operation, got, tt.want)
				}
			}
		}
	}
}

// The function does what its role's policies let it, to its queue alone.
func TestFunctionSendsWhatItsRoleAllows(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:123456789012:jobs"
	for document, want := range map[string]string{
		policyOf("sqs:SendMessage", queue):          `{"sent": 1}`,
		policyOf("sqs:SendMessage", queue+"-other"): "on resource: " + queue + " because no identity-based policy allows the sqs:sendmessage action",
		policyOf("sqs:ReceiveMessage", queue):       "User: arn:aws:sts::123456789012:assumed-role/ingest/ingest is not authorized to perform: sqs:sendmessage",
		`{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}]}`: "with an explicit deny",
	} {
		s, _ := withIngest(t, "jobs", nil)
		must(s.putRolePolicy(s.request(), rolePolicyInput("ingest", document)))
		if got := string(s.invokes(`{"a": 1}`).Payload); !strings.Contains(got, want) {
			t.Errorf("%s: %s", document, got)
		}
	}
	s, _ := withIngest(t, "jobs", nil)
	must(s.deleteRolePolicy(s.request(), &iam.DeleteRolePolicyInput{RoleName: aws.String("ingest"), PolicyName: aws.String("send")}))
	must(s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: aws.String("ingest")}))
	if got := s.invokes(`{"a": 1}`); aws.ToString(got.FunctionError) != "Unhandled" {
		t.Errorf("without a role: %s", got.Payload)
	}
}

// The conditions that policies of AWS's guides set on what a request asks for.
func TestConditionsSeeTheRequest(t *testing.T) {
	b := newBound(t)
	must(iam.NewFromConfig(b.free).CreateRole(t.Context(), roleInput("ingest")))
	create := func(condition string) error {
		in := &sqs.CreateQueueInput{QueueName: aws.String("jobs"), Tags: map[string]string{"team": "gpu"}}
		_, err := sqs.NewFromConfig(b.by(`{"Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", "Condition": `+condition+`}}`)).CreateQueue(t.Context(), in)
		return err
	}
	pass := func(service string) error {
		_, err := lambda.NewFromConfig(b.by(`{"Statement": [{"Effect": "Allow", "Action": "lambda:*", "Resource": "*"}, {"Effect": "Allow", "Action": "iam:PassRole",
			"Resource": "arn:aws:iam::123456789012:role/ingest", "Condition": {"StringEquals": {"iam:PassedToService": "`+service+`"}}}]}`)).CreateFunction(t.Context(), functionInput("f-"+service[:3]))
		return err
	}
	for name, tt := range map[string]struct {
		err  error
		good bool
	}{
		"a tag that is given":     {create(`{"StringEquals": {"aws:RequestTag/team": "gpu"}}`), true},
		"a tag that is not":       {create(`{"StringEquals": {"aws:RequestTag/team": "web"}}`), false},
		"keys that are given":     {create(`{"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}`), true},
		"keys that are not":       {create(`{"ForAllValues:StringEquals": {"aws:TagKeys": "cost"}}`), false},
		"the region":              {create(`{"StringEquals": {"aws:RequestedRegion": "eu-west-3"}}`), true},
		"another region":          {create(`{"StringEquals": {"aws:RequestedRegion": "us-east-1"}}`), false},
		"plain HTTP":              {create(`{"Bool": {"aws:SecureTransport": "false"}}`), false},
		"the role, to Lambda":     {pass("lambda.amazonaws.com"), true},
		"the role, to another":    {pass("ec2.amazonaws.com"), false},
		"the caller":              {create(`{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/sandbox"}}`), true},
		"a call of a service":     {create(`{"StringEquals": {"aws:SourceAccount": "123456789012"}}`), false},
		"the resource's account":  {create(`{"StringEquals": {"aws:ResourceAccount": "123456789012"}}`), true},
		"the principal's account": {create(`{"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}`), false},
	} {
		if (tt.err == nil) != tt.good {
			t.Errorf("%s: %v", name, tt.err)
		}
	}
}
