package loop

// Policy is what changes the group's capacity: *[Simple], *[Step], *[Target], *[KEDA] or *[Schedule].
type Policy interface {
	// Label is the policy's name.
	Label() string
	kind() string
	check(c *checker, path string)
}

// AlarmPolicy is a policy that acts on alarms: *[Simple], *[Step] or *[Target].
type AlarmPolicy interface {
	Policy
	// Alarms makes the policy's alarms, without data yet.
	Alarms() []Evaluator
	// Propose returns the capacity that the policy wants, within the group's bounds, after its alarms
	// were read in the order of Alarms. It is false where the policy wants nothing; the capacity that
	// the group already has is nothing either, and left to the caller to tell.
	Propose(g View, alarms []Reading, now Millis) (int, bool)
	// reach is how many samples back the alarms look.
	reach() int
}

// Evaluator is an alarm of any sort.
type Evaluator interface {
	Name() string
	State() State
	Evaluate(samples *Samples, k int) Reading
}

// View is a group as its policies see it.
type View struct {
	Min, Max, Desired int
	Active            int    // launching ones included, draining ones not
	Launching         int    // active and not yet in service
	Warming           int    // active and not yet warm
	Draining          int    // finishing their last jobs
	CooldownUntil     Millis // of the simple policies
}

// clamp keeps a capacity within the group's bounds.
func (g View) clamp(n int) int { return min(max(n, g.Min), g.Max) }

// warm is how many instances count as capacity.
func (g View) warm() int { return g.Active - g.Warming }
