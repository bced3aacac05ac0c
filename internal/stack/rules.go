package stack

import (
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// Rules are the scaling rules of the spec as the model has them, for a group with these bounds.
func (s Spec) Rules(least, most int) []loop.Policy {
	var rules []loop.Policy
	switch s.Policy {
	case StepPolicy:
		rules = []loop.Policy{s.stepRule(), s.stepInRule()}
	case TablePolicy:
		rules = []loop.Policy{s.tableRule(most), s.stepInRule()}
	default:
		rules = []loop.Policy{
			s.simpleRule("scale-out", s.outAlarm(s.ScaleOutAt), s.ScaleOutBy, s.Cooldown),
			s.simpleRule("scale-in", s.inAlarm(), -s.ScaleInBy, s.Cooldown),
		}
	}
	if s.Preset != Classic && s.Policy != TablePolicy && least == 0 {
		wake := s.alarmRule(loop.Stranded, loop.AtLeast, 1)
		wake.EvaluationPeriods, wake.DatapointsToAlarm = 1, 1
		rules = append(rules, s.simpleRule("wake", wake, 1, s.Period))
	}
	return rules
}

func (s Spec) simpleRule(name string, alarm loop.AlarmConfig, adjustment int, cooldown Duration) *loop.Simple {
	return &loop.Simple{Name: name, Alarm: alarm, AdjustmentType: loop.ChangeInCapacity, Adjustment: adjustment, Cooldown: millis(cooldown)}
}

func (s Spec) stepRule() *loop.Step {
	p := &loop.Step{Name: "step-out", AdjustmentType: loop.ChangeInCapacity, Alarm: s.outAlarm(s.Steps[0].Jobs)}
	for i, step := range s.Steps {
		p.Steps = append(p.Steps, loop.StepAdjustment{Lower: bound(step.Jobs - s.Steps[0].Jobs), Adjustment: step.Add})
		if i > 0 {
			p.Steps[i-1].Upper = p.Steps[i].Lower
		}
	}
	return p
}

func (s Spec) tableRule(most int) *loop.Step {
	rows := s.table(most)
	p := &loop.Step{Name: "table", AdjustmentType: loop.ExactCapacity, Alarm: s.alarmRule(loop.Backlog, loop.AtLeast, rows[0].Jobs)}
	for i, row := range rows {
		p.Steps = append(p.Steps, loop.StepAdjustment{Lower: bound(row.Jobs - rows[0].Jobs), Adjustment: row.Instances})
		if i > 0 {
			p.Steps[i-1].Upper = p.Steps[i].Lower
		}
	}
	return p
}

func (s Spec) stepInRule() *loop.Step {
	return &loop.Step{
		Name: "step-in", AdjustmentType: loop.ChangeInCapacity, Alarm: s.inAlarm(),
		Steps: []loop.StepAdjustment{{Upper: bound(0), Adjustment: -s.ScaleInBy}},
	}
}

func bound(jobs int) *float64 {
	b := float64(jobs)
	return &b
}

// outAlarm and inAlarm are those of the reference design and of the safe one.
func (s Spec) outAlarm(jobs int) loop.AlarmConfig {
	return s.alarmRule(loop.Visible, loop.AtLeast, jobs)
}

func (s Spec) inAlarm() loop.AlarmConfig {
	metric := loop.Backlog
	if s.Preset == Classic {
		metric = loop.Visible
	}
	return s.alarmRule(metric, loop.AtMost, s.ScaleInAt)
}

func (s Spec) alarmRule(metric loop.Metric, comparison loop.Comparison, jobs int) loop.AlarmConfig {
	a := loop.DefaultAlarm()
	a.Metric, a.Comparison, a.Threshold = metric, comparison, float64(jobs)
	a.Period, a.EvaluationPeriods, a.DatapointsToAlarm = millis(s.Period), s.Periods, s.Periods
	a.Statistic, a.TreatMissingData = loop.Maximum, loop.TreatNotBreaching
	if s.Preset == Classic {
		a.Statistic, a.TreatMissingData = loop.Sum, loop.TreatMissing
	}
	return a
}

// Queue is the job queue as the model has it. A worker is taken to extend the visibility timeout of a job
// that it works on.
func (s Spec) Queue() loop.QueueConfig {
	q := loop.QueueConfig{VisibilityTimeout: millis(s.VisibilityTimeout), Heartbeat: true}
	if s.Preset != Classic {
		q.MaxReceives = maxReceives
	}
	return q
}

func millis(d Duration) loop.Millis { return loop.Millis(time.Duration(d) / time.Millisecond) }
