package loop

// KEDA is what KEDA's SQS scaler and the Kubernetes autoscaler behind it do, for comparison: they ask
// the queue itself, and shrink to the largest recommendation of the last minutes.
type KEDA struct {
	Name          string `json:"name"`
	QueueLength   int    `json:"queue_length"` // messages an instance
	Poll          Millis `json:"poll_s"`
	Stabilization Millis `json:"stabilization_s"`
	CountInflight bool   `json:"count_inflight"`
}

// DefaultKEDA is what is left out of a keda policy's JSON.
func DefaultKEDA() KEDA {
	return KEDA{QueueLength: 5, Poll: 30 * Second, Stabilization: 300 * Second, CountInflight: true}
}

// Label is the policy's name.
func (p *KEDA) Label() string { return p.Name }

func (p *KEDA) kind() string { return "keda" }

// Recommendations are those of a KEDA policy's polls that still hold it back from shrinking.
type Recommendations struct {
	policy *KEDA
	kept   []recommendation // ever older, ever larger: others can not become the largest
}

type recommendation struct {
	at Millis
	n  int
}

// NewRecommendations begins with the group's capacity at 0.
func NewRecommendations(p *KEDA, initial int) *Recommendations {
	return &Recommendations{p, []recommendation{{0, initial}}}
}

// Poll returns the capacity after a poll that found the queue as in the sample.
func (r *Recommendations) Poll(g View, s Sample, now Millis) int {
	n := g.clamp(ceilDiv(s.backlog(r.policy.CountInflight), r.policy.QueueLength))
	r.keep(recommendation{now, n})
	if n > g.Desired {
		return n
	}
	return min(g.Desired, r.kept[0].n)
}

// keep adds the newest. What is not larger than it can be forgotten: it ends sooner.
func (r *Recommendations) keep(newest recommendation) {
	for len(r.kept) > 0 && r.kept[len(r.kept)-1].n <= newest.n {
		r.kept = r.kept[:len(r.kept)-1]
	}
	r.kept = append(r.kept, newest)
	for r.kept[0].at <= newest.at-r.policy.Stabilization && len(r.kept) > 1 {
		r.kept = r.kept[1:]
	}
}
