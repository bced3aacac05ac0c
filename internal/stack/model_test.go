package stack

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// alarmOf is an alarm of the safe presets, in the words of the model.
func alarmOf(metric loop.Metric, comparison loop.Comparison, threshold float64, periods int) loop.AlarmConfig {
	return loop.AlarmConfig{
		Metric: metric, Statistic: loop.Maximum, Period: loop.Minute, EvaluationPeriods: periods, DatapointsToAlarm: periods,
		Comparison: comparison, Threshold: threshold, TreatMissingData: loop.TreatNotBreaching, ZeroInstances: loop.ZeroMissing,
	}
}

func TestRulesAreThoseOfTheDesign(t *testing.T) {
	at := func(n float64) *float64 { return &n }
	step := func(lower, upper *float64, n int) loop.StepAdjustment {
		return loop.StepAdjustment{Lower: lower, Upper: upper, Adjustment: n}
	}
	simple := func(name string, alarm loop.AlarmConfig, n int, cooldown loop.Millis) loop.Policy {
		return &loop.Simple{Name: name, Alarm: alarm, AdjustmentType: loop.ChangeInCapacity, Adjustment: n, Cooldown: cooldown}
	}
	in := func(name string, metric loop.Metric, jobs float64) loop.Policy {
		return &loop.Step{
			Name: name, Alarm: alarmOf(metric, loop.AtMost, jobs, 1), AdjustmentType: loop.ChangeInCapacity,
			Steps: []loop.StepAdjustment{{Upper: at(0), Adjustment: -1}},
		}
	}
	wake := simple("wake", alarmOf(loop.Stranded, loop.AtLeast, 1, 1), 1, loop.Minute)
	classic := func(comparison loop.Comparison, threshold float64) loop.AlarmConfig {
		a := alarmOf(loop.Visible, comparison, threshold, 2)
		a.Statistic, a.TreatMissingData = loop.Sum, loop.TreatMissing
		return a
	}
	for preset, want := range map[string][]loop.Policy{
		Safe: {
			simple("scale-out", alarmOf(loop.Visible, loop.AtLeast, 10, 2), 2, 5*loop.Minute),
			simple("scale-in", alarmOf(loop.SpareBacklog, loop.AtMost, 2, 2), -1, 5*loop.Minute), wake,
		},
		Classic: {
			simple("scale-out", classic(loop.AtLeast, 10), 2, 5*loop.Minute),
			simple("scale-in", classic(loop.AtMost, 2), -1, 5*loop.Minute),
		},
		Step: {
			&loop.Step{
				Name: "step-out", Alarm: alarmOf(loop.Visible, loop.AtLeast, 10, 1), AdjustmentType: loop.ChangeInCapacity,
				Steps: []loop.StepAdjustment{step(at(0), at(40), 2), step(at(40), nil, 5)},
			},
			in("step-in", loop.SpareBacklog, 2), wake,
		},
		Table: {
			&loop.Step{
				Name: "table", Alarm: alarmOf(loop.Backlog, loop.AtLeast, 1, 1), AdjustmentType: loop.ExactCapacity,
				Steps: []loop.StepAdjustment{step(at(0), at(5), 1), step(at(5), at(10), 2), step(at(10), nil, 3)},
			},
			in("table-in", loop.Backlog, 0),
		},
	} {
		if d := cmp.Diff(want, DefaultsOf(preset).Rules(0, 3)); d != "" {
			t.Errorf("%s (-want +got):\n%s", preset, d)
		}
		awake := slices.DeleteFunc(want, func(p loop.Policy) bool { return p.Label() == "wake" })
		for _, p := range awake {
			watchAllJobs(p)
		}
		if d := cmp.Diff(awake, DefaultsOf(preset).Rules(1, 3)); d != "" {
			t.Errorf("%s, minimum 1 (-want +got):\n%s", preset, d)
		}
	}
}

// What is simulated is what is made: the rules, read back from AWS, are those that the model was given.
func TestRulesAreWhatAWSHas(t *testing.T) {
	specs := otherPolicies()
	specs["other"] = otherSpec()
	for _, preset := range Presets() {
		specs["default "+preset] = testSpecOf(preset)
	}
	for what, spec := range specs {
		t.Run(what, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec, p.zip = spec, zipped("print()")
			p.up()
			made := map[string]made{}
			for _, m := range p.made() {
				made[m.LogicalID] = m
			}
			for _, want := range spec.Rules(0, 20) {
				i := slices.IndexFunc(allRules, func(id ruleID) bool { return id.name == want.Label() })
				policy, _ := made[allRules[i].policyID].Properties.(scalingPolicyProperties)
				alarm, ok := made[allRules[i].alarmID].Properties.(alarmProperties)
				if !ok {
					t.Fatalf("%s is not there", want.Label())
				}
				if d := cmp.Diff(want, rule{allRules[i], policy, alarm}.model()); d != "" {
					t.Errorf("%s (-simulated +made):\n%s", want.Label(), d)
				}
				delete(made, allRules[i].policyID)
			}
			for id, m := range made {
				if m.Type == scalingPolicyType {
					t.Errorf("%s is made and not simulated", id)
				}
			}
		})
	}
}

func TestQueueIsTheStacks(t *testing.T) {
	s := testSpec()
	if got, want := s.Queue(), (loop.QueueConfig{VisibilityTimeout: 15 * loop.Minute, Heartbeat: true, MaxReceives: 5}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	s.Preset, s.VisibilityTimeout = Classic, Duration(90*time.Second)
	if got := s.Queue(); got.MaxReceives != 0 || got.VisibilityTimeout != 90*loop.Second {
		t.Errorf("%+v", got)
	}
}

// watchAllJobs makes of a policy of a group that can be empty that of another.
func watchAllJobs(p loop.Policy) {
	var alarm *loop.AlarmConfig
	switch p := p.(type) {
	case *loop.Simple:
		alarm = &p.Alarm
	case *loop.Step:
		alarm = &p.Alarm
	}
	if alarm.Metric == loop.SpareBacklog {
		alarm.Metric = loop.Backlog
	}
}
