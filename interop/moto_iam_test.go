//go:build interop

package interop_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestThePolicySufficesOnMoto runs the commands as a user who has what iam-policy prints and nothing else, on a
// server that judges policies and is not ours. Of moto's services SQS, IAM, Logs and Auto Scaling do so; Lambda
// then gets every signature wrong, and CloudWatch wants actions that begin with monitoring:, so these two are asked
// for at a second server. Moto does not know which object a call is for: every resource is "*" here.
func TestThePolicySufficesOnMoto(t *testing.T) {
	s := newOperator(t)
	up := []string{"up", "--asg", "gpu-workers"}
	s.allow("")
	s.run("eventscale", up...)
	s.changesNothing(up...)
	s.run("eventscale", "up", "--asg", "gpu-workers", "--preset", "table", "--visibility-timeout", "20m", "--log-retention", "30", "--tag", "team=gpu")
	s.run("eventscale", "status", "--exit-code")
	s.run("eventscale", "destroy", "--yes")

	for _, action := range []string{"iam:CreateRole", "sqs:CreateQueue", "autoscaling:PutScalingPolicy", "logs:CreateLogGroup"} {
		s.allow(action)
		if a := s.try("eventscale", up...); a.code == 0 || !strings.Contains(a.stderr, "403") { // moto's refusals have no code that an SDK can read
			t.Errorf("without %s: exit code %d\n%s", action, a.code, a.stderr)
		}
		s.allow("")
		s.run("eventscale", up...)
		s.run("eventscale", "destroy", "--yes")
	}
}

// operator is a shell whose user has one policy.
type operator struct {
	shell
	root shell
	moto string // which judges
}

func newOperator(t *testing.T) operator {
	t.Helper()
	judging, lenient := serveMoto(t), serveMoto(t)
	root := newShell(t, judging)
	root.script("moto.py", "group", "gpu-workers", "0")
	keys := strings.Fields(root.script("moto.py", "user", "operator").stdout)
	newShell(t, lenient).script("moto.py", "role", "eventscale-gpu-workers-us-east-1") // where Lambda looks for it
	s := newShell(t, judging)
	s.env = append(s.env, "AWS_ACCESS_KEY_ID="+keys[0], "AWS_SECRET_ACCESS_KEY="+keys[1],
		"AWS_ENDPOINT_URL_LAMBDA="+lenient, "AWS_ENDPOINT_URL_CLOUDWATCH="+lenient)
	return operator{s, root, judging}
}

// allow gives the operator what iam-policy prints, but for one action; "" for none.
func (o operator) allow(butFor string) {
	o.Helper()
	var policy struct {
		Version   string
		Statement []struct {
			Effect   string
			Action   []string
			Resource any
		}
	}
	printed := o.run("eventscale", "iam-policy", "--asg", "gpu-workers", "--region", region, "--account", "123456789012").stdout
	if err := json.Unmarshal([]byte(printed), &policy); err != nil {
		o.Fatal(err)
	}
	found := butFor == ""
	for i := range policy.Statement {
		s := &policy.Statement[i]
		found = found || slices.Contains(s.Action, butFor)
		s.Resource, s.Action = "*", slices.DeleteFunc(s.Action, func(a string) bool { return a == butFor })
	}
	if !found {
		o.Fatalf("%s is not in the policy:\n%s", butFor, printed)
	}
	document, err := json.Marshal(policy)
	if err != nil {
		o.Fatal(err)
	}
	o.judge("1e9")
	o.root.script("moto.py", "policy", "operator", string(document))
	o.judge("0")
}

// judge makes moto judge calls after so many.
func (o operator) judge(after string) {
	o.Helper()
	answer, err := http.Post(o.moto+"/moto-api/reset-auth", "text/plain", strings.NewReader(after))
	if err != nil {
		o.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		o.Fatalf("reset-auth: %s", answer.Status)
	}
}
