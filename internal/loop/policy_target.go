package loop

// Target is target tracking of the backlog per instance: two alarms that Auto Scaling makes itself,
// and a capacity proportional to the backlog.
type Target struct {
	Name           string        `json:"name"`
	Target         float64       `json:"target"`         // messages an instance, to the thousandth
	CountInflight  bool          `json:"count_inflight"` // the backlog is visible and in flight
	DisableScaleIn bool          `json:"disable_scale_in"`
	ZeroInstances  ZeroInstances `json:"zero_instances"`
	HighPeriods    int           `json:"high_periods"`
	LowPeriods     int           `json:"low_periods"`
}

// Auto Scaling documents neither the periods nor the threshold of the low alarm; these are what
// groups in the wild show.
const (
	trackingHighPeriods = 3
	trackingLowPeriods  = 15
)

// DefaultTarget is what is left out of a target policy's JSON. The target has no default.
func DefaultTarget() Target {
	return Target{ZeroInstances: ZeroMissing, HighPeriods: trackingHighPeriods, LowPeriods: trackingLowPeriods}
}

// Label is the policy's name.
func (p *Target) Label() string { return p.Name }

// Alarms makes the alarms NAME:high and NAME:low, in this order.
func (p *Target) Alarms() []Evaluator {
	return []Evaluator{
		&trackingAlarm{p, p.Name + ":high", p.HighPeriods, p.tooMuch, StateUnknown},
		&trackingAlarm{p, p.Name + ":low", p.LowPeriods, p.tooLittle, StateUnknown},
	}
}

// Propose follows the high alarm or, where that is silent, the low one.
func (p *Target) Propose(g View, alarms []Reading, _ Millis) (int, bool) {
	high, low := alarms[0], alarms[1]
	switch {
	case high.State == StateAlarm && high.Newest.Real:
		return max(g.Desired, g.clamp(p.proportional(max(1, g.warm()), high.Sample))), true
	case high.State != StateAlarm && low.State == StateAlarm && low.Newest.Real && !p.DisableScaleIn && g.Warming == 0:
		return min(g.Desired, g.clamp(p.proportional(g.Active, low.Sample))), true
	}
	return 0, false
}

// proportional is the capacity that brings the backlog per instance to the target, rounded up.
func (p *Target) proportional(capacity int, s Sample) int {
	instances, _ := s.instances(p.ZeroInstances)
	return int(ceilDiv(int64(capacity)*int64(s.backlog(p.CountInflight))*1000, int64(instances)*p.thousandths()))
}

// thousandths is the target as an integer: a division has no place where equality matters.
func (p *Target) thousandths() int64 { return int64(FromSeconds(p.Target)) }

// tooMuch is a backlog per instance above the target.
func (p *Target) tooMuch(backlog, instances int) bool {
	return int64(backlog)*1000 > p.thousandths()*int64(instances)
}

// tooLittle is one below nine tenths of it.
func (p *Target) tooLittle(backlog, instances int) bool {
	return int64(backlog)*10000 < 9*p.thousandths()*int64(instances)
}

func (p *Target) kind() string { return "target" }
func (p *Target) reach() int   { return max(p.HighPeriods, p.LowPeriods) + extraDatapoints }

// trackingAlarm is an alarm of a target policy: every period must breach, and missing data is missing.
type trackingAlarm struct {
	policy   *Target
	name     string
	periods  int
	breaches func(backlog, instances int) bool
	state    State
}

func (a *trackingAlarm) Name() string { return a.name }
func (a *trackingAlarm) State() State { return a.state }

func (a *trackingAlarm) Evaluate(samples *Samples, k int) Reading {
	var r Reading
	marks := make([]Mark, 0, 32)
	for i := range a.periods + extraDatapoints {
		s, taken := samples.At(k - i)
		instances, some := s.instances(a.policy.ZeroInstances)
		if !taken || !some {
			marks = append(marks, Missing)
			continue
		}
		backlog := s.backlog(a.policy.CountInflight)
		if !r.Newest.Real {
			r.Newest, r.Sample = Datapoint{float64(backlog) / float64(instances), true}, s
		}
		marks = append(marks, a.mark(backlog, instances))
	}
	a.state = Judge(a.state, marks, a.periods, a.periods, TreatMissing)
	r.State = a.state
	return r
}

func (a *trackingAlarm) mark(backlog, instances int) Mark {
	if a.breaches(backlog, instances) {
		return Breaching
	}
	return Fine
}
