package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/stack"
)

// journey is a stack's whole life, by every command that calls AWS: what the policy of iam-policy must suffice
// for. What somebody else does on the way is done with all rights.
func journey() []leg {
	return []leg{
		{command: "up --asg gpu-workers --tag team=gpu"},
		{command: "plan --asg gpu-workers --tag team=gpu"},
		{command: "status"},
		{command: "output"},
		{command: "send --count 12"},
		{command: "send --count 3 --via function"},
		{command: "status"}, // with jobs in the queue
		{command: "simulate --from-cloudwatch 1h --min 0 --max 9", says: "knows of no job"},
		{command: "up --asg gpu-workers --tag cost=4711 --visibility-timeout 20m --memory 512 --function-timeout 45s --log-retention 30 --env COLOUR=blue " +
			"--scale-out-at 20 --scale-in-at 3 --scale-out-by 4 --cooldown 10m --periods 3"},
		{command: "up --asg gpu-workers --function-zip own.zip"},
		{command: "up --asg gpu-workers", meddle: meddleWithRole},
		{command: "up --asg gpu-workers", meddle: meddleWithRolePolicy},
		{command: "up --asg gpu-workers --preset table"}, // which needs no group metrics
		{command: "up --asg gpu-workers --preset step"},
		{command: "up --asg gpu-workers --preset classic --replace"}, // which has no dead-letter queue
		{command: "up --asg gpu-workers --fifo --replace"},
		{command: "recover --asg gpu-workers --yes", lost: true},
		{command: "up --asg gpu-workers --fifo", lost: true},
		{command: "destroy --yes", meddle: addRolePolicy, says: "has policies that the stack did not give it: theirs"},
		{command: "destroy --yes", meddle: dropRolePolicy},
		{command: "up --asg gpu-workers"},
		{command: "destroy --stack gpu-workers --asg gpu-workers --yes", lost: true},
	}
}

// leg is a command of the journey, and what comes before it.
type leg struct {
	command string
	meddle  func(*traveller) // somebody else has changed something
	lost    bool             // the state is lost
	says    string           // how it fails, for another reason than permission; "": it works
}

const meddledRole = "eventscale-gpu-workers-us-east-1"

func meddleWithRole(v *traveller) {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`
	must(v.roles.UpdateAssumeRolePolicy(v.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String(meddledRole), PolicyDocument: aws.String(trust)}))
	must(v.roles.UpdateRole(v.Context(), &iam.UpdateRoleInput{RoleName: aws.String(meddledRole), Description: aws.String("theirs")}))
}

const foreignPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`

func putRolePolicy(v *traveller, name string) {
	must(v.roles.PutRolePolicy(v.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(meddledRole), PolicyName: &name, PolicyDocument: aws.String(foreignPolicy),
	}))
}

func meddleWithRolePolicy(v *traveller) { putRolePolicy(v, "ingest") }
func addRolePolicy(v *traveller)        { putRolePolicy(v, "theirs") }

func dropRolePolicy(v *traveller) {
	must(v.roles.DeleteRolePolicy(v.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String(meddledRole), PolicyName: aws.String("theirs")}))
}

// traveller runs the program in a folder that holds the world too.
type traveller struct {
	*testing.T
	dir   string
	roles *iam.Client // of somebody who may do everything

	mu    sync.Mutex
	calls []string // operations of the callers with a policy
}

func newTraveller(t *testing.T) *traveller {
	v := &traveller{T: t, dir: t.TempDir()}
	config := aws.Config{
		Region: sandboxRegion, Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""), HTTPClient: &http.Client{Transport: v.world(nil)},
	}
	v.roles = iam.NewFromConfig(config)
	v.zip()
	return v
}

// zip makes own.zip, a package that is not the built-in one.
func (v *traveller) zip() {
	v.Helper()
	file := must(os.Create(v.path("own.zip")))
	archive := zip.NewWriter(file)
	must(must(archive.Create("index.py")).Write([]byte("def handler(event, context): pass")))
	if err := errors.Join(archive.Close(), file.Close()); err != nil {
		v.Fatal(err)
	}
}

func (v *traveller) path(name string) string { return filepath.Join(v.dir, name) }

// world is the sandbox of the folder to a caller with the policy.
func (v *traveller) world(policy []byte) *sandbox.Sandbox {
	v.Helper()
	return must(sandbox.Open(sandbox.Options{
		Path: v.path("world.json"), Policy: policy, Log: v.log,
		Speed: 0.001, Workers: &sandbox.Workers{}, // no minute ends, and nobody takes the jobs
	}))
}

func (v *traveller) log(c sandbox.Call) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, c.Operation)
}

// run runs a command as a caller with the policy.
func (v *traveller) run(policy []byte, command string) (code int, printed string) {
	v.Helper()
	var out, errs bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, env: func(string) string { return "" }}
	if policy != nil {
		a.world = v.world(policy)
	}
	args := append(strings.Fields(strings.ReplaceAll(command, "own.zip", v.path("own.zip"))), "--sandbox", "--state-dir", v.path("state"))
	code = a.run(args)
	return code, out.String() + errs.String()
}

