package main

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

// desk is a person at a terminal, with an AWS and a state folder.
type desk struct {
	*testing.T
	world http.RoundTripper
	dir   string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	world, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, world, t.TempDir()}
}

// types runs a command, gives the answer to whatever it asks, and returns the exit code and all that it printed.
func (d *desk) types(answer string, args ...string) (code int, printed string) {
	d.Helper()
	var out bytes.Buffer
	a := &app{
		stdin: strings.NewReader(answer), stdout: &out, stderr: &out,
		env: func(string) string { return "" }, interactive: true, world: d.world,
	}
	code = a.run(append(args, "--sandbox", "--state-dir", d.dir))
	return code, out.String()
}

// sees wants a command to end with an exit code, and to print what matches the patterns.
func (d *desk) sees(code int, answer, command string, patterns ...string) {
	d.Helper()
	got, printed := d.types(answer, strings.Fields(command)...)
	if got != code {
		d.Errorf("%s: exit code %d, want %d", command, got, code)
	}
	for _, p := range patterns {
		if !regexp.MustCompile("(?m)" + p).MatchString(printed) {
			d.Errorf("%s: %q is not in\n%s", command, p, printed)
		}
	}
}

func (d *desk) config() aws.Config {
	return aws.Config{
		Region: sandboxRegion, HTTPClient: &http.Client{Transport: d.world},
		Credentials: credentials.NewStaticCredentialsProvider("theirs", "theirs", ""),
	}
}

// loseState removes the state file.
func (d *desk) loseState() {
	d.Helper()
	if err := os.Remove(filepath.Join(d.dir, "gpu-workers.json")); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) hasState() bool {
	_, err := os.Stat(filepath.Join(d.dir, "gpu-workers.json"))
	return !errors.Is(err, fs.ErrNotExist)
}

// makeForeign makes a queue and a function of the stack's names somebody else's.
func (d *desk) makeForeign() {
	d.Helper()
	d.sees(exitDone, "", "up --asg gpu-workers --visibility-timeout 1m --memory 512")
	d.loseState()
	queues, functions := sqs.NewFromConfig(d.config()), lambda.NewFromConfig(d.config())
	url, err := queues.GetQueueUrl(d.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("eventscale-gpu-workers-jobs")})
	if err != nil {
		d.Fatal(err)
	}
	ours := []string{"eventscale:stack", "eventscale:asg", "eventscale:logical-id", "eventscale:version"}
	_, err = queues.UntagQueue(d.Context(), &sqs.UntagQueueInput{QueueUrl: url.QueueUrl, TagKeys: ours})
	if err != nil {
		d.Fatal(err)
	}
	f, err := functions.GetFunction(d.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("eventscale-gpu-workers-ingest")})
	if err != nil {
		d.Fatal(err)
	}
	if _, err = functions.UntagResource(d.Context(), &lambda.UntagResourceInput{Resource: f.Configuration.FunctionArn, TagKeys: ours}); err != nil {
		d.Fatal(err)
	}
}

var differences = []string{
	`~ update +JobQueue`, `VisibilityTimeout +60 -> 900`, `~ update +IngestFunction`, `MemorySize +512 -> 256`,
	`Tags.eventscale:adopted +\(not set\) -> true`, `exists already and is not ours: it is used, and destroy will leave it`,
}

func TestAdoptShowsTheDifferencesAndAsks(t *testing.T) {
	d := newDesk(t)
	d.makeForeign()
	d.sees(exitFailed, "", "up --asg gpu-workers",
		`eventscale-gpu-workers-jobs exists and does not belong to this stack: it has no eventscale tags`,
		`eventscale-gpu-workers-ingest exists and does not belong`, "`eventscale plan --adopt` shows what would change")
	d.sees(exitDone, "", "plan --asg gpu-workers --adopt", differences...)
	d.sees(exitFailed, "n\n", "up --asg gpu-workers --adopt", append(differences, `Take this over, and change it so\? \[y/N\]`, `nothing was changed: the answer was not yes`)...)
	d.sees(exitDone, "", "plan --asg gpu-workers --adopt", differences...)
	d.sees(exitDone, "y\n", "up --asg gpu-workers --adopt", append(differences, `stack gpu-workers is up`)...)
	d.sees(exitDone, "", "up --asg gpu-workers --adopt", `nothing to change`)
	d.sees(exitDone, "", "status --exit-code", `13 resources in sync`)
}

