package stack

import (
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// Somebody else's statement in the policy of the job queue stays, and status tells of one that stops the loop.
func TestStatusTellsWhatThePolicyOfTheQueueDenies(t *testing.T) {
	const queue = "arn:aws:sqs:us-east-1:123456789012:" + testQueue
	for rest, denied := range map[string]string{
		`"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"*"`:                                      "sqs:SendMessage",
		`"Effect":"Deny","Principal":{"AWS":["1","*"]},"Action":["a:b","SQS:Receive*"],"Resource":["x","` + queue + `"]`: "sqs:ReceiveMessage",
		`"Effect":"Deny","Principal":{"AWS":"123456789012"},"NotAction":"sqs:SendMessage","NotResource":"x"`:             "sqs:ReceiveMessage",
		`"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"*","Resource":"*"`:               "sqs:SendMessage",
		`"Effect":"Deny","Principal":{"AWS":"` + roleARN(testRole) + `"},"Action":"sqs:*","Resource":"*"`:                "sqs:SendMessage",

		`"Effect":"Deny","Principal":{"AWS":"` + roleARN(testRole) + `"},"Action":"sqs:ReceiveMessage","Resource":"*"`:                 "",
		`"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:role/theirs"},"Action":"sqs:*","Resource":"*"`:                  "",
		`"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}`: "",
		`"Effect":"Deny","Principal":"*","Action":["sqs:PurgeQueue","sqs:DeleteQueue"],"Resource":"*"`:                                 "",
		`"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"` + queue + `-dlq"`:                                              "",
		`"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"Action":"sqs:*","Resource":"*"`:                                        "",
		`"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"`:                       "",
	} {
		t.Run(rest, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.up()
			setsQueue("Policy", splice(p, `{"Sid":"theirs",`+rest+`}`))(p)
			s := p.status()
			want := ""
			if denied != "" {
				want = `statement "theirs" in the policy of queue eventscale-gpu-workers-jobs denies ` + denied
			}
			if s.Queue.Denial != want || s.Healthy != (want == "") || !strings.HasPrefix(s.Verdict, want) {
				t.Errorf("denial %q, verdict %q; want %q", s.Queue.Denial, s.Verdict, want)
			}
			if plan := p.plan(); !plan.Empty() {
				t.Errorf("up would change what is theirs: %+v", plan.Steps)
			}
		})
	}
}

func TestAStatementWithoutSidIsNamedToo(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	setsQueue("Policy", splice(p, `{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}`))(p)
	if s := p.status(); !strings.HasPrefix(s.Verdict, "a statement without Sid in the policy of queue "+testQueue+" denies sqs:SendMessage, so jobs") {
		t.Error(s.Verdict)
	}
}

// splice returns the policy of the job queue with a statement of somebody else's.
func splice(p *project, statement string) string {
	p.Helper()
	const first = `"Statement":[`
	policy := refusePlainHTTP(home.arn("sqs", testQueue))
	if !strings.Contains(policy, first) {
		p.Fatalf("the policy is %s", policy)
	}
	return strings.Replace(policy, first, first+statement+",", 1)
}
