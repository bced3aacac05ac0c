package loop

// Controller holds the policies that act on alarms, with the state of the alarms and the cooldown that
// all simple policies share.
type Controller struct {
	rules    []rule
	cooldown Cooldown
}

// rule is a policy with its alarms.
type rule struct {
	policy   AlarmPolicy
	alarms   []Evaluator
	readings []Reading
}

// NewController takes the policies that act on alarms out of a list.
func NewController(policies []Policy) *Controller {
	c := &Controller{}
	for _, p := range policies {
		if p, ok := p.(AlarmPolicy); ok {
			alarms := p.Alarms()
			c.rules = append(c.rules, rule{p, alarms, make([]Reading, len(alarms))})
		}
	}
	return c
}

// Alarms are those of all policies, in their order.
func (c *Controller) Alarms() []Evaluator {
	var all []Evaluator
	for _, r := range c.rules {
		all = append(all, r.alarms...)
	}
	return all
}

// reach is how many samples back the alarms look.
func (c *Controller) reach() int {
	n := 0
	for _, r := range c.rules {
		n = max(n, r.policy.reach())
	}
	return n
}

// Act evaluates every alarm on the samples up to minute k, and then applies to the plant the largest of
// the capacities that the policies propose. It returns the policy that changed it, nil where none did.
func (c *Controller) Act(t Millis, k int, samples *Samples, p *Plant) (Policy, Activity) {
	for _, r := range c.rules {
		for i, a := range r.alarms {
			r.readings[i] = a.Evaluate(samples, k)
		}
	}
	g := p.View(t)
	g.CooldownUntil = c.cooldownUntil(p)
	var choice Choice
	for _, r := range c.rules {
		choice.Offer(r.policy, g, r.readings, t)
	}
	if choice.Policy == nil {
		return nil, Activity{}
	}
	a := p.Resize(t, choice.To)
	if simple, ok := choice.Policy.(*Simple); ok {
		c.cooldown.Begin(simple.Cooldown, a)
		if a.Draining > 0 {
			p.AwaitDrain()
		}
	}
	return choice.Policy, a
}

func (c *Controller) cooldownUntil(p *Plant) Millis {
	if gone, ok := p.Drained(); ok {
		c.cooldown.Drained(gone)
	}
	return c.cooldown.Until
}
