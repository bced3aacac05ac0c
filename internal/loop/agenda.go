package loop

import (
	"cmp"
	"slices"
)

// agenda is when the driver must stop: samples, evaluations, and the polls and entries of the policies
// that do not act on alarms.
type agenda struct {
	minute   int // of the next sample
	evaluate int // the next evaluation, by its sample
	delay    Millis
	polls    []poll
	entries  []entry // by time
}

type poll struct {
	policy *KEDA
	kept   *Recommendations
	next   Millis
}

type entry struct {
	Entry
	policy *Schedule
}

func newAgenda(c *Config) *agenda {
	a := &agenda{minute: 1, evaluate: 1, delay: c.Metric.Delay}
	for _, p := range c.Policies {
		switch p := p.(type) {
		case *KEDA:
			a.polls = append(a.polls, poll{p, NewRecommendations(p, c.Group.Initial), p.Poll})
		case *Schedule:
			for _, e := range p.Plan {
				a.entries = append(a.entries, entry{e, p})
			}
		}
	}
	slices.SortStableFunc(a.entries, func(a, b entry) int { return cmp.Compare(a.At, b.At) })
	return a
}

// next is the earliest of all.
func (a *agenda) next() Millis {
	t := min(a.sample(), a.evaluation())
	for i := range a.polls {
		t = min(t, a.polls[i].next)
	}
	if len(a.entries) > 0 {
		t = min(t, a.entries[0].At)
	}
	return t
}

func (a *agenda) sample() Millis     { return Minute * Millis(a.minute) }
func (a *agenda) evaluation() Millis { return Minute*Millis(a.evaluate) + a.delay }
