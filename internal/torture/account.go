//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// item is one object of the account, as the SDK shows it to anybody.
type item struct {
	kind, name string // as the state would name it
	id, arn    string // as the state should know it
	text       string // its properties without times and random IDs, so that two accounts can be compared
}

func (i item) String() string { return i.kind + " " + i.name + " " + i.text }

// account is all that is in it, by list calls alone: nothing is looked for by a name of ours.
type account []item

// lines are the account's objects as text, in order.
func (a account) lines() []string {
	var lines []string
	for _, i := range a {
		lines = append(lines, i.String())
	}
	slices.Sort(lines)
	return lines
}

// find returns the objects of that kind and name.
func (a account) find(kind, name string) account {
	return slices.DeleteFunc(slices.Clone(a), func(i item) bool { return i.kind != kind || i.name != name })
}

// auditor lists an account by clients that eventscale has no hand in.
type auditor struct {
	sqs         *sqs.Client
	iam         *iam.Client
	lambda      *lambda.Client
	logs        *cloudwatchlogs.Client
	autoscaling *autoscaling.Client
	cloudwatch  *cloudwatch.Client
	known       []string // what differs from account to account, each before what stands for it
	found       account
}

// region is where all is made.
const region = "us-east-1"

func newAuditor(endpoint string) *auditor {
	cfg := aws.Config{Region: region, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("audit", "audit", "")}
	return &auditor{
		sqs: sqs.NewFromConfig(cfg), iam: iam.NewFromConfig(cfg), lambda: lambda.NewFromConfig(cfg),
		logs: cloudwatchlogs.NewFromConfig(cfg), autoscaling: autoscaling.NewFromConfig(cfg), cloudwatch: cloudwatch.NewFromConfig(cfg),
		known: []string{endpoint, "(endpoint)"},
	}
}

// audit lists an account.
func audit(ctx context.Context, endpoint string) (account, error) {
	a := newAuditor(endpoint)
	policies := map[string]string{}
	for _, list := range []func(context.Context) error{
		a.queues, a.roles, a.functions, a.logGroups,
		func(ctx context.Context) error { return a.policies(ctx, policies) },
		func(ctx context.Context) error { return a.alarms(ctx, policies) },
		a.groups,
	} {
		if err := list(ctx); err != nil {
			return nil, fmt.Errorf("listing the account: %w", err)
		}
	}
	return a.found, nil
}

func (a *auditor) add(kind, name, id, arn string, properties ...any) {
	text, err := json.Marshal(properties)
	if err != nil {
		text = []byte(err.Error())
	}
	a.found = append(a.found, item{kind, name, id, arn, strings.NewReplacer(a.known...).Replace(string(text))})
}

func (a *auditor) queues(ctx context.Context) error {
	list, err := a.sqs.ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return err
	}
	for _, url := range list.QueueUrls {
		got, err := a.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
		if err != nil {
			return err
		}
		tags, err := a.sqs.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: &url})
		if err != nil {
			return err
		}
		arn := got.Attributes["QueueArn"]
		for name := range got.Attributes {
			if strings.HasSuffix(name, "Timestamp") || strings.HasPrefix(name, "Approximate") {
				delete(got.Attributes, name)
			}
		}
		a.add("AWS::SQS::Queue", afterLast(url, "/"), url, arn, got.Attributes, tags.Tags)
	}
	return nil
}

func (a *auditor) roles(ctx context.Context) error {
	list, err := a.iam.ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		return err
	}
	for _, r := range list.Roles {
		tags, err := a.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: r.RoleName})
		if err != nil {
			return err
		}
		a.known = append(a.known, *r.RoleId, "(ID of "+*r.RoleName+")")
		a.add("AWS::IAM::Role", *r.RoleName, *r.RoleName, *r.Arn, r.AssumeRolePolicyDocument, r.Description, tags.Tags)
		if err := a.rolePolicies(ctx, *r.RoleName); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) rolePolicies(ctx context.Context, role string) error {
	list, err := a.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		return err
	}
	for _, name := range list.PolicyNames {
		p, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		if err != nil {
			return err
		}
		a.add("AWS::IAM::RolePolicy", role+"/"+name, role+"/"+name, "", p.PolicyDocument)
	}
	return nil
}

