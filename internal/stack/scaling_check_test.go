package stack

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestBadStepsAreNamed(t *testing.T) {
	steps := func(list ...ScaleStep) func(*Spec) { return func(s *Spec) { s.Steps = list } }
	for _, c := range []badValue{
		{steps(), "step", "(0)", "at least 1"},
		{steps(make([]ScaleStep, 21)...), "step", "(21)", "at most 20"},
		{steps(ScaleStep{0, 1}), "step", "0:+1", "at 1 job or more"},
		{steps(ScaleStep{-3, 1}), "step", "-3:+1", "at 1 job or more"},
		{steps(ScaleStep{1_000_000_001, 1}), "step", "1000000001:+1", "at most 1000000000"},
		{steps(ScaleStep{10, 0}), "step", "10:+0", "at least 1 instance"},
		{steps(ScaleStep{10, -2}), "step", "10:-2", "at least 1 instance"},
		{steps(ScaleStep{10, 10_001}), "step", "10:+10001", "at most 10000"},
		{steps(ScaleStep{10, 2}, ScaleStep{10, 5}), "step", "10:+5", "more jobs than the step before it, 10:+2"},
		{steps(ScaleStep{50, 2}, ScaleStep{10, 5}), "step", "10:+5", "more jobs than the step before it, 50:+2"},
		{steps(ScaleStep{10, 5}, ScaleStep{50, 2}), "step", "50:+2", "fewer instances than the step before it, 10:+5"},
		{steps(ScaleStep{2, 1}), "scale-in-at", "2", "less than the first step, 2:+1"},
		{func(s *Spec) { s.ScaleInAt = -1 }, "scale-in-at", "-1", "at least 0"},
		{func(s *Spec) { s.ScaleInBy = 0 }, "scale-in-by", "0", "at least 1"},
		{func(s *Spec) { s.Table = []TableRow{{1, 1}} }, "table", "1:1", "needs --policy table, and the policy is step"},
		{func(s *Spec) { s.JobsPerInstance = 5 }, "jobs-per-instance", "5", "needs --policy table"},
		{func(s *Spec) { s.Warmup = -1 }, "warmup", "-1ns", "from 0s to 1h"},
		{func(s *Spec) { s.Warmup = Duration(time.Hour + time.Second) }, "warmup", "1h0m1s", "from 0s to 1h"},
		{func(s *Spec) { s.Warmup = Duration(time.Millisecond) }, "warmup", "1ms", "whole seconds"},
		{func(s *Spec) { s.Policy = "target" }, "policy", "target", "simple, step or table"},
		{func(s *Spec) { s.Policy = "" }, "policy", "", "simple, step or table"},
		{func(s *Spec) { s.Preset = Classic }, "policy", "step", "reference design"},
		{func(s *Spec) { s.Preset = Table }, "preset", "table", "another policy than step"},
	} {
		c.isNamed(t, testSpecOf(Step))
	}
}

func TestBadTablesAreNamed(t *testing.T) {
	rows := func(list ...TableRow) func(*Spec) {
		return func(s *Spec) { s.Table, s.JobsPerInstance = list, 0 }
	}
	for _, c := range []badValue{
		{rows(), "jobs-per-instance", "0", "at least 1"},
		{func(s *Spec) { s.JobsPerInstance = -1 }, "jobs-per-instance", "-1", "at least 1"},
		{func(s *Spec) { s.JobsPerInstance = 1_000_000_001 }, "jobs-per-instance", "1000000001", "at most 1000000000"},
		{func(s *Spec) { s.Table = []TableRow{{1, 1}} }, "jobs-per-instance", "5", "together with --table"},
		{rows(make([]TableRow, 21)...), "table", "(21)", "at most 20"},
		{rows(TableRow{0, 1}), "table", "0:1", "at 1 job or more"},
		{rows(TableRow{1, 0}), "table", "1:0", "at least 1 instance"},
		{rows(TableRow{1, 1}, TableRow{8, -2}), "table", "8:-2", "at least 1 instance"},
		{rows(TableRow{1, 10_001}), "table", "1:10001", "at most 10000"},
		{rows(TableRow{1, 1}, TableRow{1, 2}), "table", "1:2", "more jobs than the row before it, 1:1"},
		{rows(TableRow{8, 1}, TableRow{1, 2}), "table", "1:2", "more jobs than the row before it, 8:1"},
		{rows(TableRow{1, 3}, TableRow{8, 2}), "table", "8:2", "fewer instances than the row before it, 1:3"},
		{func(s *Spec) { s.ScaleInAt = 1 }, "scale-in-at", "1", "less than the first row of the table, 1:1"},
		{func(s *Spec) { s.Table, s.JobsPerInstance, s.ScaleInAt = []TableRow{{5, 1}}, 0, 5 }, "scale-in-at", "5", "first row of the table, 5:1"},
		{func(s *Spec) { s.Steps = []ScaleStep{{10, 2}} }, "step", "10:+2", "needs --policy step, and the policy is table"},
		{func(s *Spec) { s.Preset = Classic }, "policy", "table", "reference design"},
	} {
		c.isNamed(t, testSpecOf(Table))
	}
}

