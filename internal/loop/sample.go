package loop

import "math"

// Sample is what the metrics are made of, taken once a minute.
type Sample struct {
	Visible   int    // messages that a worker could take
	Inflight  int    // messages that run, or were killed and are not yet visible again
	InService int    // instances in service, without draining ones
	Age       Millis // of the oldest message that is neither done nor dead-lettered
	Missing   bool   // nothing was published
}

// backlog is the numerator of a backlog per instance.
func (s Sample) backlog(countInflight bool) int {
	if countInflight {
		return s.Visible + s.Inflight
	}
	return s.Visible
}

// instances is the denominator of a backlog per instance; false where there is none to divide by.
func (s Sample) instances(zero ZeroInstances) (int, bool) {
	if s.InService == 0 && zero == ZeroVisible {
		return 1, true
	}
	return s.InService, s.InService > 0
}

// value is a metric of the sample; false where it has no value.
func (s Sample) value(m Metric, zero ZeroInstances) (float64, bool) {
	switch m {
	case Visible:
		return float64(s.Visible), true
	case Inflight:
		return float64(s.Inflight), true
	case Backlog:
		return float64(s.Visible + s.Inflight), true
	case Age:
		return s.Age.Seconds(), true
	case Stranded:
		if s.Visible > 0 && s.InService == 0 {
			return 1, true
		}
		return 0, true
	case SpareBacklog:
		if backlog := s.Visible + s.Inflight; backlog < s.InService {
			return float64(backlog), true
		}
		return math.Inf(1), true
	default:
		n, ok := s.instances(zero)
		if !ok {
			return 0, false
		}
		return float64(s.Visible) / float64(n), true
	}
}

// Samples are the newest of the minutes 1, 2, 3, ...
type Samples struct {
	ring   []Sample
	newest int
}

// NewSamples remembers as many as keep.
func NewSamples(keep int) *Samples { return &Samples{ring: make([]Sample, max(keep, 1))} }

// Add appends the sample of the next minute and returns which that is.
func (s *Samples) Add(x Sample) int {
	s.newest++
	s.ring[s.newest%len(s.ring)] = x
	return s.newest
}

// At returns the sample of minute k; false where it is missing, was never taken or is forgotten.
func (s *Samples) At(k int) (Sample, bool) {
	if k < 1 || k > s.newest || k <= s.newest-len(s.ring) {
		return Sample{}, false
	}
	x := s.ring[k%len(s.ring)]
	return x, !x.Missing
}
