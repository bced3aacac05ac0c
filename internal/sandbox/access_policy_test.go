package sandbox

import (
	"strings"
	"testing"
)

// parsed is a policy of one statement.
func parsed(t *testing.T, statement string) *Policy {
	t.Helper()
	p, err := ParsePolicy([]byte(`{"Version": "2012-10-17", "Statement": ` + statement + `}`))
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return p
}

func TestPolicyThatCannotBeJudgedIsRefusedWithItsPlace(t *testing.T) {
	statement := func(members string) string {
		return `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Allow", ` + members + `}]}`
	}
	condition := func(c string) string { return statement(`"Action": "*", "Resource": "*", "Condition": ` + c) }
	for document, want := range map[string]string{
		``:                           "the document is empty",
		"{\n  \"Statement\": [,]\n}": "line 2, column 17: invalid character",
		`[]`:                         "array",
		`{} {}`:                      "there is more behind",
		`{"Statement": []}`:          "Statement: must be a statement",
		`{"Statement": 1}`:           "Statement: must be a statement",
		`{"Version": "2020-01-01"}`:  `Version: "2020-01-01": must be 2012-10-17 or 2008-10-17`,
		`{"Statements": []}`:         `unknown field "Statements"`,
		strings.Repeat(" ", 131_073): "at most 131072",
		`{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}`: `Statement[0].Effect: "allow": must be Allow or Deny`,
		statement(`"Action": "*"`):                                                                          "Statement[1].Resource: is missing",
		statement(`"Resource": "*"`):                                                                        "Statement[1].Action: is missing",
		statement(`"Action": [], "Resource": "*"`):                                                          "Statement[1].Action: is missing",
		statement(`"Action": 7, "Resource": "*"`):                                                           "Statement[1]: ",
		statement(`"Action": "CreateQueue", "Resource": "*"`):                                               `Statement[1].Action: "CreateQueue": must be * or SERVICE:ACTION`,
		statement(`"NotAction": "sqs", "Resource": "*"`):                                                    `Statement[1].NotAction: "sqs"`,
		statement(`"Action": "*", "Resource": "jobs"`):                                                      `Statement[1].Resource: "jobs": must be * or an ARN`,
		statement(`"Action": "*", "NotResource": "arn:aws"`):                                                `Statement[1].NotResource: "arn:aws"`,
		statement(`"Action": "*", "Resorce": "*"`):                                                          `Statement[1]: unknown field "Resorce"`,
		statement(`"Action": "*", "Resource": "*", "Principal": "*"`):                                       "Statement[1].Principal: has no place",
		statement(`"Action": "*", "NotAction": "*", "Resource": "*"`):                                       "not both",
		statement(`"Action": "*", "Resource": "arn:aws:sqs:*:*:${aws:username}"`):                           "policy variables",
		condition(`{"NumericLessThan": {"aws:PrincipalArn": "1"}}`):                                         "Statement[1].Condition.NumericLessThan.aws:PrincipalArn: the sandbox does not know this operator; it knows ArnEquals,",
		condition(`{"NotStringEquals": {"aws:PrincipalArn": "1"}}`):                                         "does not know this operator",
		condition(`{"BoolNot": {"aws:PrincipalArn": "1"}}`):                                                 "does not know this operator",
		condition(`{"NullIfExists": {"aws:PrincipalArn": "true"}}`):                                         "does not know this operator",
		condition(`{"ForAllValues:": {"aws:TagKeys": "1"}}`):                                                "does not know this operator",
		condition(`{"StringEquals": {"aws:MultiFactorAuthPresent": "true"}}`):                               "Condition.StringEquals.aws:MultiFactorAuthPresent: the sandbox does not know this condition key; it knows aws:PrincipalAccount",
		condition(`{"StringEquals": {"aws:RequestTag/": "true"}}`):                                          "does not know this condition key",
		condition(`{"StringEquals": {"aws:PrincipalArn": []}}`):                                             "has no value",
		condition(`{"StringEquals": {"aws:PrincipalArn": "${aws:userid}"}}`):                                "policy variables",
		condition(`{"StringEquals": {"aws:PrincipalArn": {}}}`):                                             "must be text, a number, true or false",
		condition(`{"ForAllValues:ForAnyValue:StringEquals": {"aws:TagKeys": "1"}}`):                        "does not know this operator",
		condition(`{"Null": {"aws:TagKeys": "maybe"}}`):                                                     `"maybe": must be true or false`,
		condition(`{"StringEquals": {"aws:PrincipalArn": "1"}, "StringEquals": {"aws:PrincipalArn": "2"}}`): `line 1, column 178: "StringEquals" is there twice`,
		condition(`{"StringEquals": {"aws:PrincipalArn": "1", "aws:principalarn": "2"}}`):                   `"aws:principalarn" is there twice`,
		statement(`"Action": "*", "Resource": "*", "Resource": "*"`):                                        `"Resource" is there twice`,
		"{\"Statement\": {\"Effect\": \"Deny\"},\n \"Statement\": []}":                                      `line 2, column 2: "Statement" is there twice`,
		statement(`"Action": "sqs:${aws:username}", "Resource": "*"`):                                       `Statement[1].Action: "sqs:${aws:username}": must be * or SERVICE:ACTION`,
		statement(`"Action": "s*:Send", "Resource": "*"`):                                                   `Statement[1].Action: "s*:Send": must be * or SERVICE:ACTION`,
		condition(`{"StringEquals": "aws:PrincipalArn"}`):                                                   "Statement[1]: ",
	} {
		_, err := ParsePolicy([]byte(document))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.150s: %v, want %s", document, err, want)
		}
		if _, opened := Open(Options{Policy: []byte(document)}); opened == nil {
			t.Errorf("%.150s: a sandbox opens with it", document)
		}
	}
}

