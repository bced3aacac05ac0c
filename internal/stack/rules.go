package stack

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// rule is one scaling rule: a policy, and the alarm that runs it.
type rule struct {
	ruleID
	policy scalingPolicyProperties
	alarm  alarmProperties // but for its action and its tags
}

// ruleID is a rule's name, which policy and alarm bear too, and the logical IDs of the two.
type ruleID struct{ name, policyID, alarmID string }

// The rules that a stack can have. Those of one policy share no name with those of another: a switch makes
// the new ones before it deletes the old, and at no moment does the group follow nothing.
var (
	scaleOutRule = ruleID{"scale-out", ScaleOutPolicy, ScaleOutAlarm}
	scaleInRule  = ruleID{"scale-in", ScaleInPolicy, ScaleInAlarm}
	stepOutRule  = ruleID{"step-out", StepOutPolicy, StepOutAlarm}
	stepInRule   = ruleID{"step-in", StepInPolicy, StepInAlarm}
	tableRule    = ruleID{"table", TableRowsPolicy, TableRowsAlarm}
	tableInRule  = ruleID{"table-in", TableInPolicy, TableInAlarm}
	wakeRule     = ruleID{"wake", WakePolicy, WakeAlarm}

	allRules = []ruleID{scaleOutRule, scaleInRule, stepOutRule, stepInRule, tableRule, tableInRule, wakeRule}
)

// rules returns the rules by which the group follows the jobs.
func (d design) rules() []rule {
	if d.wakes() {
		return append(d.following(), d.wake())
	}
	return d.following()
}

// following returns the rules of the policy.
func (d design) following() []rule {
	switch d.Policy {
	case StepPolicy:
		return []rule{d.stepOut(), d.stepIn(stepInRule)}
	case TablePolicy:
		return []rule{d.tableOut(), d.stepIn(tableInRule)}
	}
	return []rule{
		{scaleOutRule, d.simple(d.ScaleOutBy, d.Cooldown), d.manyWait(d.ScaleOutAt)},
		{scaleInRule, d.simple(-d.ScaleInBy, d.Cooldown), d.fewLeft()},
	}
}

// wakes reports whether the group can be empty and must be woken by the first job.
func (d design) wakes() bool { return d.least == 0 && d.Spec.wakes() }

// wakes reports whether an empty group is woken, so that the first job need not wait for the tenth. A table
// that begins with the first job does that itself, and the reference design does not.
func (s *Spec) wakes() bool {
	return s.Preset != Classic && (s.Policy != TablePolicy || s.table(1)[0].Jobs > 1)
}

// keepsLast reports whether the group could be emptied while a job is left. It must not be: the job would
// wake it again, and so on, and no instance would live long enough to boot.
func (d design) keepsLast() bool { return d.safe() && d.least == 0 && d.ScaleInAt > 0 }

// wake brings an empty group its first instance.
func (d design) wake() rule { return rule{wakeRule, d.simple(1, d.Period), d.stranded()} }

// stepOut adds the more instances the more jobs wait.
func (d design) stepOut() rule {
	threshold := d.Steps[0].Jobs
	var steps stepAdjustments
	for _, s := range d.Steps {
		steps = steps.from(s.Jobs-threshold, s.Add)
	}
	return rule{stepOutRule, d.stepScaling("ChangeInCapacity", steps), d.manyWait(threshold)}
}

// tableOut sets the capacity that the table has for the jobs that wait and those under work. It is what
// shrinks the group too, down to the first row.
func (d design) tableOut() rule {
	rows := d.table(d.most)
	threshold := rows[0].Jobs
	var steps stepAdjustments
	for _, r := range rows {
		steps = steps.from(r.Jobs-threshold, r.Instances)
	}
	return rule{tableRule, d.stepScaling("ExactCapacity", steps), d.alarm(alarmProperties{
		AlarmDescription:   unserved.text(threshold, "more") + " " + d.ASG,
		Metrics:            d.backlog(),
		Threshold:          float64(threshold),
		ComparisonOperator: atLeast,
	})}
}

// stepIn takes instances away, one adjustment a minute, when hardly a job is left.
func (d design) stepIn(id ruleID) rule {
	last := stepAdjustments{{MetricIntervalUpperBound: aws.Float64(0), ScalingAdjustment: -d.ScaleInBy}}
	return rule{id, d.stepScaling("ChangeInCapacity", last), d.fewLeft()}
}

// The types of policies.
const (
	simpleScaling = "SimpleScaling"
	stepScaling   = "StepScaling"
)

func (d design) simple(adjustment int, cooldown Duration) scalingPolicyProperties {
	return scalingPolicyProperties{
		AutoScalingGroupName: d.ASG,
		PolicyType:           simpleScaling, AdjustmentType: "ChangeInCapacity",
		ScalingAdjustment: adjustment, Cooldown: cooldown.Seconds(),
		Enabled: true,
	}
}

// stepScaling is a policy that takes the largest of the alarm's newest values, since the alarms have
// one value a period.
func (d design) stepScaling(adjustment string, steps stepAdjustments) scalingPolicyProperties {
	p := scalingPolicyProperties{
		AutoScalingGroupName: d.ASG,
		PolicyType:           stepScaling, AdjustmentType: adjustment,
		StepAdjustments: steps, MetricAggregationType: "Maximum",
		Enabled: true,
	}
	if d.Warmup > 0 {
		p.EstimatedInstanceWarmup = aws.Int(d.Warmup.Seconds())
	}
	return p
}

