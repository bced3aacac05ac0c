package stack

import (
	"slices"
	"strings"
)

// The permissions that eventscale's caller needs for one stack, scoped to its names.

// PolicyDocument is an IAM policy, as `eventscale iam-policy` prints it.
type PolicyDocument struct {
	Version   string
	Statement []Permission
}

// Permission is one statement of it.
type Permission struct {
	Sid       string
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string]string `json:",omitempty"`
}

// Permissions returns the least that a caller needs to run every command on this stack, whatever its settings:
// they are scoped to the names that a stack of this name around this group can have, so that a change of the
// preset or of the queues' kind needs no others. An account whose ID is not known stands as "*".
// sts:GetCallerIdentity is not among them, since nobody can be denied it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func Permissions(s Spec, a Account) PolicyDocument {
	n := namesOf(s, a.Region)
	jobs, dead := allQueues(s, a)
	logGroup := a.arn("logs", "log-group:"+n.logGroup)
	role := Account{Partition: a.Partition, ID: a.ID}.arn("iam", "role/"+n.role)
	var alarms []string
	for _, name := range n.alarms() { // all are asked for, whatever the preset
		alarms = append(alarms, a.arn("cloudwatch", "alarm:"+name))
	}
	return PolicyDocument{Version: policyVersion, Statement: []Permission{
		// These actions take no resource; that of DescribeLogGroups is every log group there is.
		allow("Read", []string{
			"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribePolicies", "autoscaling:DescribeScalingActivities",
			"cloudwatch:GetMetricData", "logs:DescribeLogGroups",
		}, "*"),
		allow("Queues", []string{
			"sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes",
			"sqs:ListQueueTags", "sqs:TagQueue", "sqs:UntagQueue", "sqs:DeleteQueue",
		}, slices.Concat(jobs, dead)...),
		allow("Send", []string{"sqs:SendMessage"}, jobs...), // of send; SendMessageBatch asks for it too
		allow("Role", []string{
			"iam:CreateRole", "iam:GetRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:TagRole", "iam:UntagRole",
			"iam:DeleteRole", "iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy",
			"iam:ListRolePolicies", "iam:ListAttachedRolePolicies", // to name what keeps the role from being deleted
		}, role),
		{
			Sid: "PassRole", Effect: "Allow", Action: []string{"iam:PassRole"}, Resource: []string{role},
			Condition: map[string]map[string]string{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
		},
		// Logs asks about a group as about a stream in it, and for its tags as about the group itself.
		allow("LogGroup", []string{
			"logs:CreateLogGroup", "logs:PutRetentionPolicy",
			"logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource", "logs:DeleteLogGroup",
		}, logGroup, logGroup+":*"),
		allow("Function", []string{
			"lambda:CreateFunction", "lambda:GetFunction", "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode",
			"lambda:ListTags", // without it GetFunction leaves the tags out
			"lambda:TagResource", "lambda:UntagResource", "lambda:DeleteFunction",
			"lambda:InvokeFunction", // of send --via function
		}, a.arn("lambda", "function:"+n.function)),
		allow("Policies", []string{
			"autoscaling:PutScalingPolicy", "autoscaling:DeletePolicy",
			"autoscaling:EnableMetricsCollection", "autoscaling:DisableMetricsCollection", // of the wake rule
		}, a.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+literally(s.ASG))),
		allow("Alarms", []string{
			"cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource",
			"cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:DeleteAlarms",
		}, alarms...),
	}}
}

// literally keeps the characters of a group's name, which can be any, from meaning more than themselves: in a
// policy a group called "*" would be all groups.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
func literally(name string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(name)
}

// allQueues returns the ARNs of the queues that a stack of the name can have: recover looks for all of them, and
// a switch to FIFO queues replaces one kind by the other.
func allQueues(s Spec, a Account) (jobs, dead []string) {
	for _, fifo := range []bool{false, true} {
		s.FIFO = fifo
		n := namesOf(s, a.Region)
		jobs, dead = append(jobs, a.arn("sqs", n.jobQueue)), append(dead, a.arn("sqs", n.deadLetterQueue))
	}
	return jobs, dead
}

func allow(sid string, actions []string, resources ...string) Permission {
	return Permission{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
}