func TestPolicyJudges(t *testing.T) {
	const jobs = "arn:aws:sqs:us-east-1:123456789012:jobs"
	both := func(a, b string) string { return "[" + a + "," + b + "]" }
	allow := func(members string) string { return `{"Effect": "Allow", ` + members + `}` }
	deny := func(members string) string { return `{"Effect": "Deny", ` + members + `}` }
	for _, tt := range []struct {
		statement string
		want      Verdict
	}{
		{allow(`"Action": "sqs:SendMessage", "Resource": "` + jobs + `"`), Allowed},
		{allow(`"Action": "SQS:sendmessage", "Resource": "` + jobs + `"`), Allowed},
		{allow(`"Action": ["sqs:DeleteQueue", "sqs:S*"], "Resource": ["arn:aws:sqs:*:*:other", "arn:aws:sqs:*:*:j?bs"]`), Allowed},
		{allow(`"Action": "sqs:SendMessag", "Resource": "*"`), Unmentioned},
		{allow(`"Action": "sqs:SendMessages", "Resource": "*"`), Unmentioned},
		{allow(`"Action": "*", "Resource": "arn:aws:sqs:us-east-1:123456789012:Jobs"`), Unmentioned},
		{allow(`"Action": "*", "Resource": "` + jobs + `-dlq"`), Unmentioned},
		{allow(`"Action": "*", "Resource": "arn:aws:sqs:us-east-1:123456789012:job"`), Unmentioned},
		{allow(`"NotAction": "sqs:S*", "Resource": "*"`), Unmentioned},
		{allow(`"NotAction": "iam:*", "Resource": "*"`), Allowed},
		{allow(`"Action": "*", "NotResource": "arn:aws:sqs:*:*:jobs"`), Unmentioned},
		{allow(`"Action": "*", "NotResource": "arn:aws:sqs:*:*:other"`), Allowed},
		{deny(`"Action": "*", "Resource": "*"`), Denied},
		{both(deny(`"Action": "sqs:Send*", "Resource": "*"`), allow(`"Action": "*", "Resource": "*"`)), Denied},
		{both(allow(`"Action": "*", "Resource": "*"`), deny(`"Action": "sqs:Send*", "Resource": "*"`)), Denied},
		{both(allow(`"Action": "*", "Resource": "*"`), deny(`"Action": "sqs:Receive*", "Resource": "*"`)), Allowed},
		{both(allow(`"Action": "*", "Resource": "*"`), deny(`"Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": false}}`)), Allowed},
	} {
		a := Access{Action: "sqs:SendMessage", Resource: jobs, Context: map[string][]string{"aws:securetransport": {"true"}}}
		if got := parsed(t, tt.statement).Judge(a); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.statement, got, tt.want)
		}
	}
}

