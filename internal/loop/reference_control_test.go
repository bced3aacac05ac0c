package loop_test

import (
	"math"
	"sort"

	"github.com/eventscale/eventscale/internal/loop"
)

// at returns sample k and whether it is there.
func (r *reference) at(k int) (refSample, bool) {
	if k < 1 || k > len(r.samples) {
		return refSample{}, false
	}
	for _, g := range r.c.Metric.Gaps {
		if t := loop.Millis(k) * loop.Minute; g.From <= t && t < g.To {
			return refSample{}, false
		}
	}
	return r.samples[k-1], true
}

// marks are those of the newest n+2 minutes.
func (r *reference) marks(k, n int, breach func(refSample) bool) (marks []loop.Mark) {
	for i := range n + 2 {
		mark := loop.Missing
		if s, ok := r.at(k - i); ok {
			mark = loop.Fine
			if breach(s) {
				mark = loop.Breaching
			}
		}
		marks = append(marks, mark)
	}
	return marks
}

func (r *reference) clamp(n int) int { return max(r.c.Group.Min, min(r.c.Group.Max, n)) }

func refValue(a loop.AlarmConfig, s refSample) float64 {
	if a.Metric == loop.Backlog {
		return float64(s.visible + s.inflight)
	}
	return float64(s.visible)
}

func (r *reference) control(k int) bool {
	slot := 0
	for _, p := range r.c.Policies {
		evaluate := func(a loop.AlarmConfig) {
			marks := r.marks(k, a.EvaluationPeriods, func(s refSample) bool {
				switch v := refValue(a, s); a.Comparison {
				case loop.AtLeast:
					return v >= a.Threshold
				case loop.MoreThan:
					return v > a.Threshold
				case loop.AtMost:
					return v <= a.Threshold
				default:
					return v < a.Threshold
				}
			})
			r.states[slot] = loop.Judge(r.states[slot], marks, a.EvaluationPeriods, a.DatapointsToAlarm, a.TreatMissingData)
			slot++
		}
		switch p := p.(type) {
		case *loop.Simple:
			evaluate(p.Alarm)
		case *loop.Step:
			evaluate(p.Alarm)
		case *loop.Target:
			r.track(p, k, slot)
			slot += 2
		}
	}
	return r.propose(k)
}

// track evaluates the alarms of a target policy, whose samples count an empty group as one instance.
func (r *reference) track(p *loop.Target, k, slot int) {
	tm := int(math.Floor(p.Target*1000 + 0.5))
	high := r.marks(k, p.HighPeriods, func(s refSample) bool { return s.visible*1000 > tm*max(1, s.inService) })
	low := r.marks(k, p.LowPeriods, func(s refSample) bool { return s.visible*10000 < 9*tm*max(1, s.inService) })
	r.states[slot] = loop.Judge(r.states[slot], high, p.HighPeriods, p.HighPeriods, loop.TreatMissing)
	r.states[slot+1] = loop.Judge(r.states[slot+1], low, p.LowPeriods, p.LowPeriods, loop.TreatMissing)
}

func (r *reference) propose(k int) bool {
	best, from, name := -1, r.desired, ""
	var simple *loop.Simple
	slot := 0
	for _, p := range r.c.Policies {
		n := r.desired
		switch p := p.(type) {
		case *loop.Simple:
			n = r.simple(p, r.states[slot])
			slot++
		case *loop.Step:
			n = r.step(p, r.states[slot], k)
			slot++
		case *loop.Target:
			n = r.target(p, r.states[slot], r.states[slot+1], k)
			slot += 2
		}
		if n != r.desired && n > best {
			best, name = n, p.Label()
			simple, _ = p.(*loop.Simple)
		}
	}
	if best < 0 {
		return false
	}
	end := r.resize(best)
	r.actions = append(r.actions, loop.Action{Time: float64(r.t) / 1000, Policy: name, From: from, To: best})
	if simple != nil {
		r.cooldown = end + simple.Cooldown
		r.pending = simple.Cooldown
		for _, in := range r.insts {
			in.awaited = in.state == "draining"
		}
	}
	return true
}

func (r *reference) resize(to int) (end loop.Millis) {
	from := r.desired
	r.desired, end = to, r.t
	if to < from {
		r.totals.ScaleInActions++
		r.remove(len(r.active()) - to)
		return end
	}
	r.totals.ScaleOutActions++
	for len(r.active()) < to {
		g := r.c.Group
		in := &refInstance{id: len(r.insts), launched: r.t, state: "active"}
		in.inService = r.t + g.Launch
		in.ready = max(in.inService, r.t+g.Boot[in.id%len(g.Boot)])
		in.warm = in.inService + g.Warmup
		r.insts = append(r.insts, in)
		r.totals.InstancesLaunched++
		end = r.t + g.Launch
	}
	r.totals.PeakInstances = max(r.totals.PeakInstances, len(r.active())+r.draining())
	return end
}

