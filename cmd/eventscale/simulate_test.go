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

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

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
		if f.Name != "preset" && f.Name != "policy" {
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
