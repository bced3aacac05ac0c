//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// built makes the program, once for all tests.
var built = sync.OnceValues(func() (*program, error) {
	dir, err := os.MkdirTemp("", "eventscale-torture-test-")
	if err != nil {
		return nil, err
	}
	p := &program{path: filepath.Join(dir, "eventscale"), dir: dir}
	return p, p.build(context.Background())
})

func TestMain(m *testing.M) {
	code := m.Run()
	if p, _ := built(); p != nil {
		_ = os.RemoveAll(p.dir)
	}
	os.Exit(code) //nolint:forbidigo // as the testing package asks for
}

// strides make a sample of some seconds of each part. That of the races has a crowd in it.
var strides = map[string]int{"crash": 31, "again": 20, "saves": 41, "races": 5, "signals": 53, "faults": 4}

// TestSurvivesASampleOfTheTorture runs some points of each part; `make torture` runs all.
func TestSurvivesASampleOfTheTorture(t *testing.T) {
	p, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		stride, ok := strides[part.name]
		if !ok {
			continue // go test runs the fuzz targets' seeds by itself
		}
		t.Run(part.name, func(t *testing.T) {
			var log strings.Builder
			all := &torturer{program: p, workers: 2 * runtime.NumCPU(), stride: stride, seed: 1, log: &log} // the same walks each time
			if err := part.do(all, t.Context()); err != nil {
				t.Fatal(err)
			}
			sum := all.sum()
			if sum.failures+sum.orphans > 0 || sum.points == 0 && !strings.Contains(log.String(), "skipped") {
				t.Errorf("%d points, %d failures, %d orphans\n%s", sum.points, sum.failures, sum.orphans, log.String())
			}
		})
	}
}

// begun is a trial with a stack in it.
func begun(t *testing.T) *trial {
	t.Helper()
	p, err := built()
	if err != nil {
		t.Fatal(err)
	}
	trial, err := p.begin(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trial.end)
	if err := trial.must(t.Context(), 0, up...); err != nil {
		t.Fatal(err)
	}
	return trial
}

func listed(t *testing.T, trial *trial) account {
	t.Helper()
	a, err := trial.audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTheVerdictSeesWhatIsWrong: a proof that cannot fail is none.
func TestTheVerdictSeesWhatIsWrong(t *testing.T) {
	trial := begun(t)
	good := listed(t, trial)
	a := newAuditor(trial.url)
	saw := func(what string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the verdict is %v, and should say %q", what, err, want)
		}
	}
	if err := good.recordedIn(trial.store(), trial.base); err != nil {
		t.Fatal(err)
	}

	if _, err := a.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orphan")}); err != nil {
		t.Fatal(err)
	}
	now := listed(t, trial)
	saw("one queue too many", now.sameAs(good), "left over: AWS::SQS::Queue orphan")
	saw("one queue too many", now.recordedIn(trial.store(), trial.base), "not recorded as such: AWS::SQS::Queue orphan")
	if n := now.beyond(good); n != 1 {
		t.Errorf("%d objects are beyond", n)
	}

	// With a policy go the actions of its alarms.
	name := aws.String("eventscale-" + stackName + "-scale-out")
	if _, err := a.autoscaling.DeletePolicy(t.Context(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: aws.String(groupName), PolicyName: name}); err != nil {
		t.Fatal(err)
	}
	saw("a policy that is gone", listed(t, trial).sameAs(good), "missing: AWS::AutoScaling::ScalingPolicy")
	saw("a policy that is gone", listed(t, trial).sameAs(good), `"AlarmActions":[]`)
	saw("a policy that is gone", listed(t, trial).recordedIn(trial.store(), trial.base), "there 0 times: AWS::AutoScaling::ScalingPolicy")

	if err := os.Remove(trial.store().Path(stackName)); err != nil {
		t.Fatal(err)
	}
	saw("a lost state", good.knownTo(trial.store(), trial.base), "not recorded as such: AWS::IAM::Role")
}

