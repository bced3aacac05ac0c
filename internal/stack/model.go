package stack

import (
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// Rules are the scaling rules of the spec as the model has them, for a group with these bounds. They are
// read off the very properties that an up gives to AWS. The spec must be one that Check takes.
func (s Spec) Rules(least, most int) []loop.Policy {
	var policies []loop.Policy
	for _, r := range (design{Spec: s, bounds: bounds{least, most}}).rules() {
		policies = append(policies, r.model())
	}
	return policies
}

func (r rule) model() loop.Policy {
	p, alarm, adjustment := r.policy, r.alarm.model(), loop.AdjustmentType(r.policy.AdjustmentType)
	if p.PolicyType == simpleScaling {
		return &loop.Simple{
			Name: r.name, Alarm: alarm, AdjustmentType: adjustment,
			Adjustment: p.ScalingAdjustment, Cooldown: loop.Millis(p.Cooldown) * loop.Second,
		}
	}
	step := &loop.Step{Name: r.name, Alarm: alarm, AdjustmentType: adjustment}
	for _, s := range p.StepAdjustments {
		step.Steps = append(step.Steps, loop.StepAdjustment{
			Lower: s.MetricIntervalLowerBound, Upper: s.MetricIntervalUpperBound, Adjustment: s.ScalingAdjustment,
		})
	}
	return step
}

// model returns the alarm as the model has it. An expression comes first among the metrics, and a metric of
// the job queue last.
func (p alarmProperties) model() loop.AlarmConfig {
	a := loop.DefaultAlarm()
	watched, jobs := p.Metrics[0], p.Metrics[len(p.Metrics)-1]
	switch {
	case watched.Expression == backlogExpression:
		a.Metric = loop.Backlog
	case watched.Expression == strandedExpression:
		a.Metric = loop.Stranded
	case strings.HasPrefix(watched.Expression, spareExpression):
		a.Metric = loop.SpareBacklog
	default:
		a.Metric = loop.Visible
	}
	a.Statistic, a.Period = loop.Statistic(jobs.Statistic), loop.Millis(jobs.Period)*loop.Second
	a.EvaluationPeriods, a.DatapointsToAlarm = p.EvaluationPeriods, p.DatapointsToAlarm
	a.Comparison, a.Threshold = loop.Comparison(p.ComparisonOperator), p.Threshold
	a.TreatMissingData = loop.Treatment(p.TreatMissingData)
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
