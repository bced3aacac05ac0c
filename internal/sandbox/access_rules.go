package sandbox

// accessRule is one action that an operation asks for. Many ask for one of their own name; some for more.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
type accessRule struct {
	operation string // SERVICE:NAME, by the signing name
	action    string
	on        func(*asked) []string // ARNs, each of which must be allowed
	when      func(*asked) bool     // nil is always
}

// accessRules is the table of all operations.
func accessRules() []accessRule {
	return []accessRule{
		{"sqs:CreateQueue", "sqs:CreateQueue", theQueue, nil},
		{"sqs:CreateQueue", "sqs:TagQueue", theQueue, tagged},
		{"sqs:GetQueueUrl", "sqs:GetQueueUrl", theQueue, nil},
		{"sqs:GetQueueAttributes", "sqs:GetQueueAttributes", theQueue, nil},
		{"sqs:SetQueueAttributes", "sqs:SetQueueAttributes", theQueue, nil},
		{"sqs:ListQueues", "sqs:ListQueues", everything, nil},
		{"sqs:ListDeadLetterSourceQueues", "sqs:ListDeadLetterSourceQueues", theQueue, nil},
		{"sqs:ListQueueTags", "sqs:ListQueueTags", theQueue, nil},
		{"sqs:TagQueue", "sqs:TagQueue", theQueue, nil},
		{"sqs:UntagQueue", "sqs:UntagQueue", theQueue, nil},
		{"sqs:PurgeQueue", "sqs:PurgeQueue", theQueue, nil},
		{"sqs:DeleteQueue", "sqs:DeleteQueue", theQueue, nil},
		{"sqs:SendMessage", "sqs:SendMessage", theQueue, nil},
		{"sqs:SendMessageBatch", "sqs:SendMessage", theQueue, nil}, // a batch has no action of its own
		{"sqs:ReceiveMessage", "sqs:ReceiveMessage", theQueue, nil},
		{"sqs:DeleteMessage", "sqs:DeleteMessage", theQueue, nil},
		{"sqs:DeleteMessageBatch", "sqs:DeleteMessage", theQueue, nil},
		{"sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibility", theQueue, nil},

		// Everybody may, even who is denied it: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
		{"sts:GetCallerIdentity", "sts:GetCallerIdentity", nothing, nil},

		{"iam:CreateRole", "iam:CreateRole", theRole, nil},
		{"iam:CreateRole", "iam:TagRole", theRole, tagged},
		{"iam:GetRole", "iam:GetRole", theRole, nil},
		{"iam:ListRoles", "iam:ListRoles", theRole, nil},
		{"iam:UpdateRole", "iam:UpdateRole", theRole, nil},
		{"iam:UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy", theRole, nil},
		{"iam:DeleteRole", "iam:DeleteRole", theRole, nil},
		{"iam:TagRole", "iam:TagRole", theRole, nil},
		{"iam:UntagRole", "iam:UntagRole", theRole, nil},
		{"iam:ListRoleTags", "iam:ListRoleTags", theRole, nil},
		{"iam:PutRolePolicy", "iam:PutRolePolicy", theRole, nil},
		{"iam:GetRolePolicy", "iam:GetRolePolicy", theRole, nil},
		{"iam:ListRolePolicies", "iam:ListRolePolicies", theRole, nil},
		{"iam:DeleteRolePolicy", "iam:DeleteRolePolicy", theRole, nil},
		{"iam:AttachRolePolicy", "iam:AttachRolePolicy", theRole, nil},
		{"iam:DetachRolePolicy", "iam:DetachRolePolicy", theRole, nil},
		{"iam:ListAttachedRolePolicies", "iam:ListAttachedRolePolicies", theRole, nil},
		{"iam:ListInstanceProfilesForRole", "iam:ListInstanceProfilesForRole", theRole, nil},

		{"lambda:CreateFunction", "lambda:CreateFunction", theFunction, nil},
		{"lambda:CreateFunction", "lambda:TagResource", theFunction, tagged},
		{"lambda:CreateFunction", "iam:PassRole", theRolePassed, nil},
		{"lambda:GetFunction", "lambda:GetFunction", theFunction, nil}, // its tags: see mayShowTags
		{"lambda:GetFunctionConfiguration", "lambda:GetFunctionConfiguration", theFunction, nil},
		{"lambda:GetFunctionConcurrency", "lambda:GetFunctionConcurrency", theFunction, nil},
		{"lambda:PutFunctionConcurrency", "lambda:PutFunctionConcurrency", theFunction, nil},
		{"lambda:DeleteFunctionConcurrency", "lambda:DeleteFunctionConcurrency", theFunction, nil},
		{"lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionCodeSigningConfig", theFunction, nil},
		{"lambda:ListFunctions", "lambda:ListFunctions", everything, nil},
		{"lambda:ListVersionsByFunction", "lambda:ListVersionsByFunction", theFunction, nil},
		{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionCode", theFunction, nil},
		{"lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionConfiguration", theFunction, nil},
		{"lambda:UpdateFunctionConfiguration", "iam:PassRole", theRolePassed, nil},
		{"lambda:DeleteFunction", "lambda:DeleteFunction", theFunction, nil},
		{"lambda:TagResource", "lambda:TagResource", theFunction, nil},
		{"lambda:UntagResource", "lambda:UntagResource", theFunction, nil},
		{"lambda:ListTags", "lambda:ListTags", theFunction, nil},
		{"lambda:AddPermission", "lambda:AddPermission", theFunction, nil},
		{"lambda:RemovePermission", "lambda:RemovePermission", theFunction, nil},
		{"lambda:GetPolicy", "lambda:GetPolicy", theFunction, nil},
		{"lambda:Invoke", "lambda:InvokeFunction", theFunction, nil},

		{"logs:CreateLogGroup", "logs:CreateLogGroup", theLogGroup, nil},
		{"logs:CreateLogGroup", "logs:TagResource", theLogGroup, tagged},
		{"logs:DescribeLogGroups", "logs:DescribeLogGroups", allLogGroups, nil},
		{"logs:PutRetentionPolicy", "logs:PutRetentionPolicy", theLogGroup, nil},
		{"logs:DeleteRetentionPolicy", "logs:DeleteRetentionPolicy", theLogGroup, nil},
		{"logs:TagResource", "logs:TagResource", theARN, nil},
		{"logs:UntagResource", "logs:UntagResource", theARN, nil},
		{"logs:ListTagsForResource", "logs:ListTagsForResource", theARN, nil},
		{"logs:DeleteLogGroup", "logs:DeleteLogGroup", theLogGroup, nil},

		{"monitoring:PutMetricAlarm", "cloudwatch:PutMetricAlarm", theAlarms, nil},
		{"monitoring:PutMetricAlarm", "cloudwatch:TagResource", theAlarms, tagged},
		{"monitoring:DescribeAlarms", "cloudwatch:DescribeAlarms", theAlarms, nil},
		{"monitoring:DescribeAlarmHistory", "cloudwatch:DescribeAlarmHistory", theAlarms, nil},
		{"monitoring:DeleteAlarms", "cloudwatch:DeleteAlarms", theAlarms, nil},
		{"monitoring:SetAlarmState", "cloudwatch:SetAlarmState", theAlarms, nil},
		{"monitoring:EnableAlarmActions", "cloudwatch:EnableAlarmActions", theAlarms, nil},
		{"monitoring:DisableAlarmActions", "cloudwatch:DisableAlarmActions", theAlarms, nil},
		{"monitoring:TagResource", "cloudwatch:TagResource", theARN, nil},
		{"monitoring:UntagResource", "cloudwatch:UntagResource", theARN, nil},
		{"monitoring:ListTagsForResource", "cloudwatch:ListTagsForResource", theARN, nil},
		{"monitoring:GetMetricData", "cloudwatch:GetMetricData", everything, nil},
		{"monitoring:GetMetricStatistics", "cloudwatch:GetMetricStatistics", everything, nil},
		{"monitoring:ListMetrics", "cloudwatch:ListMetrics", everything, nil},

		{"autoscaling:CreateAutoScalingGroup", "autoscaling:CreateAutoScalingGroup", theGroup, nil},
		{"autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingGroups", everything, nil},
		{"autoscaling:UpdateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup", theGroup, nil},
		{"autoscaling:DeleteAutoScalingGroup", "autoscaling:DeleteAutoScalingGroup", theGroup, nil},
		{"autoscaling:SetDesiredCapacity", "autoscaling:SetDesiredCapacity", theGroup, nil},
		{"autoscaling:SetInstanceProtection", "autoscaling:SetInstanceProtection", theGroup, nil},
		{"autoscaling:SuspendProcesses", "autoscaling:SuspendProcesses", theGroup, nil},
		{"autoscaling:ResumeProcesses", "autoscaling:ResumeProcesses", theGroup, nil},
		{"autoscaling:DescribeScalingActivities", "autoscaling:DescribeScalingActivities", everything, nil},
		{"autoscaling:EnableMetricsCollection", "autoscaling:EnableMetricsCollection", theGroup, nil},
		{"autoscaling:DisableMetricsCollection", "autoscaling:DisableMetricsCollection", theGroup, nil},
		{"autoscaling:DescribeTags", "autoscaling:DescribeTags", everything, nil},
		{"autoscaling:PutScalingPolicy", "autoscaling:PutScalingPolicy", theGroup, nil},
		{"autoscaling:DescribePolicies", "autoscaling:DescribePolicies", everything, nil},
		{"autoscaling:DeletePolicy", "autoscaling:DeletePolicy", theGroup, nil},
		{"autoscaling:ExecutePolicy", "autoscaling:ExecutePolicy", theGroup, nil},
	}
}