func TestADestroyThatLeavesSomethingIsSeen(t *testing.T) {
	trial := begun(t)
	if _, err := newAuditor(trial.url).sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("orphan")}); err != nil {
		t.Fatal(err)
	}
	if err := trial.mustGo(t.Context()); err == nil || trial.left != 1 {
		t.Errorf("%v; %d left", err, trial.left)
	}
}

// TestNohup: a terminal that is closed ends nothing under nohup.
func TestNohup(t *testing.T) {
	p, err := built()
	if err != nil {
		t.Fatal(err)
	}
	trial, err := p.begin(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer trial.end()
	h := &harm{at: 12, answer: true, do: func() { trial.signal(syscall.SIGHUP); pause(settleTime) }}
	trial.expect(h)
	r := trial.prepared(t.Context(), up)
	r.cmd.Path, r.cmd.Args = "/bin/sh", append([]string{"sh", "-c", `trap '' HUP; exec "$0" "$@"`, p.path}, up...)
	if err := r.begin(); err != nil {
		t.Fatal(err)
	}
	if o, err := r.wait(); err != nil || o.code != 0 || !h.done.Load() {
		t.Errorf("%t: %v, exit code %d\n%s", h.done.Load(), err, o.code, o.output)
	}
}

// TestTheUpdateUpdatesEverything: an update that left a kind out would not be tormented in it.
func TestTheUpdateUpdatesEverything(t *testing.T) {
	trial, s := begun(t), stories()[1]
	if err := tamper(t.Context(), trial.url); err != nil {
		t.Fatal(err)
	}
	o, err := trial.run(t.Context(), s.args...)
	if err != nil || o.code != 0 {
		t.Fatalf("%v: %s", err, o.output)
	}
	// The group's metrics have no property to update.
	if n := strings.Count(o.output, "UPDATE_COMPLETE"); n != 12 {
		t.Errorf("%d of 12 are updated:\n%s", n, o.output)
	}
}

func TestATallyWithFailuresFails(t *testing.T) {
	for _, tt := range []struct {
		one  tally
		want bool
	}{
		{tally{series: "good", points: 3}, false},
		{tally{series: "bad", points: 3, failures: 1}, true},
		{tally{series: "leaky", points: 3, orphans: 1}, true},
	} {
		var out strings.Builder
		failed, err := (&torturer{tallies: []tally{tt.one}}).show(&out, true)
		if err != nil || failed != tt.want || !strings.Contains(out.String(), "| "+tt.one.series+" | 3 |") {
			t.Errorf("%v, %t:\n%s", err, failed, out.String())
		}
	}
}

func TestExecutionsAreTheLastCount(t *testing.T) {
	const out = "fuzz: elapsed: 0s, execs: 12 (4/sec)\nfuzz: elapsed: 3s, execs: 4711 (9/sec), new interesting: 1\nPASS\n"
	if n := executions(out); n != 4711 {
		t.Errorf("%d executions", n)
	}
}

func TestTheEndOfTheTimeIsNoFailure(t *testing.T) {
	for out, want := range map[string]bool{
		"--- FAIL: FuzzDecode (2.02s)\n    context deadline exceeded\nFAIL\n":                                                               true,
		"--- FAIL: FuzzDecode (2.02s)\n    decode_test.go:9: context deadline exceeded\n    Failing input written to testdata/fuzz/1\nFAIL": false,
		"--- FAIL: FuzzDecode (2.02s)\n    panic: index out of range\nFAIL\n":                                                               false,
	} {
		if got := outOfTime(out); got != want {
			t.Errorf("%t of:\n%s", got, out)
		}
	}
}

func TestNoPartOfThatName(t *testing.T) {
	if err := check([]string{"crash", "burn"}); err == nil || !strings.Contains(err.Error(), `"burn" is no part: there are crash, again, saves`) {
		t.Errorf("the error is %v", err)
	}
}