func TestPatternsMatchTheWhole(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"\x01", "*", true}, {"\x01", "a", false}, {"a\x02*", "a?b", true}, {"a\x02*", "abb", false},
		{"", "", true}, {"", "a", false}, {"a", "", false}, {"*", "", true}, {"**", "", true}, {"?", "", false}, {"?", "a", true}, {"a?", "a", false},
		{"a*c", "abc", true}, {"a*c", "ac", true}, {"a*c", "acb", false}, {"*b*", "abc", true}, {"*ab", "aab", true}, {"*ab*ab", "abab", true},
		{"*ab*ab", "ab", false}, {"a.c", "abc", false}, {"[a]", "a", false}, {"caf?", "café", true}, {"caf??", "café", false}, {"c*?", "café", true}, {"*????", "café", true}, {"*?????", "café", false},
		{strings.Repeat("a*", 40) + "b", strings.Repeat("a", 100_000), false}, // not in exponential time
	} {
		if got := matches(tt.pattern, tt.s); got != tt.want {
			t.Errorf("%.60s on %.60s: %t", tt.pattern, tt.s, got)
		}
	}
	for pattern, want := range map[string]bool{
		"arn:aws:sqs:*:*:jobs": true, "arn:*": false, "arn:aws:sqs:*:jobs": false, "*:*:*:*:*:*": true, "arn:aws:sqs:us-east-1:123456789012:j*": true, "arn:aws:sqs:us*:jobs": false,
	} {
		if got := matchesARN(pattern, "arn:aws:sqs:us-east-1:123456789012:jobs"); got != want {
			t.Errorf("%s: %t", pattern, got)
		}
	}
}

func TestConditionsHoldAsInAWS(t *testing.T) {
	const group = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:1:autoScalingGroupName/g"
	context := map[string][]string{
		"aws:requestedregion": {"us-east-1"}, "aws:sourcearn": {group}, "aws:securetransport": {"true"},
		"aws:tagkeys": {"team", "Cost"}, "aws:requesttag/team": {"gpu"},
	}
	for c, want := range map[string]bool{
		`{"StringEquals": {"aws:RequestedRegion": "us-east-1"}}`:                                       true,
		`{"StringEquals": {"AWS:requestedREGION": ["eu-west-1", "us-east-1"]}}`:                        true,
		`{"StringEquals": {"aws:RequestedRegion": "US-EAST-1"}}`:                                       false,
		`{"StringEquals": {"aws:RequestedRegion": "us-*"}}`:                                            false,
		`{"StringEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}}`:                             true,
		`{"StringLike": {"aws:RequestedRegion": "us-*"}}`:                                              true,
		`{"StringNotLike": {"aws:RequestedRegion": "us-*"}}`:                                           false,
		`{"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}`:                     false,
		`{"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}`:                                    true,
		`{"StringNotEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}}`:                          false,
		`{"StringEquals": {"aws:SourceAccount": "1"}}`:                                                 false,
		`{"StringNotEquals": {"aws:SourceAccount": "1"}}`:                                              true,
		`{"StringEqualsIfExists": {"aws:SourceAccount": "1"}}`:                                         true,
		`{"StringEqualsIfExists": {"aws:RequestedRegion": "1"}}`:                                       false,
		`{"ArnLike": {"aws:SourceArn": "arn:aws:autoscaling:*:*:autoScalingGroup:*"}}`:                 true,
		`{"ArnEquals": {"aws:SourceArn": "arn:aws:autoscaling:*:autoScalingGroup:*"}}`:                 false,
		`{"ArnNotLike": {"aws:SourceArn": "arn:aws:autoscaling:*:*:autoScalingGroup:*"}}`:              false,
		`{"Bool": {"aws:SecureTransport": true}}`:                                                      true,
		`{"Bool": {"aws:SecureTransport": "false"}}`:                                                   false,
		`{"Null": {"aws:SourceAccount": true}}`:                                                        true,
		`{"Null": {"aws:SourceArn": "true"}}`:                                                          false,
		`{"Null": {"aws:SourceArn": "false"}}`:                                                         true,
		`{"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "Cost", "x"]}}`:                        true,
		`{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}`:                                     false,
		`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}`:                                      true,
		`{"ForAnyValue:StringEquals": {"aws:TagKeys": ["none"]}}`:                                      false,
		`{"ForAnyValue:StringEquals": {"aws:SourceAccount": ["none"]}}`:                                false,
		`{"ForAllValues:StringEquals": {"aws:SourceAccount": ["none"]}}`:                               true,
		`{"StringEquals": {"aws:RequestTag/team": "gpu"}}`:                                             true,
		`{"StringEquals": {"aws:RequestedRegion": "us-east-1", "aws:RequestTag/team": "web"}}`:         false,
		`{"StringEquals": {"aws:RequestedRegion": "us-east-1"}, "Bool": {"aws:SecureTransport": "0"}}`: false,
	} {
		p := parsed(t, `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": `+c+`}`)
		if got := p.Judge(Access{Action: "a:b", Resource: group, Context: context}) == Allowed; got != want {
			t.Errorf("%s: %t", c, got)
		}
	}
}
