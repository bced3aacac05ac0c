package stack

import "slices"

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

// Permissions returns the least that a caller needs to run every command on this stack. An account whose
// ID is not known stands as "*".
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func Permissions(s Spec, a Account) PolicyDocument {
	n := namesOf(s, a.Region)
	logGroup := a.arn("logs", "log-group:"+n.logGroup)
	role := Account{Partition: a.Partition, ID: a.ID}.arn("iam", "role/"+n.role)
	group := a.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+s.ASG)
	queues := []string{a.arn("sqs", n.jobQueue)}
	var alarms []string
	for _, name := range n.alarms() { // all are asked for, whatever the preset
		alarms = append(alarms, a.arn("cloudwatch", "alarm:"+name))
	}
	writeGroup := []string{"autoscaling:PutScalingPolicy", "autoscaling:DeletePolicy"}
	if s.Preset != Classic {
		queues = append(queues, a.arn("sqs", n.deadLetterQueue))
	}
	if s.wakes() {
		writeGroup = append(writeGroup, "autoscaling:EnableMetricsCollection", "autoscaling:DisableMetricsCollection")
	}
	return PolicyDocument{Version: "2012-10-17", Statement: []Permission{
		// These actions take no resource.
		allow("Read", []string{
			"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribePolicies", "autoscaling:DescribeScalingActivities",
			"cloudwatch:GetMetricData", "logs:DescribeLogGroups", "sts:GetCallerIdentity",
		}, "*"),
		allow("Queues", []string{
			"sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes",
			"sqs:ListQueueTags", "sqs:TagQueue", "sqs:UntagQueue", "sqs:DeleteQueue",
		}, queues...),
		allow("FindQueues", []string{"sqs:GetQueueUrl"}, otherQueues(s, a, queues)...), // of recover, which does not know the settings
		allow("Send", []string{"sqs:SendMessage"}, a.arn("sqs", n.jobQueue)),           // of send; SendMessageBatch asks for it too
		allow("Role", []string{
			"iam:CreateRole", "iam:GetRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:TagRole", "iam:UntagRole",
			"iam:DeleteRole", "iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy",
			"iam:ListRolePolicies", "iam:ListAttachedRolePolicies", // to name what keeps the role from being deleted
		}, role),
		{
			Sid: "PassRole", Effect: "Allow", Action: []string{"iam:PassRole"}, Resource: []string{role},
			Condition: map[string]map[string]string{"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
		},
		allow("LogGroup", []string{
			"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy",
			"logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource", "logs:DeleteLogGroup",
		}, logGroup, logGroup+":*"),
		allow("Function", []string{
			"lambda:CreateFunction", "lambda:GetFunction", "lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode",
			"lambda:ListTags", // without it GetFunction leaves the tags out
			"lambda:TagResource", "lambda:UntagResource", "lambda:DeleteFunction",
			"lambda:InvokeFunction", // of send --via function
		}, a.arn("lambda", "function:"+n.function)),
		allow("Policies", writeGroup, group),
		allow("Alarms", []string{
			"cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource",
			"cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:DeleteAlarms",
		}, alarms...),
	}}
}

// otherQueues are those that a stack of the same name has with other settings.
func otherQueues(s Spec, a Account, queues []string) []string {
	var others []string
	for _, fifo := range []bool{s.FIFO, !s.FIFO} {
		s.FIFO = fifo
		n := namesOf(s, a.Region)
		for _, name := range []string{n.jobQueue, n.deadLetterQueue} {
			if queue := a.arn("sqs", name); !slices.Contains(queues, queue) {
				others = append(others, queue)
			}
		}
	}
	return others
}

func allow(sid string, actions []string, resources ...string) Permission {
	return Permission{Sid: sid, Effect: "Allow", Action: actions, Resource: resources}
}
