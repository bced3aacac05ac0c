package stack

// The policy documents that go into resources, in canonical form. All statements name exact resources.

// statement is one statement of a policy document.
type statement struct {
	Sid       string         `json:",omitempty"`
	Effect    string         //
	Principal any            `json:",omitempty"`
	Action    any            //
	Resource  any            `json:",omitempty"`
	Condition map[string]any `json:",omitempty"`
}

func document(statements ...statement) string {
	return canonical(mustJSON(map[string]any{"Version": "2012-10-17", "Statement": statements}))
}

// trustLambda lets Lambda assume the role. It takes no condition on the caller's account: whoever gives
// a role to a function needs iam:PassRole in the role's own account.
func trustLambda() string {
	return document(statement{
		Effect:    "Allow",
		Principal: map[string]string{"Service": "lambda.amazonaws.com"},
		Action:    "sts:AssumeRole",
	})
}

// ingestPermissions lets the function write its own log streams and send to the job queue. It has no
// logs:CreateLogGroup: a function still warm would make the group anew after destroy deleted it.
func ingestPermissions(logGroupARN, queueARN string) string {
	return document(
		statement{
			Sid: "WriteLogs", Effect: "Allow",
			Action:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
			Resource: logGroupARN + ":*",
		},
		statement{
			Sid: "SendJobs", Effect: "Allow",
			Action:   "sqs:SendMessage",
			Resource: queueARN,
		},
	)
}

// refusePlainHTTP denies everybody every action on the queue over an unencrypted connection.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
func refusePlainHTTP(queueARN string) string {
	return document(statement{
		Sid: "DenyInsecureTransport", Effect: "Deny",
		Principal: "*", Action: "sqs:*", Resource: queueARN,
		Condition: map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
	})
}
