package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
)

// simulated runs `eventscale simulate` in an empty folder and returns what it prints.
func simulated(t *testing.T, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(filepath.Join(programs(t), "eventscale"), append([]string{"simulate"}, args...)...)
	cmd.Dir, cmd.Stdin = t.TempDir(), bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return out
}

// The door through which the model is held against other implementations.
func TestModelsComeOutAsTheCasesSay(t *testing.T) {
	files, err := filepath.Glob("../../testdata/loop/cases/*.json")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d cases (%v)", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var want struct{ Expect any }
		var got any
		out := simulated(t, data, "--model", "-", "-o", "json")
		for _, err := range []error{json.Unmarshal(data, &want), json.Unmarshal(out, &got)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(want.Expect, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", filepath.Base(file), diff)
		}
		if again := simulated(t, data, "--model", "-", "-o", "json"); !bytes.Equal(out, again) || !bytes.HasPrefix(out, []byte("{\n  \"totals\": {")) {
			t.Errorf("%s: %.40s; the bytes differ from run to run: %v", file, out, !bytes.Equal(out, again))
		}
	}
}

// A trace is the model's, whether it stands in the configuration or in a file.
func TestAModelTakesItsTraceFromAFile(t *testing.T) {
	const config = `{"group": {"max": 3, "boot_s": 60}, "horizon_s": 600, "policies": [{"type": "schedule", "plan": [[0, 2]]}]`
	dir := t.TempDir()
	model, trace := filepath.Join(dir, "model.json"), filepath.Join(dir, "trace.csv")
	for path, text := range map[string]string{model: config + "}", trace: "time_s,service_s\n90,40\n-1,50\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inline := simulated(t, []byte(config+`, "trace": {"rows": [[90, 40], [0, 50]]}}`), "--model", "-", "-o", "json")
	if diff := cmp.Diff(string(inline), string(simulated(t, nil, "--model", model, "--trace", trace, "-o", "json"))); diff != "" {
		t.Error(diff)
	}
}

// chosen are the candidates of `simulate` with these flags.
func chosen(t *testing.T, args ...string) []simulation.Candidate {
	t.Helper()
	o := &simulateOptions{}
	o.tuned = o.tuning()
	flags := pflag.NewFlagSet("simulate", pflag.ContinueOnError)
	for _, f := range []*pflag.FlagSet{o.scenario.flags(), o.tuned, o.outputs()} {
		flags.AddFlagSet(f)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	a := &app{global: globals{stateDir: t.TempDir()}}
	c, err := a.candidates(o)
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.list(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func settingsOf(all []simulation.Candidate) []string {
	var words []string
	for _, c := range all {
		words = append(words, c.Settings)
	}
	return words
}

func TestSettingsGoToThePoliciesThatTheyBelongTo(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"--preset safe"}},
		{[]string{"--compare", "classic,table"}, []string{"--preset classic", "--preset table"}},
		{[]string{"--cooldown", "10m", "--compare", "classic,table"}, []string{"--preset safe --cooldown 10m", "--preset classic --cooldown 10m", "--preset table"}},
		{[]string{"--preset", "table", "--jobs-per-instance", "8"}, []string{"--preset table --jobs-per-instance 8"}},
		{[]string{"--policy", "table", "--table", "1:1,9:3", "--compare", "safe,table"}, []string{"--preset safe", "--preset table --table 1:1,9:3"}},
		{[]string{"--step", "20:+4", "--compare", "safe,step"}, []string{"--preset safe", "--preset step --step 20:+4"}},
		{[]string{"--scale-in-at", "5", "--period", "2m", "--compare", "step,table"}, []string{"--preset safe --scale-in-at 5 --period 2m", "--preset step --scale-in-at 5 --period 2m", "--preset table --period 2m"}},
		{[]string{"--jobs-per-instance", "7", "--compare", "target,keda"}, []string{"--preset safe", "target tracking: 7 jobs an instance, visible and in flight", "KEDA: queueLength 7, polled every 30s, stabilized for 300s"}},
	} {
		if diff := cmp.Diff(c.want, settingsOf(chosen(t, c.args...))); diff != "" {
			t.Errorf("%v: -want +got:\n%s", c.args, diff)
		}
	}
}

func TestCandidatesHaveTheQueueOfTheirPreset(t *testing.T) {
	all := chosen(t, "--visibility-timeout", "20m", "--compare", "classic,keda")
	for i, receives := range []int{5, 0, 5} {
		if q := all[i].Queue; q == nil || q.MaxReceives != receives || q.VisibilityTimeout.Seconds() != 1200 {
			t.Errorf("%s: %+v", all[i].Name, q)
		}
	}
}

// Every word of sharedSettings is a flag, and every flag that shapes the scaling is among them.
func TestEveryTuningFlagIsShared(t *testing.T) {
	var flags, shared []string
	(&settings{}).tuning().VisitAll(func(f *pflag.Flag) {
		if !slices.Contains([]string{"preset", "policy", "fifo"}, f.Name) { // which say what the candidates are
			flags = append(flags, f.Name)
		}
	})
	for _, s := range sharedSettings() {
		shared = append(shared, s.name)
	}
	slices.Sort(flags)
	slices.Sort(shared)
	if diff := cmp.Diff(flags, shared); diff != "" {
		t.Errorf("-flags +shared:\n%s", diff)
	}
}

func TestARecordedStackIsSimulatedAsItIs(t *testing.T) {
	spec := stack.DefaultsOf(stack.Step)
	spec.ScaleInBy = 3
	c := &candidates{own: spec, given: differing(spec), anyOwn: true, compare: []string{"safe"}}
	all, err := c.list(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(settingsOf(all), "; "); got != "--preset step --scale-in-by 3; --preset safe --scale-in-by 3" {
		t.Error(got)
	}
}

// The page's command is the one that makes the policy, of the stack that is there.
func TestCommandsMakeWhatWasSimulated(t *testing.T) {
	spec := stack.DefaultsOf(stack.Safe)
	spec.ASG, spec.Stack, spec.FIFO, spec.VisibilityTimeout = "gpu-workers", "second", true, stack.Duration(30*time.Minute)
	c := &candidates{own: spec, given: differing(spec), anyOwn: true, compare: []string{"classic", "target", "keda"}}
	all, err := c.list(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range all {
		got = append(got, one.Command)
	}
	const rest = " --fifo --visibility-timeout 30m"
	want := []string{"eventscale up --asg gpu-workers --stack second" + rest, "eventscale up --asg gpu-workers --stack second --preset classic" + rest, "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestOneJobIsOne(t *testing.T) {
	if got := settingsOf(chosen(t, "--jobs-per-instance", "1", "--compare", "target"))[1]; got != "target tracking: 1 job an instance, visible and in flight" {
		t.Error(got)
	}
	if got := count(5_040_000, "job", "jobs"); got != "5040000 jobs" {
		t.Error(got)
	}
}

// What a history of few jobs says is said with a warning.
func TestTheJobTimeSaysWhatItRestsOn(t *testing.T) {
	for done, want := range map[int64]string{
		29: "warning: so few jobs tell little (below 30): the job time is 40s: the mean by Little's law, from 29 jobs done and those in flight; --job-time sets another\n",
		30: "the job time is 40s: the mean by Little's law, from 30 jobs done and those in flight; --job-time sets another\n",
	} {
		var stderr bytes.Buffer
		a := &app{stderr: &stderr, env: func(string) string { return "" }}
		a.observed(&stack.History{Done: done, JobTime: 40 * time.Second})
		if got := stderr.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// scenarioOf are flags read into the configuration of the model.
func scenarioOf(t *testing.T, args ...string) loop.Config {
	t.Helper()
	var s scenario
	if err := s.flags().Parse(args); err != nil {
		t.Fatal(err)
	}
	return s.config()
}

func TestEveryFlagOfTheGroupReachesTheModel(t *testing.T) {
	got := scenarioOf(t, "--boot-time", "4m", "--launch-time", "50s", "--slots", "3", "--min", "2", "--max", "9", "--desired", "5",
		"--scale-in", "drain", "--drain-timeout", "7m", "--metric-delay", "45s", "--no-heartbeat", "--horizon", "2h")
	want := loop.DefaultConfig()
	want.Group = loop.GroupConfig{
		Min: 2, Max: 9, Initial: 5, Slots: 3, Launch: 50 * loop.Second, Boot: loop.Boots{4 * loop.Minute}, Warmup: got.Group.Warmup,
		ScaleIn: loop.Drain, DrainTimeout: 7 * loop.Minute, Victim: loop.Oldest,
	}
	want.Queue.Heartbeat, want.Metric.Delay, want.Horizon = false, 45*loop.Second, 2*loop.Hour
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if c := scenarioOf(t, "--min", "3"); c.Group.Initial != 3 || !c.Queue.Heartbeat || c.Group.Warmup <= 0 {
		t.Errorf("%+v", c)
	}
}

func TestTargetTrackingCountsWhatIsInFlight(t *testing.T) {
	target, ok := chosen(t, "--compare", "target")[0].Policies[0].(*loop.Target)
	if !ok || !target.CountInflight || target.ZeroInstances != loop.ZeroVisible || target.Target != 5 {
		t.Errorf("%+v", target)
	}
}

// Each flag that advice may name is one that the policy under which it stands has a use for.
func TestAdviceIsAcceptedForItsPolicy(t *testing.T) {
	for _, args := range [][]string{
		{"--preset", "safe", "--scale-out-by", "1", "--scale-out-at", "12", "--scale-in-at", "0", "--periods", "4", "--scale-in-by", "2", "--cooldown", "2m"},
		{"--preset", "classic", "--scale-out-by", "1", "--scale-out-at", "12", "--scale-in-at", "0"},
		{"--preset", "step", "--step", "20:+1", "--scale-in-at", "0", "--periods", "4", "--scale-in-by", "2"},
		{"--preset", "table", "--jobs-per-instance", "8", "--scale-in-by", "2"},
	} {
		chosen(t, args...) // fails where one is refused
	}
}
