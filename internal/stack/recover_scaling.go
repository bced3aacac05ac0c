package stack

import (
	"fmt"
	"math"
	"strings"
)

// policy returns the policy of which the most objects are there. A switch that was cut off leaves those of two.
func (e *evidence) policy() string {
	best, most := SimplePolicy, 0
	var seen []string
	for _, policy := range Policies() {
		n := 0
		for _, r := range rulesOf(policy) {
			for _, id := range []string{r.policyID, r.alarmID} {
				if e.found[id].Claim.Ours() {
					n++
				}
			}
		}
		if n > 0 {
			seen = append(seen, policy)
		}
		if n > most {
			best, most = policy, n
		}
	}
	if len(seen) > 1 {
		e.unknown = append(e.unknown, fmt.Sprintf("there are rules of more than one policy, %s: %s is taken as wanted, and `up` removes the others", strings.Join(seen, " and "), best))
	}
	return best
}

// rulesOf are the rules of a policy, but for the wake rule, which goes with all.
func rulesOf(policy string) []ruleID {
	switch policy {
	case StepPolicy:
		return []ruleID{stepOutRule, stepInRule}
	case TablePolicy:
		return []ruleID{tableRule, tableInRule}
	}
	return []ruleID{scaleOutRule, scaleInRule}
}

// classic reports whether the stack is the reference design: it has no dead-letter queue, and sums up.
func (e *evidence) classic() bool {
	if e.found[DeadLetterQueue].Claim.Ours() {
		return false
	}
	for _, r := range rulesOf(SimplePolicy) {
		if a, ok := ours[alarmProperties](e, r.alarmID); ok {
			return a.jobs().Statistic == "Sum"
		}
	}
	q, ok := ours[queueProperties](e, JobQueue)
	return ok && q.RedrivePolicy == ""
}

// jobs is the metric of the job queue that an alarm watches: the last one, see model.
func (p alarmProperties) jobs() alarmMetric { return p.Metrics[len(p.Metrics)-1] }

func (e *evidence) scaling(s *Spec) {
	switch s.Policy {
	case SimplePolicy:
		e.simple(s)
	case StepPolicy:
		e.steps(s)
	case TablePolicy:
		e.table(s)
	}
}

func (e *evidence) simple(s *Spec) {
	if a, ok := told[alarmProperties](e, ScaleOutAlarm, "scale-out-at"); ok {
		s.ScaleOutAt = jobsAt(a)
	}
	if p, ok := told[scalingPolicyProperties](e, ScaleOutPolicy, "scale-out-by"); ok {
		s.ScaleOutBy, s.Cooldown = p.ScalingAdjustment, secondsLong(p.Cooldown)
	}
	if p, ok := told[scalingPolicyProperties](e, ScaleInPolicy, "scale-in-by"); ok {
		s.ScaleInBy, s.Cooldown = -p.ScalingAdjustment, secondsLong(p.Cooldown)
	}
	e.alarms(s, scaleInRule, scaleOutRule)
}

func (e *evidence) steps(s *Spec) {
	p, isPolicy := told[scalingPolicyProperties](e, StepOutPolicy, "step", "warmup")
	a, isAlarm := told[alarmProperties](e, StepOutAlarm, "the first step's jobs")
	if isPolicy && len(p.StepAdjustments) > 0 {
		first := s.Steps[0].Jobs
		if isAlarm {
			first = jobsAt(a)
		}
		s.Steps = nil
		for _, step := range p.StepAdjustments {
			s.Steps = append(s.Steps, ScaleStep{first + step.offset(), step.ScalingAdjustment})
		}
	}
	e.stepIn(s, stepInRule, stepOutRule)
}

func (e *evidence) table(s *Spec) {
	p, isPolicy := told[scalingPolicyProperties](e, TableRowsPolicy, "table", "jobs-per-instance", "warmup")
	a, isAlarm := told[alarmProperties](e, TableRowsAlarm, "the first row's jobs")
	if isPolicy && len(p.StepAdjustments) > 0 {
		first := 1
		if isAlarm {
			first = jobsAt(a)
		}
		var rows []TableRow
		for _, step := range p.StepAdjustments {
			rows = append(rows, TableRow{first + step.offset(), step.ScalingAdjustment})
		}
		s.setTable(rows)
	}
	e.stepIn(s, tableInRule, tableRule)
}

// setTable takes rows for a derived table where they are one: it is what follows the group's maximum.
func (s *Spec) setTable(rows []TableRow) {
	derived := *s
	derived.Table = nil
	if len(rows) > 1 {
		derived.JobsPerInstance = max(1, rows[1].Jobs-rows[0].Jobs)
	}
	if fmt.Sprint(derived.table(rows[len(rows)-1].Instances)) == fmt.Sprint(rows) {
		*s = derived
		return
	}
	s.Table, s.JobsPerInstance = rows, 0
}

// stepIn tells the rest of a policy with steps: how it shrinks.
func (e *evidence) stepIn(s *Spec, in, out ruleID) {
	for _, id := range []string{out.policyID, in.policyID} {
		if p, ok := ours[scalingPolicyProperties](e, id); ok && p.EstimatedInstanceWarmup != nil {
			s.Warmup = secondsLong(*p.EstimatedInstanceWarmup)
		}
	}
	if p, ok := told[scalingPolicyProperties](e, in.policyID, "scale-in-by"); ok && len(p.StepAdjustments) > 0 {
		s.ScaleInBy = -p.StepAdjustments[0].ScalingAdjustment
	}
	e.alarms(s, in, out)
}

// alarms tells what a policy's alarms have in common, and the threshold of the one that shrinks the group.
func (e *evidence) alarms(s *Spec, in, out ruleID) {
	if a, ok := told[alarmProperties](e, in.alarmID, "scale-in-at"); ok {
		s.ScaleInAt = jobsAt(a)
	}
	seen := false
	for _, r := range []ruleID{in, out} {
		if a, ok := ours[alarmProperties](e, r.alarmID); ok {
			s.Period, s.Periods, seen = secondsLong(a.jobs().Period), a.EvaluationPeriods, true
		}
	}
	if !seen {
		e.unknown = append(e.unknown, "no alarm of the policy is there: period, periods are taken as by default")
	}
}

// jobsAt is the threshold of an alarm, in jobs.
func jobsAt(a alarmProperties) int { return int(math.Round(a.Threshold)) }

// offset is how many jobs above the threshold an adjustment begins.
func (s stepAdjustment) offset() int {
	if s.MetricIntervalLowerBound == nil {
		return 0
	}
	return int(math.Round(*s.MetricIntervalLowerBound))
}