func TestBadSimpleScalingIsNamed(t *testing.T) {
	for _, c := range []badValue{
		{func(s *Spec) { s.Steps = []ScaleStep{{10, 2}} }, "step", "10:+2", "needs --policy step, and the policy is simple"},
		{func(s *Spec) { s.Table = []TableRow{{10, 2}} }, "table", "10:2", "needs --policy table, and the policy is simple"},
		{func(s *Spec) { s.JobsPerInstance = 3 }, "jobs-per-instance", "3", "needs --policy table, and the policy is simple"},
		{func(s *Spec) { s.Warmup = Duration(time.Minute) }, "warmup", "1m", "needs --policy step or --policy table"},
		{func(s *Spec) { s.Preset = Step }, "preset", "step", "another policy than simple"},
	} {
		c.isNamed(t, testSpec())
	}
}

// A field error without a hint leaves the user with a riddle.
func TestBadScalingSaysWhatToType(t *testing.T) {
	for _, change := range []func(*Spec){
		func(s *Spec) { s.Steps = []ScaleStep{{10, 2}} },
		func(s *Spec) { s.Table = []TableRow{{10, 2}} },
		func(s *Spec) { s.Policy, s.Steps = StepPolicy, nil },
		func(s *Spec) { s.Policy = TablePolicy },
		func(s *Spec) { s.Preset, s.Policy, s.JobsPerInstance, s.ScaleInAt = Classic, TablePolicy, 5, 0 },
		func(s *Spec) { s.Preset = Table },
	} {
		s := testSpec()
		change(&s)
		if e, ok := errors.AsType[*FieldError](s.Check()); !ok || !strings.Contains(e.Hint(), "--") {
			t.Errorf("%v has the hint %q", e, e.Hint())
		}
	}
}

// Twenty steps are what AWS takes, and so do we.
func TestLongestTablesAreTaken(t *testing.T) {
	step, table := testSpecOf(Step), testSpecOf(Table)
	step.Steps, table.JobsPerInstance = nil, 0
	for i := 1; i <= maxSteps; i++ {
		step.Steps = append(step.Steps, ScaleStep{10 * i, i})
		table.Table = append(table.Table, TableRow{i, 7}) // which need not rise
	}
	for _, s := range []Spec{step, table} {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
}

// A setting that does nothing is refused: whoever gives it believes that it does something.
func TestSettingsThatPlayNoPartAreRefused(t *testing.T) {
	for preset, want := range map[string]string{
		Safe: "", Classic: "",
		Step: "--scale-out-at 10: plays no part in policy step: --step 10:+2 says when the group grows" +
			"\n--scale-out-by 2: plays no part in policy step: --step 10:+2 says by how much the group grows" +
			"\n--cooldown 5m: plays no part in policy step: it has no cooldown, but a --warmup",
		Table: "--scale-out-at 10: plays no part in policy table: --table says when the group grows" +
			"\n--scale-out-by 2: plays no part in policy table: --table says by how much the group grows" +
			"\n--cooldown 5m: plays no part in policy table: it has no cooldown, but a --warmup",
	} {
		s := testSpecOf(preset)
		got := ""
		if err := errors.Join(s.Unused(func(string) bool { return true })...); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", preset, got, want)
		}
		if errs := s.Unused(func(setting string) bool { return setting == "periods" || setting == "policy" }); len(errs) > 0 {
			t.Errorf("%s: %v", preset, errs)
		}
	}
}
