package loop

// Arrivals says how a trace of counts becomes messages, and what service those of a trace without
// service times have.
type Arrivals struct {
	Bin           Millis   `json:"bin_s"`                      // the width of a bin
	Service       Millis   `json:"service_s,omitempty"`        // of every message, or
	ServiceValues []Millis `json:"service_values_s,omitempty"` // of messages in turn, or drawn
	Pick          Pick     `json:"pick,omitempty"`
	Seed          uint64   `json:"seed,omitempty"` // of the draw
}

// Pick says which of the service values a message has.
type Pick string

// In turn, by the message's index, or drawn by a hash of the index and the seed.
const (
	PickCycle Pick = "cycle"
	PickHash  Pick = "hash"
)

// DefaultArrivals has bins of a minute. The service has no default.
func DefaultArrivals() Arrivals { return Arrivals{Bin: Minute, Pick: PickCycle} }

// service makes the rule; every value is at least a millisecond.
func (a *Arrivals) service() service {
	s := service{hash: a.Pick == PickHash, seed: a.Seed}
	for _, v := range a.ServiceValues {
		s.values = append(s.values, max(1, v))
	}
	if len(s.values) == 0 {
		s.values = []Millis{max(1, a.Service)}
	}
	return s
}

// given is whether there is a service at all.
func (a *Arrivals) given() bool { return a.Service > 0 || len(a.ServiceValues) > 0 }
