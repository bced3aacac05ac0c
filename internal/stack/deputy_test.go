package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// deputy is one statement of a document that says who may use a resource or a role.
type deputy struct {
	Effect                      string
	Principal, Action, Resource any
	Condition                   map[string]map[string]any
}

// deputies are the statements of a document.
func deputies(t *testing.T, document string) []deputy {
	t.Helper()
	var d struct{ Statement []deputy }
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return d.Statement
}

// confusions are the ways in which a statement lets somebody use our objects through a service that acts for many.
// A role that is passed is another matter: who passes it needs iam:PassRole in the role's own account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func confusions(t *testing.T, d deputy, passed bool) []string {
	t.Helper()
	if d.Effect != "Allow" {
		return nil
	}
	var found []string
	for _, who := range words(t, d.Principal) {
		switch {
		case who == "*":
			found = append(found, "everybody")
		case strings.HasSuffix(who, ".amazonaws.com") && !passed:
			found = append(found, withoutSource(t, d)...)
		}
	}
	for _, word := range append(words(t, d.Action), words(t, d.Resource)...) {
		if strings.HasPrefix(word, "*") || strings.HasSuffix(word, ":*") && strings.Count(word, ":") == 1 {
			found = append(found, "all of "+word)
		}
	}
	return found
}

// withoutSource says what a statement for a service lacks: the source, and its account where the source's ARN has
// none, as that of a bucket, or is a pattern.
func withoutSource(t *testing.T, d deputy) []string {
	t.Helper()
	var sources, accounts []string
	for operator, keys := range d.Condition {
		if !slices.Contains([]string{"ArnEquals", "ArnLike", "StringEquals"}, operator) {
			continue // StringLike and those that end in IfExists let too much pass
		}
		for key, values := range keys {
			switch strings.ToLower(key) {
			case "aws:sourcearn":
				sources = append(sources, words(t, values)...)
			case "aws:sourceaccount":
				accounts = append(accounts, words(t, values)...)
			}
		}
	}
	if len(sources) == 0 {
		return []string{"no aws:SourceArn"}
	}
	for _, source := range sources {
		parts := strings.SplitN(source, ":", 6)
		if vague := len(parts) < 6 || len(parts[4]) != len(testAccount) || strings.Contains(source, "*"); vague && len(accounts) == 0 {
			return []string{"no aws:SourceAccount for " + source}
		}
	}
	return nil
}

func TestNoDocumentMakesAConfusedDeputy(t *testing.T) {
	for name, document := range documents() {
		for _, d := range deputies(t, document) {
			if found := confusions(t, d, name == "trust"); len(found) > 0 {
				t.Errorf("%s: %q in %+v", name, found, d)
			}
		}
	}
	// Nobody but Lambda takes our role, and only to assume it.
	for _, d := range deputies(t, trustLambda()) {
		if who, what := words(t, d.Principal), words(t, d.Action); !slices.Equal(who, []string{"lambda.amazonaws.com"}) || !slices.Equal(what, []string{"sts:AssumeRole"}) {
			t.Errorf("%v may %v", who, what)
		}
	}
}

func TestConfusedDeputiesAreFound(t *testing.T) {
	const service = `"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`
	for statement, want := range map[string]string{
		service: "no aws:SourceArn",
		service + `, "Condition": {"StringLike": {"aws:SourceArn": "*"}}`:                                                                       "no aws:SourceArn",
		service + `, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}}`:                                                        "no aws:SourceAccount for arn:aws:s3:::bucket",
		service + `, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:*"}}`:                                       "no aws:SourceAccount for arn:aws:sns:us-east-1:123456789012:*",
		service + `, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}, "StringEquals": {"aws:SourceAccount": "123456789012"}}`: "",
		service + `, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}}`:                                 "",
		`"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`:               "everybody",
		`"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sqs:*", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`:     "all of sqs:*",
		`"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sqs:SendMessage", "Resource": "*"`:                                 "all of *",
		`"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`:                          "",
	} {
		d := deputies(t, `{"Statement": [{`+statement+`}]}`)[0]
		if got := strings.Join(confusions(t, d, false), ", "); got != want {
			t.Errorf("%s: found %q, want %q", statement, got, want)
		}
	}
}

// Every action of every command, and others of the same services, on our objects and on those of others.
func TestTheFunctionReachesItsQueueAndItsLogStreamsAndNothingElse(t *testing.T) {
	n := namesOf(testSpec(), testRegion)
	queue, logGroup := home.arn("sqs", n.jobQueue), home.arn("logs", "log-group:"+n.logGroup)
	policy, err := sandbox.ParsePolicy([]byte(ingestPermissions(logGroup, queue)))
	if err != nil {
		t.Fatal(err)
	}
	actions := []string{
		"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:PurgeQueue", "sqs:AddPermission",
		"logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:DeleteLogStream",
		"sts:AssumeRole", "iam:PassRole", "iam:AttachRolePolicy", "lambda:AddPermission", "s3:GetObject", "s3:PutObject", "ec2:TerminateInstances",
	}
	for _, p := range Permissions(testSpec(), home).Statement {
		actions = append(actions, p.Action...)
	}
	resources := []string{
		"*", queue, queue + "-dlq", queue + ".fifo", home.arn("sqs", "other"), strings.Replace(queue, testAccount, "210987654321", 1), strings.Replace(queue, testRegion, "eu-west-1", 1),
		logGroup, logGroup + ":log-stream:2026/01/01/[$LATEST]a", logGroup + "-other:log-stream:a", home.arn("logs", "log-group:/aws/lambda/other:log-stream:a"),
		home.arn("lambda", "function:"+n.function), "arn:aws:iam::" + testAccount + ":role/" + n.role, "arn:aws:s3:::bucket/key",
	}
	want := []string{
		"logs:CreateLogStream " + logGroup + ":log-stream:2026/01/01/[$LATEST]a",
		"logs:PutLogEvents " + logGroup + ":log-stream:2026/01/01/[$LATEST]a",
		"sqs:SendMessage " + queue,
	}
	var got []string
	for _, action := range actions {
		for _, resource := range resources {
			if policy.Judge(sandbox.Access{Action: action, Resource: resource}) == sandbox.Allowed {
				got = append(got, action+" "+resource)
			}
		}
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("the function may\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
