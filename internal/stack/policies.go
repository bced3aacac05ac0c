package stack

import (
	"encoding/json"
	"slices"
)

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

func document(statements ...statement) string { return documentOf(statements) }

// policyVersion is the newest of the policy language.
const policyVersion = "2012-10-17"

func documentOf[S any](statements []S) string {
	return canonical(mustJSON(map[string]any{"Version": policyVersion, "Statement": statements}))
}

// trustLambda lets Lambda assume the role. It takes no condition on whose function it is (aws:SourceAccount): a
// role can be given only to a function of its own account, by whoever has iam:PassRole there, so Lambda cannot be
// led to assume it for others, and that Lambda sends the key when it assumes a function's role is nowhere said.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
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
		Sid: insecureTransport, Effect: "Deny",
		Principal: "*", Action: "sqs:*", Resource: queueARN,
		Condition: map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
	})
}

// insecureTransport is the Sid of the one statement that the policy of a queue of ours has.
const insecureTransport = "DenyInsecureTransport"

// otherStatements are what somebody else has put into the policy of our queue, so that SNS may send to it, say.
// They are carried over whenever the policy is set, and are never a reason to do so.
type otherStatements struct {
	document   map[string]any // Id, Version
	statements []any
}

// MarshalJSON makes any two of them equal, since properties are compared by their JSON.
func (otherStatements) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// splitPolicy takes our statements out of a policy, known by their Sids. What is no policy comes back as it is:
// it will differ, and be mended.
func splitPolicy(policy string) (ours string, others otherStatements) {
	var d map[string]any
	if json.Unmarshal([]byte(policy), &d) != nil {
		return canonical(policy), others
	}
	all, many := d["Statement"].([]any)
	if !many {
		all = []any{d["Statement"]} // one may stand without brackets
	}
	delete(d, "Statement")
	mine := slices.DeleteFunc(slices.Clone(all), func(s any) bool { return !isOurs(s) })
	others = otherStatements{d, slices.DeleteFunc(slices.Clone(all), isOurs)}
	if len(mine) == 0 {
		return "", others
	}
	return documentOf(mine), others
}

func isOurs(s any) bool {
	fields, _ := s.(map[string]any)
	return fields["Sid"] == insecureTransport
}

// with returns the policy of our statements and theirs; "" for none.
func (o otherStatements) with(ours string) string {
	if len(o.statements) == 0 {
		return ours
	}
	d := map[string]any{"Version": policyVersion}
	for field, value := range o.document {
		d[field] = value
	}
	var mine struct{ Statement []any }
	if ours != "" && json.Unmarshal([]byte(ours), &mine) != nil {
		return ours // cannot happen: we made it
	}
	d["Statement"] = append(mine.Statement, o.statements...)
	return canonical(mustJSON(d))
}