// prepare does what comes before a leg.
func (v *traveller) prepare(l leg) {
	v.Helper()
	if l.meddle != nil {
		l.meddle(v)
	}
	if l.lost {
		if err := os.Remove(v.path("state/gpu-workers.json")); err != nil {
			v.Fatal(err)
		}
	}
}

// permitted is the policy that the program prints.
func (v *traveller) permitted() stack.PolicyDocument {
	v.Helper()
	code, printed := v.run(nil, "iam-policy --asg gpu-workers --region "+sandboxRegion+" --account 123456789012")
	var d stack.PolicyDocument
	if err := json.Unmarshal([]byte(printed), &d); code != exitDone || err != nil {
		v.Fatalf("exit code %d, %v: %s", code, err, printed)
	}
	return d
}

// saved copies the folder; restored brings it back to a copy.
func (v *traveller) saved() string {
	v.Helper()
	at := v.TempDir()
	if err := os.CopyFS(at, os.DirFS(v.dir)); err != nil {
		v.Fatal(err)
	}
	return at
}

func (v *traveller) restored(from string) {
	v.Helper()
	if err := os.RemoveAll(v.dir); err != nil {
		v.Fatal(err)
	}
	if err := os.CopyFS(v.dir, os.DirFS(from)); err != nil {
		v.Fatal(err)
	}
}

// The policy that iam-policy prints suffices for every command, and without any one of its actions a command
// breaks, which says what it lacks.
func TestPermissionsAreNeitherTooFewNorTooMany(t *testing.T) {
	v := newTraveller(t)
	all := v.permitted()
	var made []traveled
	for _, l := range journey() {
		v.prepare(l)
		before := v.saved()
		v.calls = nil
		code, printed := v.run(indentedJSON(t, all), l.command)
		if strings.Contains(printed, "authorized to perform") || (code == exitDone) != (l.says == "") || !strings.Contains(printed, l.says) {
			t.Fatalf("eventscale %s: exit code %d\n%s", l.command, code, printed)
		}
		made = append(made, traveled{l, before, v.calls})
	}
	for _, action := range actionsOf(all) {
		if broken := v.firstBroken(made, without(all, action), action); broken == "" {
			t.Errorf("%s: nothing breaks without it", action)
		} else {
			t.Logf("%-40s eventscale %s", action, broken)
		}
	}
}

// traveled is a leg that was made.
type traveled struct {
	leg
	before string   // a copy of the folder
	calls  []string // operations that were called
}

// firstBroken returns the first command of the journey that breaks without the action.
func (v *traveller) firstBroken(made []traveled, policy stack.PolicyDocument, action string) string {
	v.Helper()
	_, operation, _ := strings.Cut(action, ":")
	made = slices.Clone(made)
	slices.SortStableFunc(made, func(a, b traveled) int { // those that call it first
		return cmp.Compare(min(slices.Index(b.calls, operation), 0), min(slices.Index(a.calls, operation), 0))
	})
	for _, l := range made {
		v.restored(l.before)
		if v.breaks(l.leg, indentedJSON(v.T, policy), action) {
			return l.command
		}
	}
	return ""
}

// breaks reports whether a command cannot do or say something for want of the action, and wants it to say so.
func (v *traveller) breaks(l leg, policy []byte, action string) bool {
	v.Helper()
	command := l.command
	if l.says != "" {
		command += " --timeout 2s" // a refusal that cannot be explained is tried again for minutes
	}
	code, printed := v.run(policy, command)
	switch {
	case l.says != "":
		return !strings.Contains(printed, l.says)
	case code == exitDone:
		return false
	}
	const hint = "`eventscale iam-policy` prints the permissions that this stack needs"
	lacks := "not authorized to perform: " + action + " on resource: "
	if code != exitDenied || !strings.Contains(strings.ToLower(printed), strings.ToLower(lacks)) || !strings.Contains(printed, hint) {
		v.Errorf("eventscale %s without %s: exit code %d\n%s", command, action, code, printed)
	}
	return true
}

func actionsOf(d stack.PolicyDocument) []string {
	actions := map[string]bool{}
	for _, s := range d.Statement {
		for _, action := range s.Action {
			actions[action] = true
		}
	}
	return slices.Sorted(maps.Keys(actions))
}

// without returns the document less one action, wherever it stands.
func without(d stack.PolicyDocument, action string) stack.PolicyDocument {
	less := stack.PolicyDocument{Version: d.Version}
	for _, s := range d.Statement {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action })
		if len(s.Action) > 0 {
			less.Statement = append(less.Statement, s)
		}
	}
	return less
}

func indentedJSON(t *testing.T, v any) []byte {
	t.Helper()
	return must(json.MarshalIndent(v, "", "  "))
}
