package stack

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/state"
)

func TestStepsAndRowsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, word := range []string{"10:+2", "1:+10000", "0:+0"} {
		var s ScaleStep
		if err := s.UnmarshalText([]byte(word)); err != nil || s.String() != word {
			t.Errorf("%s is read as %s, %v", word, s, err)
		}
	}
	for _, word := range []string{"1:1", "8:2", "0:0", "-1:3"} {
		var r TableRow
		if err := r.UnmarshalText([]byte(word)); err != nil || r.String() != word {
			t.Errorf("%s is read as %s, %v", word, r, err)
		}
	}
	var s ScaleStep
	if err := s.UnmarshalText([]byte("10:2")); err != nil || s.String() != "10:+2" {
		t.Errorf("without its sign a step is %s, %v", s, err)
	}
	if err := new(TableRow).UnmarshalText([]byte("8:+2")); err == nil {
		t.Error("a step was read as a row")
	}
	for _, bad := range []string{"", "10", ":", "10:", ":2", "a:+2", "10:+a", "10:++2", "10:2:3", "1.5:2", "99999999999999999999:1", " 10:2"} {
		var r TableRow
		if s.UnmarshalText([]byte(bad)) == nil || r.UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was read as %s or %s", bad, s, r)
		}
	}
}

func set(settings ...string) func(string) bool {
	given := map[string]bool{}
	for _, s := range settings {
		given[s] = true
	}
	return func(setting string) bool { return given[setting] }
}

func TestWhatIsNotGivenIsThePolicysDefault(t *testing.T) {
	for _, c := range []struct {
		change func(*Spec)
		given  []string
		want   string // preset, policy, periods, scale-in-at, steps, table, jobs-per-instance
	}{
		{func(*Spec) {}, nil, "safe simple 2 2 [] [] 0"},
		{func(s *Spec) { s.Preset = Classic }, nil, "classic simple 2 2 [] [] 0"},
		{func(s *Spec) { s.Preset = Step }, nil, "step step 1 2 [10:+2 50:+5] [] 0"},
		{func(s *Spec) { s.Preset = Table }, nil, "table table 1 0 [] [] 5"},
		{func(s *Spec) { s.Policy = StepPolicy }, []string{"policy"}, "step step 1 2 [10:+2 50:+5] [] 0"},
		{func(s *Spec) { s.Policy = TablePolicy }, []string{"policy"}, "table table 1 0 [] [] 5"},
		{func(s *Spec) { s.Preset, s.Policy = Table, SimplePolicy }, []string{"preset", "policy"}, "safe simple 2 2 [] [] 0"},
		{func(s *Spec) { s.Preset, s.Policy = Step, TablePolicy }, []string{"preset", "policy"}, "table table 1 0 [] [] 5"},
		{func(s *Spec) { s.Preset, s.Policy = Classic, TablePolicy }, []string{"preset", "policy"}, "classic table 1 0 [] [] 5"},
		{func(s *Spec) { s.Preset, s.Policy = Step, "x" }, []string{"preset", "policy"}, "step x 2 2 [] [] 0"},
		{func(s *Spec) { s.Preset, s.Policy = "x", StepPolicy }, []string{"preset", "policy"}, "x step 1 2 [10:+2 50:+5] [] 0"},
		{func(s *Spec) { s.Preset, s.Periods, s.ScaleInAt = Table, 2, 2 }, []string{"periods", "scale-in-at"}, "table table 2 2 [] [] 5"},
		{func(s *Spec) { s.Preset, s.Steps = Step, []ScaleStep{{7, 1}} }, []string{"step"}, "step step 1 2 [7:+1] [] 0"},
		{func(s *Spec) { s.Preset, s.Table = Table, []TableRow{{7, 1}} }, []string{"table"}, "table table 1 0 [] [7:1] 0"},
		{func(s *Spec) { s.Preset, s.JobsPerInstance = Table, 8 }, []string{"jobs-per-instance"}, "table table 1 0 [] [] 8"},
		{func(s *Spec) { s.Preset = Table }, []string{"jobs-per-instance"}, "table table 1 0 [] [] 0"},
	} {
		s := testSpec()
		c.change(&s)
		s.Complete(set(c.given...))
		if got := fmt.Sprint(s.Preset, " ", s.Policy, " ", s.Periods, s.ScaleInAt, s.Steps, s.Table, s.JobsPerInstance); got != c.want {
			t.Errorf("%v: %s, want %s", c.given, got, c.want)
		}
	}
}