// manyWait watches the jobs that wait: those under work have their instance already.
func (d design) manyWait(jobs int) alarmProperties {
	return d.alarm(alarmProperties{
		AlarmDescription:   waiting.text(jobs, "more") + " " + d.ASG,
		Metrics:            []alarmMetric{d.jobs("", visibleMetric)},
		Threshold:          float64(jobs),
		ComparisonOperator: atLeast,
	})
}

// fewLeft watches, in all presets but classic, the jobs under work too: an empty queue does not mean that the
// instances are idle, and an instance taken away takes its jobs with it.
func (d design) fewLeft() alarmProperties {
	metrics, what, group := []alarmMetric{d.jobs("", visibleMetric)}, waiting, d.ASG
	switch {
	case d.keepsLast():
		metrics, what, group = d.spareBacklog(), unserved, group+", and fewer than it has instances"
	case d.safe():
		metrics, what = d.backlog(), unserved
	}
	return d.alarm(alarmProperties{
		AlarmDescription:   what.text(d.ScaleInAt, "fewer") + " " + group,
		Metrics:            metrics,
		Threshold:          float64(d.ScaleInAt),
		ComparisonOperator: atMost,
	})
}

// stranded watches for jobs that wait while no instance is in service.
func (d design) stranded() alarmProperties {
	return d.alarm(alarmProperties{
		AlarmDescription:   "a job waits and no instance of " + d.ASG + " is in service",
		Metrics:            []alarmMetric{{ID: "wake", Expression: strandedExpression}, d.inService(), d.jobs("visible", visibleMetric)},
		Threshold:          1,
		ComparisonOperator: atLeast,
		EvaluationPeriods:  1,
	})
}

// The words of CloudWatch.
const (
	visibleMetric  = "ApproximateNumberOfMessagesVisible"
	inFlightMetric = "ApproximateNumberOfMessagesNotVisible"
	atLeast        = "GreaterThanOrEqualToThreshold"
	atMost         = "LessThanOrEqualToThreshold"

	backlogExpression  = "visible + in_flight"
	strandedExpression = "IF(visible > 0 AND in_service < 1, 1, 0)"

	// spareExpression begins an expression that is the backlog where there are more instances than jobs,
	// and else a value above the threshold.
	spareExpression = "IF(visible + in_flight < in_service, visible + in_flight, "
)

// backlog is the jobs that wait and those under work.
func (d design) backlog() []alarmMetric {
	return []alarmMetric{
		{ID: "backlog", Expression: backlogExpression},
		d.jobs("in_flight", inFlightMetric),
		d.jobs("visible", visibleMetric),
	}
}

// spareBacklog is the backlog of a group of which an instance can be spared.
func (d design) spareBacklog() []alarmMetric {
	return []alarmMetric{
		{ID: "backlog", Expression: fmt.Sprintf("%s%d)", spareExpression, d.ScaleInAt+1)},
		d.jobs("in_flight", inFlightMetric),
		d.inService(),
		d.jobs("visible", visibleMetric),
	}
}

// inService is how many instances of the group are in service.
func (d design) inService() alarmMetric {
	return alarmMetric{
		ID: "in_service", Namespace: "AWS/AutoScaling", MetricName: inServiceMetric,
		Dimensions: map[string]string{"AutoScalingGroupName": d.ASG},
		Statistic:  "Maximum", Period: d.Period.Seconds(),
	}
}

// jobs is a metric of the job queue. Both count messages at one moment; a window can hold two of these
// samples, and Sum, the reference design's, then counts every job twice.
func (d design) jobs(id, metric string) alarmMetric {
	statistic := "Maximum"
	if !d.safe() {
		statistic = "Sum"
	}
	return alarmMetric{
		ID: id, Namespace: "AWS/SQS", MetricName: metric,
		Dimensions: map[string]string{"QueueName": namesOf(d.Spec, d.account.Region).jobQueue},
		Statistic:  statistic, Period: d.Period.Seconds(),
	}
}

// alarm fills in what all alarms have in common.
func (d design) alarm(p alarmProperties) alarmProperties {
	if p.EvaluationPeriods == 0 {
		p.EvaluationPeriods = d.Periods
	}
	p.DatapointsToAlarm = p.EvaluationPeriods
	p.ActionsEnabled = true
	p.TreatMissingData = "missing"
	if d.safe() {
		p.TreatMissingData = "notBreaching"
	}
	return p
}

// verb is what jobs do: one of them, and many.
type verb struct{ one, many string }

var (
	waiting  = verb{"waits for", "wait for"}
	unserved = verb{"waits for or runs on", "wait for or run on"}
)

// text is "10 jobs or more wait for", or "1 job or fewer waits for".
func (v verb) text(jobs int, than string) string {
	does := v.many
	if jobs == 1 {
		does = v.one
	}
	return fmt.Sprintf("%s or %s %s", jobCount(jobs), than, does)
}

// jobCount is "1 job" or "10 jobs".
func jobCount(n int) string { return fmt.Sprintf("%d %s", n, plural(n, "job")) }