func TestDestroyLeavesWhatWasAdoptedUnlessToldTo(t *testing.T) {
	for _, c := range []struct {
		flags    string
		patterns []string
		left     []string // by a plan
	}{
		{"", []string{`= leave +JobQueue`, `= leave +IngestFunction`, `- delete +DeadLetterQueue`}, []string{`~ update +IngestFunction`, `~ update +JobQueue`}},
		{"--delete-adopted", []string{
			`- delete +JobQueue`, `- delete +IngestFunction`, `= leave +GroupMetrics`,
			`JobQueue eventscale-gpu-workers-jobs was there before the stack, and is deleted all the same`,
			`IngestFunction eventscale-gpu-workers-ingest was there before the stack`, `Remove all of this\? \[y/N\]`,
		}, []string{`\+ create +JobQueue`, `\+ create +IngestFunction`, `12 to create`}},
	} {
		d := newDesk(t)
		d.makeForeign()
		d.sees(exitDone, "", "up --asg gpu-workers --adopt --yes")
		d.sees(exitFailed, "n\n", "destroy "+c.flags, append(c.patterns, `nothing was removed: the answer was not yes`)...)
		d.sees(exitDone, "", "status --exit-code")
		d.sees(exitDone, "y\n", "destroy "+c.flags, c.patterns...)
		d.sees(exitDone, "", "plan --asg gpu-workers", c.left...)
	}
}

func TestRecoverAsks(t *testing.T) {
	d := newDesk(t)
	d.sees(exitDone, "", "up --asg gpu-workers")
	d.loseState()
	d.sees(exitFailed, "\n", "recover --asg gpu-workers", `12 found, 1 adopted`, `Record this as the state of the stack\? \[y/N\]`, `nothing was written: the answer was not yes`)
	d.sees(exitFailed, "", "recover --asg gpu-workers", `nothing was written`)
	d.sees(exitUsage, "y\n", "recover --asg gpu-workers -o json", `there is no terminal to ask at`)
	if d.hasState() {
		t.Error("it was written")
	}
	d.sees(exitDone, "y\n", "recover --asg gpu-workers", `the state of stack gpu-workers is in`)
	d.sees(exitDone, "", "status --exit-code")
	d.sees(exitFailed, "n\n", "recover", `can be read: this takes its place`)
}

func TestDestroyWithoutAStateAsks(t *testing.T) {
	d := newDesk(t)
	d.makeForeign()
	shown := []string{`= leave +JobQueue`, `= leave +IngestFunction`, `- delete +IngestRole`, `There is no state to go by: this was found by names and tags`}
	d.sees(exitFailed, "n\n", "destroy --asg gpu-workers", append(shown, `nothing was removed`)...)
	if d.hasState() {
		t.Error("a state was written though the answer was no")
	}
	d.sees(exitDone, "y\n", "destroy --asg gpu-workers", append(shown, `stack gpu-workers is gone`)...)
	d.sees(exitDone, "", "plan --asg gpu-workers --adopt", `~ update +JobQueue`, `~ update +IngestFunction`, `\+ create +IngestRole`)
}

// An up without a state knows nothing of what an earlier one asked for, and must not leave it behind.
func TestUpWithoutAStateLeavesNoRulesOfAnotherPolicy(t *testing.T) {
	d := newDesk(t)
	d.sees(exitDone, "", "up --asg gpu-workers --policy step")
	d.loseState()
	d.sees(exitDone, "", "plan --asg gpu-workers", `has no state: 13 of its objects were found`, `- delete +StepOutPolicy`, `4 to create, 0 to update, 0 to replace, 4 to delete`)
	if d.hasState() {
		t.Error("a plan wrote a state")
	}
	d.sees(exitDone, "", "up --asg gpu-workers", `DELETE_COMPLETE +AWS::AutoScaling::ScalingPolicy +StepOutPolicy`)
	d.sees(exitDone, "", "status --exit-code")
	d.sees(exitDone, "y\n", "destroy")
	d.sees(exitDone, "", "plan --asg gpu-workers --policy step", `12 to create`)
	d.sees(exitDone, "", "plan --asg gpu-workers", `12 to create`)
}