func (r *reference) simple(p *loop.Simple, state loop.State) int {
	if state != loop.StateAlarm || r.t < r.cooldown || r.draining() > 0 {
		return r.desired
	}
	for _, in := range r.active() {
		if in.inService > r.t {
			return r.desired
		}
	}
	return r.clamp(loop.Adjust(p.AdjustmentType, r.desired, p.Adjustment, p.MinMagnitude))
}

func (r *reference) warm() (n int) {
	for _, in := range r.active() {
		if in.warm <= r.t {
			n++
		}
	}
	return n
}

// newest is the newest sample of the last n minutes.
func (r *reference) newest(k, n int) (refSample, bool) {
	for i := range n {
		if s, ok := r.at(k - i); ok {
			return s, true
		}
	}
	return refSample{}, false
}

func (r *reference) step(p *loop.Step, state loop.State, k int) int {
	s, ok := r.newest(k, p.Alarm.EvaluationPeriods+2)
	if state != loop.StateAlarm || !ok {
		return r.desired
	}
	d := refValue(p.Alarm, s) - p.Alarm.Threshold
	for _, st := range p.Steps {
		lower, upper := math.Inf(-1), math.Inf(1)
		if st.Lower != nil {
			lower = *st.Lower
		}
		if st.Upper != nil {
			upper = *st.Upper
		}
		greater := p.Alarm.Comparison == loop.AtLeast || p.Alarm.Comparison == loop.MoreThan
		if greater && (d < lower || d >= upper) || !greater && (d <= lower || d > upper) {
			continue
		}
		var n int
		switch {
		case p.AdjustmentType == loop.ExactCapacity:
			n = r.clamp(st.Adjustment)
		case st.Adjustment > 0:
			n = max(r.desired, r.clamp(loop.Adjust(p.AdjustmentType, r.warm(), st.Adjustment, p.MinMagnitude)))
		default:
			n = r.clamp(loop.Adjust(p.AdjustmentType, r.desired, st.Adjustment, p.MinMagnitude))
		}
		if n < r.desired && r.warm() < len(r.active()) {
			return r.desired
		}
		return n
	}
	return r.desired
}

func (r *reference) target(p *loop.Target, high, low loop.State, k int) int {
	tm := int(math.Floor(p.Target*1000 + 0.5))
	want := func(capacity, periods int) int {
		s, _ := r.newest(k, periods+2)
		num, den := capacity*s.visible*1000, max(1, s.inService)*tm
		return r.clamp((num + den - 1) / den)
	}
	switch {
	case high == loop.StateAlarm:
		return max(r.desired, want(max(1, r.warm()), p.HighPeriods))
	case low == loop.StateAlarm && !p.DisableScaleIn && r.warm() == len(r.active()):
		return min(r.desired, want(len(r.active()), p.LowPeriods))
	}
	return r.desired
}

func (r *reference) close() {
	var waits, sojourns []int64
	for _, m := range r.msgs {
		switch m.state {
		case "done":
			waits = append(waits, int64(m.final-m.arrival-m.service))
			sojourns = append(sojourns, int64(m.final-m.arrival))
			continue
		case "dead":
		default:
			r.totals.Unfinished++
			m.final = r.t
		}
		waits = append(waits, int64(m.final-m.arrival))
		sojourns = append(sojourns, int64(m.final-m.arrival))
	}
	for _, in := range r.insts {
		if in.state != "terminated" {
			in.gone = r.t
		}
		r.totals.InstanceMillis += int64(in.gone - in.launched)
	}
	r.totals.Messages = int64(len(r.msgs))
	r.totals.Wait, r.totals.Sojourn = spread(waits), spread(sojourns)
	r.totals.InstanceHours = float64(r.totals.InstanceMillis) / 3600000
	r.totals.End = float64(r.t) / 1000
	r.totals.DrainMillis = int64(max(0, r.ended-r.msgs[len(r.msgs)-1].arrival))
	if r.c.SLOWait != nil {
		n := int64(0)
		for _, w := range waits {
			if w <= int64(*r.c.SLOWait) {
				n++
			}
		}
		r.totals.WithinSLO = &n
	}
}

func spread(v []int64) loop.Distribution {
	sort.Slice(v, func(a, b int) bool { return v[a] < v[b] })
	at := func(p int) int64 { return v[(p*len(v)+99)/100-1] }
	sum := int64(0)
	for _, x := range v {
		sum += x
	}
	return loop.Distribution{P50: at(50), P90: at(90), P95: at(95), P99: at(99), Max: v[len(v)-1], Mean: sum / int64(len(v))}
}
