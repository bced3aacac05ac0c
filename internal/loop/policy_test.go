package loop_test

import (
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

func TestAdjustmentsRoundAsPublished(t *testing.T) {
	for _, tt := range []struct {
		kind                        loop.AdjustmentType
		base, by, magnitude, change int
	}{
		{loop.PercentChangeInCapacity, 10, 127, 0, 12}, // 12.7
		{loop.PercentChangeInCapacity, 10, 6, 0, 1},    // 0.6
		{loop.PercentChangeInCapacity, 10, -6, 0, -1},
		{loop.PercentChangeInCapacity, 10, -66, 0, -6}, // -6.6
		{loop.PercentChangeInCapacity, 11, 30, 0, 3},
		{loop.PercentChangeInCapacity, 13, -30, 0, -3},
		{loop.PercentChangeInCapacity, 4, 25, 2, 2},
		{loop.PercentChangeInCapacity, 4, -25, 2, -2},
		{loop.PercentChangeInCapacity, 0, 50, 0, 0},
		{loop.PercentChangeInCapacity, 0, 50, 2, 2},
		{loop.PercentChangeInCapacity, 5, 0, 2, 0},
		{loop.ChangeInCapacity, 5, 1, 3, 1}, // the magnitude is for percentages
		{loop.ChangeInCapacity, 5, -2, 0, -2},
		{loop.ExactCapacity, 5, 7, 9, 2},
	} {
		if got := loop.Adjust(tt.kind, tt.base, tt.by, tt.magnitude) - tt.base; got != tt.change {
			t.Errorf("%s %+d on %d, at least %d: %+d, want %+d", tt.kind, tt.by, tt.base, tt.magnitude, got, tt.change)
		}
	}
}

func bound(v float64) *float64 { return &v }

// The worked example of Auto Scaling's user guide: steps of 0, 10 and 30 % above a threshold of 50, of 0, -10
// and -30 % below 50.
func TestStepsFollowThePublishedExample(t *testing.T) {
	alarm := loop.DefaultAlarm()
	alarm.Threshold = 50
	out := &loop.Step{Name: "out", Alarm: alarm, AdjustmentType: loop.PercentChangeInCapacity, Steps: []loop.StepAdjustment{
		{Lower: bound(0), Upper: bound(10)}, {Lower: bound(10), Upper: bound(20), Adjustment: 10}, {Lower: bound(20), Adjustment: 30},
	}}
	alarm.Comparison = loop.AtMost
	in := &loop.Step{Name: "in", Alarm: alarm, AdjustmentType: loop.PercentChangeInCapacity, Steps: []loop.StepAdjustment{
		{Lower: bound(-10), Upper: bound(0)}, {Lower: bound(-20), Upper: bound(-10), Adjustment: -10}, {Upper: bound(-20), Adjustment: -30},
	}}
	for _, tt := range []struct {
		policy                   *loop.Step
		metric                   float64
		desired, warming, wanted int
	}{
		{out, 60, 10, 0, 11},
		{out, 62, 11, 1, 11}, // the eleventh is not warm: 10 and 10 % of it
		{out, 70, 11, 1, 13},
		{out, 70, 11, 0, 14},
		{out, 50, 10, 0, 10},
		{in, 40, 14, 0, 13},
		{in, 30, 13, 0, 10},
		{in, 30.5, 13, 0, 12}, // the step of -10: above -20
		{in, 45, 13, 0, 13},
	} {
		g := loop.View{Max: 100, Desired: tt.desired, Active: tt.desired, Warming: tt.warming}
		r := []loop.Reading{{State: loop.StateAlarm, Newest: loop.Datapoint{Value: tt.metric, Real: true}}}
		if got, ok := tt.policy.Propose(g, r, 0); !ok || got != tt.wanted {
			t.Errorf("%s at %v with %d, %d of them warming: %d, %v, want %d", tt.policy.Name, tt.metric, tt.desired, tt.warming, got, ok, tt.wanted)
		}
	}
}

func TestNothingGoesWhileSomethingComes(t *testing.T) {
	alarm := loop.DefaultAlarm()
	p := &loop.Step{Alarm: alarm, AdjustmentType: loop.ExactCapacity, Steps: []loop.StepAdjustment{{Lower: bound(0), Adjustment: 2}}}
	r := []loop.Reading{{State: loop.StateAlarm, Newest: loop.Datapoint{Real: true}}}
	if got, ok := p.Propose(loop.View{Max: 9, Desired: 5, Active: 5, Warming: 1}, r, 0); ok {
		t.Errorf("step proposes %d while one is warming", got)
	}
	if got, ok := p.Propose(loop.View{Max: 9, Desired: 5, Active: 5}, r, 0); !ok || got != 2 {
		t.Errorf("step proposes %d, %v, want 2", got, ok)
	}
}

func TestSimpleIsBlockedUntilItsActivityIsOver(t *testing.T) {
	p := &loop.Simple{AdjustmentType: loop.ChangeInCapacity, Adjustment: 2}
	alarm := []loop.Reading{{State: loop.StateAlarm}}
	free := loop.View{Max: 9, Desired: 3, Active: 3, CooldownUntil: 100}
	launching, draining := free, free
	launching.Launching, draining.Draining = 1, 1
	for _, tt := range []struct {
		why  string
		g    loop.View
		r    []loop.Reading
		now  loop.Millis
		want bool
	}{
		{"the cooldown is just over", free, alarm, 100, true},
		{"the cooldown lasts", free, alarm, 99, false},
		{"an instance launches", launching, alarm, 100, false},
		{"an instance drains", draining, alarm, 100, false},
		{"the alarm is OK", free, []loop.Reading{{State: loop.StateOK}}, 100, false},
	} {
		if got, ok := p.Propose(tt.g, tt.r, tt.now); ok != tt.want || ok && got != 5 {
			t.Errorf("%s: %d, %v", tt.why, got, ok)
		}
	}
}

// AWS's arithmetic: 10 instances, 150 messages each, a target of 100: 15.
func TestTargetTrackingIsProportional(t *testing.T) {
	p := loop.DefaultTarget()
	p.Target = 100
	reading := func(state loop.State, visible, instances int) loop.Reading {
		return loop.Reading{State: state, Newest: loop.Datapoint{Real: true}, Sample: loop.Sample{Visible: visible, InService: instances}}
	}
	g := loop.View{Max: 100, Desired: 10, Active: 10}
	if got, _ := p.Propose(g, []loop.Reading{reading(loop.StateAlarm, 1500, 10), {}}, 0); got != 15 {
		t.Errorf("out: %d, want 15", got)
	}
	low := []loop.Reading{{State: loop.StateOK}, reading(loop.StateAlarm, 850, 10)}
	if got, _ := p.Propose(g, low, 0); got != 9 {
		t.Errorf("in: %d, want 9: 1.5 can go, one goes", got)
	}
	p.DisableScaleIn = true
	if got, ok := p.Propose(g, low, 0); ok {
		t.Errorf("in where that is disabled: %d", got)
	}
}

func TestTheLargestProposalWins(t *testing.T) {
	config := parse(t, `{"group": {"max": 9, "initial": 2}, "policies": [
		{"type": "step", "name": "a", "alarm": {"threshold": 1}, "adjustment_type": "ExactCapacity", "steps": [{"adjustment": 4}]},
		{"type": "step", "name": "b", "alarm": {"threshold": 1}, "adjustment_type": "ExactCapacity", "steps": [{"adjustment": 6}]},
		{"type": "step", "name": "c", "alarm": {"threshold": 1}, "adjustment_type": "ExactCapacity", "steps": [{"adjustment": 6}]}]}`)
	trace, _ := loop.NewTrace([]loop.Job{{Service: 500 * loop.Second}, {Service: 500 * loop.Second}, {Service: 500 * loop.Second}})
	result, err := loop.Run(config, trace, loop.Options{})
	if err != nil || len(result.Actions) == 0 || result.Actions[0].Policy != "b" || result.Actions[0].To != 6 {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestKEDAShrinksToTheLargestRecentRecommendation(t *testing.T) {
	p := loop.DefaultKEDA()
	kept := loop.NewRecommendations(&p, 2)
	desired := 2
	for _, tt := range []struct {
		at      loop.Millis
		backlog int
		want    int
	}{
		{30, 21, 5}, {60, 40, 8}, {90, 1, 8}, {120, 12, 8}, {330, 0, 8}, {359, 0, 8}, {360, 0, 3}, {419, 0, 3}, {420, 0, 0},
	} {
		g := loop.View{Max: 20, Desired: desired}
		desired = kept.Poll(g, loop.Sample{Visible: tt.backlog / 2, Inflight: tt.backlog - tt.backlog/2}, tt.at*loop.Second)
		if desired != tt.want {
			t.Errorf("at %d s: %d, want %d", tt.at, desired, tt.want)
		}
	}
}

func TestASchedulesEntriesApplyInTheirOrder(t *testing.T) {
	config := parse(t, `{"group": {"min": 1, "max": 5}, "horizon_s": 600, "policies": [
		{"type": "schedule", "plan": [[300, 2], [0, 3], [300, 9], [100.5, 0]]},
		{"type": "keda", "queue_length": 1, "poll_s": 300, "stabilization_s": 10}]}`)
	trace, _ := loop.NewTrace([]loop.Job{{Service: loop.Second}})
	result, err := loop.Run(config, trace, loop.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []loop.Action{
		{Time: 0, Policy: "schedule0", From: 1, To: 3}, {Time: 100.5, Policy: "schedule0", From: 3, To: 1},
		{Time: 300, Policy: "schedule0", From: 1, To: 2}, {Time: 300, Policy: "schedule0", From: 2, To: 5},
		{Time: 300, Policy: "keda1", From: 5, To: 1},
	}
	if len(result.Actions) != len(want) {
		t.Fatalf("%+v", result.Actions)
	}
	for i, a := range result.Actions {
		if a != want[i] {
			t.Errorf("%+v, want %+v", a, want[i])
		}
	}
}
