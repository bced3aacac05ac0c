package loop

// Controller holds the policies that act on alarms, with the state of the alarms and the cooldown that
// all simple policies share.
type Controller struct {
	rules    []rule
	cooldown Millis // simple policies are blocked until then
	awaiting Millis // the cooldown that follows when what drains now is gone; -1 where nothing does
}

// rule is a policy with its alarms.
type rule struct {
	policy   AlarmPolicy
	alarms   []Evaluator
	readings []Reading
}

// NewController takes the policies that act on alarms out of a list.
func NewController(policies []Policy) *Controller {
	c := &Controller{awaiting: -1}
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
	best, to := c.largest(g, t)
	if best == nil {
		return nil, Activity{}
	}
	a := p.Resize(t, to)
	if simple, ok := best.(*Simple); ok {
		c.cool(simple, a, p)
	}
	return best, a
}

// largest is the first of the largest proposals that are not what is there already.
func (c *Controller) largest(g View, t Millis) (best Policy, to int) {
	for _, r := range c.rules {
		n, ok := r.policy.Propose(g, r.readings, t)
		if ok && n != g.Desired && (best == nil || n > to) {
			best, to = r.policy, n
		}
	}
	return best, to
}

// cool starts the cooldown after a simple policy's activity, which is over when the last instance is
// in service, or gone.
func (c *Controller) cool(policy *Simple, a Activity, p *Plant) {
	c.cooldown = a.End + policy.Cooldown
	c.awaiting = -1
	if a.Draining > 0 {
		c.awaiting = policy.Cooldown
		p.AwaitDrain()
	}
}

func (c *Controller) cooldownUntil(p *Plant) Millis {
	if gone, ok := p.Drained(); ok && c.awaiting >= 0 {
		c.cooldown = max(c.cooldown, gone+c.awaiting)
		c.awaiting = -1
	}
	return c.cooldown
}
