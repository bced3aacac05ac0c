package loop

import "math"

// extraDatapoints is how many datapoints an evaluation fetches beyond its evaluation periods. AWS
// publishes one example, 5 for 3.
const extraDatapoints = 2

// State is the state of an alarm.
type State string

// CloudWatch's names.
const (
	StateOK      State = "OK"
	StateAlarm   State = "ALARM"
	StateUnknown State = "INSUFFICIENT_DATA"
)

// Datapoint is a period's value; the zero Datapoint is a missing one.
type Datapoint struct {
	Value float64
	Real  bool
}

// Reading is what one evaluation found.
type Reading struct {
	State  State
	Newest Datapoint // the newest one that is not missing, of those that were fetched
	Sample Sample    // target tracking: what the newest one is made of
}

// Alarm is an alarm and its state.
type Alarm struct {
	name   string
	config AlarmConfig
	state  State
	points []Datapoint
}

// NewAlarm makes an alarm without data yet.
func NewAlarm(name string, config AlarmConfig) *Alarm {
	return &Alarm{
		name: name, config: config, state: StateUnknown,
		points: make([]Datapoint, config.EvaluationPeriods+extraDatapoints),
	}
}

// Name is the alarm's.
func (a *Alarm) Name() string { return a.name }

// State is that of the last evaluation.
func (a *Alarm) State() State { return a.state }

// Evaluate brings the state up to the sample of minute k. It looks at no later sample.
func (a *Alarm) Evaluate(samples *Samples, k int) Reading {
	p := a.config.minutes()
	r := Reading{}
	for i := range a.points {
		a.points[i] = a.config.datapoint(samples, k-i*p-p+1, k-i*p)
		if a.points[i].Real && !r.Newest.Real {
			r.Newest = a.points[i]
		}
	}
	a.state = a.config.Judge(a.state, a.points)
	r.State = a.state
	return r
}

// Judge returns the state that follows from the newest datapoints, the newest first, the missing ones
// among them: two more than the evaluation periods where there are that many.
func (c *AlarmConfig) Judge(was State, points []Datapoint) State {
	marks := make([]Mark, 0, 32)
	for _, d := range points {
		switch {
		case !d.Real:
			marks = append(marks, Missing)
		case c.Comparison.breaches(d.Value, c.Threshold):
			marks = append(marks, Breaching)
		default:
			marks = append(marks, Fine)
		}
	}
	return Judge(was, marks, c.EvaluationPeriods, c.DatapointsToAlarm, c.TreatMissingData)
}

// datapoint aggregates the samples of the minutes from..to, the oldest first.
func (c *AlarmConfig) datapoint(samples *Samples, from, to int) Datapoint {
	sum, low, high, n := 0.0, math.Inf(1), math.Inf(-1), 0
	for k := max(from, 1); k <= to; k++ {
		s, ok := samples.At(k)
		if !ok {
			continue
		}
		v, ok := s.value(c.Metric, c.ZeroInstances)
		if !ok {
			continue
		}
		sum += v
		low, high = min(low, v), max(high, v)
		n++
	}
	if n == 0 {
		return Datapoint{}
	}
	return Datapoint{c.Statistic.of(sum, low, high, n), true}
}

func (s Statistic) of(sum, low, high float64, n int) float64 {
	switch s {
	case Sum:
		return sum
	case Average:
		return sum / float64(n)
	case Maximum:
		return high
	default:
		return low
	}
}
