package stack

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The policies: how the group follows the jobs.
const (
	SimplePolicy = "simple" // so many instances more or fewer, then a cooldown
	StepPolicy   = "step"   // the more jobs wait, the more instances at once
	TablePolicy  = "table"  // as many instances as a table from jobs to instances says
)

// Policies are all of them.
func Policies() []string { return []string{SimplePolicy, StepPolicy, TablePolicy} }

// maxSteps is how many steps a scaling policy can have.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
const maxSteps = 20

// ScaleStep is one step of a step policy: from so many waiting jobs on, so many instances more.
type ScaleStep struct{ Jobs, Add int }

func (s ScaleStep) String() string { return fmt.Sprintf("%d:%+d", s.Jobs, s.Add) }

// MarshalText writes "10:+2".
func (s ScaleStep) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it.
func (s *ScaleStep) UnmarshalText(b []byte) error {
	jobs, add, ok := numbers(string(b))
	if !ok {
		return errors.New("must have the form JOBS:+INSTANCES, for example 10:+2")
	}
	*s = ScaleStep{jobs, add}
	return nil
}

// TableRow is one row of a table policy: from so many jobs on, waiting or under work, so many instances.
type TableRow struct{ Jobs, Instances int }

func (r TableRow) String() string { return fmt.Sprintf("%d:%d", r.Jobs, r.Instances) }

// MarshalText writes "8:2".
func (r TableRow) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads it.
func (r *TableRow) UnmarshalText(b []byte) error {
	jobs, instances, ok := numbers(string(b))
	if !ok || strings.Contains(string(b), "+") { // which would be a step's
		return errors.New("must have the form JOBS:INSTANCES, for example 8:2")
	}
	*r = TableRow{jobs, instances}
	return nil
}

// numbers reads "8:2" and "8:+2".
func numbers(pair string) (a, b int, ok bool) {
	left, right, found := strings.Cut(pair, ":")
	a, err := strconv.Atoi(left)
	b, other := strconv.Atoi(right)
	return a, b, found && err == nil && other == nil
}

// defaultSteps are those of preset step: what safe does, and more at once where a burst comes.
func defaultSteps() []ScaleStep { return []ScaleStep{{10, 2}, {50, 5}} }

// defaultJobsPerInstance is the ratio of the reference design, which adds 2 instances at 10 jobs. It is KEDA's
// default as well.
const defaultJobsPerInstance = 5

// Complete gives every scaling setting that was not given, by the words of the flags, what it is by default:
// the policy that of the preset, and the rest what goes with the policy. Where preset and policy were both
// given and do not fit, the policy counts: the presets but classic differ in nothing else.
func (s *Spec) Complete(given func(setting string) bool) {
	if !given("policy") {
		s.Policy = policyOf(s.Preset)
	}
	if named := presetOf(s.Policy); s.Preset != Classic && known(s.Preset) && named != "" {
		s.Preset = named
	}
	periods, scaleInAt := 2, 2
	switch s.Policy {
	case StepPolicy:
		periods = 1 // a second one would only keep jobs waiting: what is added follows what waits
		if !given("step") {
			s.Steps = defaultSteps()
		}
	case TablePolicy:
		periods, scaleInAt = 1, 0 // a job that is left has its row in the table
		if !given("table") && !given("jobs-per-instance") {
			s.JobsPerInstance = defaultJobsPerInstance
		}
	}
	if !given("periods") {
		s.Periods = periods
	}
	if !given("scale-in-at") {
		s.ScaleInAt = scaleInAt
	}
}

// policyOf returns the policy of a preset.
func policyOf(preset string) string {
	switch preset {
	case Step:
		return StepPolicy
	case Table:
		return TablePolicy
	}
	return SimplePolicy
}

// presetOf returns the preset that is safe but for its policy; "" where there is no such policy.
func presetOf(policy string) string {
	switch policy {
	case SimplePolicy:
		return Safe
	case StepPolicy:
		return Step
	case TablePolicy:
		return Table
	}
	return ""
}

func known(preset string) bool { return slices.Contains(Presets(), preset) }

// table is the table policy's rows: those given, or one instance for every so many jobs, up to the
// group's maximum. Where that needs more steps than AWS allows, the rows are the farther apart the larger they
// are, and each has the capacity that its last job needs.
func (s *Spec) table(most int) []TableRow {
	if len(s.Table) > 0 {
		return s.Table
	}
	var rows []TableRow
	served := 0 // instances that the rows so far call for
	for _, instances := range Spread(max(1, most), maxSteps) {
		rows = append(rows, TableRow{Jobs: served*s.JobsPerInstance + 1, Instances: instances})
		served = instances
	}
	return rows
}

// Spread returns at most n counts from 1 to most, ascending: all of them, or one after the other as far as they
// must be to reach the last in about equal ratios.
func Spread(most, n int) []int {
	counts := make([]int, 0, min(most, n))
	if most <= n {
		for i := 1; i <= most; i++ {
			counts = append(counts, i)
		}
		return counts
	}
	ratio := math.Pow(float64(most), 1/float64(n-1))
	for i, last := 0, 0; i < n && last < most; i++ {
		last = min(max(int(math.Round(math.Pow(ratio, float64(i)))), last+1), most)
		counts = append(counts, last)
	}
	counts[len(counts)-1] = most
	return counts
}
