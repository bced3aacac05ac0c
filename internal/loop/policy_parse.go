package loop

import (
	"fmt"
	"strconv"
)

// policy reads one policy and appends it. Without a name it is called by its type and its index.
func (r *reading) policy(c *Config, n *node, path string) {
	f := r.object(n, path)
	kind := ""
	f.need("type")
	word(f, "type", &kind)
	name := kind + strconv.Itoa(len(c.Policies))
	word(f, "name", &name)
	switch kind {
	case "simple":
		c.Policies = append(c.Policies, f.simple(name))
	case "step":
		c.Policies = append(c.Policies, f.step(name))
	case "target":
		c.Policies = append(c.Policies, f.target(name))
	case "keda":
		c.Policies = append(c.Policies, f.keda(name))
	case "schedule":
		c.Policies = append(c.Policies, f.schedule(name))
	default:
		if at := f.get("type"); at != nil {
			f.fail(at, f.path+"type", fmt.Sprintf("%q is not one of simple, step, target, keda, schedule", kind))
		}
		return
	}
	f.end()
}

func (f *fields) simple(name string) *Simple {
	p := &Simple{Name: name, Cooldown: defaultCooldown}
	f.alarm(&p.Alarm)
	f.need("adjustment_type")
	word(f, "adjustment_type", &p.AdjustmentType)
	f.need("adjustment")
	f.integer("adjustment", &p.Adjustment)
	f.integer("min_magnitude", &p.MinMagnitude)
	f.seconds("cooldown_s", &p.Cooldown)
	return p
}

// defaultCooldown is that of an Auto Scaling group.
const defaultCooldown = 300 * Second

func (f *fields) step(name string) *Step {
	p := &Step{Name: name}
	f.alarm(&p.Alarm)
	f.need("adjustment_type")
	word(f, "adjustment_type", &p.AdjustmentType)
	f.need("steps")
	f.each("steps", func(n *node, path string) {
		s := f.reading.object(n, path)
		p.Steps = append(p.Steps, StepAdjustment{Lower: s.bound("lower"), Upper: s.bound("upper")})
		s.need("adjustment")
		s.integer("adjustment", &p.Steps[len(p.Steps)-1].Adjustment)
		s.end()
	})
	f.integer("min_magnitude", &p.MinMagnitude)
	return p
}

// bound is nil where it is absent or null.
func (f *fields) bound(name string) *float64 {
	n := f.get(name)
	if n == nil {
		return nil
	}
	v := f.float(n, f.path+name)
	return &v
}

func (f *fields) alarm(to *AlarmConfig) {
	*to = DefaultAlarm()
	f.need("alarm")
	a, ok := f.object("alarm")
	if !ok {
		return
	}
	word(a, "metric", &to.Metric)
	word(a, "statistic", &to.Statistic)
	a.seconds("period_s", &to.Period)
	a.integer("evaluation_periods", &to.EvaluationPeriods)
	to.DatapointsToAlarm = to.EvaluationPeriods
	a.integer("datapoints_to_alarm", &to.DatapointsToAlarm)
	word(a, "comparison", &to.Comparison)
	a.need("threshold")
	a.number("threshold", &to.Threshold)
	word(a, "treat_missing_data", &to.TreatMissingData)
	word(a, "zero_instances", &to.ZeroInstances)
	a.end()
}

func (f *fields) target(name string) *Target {
	p := DefaultTarget()
	p.Name = name
	f.need("target")
	f.number("target", &p.Target)
	f.boolean("count_inflight", &p.CountInflight)
	f.boolean("disable_scale_in", &p.DisableScaleIn)
	word(f, "zero_instances", &p.ZeroInstances)
	f.integer("high_periods", &p.HighPeriods)
	f.integer("low_periods", &p.LowPeriods)
	return &p
}

func (f *fields) keda(name string) *KEDA {
	p := DefaultKEDA()
	p.Name = name
	f.integer("queue_length", &p.QueueLength)
	f.seconds("poll_s", &p.Poll)
	f.seconds("stabilization_s", &p.Stabilization)
	f.boolean("count_inflight", &p.CountInflight)
	return &p
}

func (f *fields) schedule(name string) *Schedule {
	p := &Schedule{Name: name}
	f.need("plan")
	f.each("plan", func(n *node, path string) {
		at, capacity := f.pair(n, path, "[seconds, instances]")
		p.Plan = append(p.Plan, Entry{at, f.whole(capacity, path+"[1]")})
	})
	return p
}