func TestPresetsPassTheirOwnCheck(t *testing.T) {
	for _, preset := range Presets() {
		s := testSpecOf(preset)
		if err := s.Check(); err != nil || s.Preset != preset {
			t.Errorf("%s: %v, %v", preset, s.Preset, err)
		}
		if errs := s.Unused(set()); len(errs) > 0 {
			t.Errorf("%s: %v", preset, errs)
		}
	}
	if s := testSpecOf("fast"); s.Check() == nil {
		t.Error("a preset that there is not passes")
	}
}

// The spec in the state is that of the up, whichever policy it has.
func TestSpecIsReadFromTheStateAsItWasSaved(t *testing.T) {
	specs := otherPolicies()
	for _, preset := range Presets() {
		specs["default "+preset] = testSpecOf(preset)
	}
	for what, want := range specs {
		saved, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := SpecOf(&state.Snapshot{Stack: want.Stack, ASG: want.ASG, Spec: saved})
		if err != nil || asJSON(got) != asJSON(want) {
			t.Errorf("%s: %v\n%s, want\n%s", what, err, asJSON(got), asJSON(want))
		}
	}
}

// The file is one that an eventscale without policies has written; our users have such files.
func TestStateFromBeforePoliciesMeansSimple(t *testing.T) {
	data, err := os.ReadFile("testdata/states/before-policies.json")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := state.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	got, err := SpecOf(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	want := testSpec()
	want.ScaleOutAt, want.Periods, want.CodeSHA256 = 20, 3, got.CodeSHA256
	if asJSON(got) != asJSON(want) || got.Policy != SimplePolicy {
		t.Errorf("%s, want\n%s", asJSON(got), asJSON(want))
	}
	if got.Command() != "eventscale up --asg gpu-workers --scale-out-at 20 --periods 3" {
		t.Error(got.Command())
	}
}

// A table that is derived has what its jobs need, wastes none of its twenty rows, and ends at the maximum.
func TestDerivedTableServesItsJobs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Spec{JobsPerInstance: rapid.IntRange(1, 1000).Draw(t, "jobs per instance")}
		most := rapid.IntRange(1, 5000).Draw(t, "maximum")
		rows := s.table(most)
		if len(rows) != min(most, maxSteps) || rows[0].Jobs != 1 || rows[len(rows)-1].Instances != most {
			t.Fatalf("maximum %d: %v", most, rows)
		}
		for i, row := range rows[:len(rows)-1] {
			next := rows[i+1]
			if row.Instances >= next.Instances || row.Jobs >= next.Jobs {
				t.Fatalf("%s before %s", row, next)
			}
			if last := next.Jobs - 1; row.Instances*s.JobsPerInstance != last {
				t.Fatalf("%s has not what %d jobs need", row, last)
			}
		}
		s.Table, s.JobsPerInstance = rows, 0
		s.Policy, s.ScaleInBy = TablePolicy, 1
		var c checker
		if c.table(&s); len(c.errs) > 0 && most <= maxInstances {
			t.Fatal(c.errs)
		}
	})
}

func TestAGroupOfNoneHasATableAllTheSame(t *testing.T) {
	s := Spec{JobsPerInstance: 5}
	if rows := s.table(0); fmt.Sprint(rows) != "[1:1]" {
		t.Error(rows)
	}
}

// What the alarms are called is read by people who look for the cause of a bill.
func TestAlarmsAreDescribedInWords(t *testing.T) {
	for _, c := range []struct {
		what verb
		jobs int
		than string
		want string
	}{
		{waiting, 10, "more", "10 jobs or more wait for"}, {waiting, 1, "more", "1 job or more waits for"},
		{unserved, 1, "fewer", "1 job or fewer waits for or runs on"}, {unserved, 0, "fewer", "0 jobs or fewer wait for or run on"},
	} {
		if got := c.what.text(c.jobs, c.than); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
