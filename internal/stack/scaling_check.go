package stack

import (
	"fmt"
	"time"
)

// scaling holds the settings against the policy that they are for.
func (c *checker) scaling(s *Spec) {
	if presetOf(s.Policy) == "" {
		c.must(false, "policy", s.Policy, "must be "+orList(Policies()), "for example --policy "+TablePolicy)
		return
	}
	c.policy(s)
	switch s.Policy {
	case SimplePolicy:
		c.simple(s)
	case StepPolicy:
		c.steps(s)
	case TablePolicy:
		c.table(s)
	}
	c.must(s.ScaleInAt >= 0, "scale-in-at", s.ScaleInAt, "must be at least 0 jobs", "")
	c.must(s.ScaleInBy >= 1 && s.ScaleInBy <= maxInstances, "scale-in-by", s.ScaleInBy, "must be at least 1 instance, and at most 10000 (they are taken away)", "")
}

// policy wants a policy that the preset allows, and no setting of another one.
func (c *checker) policy(s *Spec) {
	c.must(s.Preset != Classic || s.Policy == SimplePolicy, "policy", s.Policy, "preset classic is the reference design to the letter, and that is simple", "for example --preset "+presetOf(s.Policy))
	c.must(s.Preset != Step && s.Preset != Table || s.Preset == presetOf(s.Policy), "preset", s.Preset, "has another policy than "+s.Policy, "for example --preset "+presetOf(s.Policy))
	if s.Policy != StepPolicy && len(s.Steps) > 0 {
		c.must(false, "step", s.Steps[0], "needs --policy step, and the policy is "+s.Policy, "add --policy step, or leave --step out")
	}
	if s.Policy != TablePolicy && len(s.Table) > 0 {
		c.must(false, "table", s.Table[0], "needs --policy table, and the policy is "+s.Policy, "add --policy table, or leave --table out")
	}
	c.must(s.Policy == TablePolicy || s.JobsPerInstance == 0, "jobs-per-instance", s.JobsPerInstance, "needs --policy table, and the policy is "+s.Policy, "add --policy table, or leave --jobs-per-instance out")
	c.must(s.Policy != SimplePolicy || s.Warmup == 0, "warmup", s.Warmup, "needs --policy step or --policy table: a simple policy has a --cooldown instead", "")
	c.must(s.Warmup >= 0 && time.Duration(s.Warmup) <= maxWarmup && wholeSeconds(s.Warmup), "warmup", s.Warmup, "must be whole seconds, from 0s to 1h; 0s leaves it to the group", "for example --warmup 3m")
}

func (c *checker) simple(s *Spec) {
	c.must(s.ScaleOutAt >= 1 && s.ScaleOutAt <= maxJobs, "scale-out-at", s.ScaleOutAt, "must be at least 1 job, and at most 1000000000", "")
	c.scaleInBelow(s, fmt.Sprintf("--scale-out-at %d", s.ScaleOutAt), s.ScaleOutAt)
	c.must(s.ScaleOutBy >= 1 && s.ScaleOutBy <= maxInstances, "scale-out-by", s.ScaleOutBy, "must be at least 1 instance, and at most 10000", "")
	c.must(s.Cooldown > 0 && time.Duration(s.Cooldown) <= maxCooldown && wholeSeconds(s.Cooldown), "cooldown", s.Cooldown, "must be whole seconds, from 1s to 24h", "for example --cooldown 5m")
}

// scaleInBelow wants the group to shrink at fewer jobs than it grows at.
func (c *checker) scaleInBelow(s *Spec, growsAt string, jobs int) {
	c.must(s.ScaleInAt < jobs, "scale-in-at", s.ScaleInAt, fmt.Sprintf("must be less than %s, or both alarms are true at once and the group goes up and down", growsAt),
		fmt.Sprintf("for example --scale-in-at %d", max(0, min(2, jobs-1))))
}