func (a *auditor) functions(ctx context.Context) error {
	list, err := a.lambda.ListFunctions(ctx, &lambda.ListFunctionsInput{})
	if err != nil {
		return err
	}
	for _, f := range list.Functions {
		tags, err := a.lambda.ListTags(ctx, &lambda.ListTagsInput{Resource: f.FunctionArn})
		if err != nil {
			return err
		}
		f.LastModified, f.RevisionId = nil, nil
		a.add("AWS::Lambda::Function", *f.FunctionName, *f.FunctionName, *f.FunctionArn, f, tags.Tags)
	}
	return nil
}

func (a *auditor) logGroups(ctx context.Context) error {
	list, err := a.logs.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{})
	if err != nil {
		return err
	}
	for _, g := range list.LogGroups {
		arn := strings.TrimSuffix(*g.Arn, ":*")
		tags, err := a.logs.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &arn})
		if err != nil {
			return err
		}
		g.CreationTime = nil
		a.add("AWS::Logs::LogGroup", *g.LogGroupName, *g.LogGroupName, arn, g, tags.Tags)
	}
	return nil
}

// policies lists the scaling policies, and fills in their names by their ARNs.
func (a *auditor) policies(ctx context.Context, names map[string]string) error {
	list, err := a.autoscaling.DescribePolicies(ctx, &autoscaling.DescribePoliciesInput{})
	if err != nil {
		return err
	}
	for _, p := range list.ScalingPolicies {
		name, arn := *p.AutoScalingGroupName+"/"+*p.PolicyName, *p.PolicyARN
		names[arn] = name
		p.PolicyARN, p.Alarms = nil, nil
		a.add("AWS::AutoScaling::ScalingPolicy", name, name, arn, p)
	}
	return nil
}

// alarms lists the alarms, whose actions are named by the policies that are there.
func (a *auditor) alarms(ctx context.Context, policies map[string]string) error {
	list, err := a.cloudwatch.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	if err != nil {
		return err
	}
	for _, m := range list.MetricAlarms {
		tags, err := a.cloudwatch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: m.AlarmArn})
		if err != nil {
			return err
		}
		arn := *m.AlarmArn
		for i, action := range m.AlarmActions {
			m.AlarmActions[i] = policies[action]
			if m.AlarmActions[i] == "" {
				m.AlarmActions[i] = "nothing that is there: " + action
			}
		}
		m.AlarmArn, m.AlarmConfigurationUpdatedTimestamp, m.StateTransitionedTimestamp = nil, nil, nil
		m.StateReason, m.StateReasonData, m.StateUpdatedTimestamp, m.StateValue = nil, nil, nil, ""
		slices.SortFunc(tags.Tags, func(a, b cwtypes.Tag) int { return strings.Compare(*a.Key, *b.Key) })
		a.add("AWS::CloudWatch::Alarm", *m.AlarmName, *m.AlarmName, arn, m, tags.Tags)
	}
	return nil
}

// groups lists the Auto Scaling groups, and each metric that is collected of one as an object of its own. How
// many instances they have is the loop's business.
func (a *auditor) groups(ctx context.Context) error {
	list, err := a.autoscaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		return err
	}
	for _, g := range list.AutoScalingGroups {
		name := *g.AutoScalingGroupName
		a.add("AWS::AutoScaling::AutoScalingGroup", name, name, *g.AutoScalingGroupARN, g.MinSize, g.MaxSize, g.SuspendedProcesses, g.Tags)
		for _, m := range g.EnabledMetrics {
			a.add("AWS::AutoScaling::MetricsCollection", name+"/"+*m.Metric, name+"/"+*m.Metric, *g.AutoScalingGroupARN, m)
		}
	}
	return nil
}

// afterLast returns what follows the last separator.
func afterLast(text, separator string) string {
	return text[strings.LastIndex(text, separator)+len(separator):]
}
