package tune

import (
	"math"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// scale is the measure of a problem, by which the grids are laid out.
type scale struct {
	spec  stack.Spec // what is not tuned
	least int
	most  int
	jobs  float64 // that an instance can do within the objective's bound
	fleet int     // the cheapest fixed fleet, or the group's maximum

	standing bool // the group's least is sought too: the objective leaves no time to launch anything
}

// share is a number of tenths of jobs.
func (s scale) share(of float64) int { return max(1, int(math.Round(10*of*s.jobs))) }

// count is a number of jobs.
func (s scale) count(of float64) int { return max(1, int(math.Round(of*s.jobs))) }

// part is a part of the fixed fleet in instances, within the group.
func (s scale) part(of float64) int {
	return min(max(1, int(math.Ceil(of*float64(s.fleet)))), s.most)
}

// mostJobs bounds what the search makes of thresholds: two of them in sum are fewer than a policy can have.
const mostJobs = 100_000_000

// within is a number of jobs as a threshold.
func within(jobs float64) int { return int(min(jobs, mostJobs)) }

// mostAtOnce is how many instances one step can add, or a row of a table have, so that `eventscale up` takes it.
const mostAtOnce = 10_000

// families lays out the axes of those that are asked for.
func (s scale) families(names []string) []family {
	all := map[string]func() family{Simple: s.simple, Step: s.step, Table: s.table, Target: s.target}
	var list []family
	for _, n := range names {
		f := all[n]()
		if s.standing {
			f = s.stand(f)
		}
		list = append(list, f)
	}
	return list
}

// stand adds the group's least to a family.
func (s scale) stand(f family) family {
	last, build := len(f.axes), f.build
	f.axes = append(f.axes, axis{[]int{s.least, s.part(.4), s.part(.7), s.part(1)}, s.least, s.most, false})
	f.build = func(at []int) Candidate {
		c := build(at)
		c.Least = at[last]
		return c
	}
	return f
}

func (s scale) base(policy string) Candidate {
	preset := map[string]string{Simple: stack.Safe, Step: stack.Step, Table: stack.Table, Target: stack.Safe}[policy]
	spec := stack.DefaultsOf(preset)
	spec.Steps, spec.Table, spec.JobsPerInstance = nil, nil, 0
	spec.VisibilityTimeout = s.spec.VisibilityTimeout
	if policy == Step || policy == Table {
		spec.Warmup = s.spec.Warmup
	}
	return Candidate{Family: policy, Spec: spec, Least: s.least}
}

// simple: when to scale out and by how much, when to scale in and by how much, cooldown and periods.
func (s scale) simple() family {
	axes := []axis{
		{[]int{s.count(.05), s.count(.2), s.count(.6)}, 1, mostJobs, true},
		{[]int{1, s.part(.3), s.part(.8)}, 1, s.most, true},
		{[]int{0, s.count(.05)}, 0, mostJobs, true},
		{[]int{1, s.part(.3), s.part(1)}, 1, s.most, true},
		{[]int{60, 180}, 1, 3600, true},
		{[]int{1, 2}, 1, 3, false},
	}
	return family{Simple, axes, func(at []int) Candidate {
		c := s.base(Simple)
		c.Spec.ScaleOutAt, c.Spec.ScaleOutBy = at[0], at[1]
		c.Spec.ScaleInAt, c.Spec.ScaleInBy = min(at[2], at[0]-1), at[3]
		c.Spec.Cooldown = stack.Duration(time.Duration(at[4]) * time.Second)
		c.Spec.Periods = at[5]
		return c
	}}
}

// mostSteps is how many steps the search gives a step policy: more of them are hard to read, and gain nothing.
const mostSteps = 8

// step: the first threshold, the jobs for which one instance is added, the curve, and the scaling in.
func (s scale) step() family {
	axes := []axis{
		{[]int{1, s.count(.05), s.count(.25)}, 1, mostJobs, true},
		{[]int{s.share(.1), s.share(.3), s.share(.6), s.share(1.2)}, 1, 10 * mostJobs, true},
		{[]int{s.part(.5), s.part(1), s.part(2)}, 1, s.most, true},
		{[]int{0, s.count(.05)}, 0, mostJobs, true},
		{[]int{1, s.part(.3)}, 1, s.most, true},
		{[]int{1, 2}, 1, 3, false},
	}
	return family{Step, axes, func(at []int) Candidate {
		c := s.base(Step)
		c.Spec.Steps = stepRows(at[0], float64(at[1])/10, at[2])
		c.Spec.ScaleInAt, c.Spec.ScaleInBy = min(at[3], at[0]-1), at[4]
		c.Spec.Periods = at[5]
		return c
	}}
}

// stepRows are steps up to most instances at once, from the threshold first on, one for every so many jobs.
func stepRows(first int, perInstance float64, most int) []stack.ScaleStep {
	var rows []stack.ScaleStep
	for _, n := range stack.Spread(most, mostSteps) {
		jobs := max(first, within(float64(n-1)*perInstance)+1)
		if k := len(rows); k > 0 && rows[k-1].Jobs >= jobs {
			rows[k-1].Add = n
			continue
		}
		rows = append(rows, stack.ScaleStep{Jobs: jobs, Add: n})
	}
	return rows
}

// mostRows is AWS's limit on the steps of a policy.
const mostRows = 20

// table: jobs an instance, the curve (100 is straight), where the first row is in percent of that, the
// last row, periods, and the scaling in below the first row.
func (s scale) table() family {
	axes := []axis{
		{[]int{s.share(.08), s.share(.14), s.share(.22), s.share(.35), s.share(.5), s.share(.7), s.share(1)}, 1, 10 * mostJobs, true},
		{[]int{75, 100, 130}, 30, 300, true},
		{[]int{0, 50}, 0, 300, true},
		{[]int{s.part(1), s.part(1.5), s.part(3)}, 1, s.most, true},
		{[]int{1}, 1, 3, false},
		{[]int{100}, 0, 100, true},
		{[]int{1}, 1, s.most, false},
		{[]int{50}, 0, 100, false},
	}
	return family{Table, axes, func(at []int) Candidate {
		c := s.base(Table)
		perInstance := float64(at[0]) / 10
		first := max(1, within(perInstance*float64(at[2])/100))
		c.Spec.Table = tableRows(perInstance, float64(at[1])/100, first, at[3], float64(at[7])/100)
		c.Spec.Periods = at[4]
		c.Spec.ScaleInAt, c.Spec.ScaleInBy = max(0, first*at[5]/100-1), at[6]
		return c
	}}
}

// tableRows are the rows of the curve instances = (jobs/perInstance)^power, from the threshold first on, up to
// most instances. Where these are more than AWS's steps, a row stands for several counts of instances and begins
// in the middle of them.
func tableRows(perInstance, power float64, first, most int, lean float64) []stack.TableRow {
	var rows []stack.TableRow
	before := 0
	for _, n := range stack.Spread(most, mostRows) {
		from := float64(before) + lean*float64(n-1-before) // the count of instances at which one more is wanted
		jobs := first
		if before > 0 {
			jobs = first + within(perInstance*math.Pow(from, 1/power))
		}
		before = n
		if k := len(rows); k > 0 && rows[k-1].Jobs >= jobs {
			rows[k-1].Instances = n
			continue
		}
		rows = append(rows, stack.TableRow{Jobs: jobs, Instances: n})
	}
	return rows
}

// target: the backlog an instance, with the messages in flight or without.
func (s scale) target() family {
	axes := []axis{
		{[]int{s.share(.02), s.share(.05), s.share(.1), s.share(.2), s.share(.35), s.share(.6), s.share(1)}, 1, 10 * mostJobs, true},
		{[]int{0, 1}, 0, 1, false},
	}
	return family{Target, axes, func(at []int) Candidate {
		c := s.base(Target)
		p := loop.DefaultTarget()
		p.Name, p.ZeroInstances = Target, loop.ZeroVisible
		p.Target, p.CountInflight = float64(at[0])/10, at[1] == 1
		c.Target = &p
		return c
	}}
}
