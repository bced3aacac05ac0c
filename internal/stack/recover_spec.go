package stack

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// evidence is what was found of a stack, from which its settings follow. It is read the other way round than
// list and rules write it, and a test holds the two against each other.
type evidence struct {
	found   map[string]provision.Finding // by logical ID
	unknown []string                     // what could not be told, each a sentence
}

// ours returns the properties of an object that is the stack's.
func ours[P any](e *evidence, logicalID string) (P, bool) {
	f := e.found[logicalID]
	if !f.Claim.Ours() {
		var none P
		return none, false
	}
	return provision.PropertiesOf[P](f)
}

// told returns the properties of an object, and notes which settings cannot be told without it.
func told[P any](e *evidence, logicalID string, settings ...string) (P, bool) {
	p, ok := ours[P](e, logicalID)
	if !ok {
		verb := "is"
		if len(settings) > 1 {
			verb = "are"
		}
		why := "is missing"
		if e.found[logicalID].Claim == provision.Foreign {
			why = "is somebody else's"
		}
		e.unknown = append(e.unknown, fmt.Sprintf("%s %s: %s %s taken as by default", logicalID, why, strings.Join(settings, ", "), verb))
	}
	return p, ok
}

// spec returns the settings that explain what was found.
func (e *evidence) spec(named Spec, builtIn string) Spec {
	policy := e.policy()
	preset := presetOf(policy)
	if policy == SimplePolicy && e.classic() {
		preset = Classic
	}
	s := DefaultsOf(preset)
	s.Stack, s.ASG, s.FIFO = named.Stack, named.ASG, e.fifo()
	if q, ok := told[queueProperties](e, JobQueue, "visibility-timeout"); ok {
		s.VisibilityTimeout = secondsLong(q.VisibilityTimeout)
	}
	e.scaling(&s)
	e.function(&s, builtIn)
	if g, ok := told[logGroupProperties](e, IngestLogGroup, "log-retention"); ok && g.RetentionInDays > 0 {
		s.LogRetention = g.RetentionInDays
	}
	s.Tags = e.tags()
	if err := s.Check(); err != nil {
		e.unknown = append(e.unknown, "what AWS shows is not what `up` would make: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return s
}

// fifo reports whether the queues in use are FIFO queues: the function and the alarms name them, and where they
// are gone, what is left of the queues tells.
func (e *evidence) fifo() bool {
	if f, ok := ours[functionProperties](e, IngestFunction); ok {
		return strings.HasSuffix(f.Environment[queueURLVariable].Reveal(), fifoSuffix)
	}
	for _, r := range allRules {
		if a, ok := ours[alarmProperties](e, r.alarmID); ok {
			return strings.HasSuffix(a.jobs().Dimensions["QueueName"], fifoSuffix)
		}
	}
	if q, ok := ours[queueProperties](e, JobQueue); ok {
		return q.FifoQueue
	}
	return e.found[provision.Superseded(JobQueue)].Claim.Ours()
}

// swapQueues takes the FIFO queues for those in use, and the others for replaced ones.
func (e *evidence) swapQueues() {
	for id, dependsOn := range map[string][]string{JobQueue: {DeadLetterQueue}, DeadLetterQueue: nil} {
		old := provision.Superseded(id)
		plain, fifo := e.found[id], e.found[old]
		e.found[id], e.found[old] = fifo.As(id, dependsOn), plain.As(old, dependsOn)
	}
}

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

func (e *evidence) function(s *Spec, builtIn string) {
	s.CodeSHA256 = builtIn
	f, ok := told[functionProperties](e, IngestFunction, "handler", "runtime", "memory", "function-timeout", "env", "function-zip")
	if !ok {
		return
	}
	s.Handler, s.Runtime, s.Memory = f.Handler, f.Runtime, f.MemorySize
	s.FunctionTimeout, s.CodeSHA256 = secondsLong(f.Timeout), f.Code.sha256
	s.Env = map[string]provision.Secret{}
	for name, value := range f.Environment {
		if name != queueURLVariable {
			s.Env[name] = value
		}
	}
	if s.CodeSHA256 != builtIn {
		e.unknown = append(e.unknown, "the function's code is not this eventscale's own: where its package lies is not known, and `up` without --function-zip puts the built-in function in its place")
	}
}

// tags returns the user's tags: those that all objects of the stack carry alike.
func (e *evidence) tags() map[string]string {
	var common map[string]string
	for _, f := range e.found {
		if f.Claim != provision.Found || f.Tags == nil {
			continue
		}
		if common == nil {
			common = userTags(f.Tags)
		}
		for key, value := range common {
			if f.Tags[key] != value {
				delete(common, key)
			}
		}
	}
	return common
}

func userTags(tags provision.Tags) map[string]string {
	users := map[string]string{}
	for key, value := range tags {
		if !strings.HasPrefix(key, "eventscale:") && !strings.HasPrefix(strings.ToLower(key), "aws:") {
			users[key] = value
		}
	}
	return users
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

func secondsLong(n int) Duration { return Duration(time.Duration(n) * time.Second) }