func (c *checker) steps(s *Spec) {
	if !c.count("step", len(s.Steps), "for example --step 10:+2") {
		return
	}
	for i, step := range s.Steps {
		c.jobs("step", step, step.Jobs)
		c.must(step.Add >= 1 && step.Add <= maxInstances, "step", step, "must add at least 1 instance, and at most 10000", "")
		if i > 0 {
			before := s.Steps[i-1]
			c.must(before.Jobs < step.Jobs, "step", step, fmt.Sprintf("must be at more jobs than the step before it, %s", before), "")
			c.must(before.Add <= step.Add, "step", step, fmt.Sprintf("must not add fewer instances than the step before it, %s", before), "")
		}
	}
	c.scaleInBelow(s, "the first step, "+s.Steps[0].String(), s.Steps[0].Jobs)
}

// table wants rows or what they are made from. A row of no instances would take those away that still
// work, and the jobs of that row would then wait for ever. With rows that fall, more jobs would make the
// group smaller, and the queue longer yet.
func (c *checker) table(s *Spec) {
	if len(s.Table) == 0 {
		c.must(s.JobsPerInstance >= 1 && s.JobsPerInstance <= maxJobs, "jobs-per-instance", s.JobsPerInstance, "must be at least 1 job, and at most 1000000000", "or give the rows with --table 1:1,8:2")
		c.scaleInBelow(s, "the first row of the table, 1:1", 1)
		return
	}
	c.must(s.JobsPerInstance == 0, "jobs-per-instance", s.JobsPerInstance, "cannot be together with --table: it makes the table", "leave one of the two out")
	if !c.count("table", len(s.Table), "") {
		return
	}
	for i, row := range s.Table {
		c.jobs("table", row, row.Jobs)
		c.must(row.Instances >= 1 && row.Instances <= maxInstances, "table", row, "must be at least 1 instance, and at most 10000: --scale-in-at says when the last one goes", "")
		if i > 0 {
			before := s.Table[i-1]
			c.must(before.Jobs < row.Jobs, "table", row, fmt.Sprintf("must be for more jobs than the row before it, %s", before), "")
			c.must(before.Instances <= row.Instances, "table", row, fmt.Sprintf("must not have fewer instances than the row before it, %s", before), "")
		}
	}
	c.scaleInBelow(s, "the first row of the table, "+s.Table[0].String(), s.Table[0].Jobs)
}

// count wants as many steps as AWS takes.
func (c *checker) count(field string, n int, advice string) bool {
	ok := n >= 1 && n <= maxSteps
	c.must(ok, field, fmt.Sprintf("(%d)", n), fmt.Sprintf("there must be at least 1, and at most %d, which is all that a scaling policy takes", maxSteps), advice)
	return ok
}

// jobs: an alarm at no jobs would be one for ever.
func (c *checker) jobs(field string, value fmt.Stringer, jobs int) {
	c.must(jobs >= 1 && jobs <= maxJobs, field, value, "must be at 1 job or more, and at most 1000000000", "")
}

// maxWarmup is the longest that Auto Scaling takes for a group's default, and more than a worker needs that
// does not hang.
const maxWarmup = time.Hour

// Unused returns an error for each setting that was given, by the words of the flags, and plays no part in the
// policy: *FieldErrors.
func (s *Spec) Unused(given func(setting string) bool) []error {
	if s.Policy != StepPolicy && s.Policy != TablePolicy {
		return nil
	}
	instead := map[string]string{StepPolicy: fmt.Sprintf("--step %d:+%d", s.ScaleOutAt, s.ScaleOutBy), TablePolicy: "--table"}[s.Policy]
	var c checker
	for _, setting := range []struct {
		field string
		value any
		why   string
	}{
		{"scale-out-at", s.ScaleOutAt, instead + " says when the group grows"},
		{"scale-out-by", s.ScaleOutBy, instead + " says by how much the group grows"},
		{"cooldown", s.Cooldown, "it has no cooldown, but a --warmup"},
	} {
		c.must(!given(setting.field), setting.field, setting.value, "plays no part in policy "+s.Policy+": "+setting.why,
			"leave it out here, in eventscale.yaml and in the environment; or choose --policy simple")
	}
	return c.errs
}