// With nothing to change there is a state all the same.
func TestUpWithoutAStateRecordsWhatIsThere(t *testing.T) {
	d := newDesk(t)
	d.sees(exitDone, "", "up --asg gpu-workers")
	d.loseState()
	d.sees(exitDone, "", "up --asg gpu-workers", `nothing to change`)
	d.sees(exitDone, "", "state show", `JobQueue +AWS::SQS::Queue +CREATE_COMPLETE`)
}

func TestUnlockRefusesALiveHolder(t *testing.T) {
	d := newDesk(t)
	lock, err := state.Open(d.dir).Acquire(t.Context(), "gpu-workers", 0)
	if err != nil {
		t.Fatal(err)
	}
	live := []string{`stack "gpu-workers" is locked by .* process [0-9]+, since`, `its lock is free as soon as process [0-9]+ is gone`}
	d.sees(exitState, "y\n", "unlock --stack gpu-workers", live...)
	d.sees(exitState, "y\n", "unlock --stack gpu-workers --force --yes", live...)

	path := filepath.Join(d.dir, "gpu-workers.lock")
	elsewhere := `{"user":"ann","host":"elsewhere","pid":1,"since":"2026-08-01T12:00:00Z","command":"eventscale up"}`
	if err := os.WriteFile(path, []byte(elsewhere), 0o600); err != nil {
		t.Fatal(err)
	}
	d.sees(exitState, "y\n", "unlock --stack gpu-workers", "locked by `eventscale up` of ann@elsewhere", `if the host is gone for good, --force removes the lock`)
	d.sees(exitUsage, "", "unlock --stack gpu-workers --force -o json", `there is no terminal to ask at`)
	d.sees(exitFailed, "n\n", "unlock --stack gpu-workers --force", `If that run lives, it stops at its next step`, `Take its lock away\? \[y/N\]`, `the lock was left: the answer was not yes`)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	d.sees(exitDone, "y\n", "unlock --stack gpu-workers --force", `the lock of stack gpu-workers was taken from`)
	d.sees(exitDone, "", "up --asg gpu-workers")
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

// A run whose lock is taken away stops, and prints what it would have saved.
func TestARunWithoutItsLockStops(t *testing.T) {
	d := newDesk(t)
	world := d.world
	d.world = roundTripper(func(r *http.Request) (*http.Response, error) {
		answer, err := world.RoundTrip(r)
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".CreateQueue") {
			store := state.Open(d.dir)
			l, err := store.Unlock("gpu-workers")
			if err := errors.Join(err, store.ForceUnlock("gpu-workers", l.Holder)); err != nil {
				t.Error(err)
			}
		}
		return answer, err
	})
	d.sees(exitUnsaved, "", "up --asg gpu-workers", "its lock was taken away by `eventscale unlock --force`", `The state, to be saved by hand`, `"logical_id": "DeadLetterQueue"`)
	d.world = world
	d.sees(exitDone, "", "up --asg gpu-workers")
	d.sees(exitDone, "", "status --exit-code")
	d.sees(exitDone, "y\n", "destroy")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whoever is asked and types Ctrl-C interrupts nothing: no call is in flight, and no state was saved.
func TestAQuestionIsNoCallInFlight(t *testing.T) {
	a := &app{stderr: &bytes.Buffer{}, env: func(string) string { return "" }}
	a.locked.Store(true)
	a.stdin = readerFunc(func(p []byte) (int, error) {
		if a.locked.Load() {
			t.Error("while it asks, a stack is being changed")
		}
		return copy(p, "\n"), nil
	})
	if err := a.confirm(t.Context(), "Really?", "nothing was done"); err == nil || !a.locked.Load() {
		t.Errorf("the error is %v, a stack is being changed: %t", err, a.locked.Load())
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
