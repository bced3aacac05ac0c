package loop

// Step is StepScaling: the further the metric is from the threshold, the larger the adjustment. There
// is no cooldown; instances that are not warm yet do not count when it adds.
type Step struct {
	Name           string           `json:"name"`
	Alarm          AlarmConfig      `json:"alarm"`
	AdjustmentType AdjustmentType   `json:"adjustment_type"`
	Steps          []StepAdjustment `json:"steps"`
	MinMagnitude   int              `json:"min_magnitude"`
}

// StepAdjustment is for values between two bounds, which are relative to the alarm's threshold; nil is
// unbounded.
type StepAdjustment struct {
	Lower      *float64 `json:"lower"`
	Upper      *float64 `json:"upper"`
	Adjustment int      `json:"adjustment"`
}

// Label is the policy's name.
func (p *Step) Label() string { return p.Name }

// Alarms makes the policy's only alarm, of the policy's name.
func (p *Step) Alarms() []Evaluator { return []Evaluator{NewAlarm(p.Name, p.Alarm)} }

// Propose applies the first step that the newest datapoint is in.
func (p *Step) Propose(g View, alarms []Reading, _ Millis) (int, bool) {
	if alarms[0].State != StateAlarm || !alarms[0].Newest.Real {
		return 0, false
	}
	step, ok := p.step(alarms[0].Newest.Value - p.Alarm.Threshold)
	if !ok {
		return 0, false
	}
	to := p.apply(g, step.Adjustment)
	if to < g.Desired && g.Warming > 0 {
		return 0, false // nothing goes while something comes
	}
	return to, true
}

// step is the first that the distance from the threshold is in. The bound nearer to the threshold
// belongs to a step.
func (p *Step) step(distance float64) (StepAdjustment, bool) {
	greater := p.Alarm.Comparison.Greater()
	for _, s := range p.Steps {
		above := s.Lower == nil || distance > *s.Lower || greater && distance == *s.Lower
		below := s.Upper == nil || distance < *s.Upper || !greater && distance == *s.Upper
		if above && below {
			return s, true
		}
	}
	return StepAdjustment{}, false
}

func (p *Step) apply(g View, adjustment int) int {
	switch {
	case p.AdjustmentType == ExactCapacity:
		return g.clamp(adjustment)
	case adjustment > 0:
		return max(g.Desired, g.clamp(Adjust(p.AdjustmentType, g.warm(), adjustment, p.MinMagnitude)))
	default:
		return g.clamp(Adjust(p.AdjustmentType, g.Desired, adjustment, p.MinMagnitude))
	}
}

func (p *Step) kind() string { return "step" }
func (p *Step) reach() int   { return p.Alarm.reach() }
