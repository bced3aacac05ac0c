package loop

// Choice is what becomes of the proposals of a group's policies at one evaluation: the largest wins, and
// the first of equals. A proposal of what is there already is none. The zero Choice has none.
type Choice struct {
	Policy AlarmPolicy // nil where nothing is to change
	To     int
}

// Offer asks a policy, which has read its alarms, what it proposes to the group.
func (c *Choice) Offer(p AlarmPolicy, g View, alarms []Reading, now Millis) {
	to, ok := p.Propose(g, alarms, now)
	if ok && to != g.Desired && (c.Policy == nil || to > c.To) {
		c.Policy, c.To = p, to
	}
}

// Cooldown is the time for which all simple policies of a group are blocked after the activity of one of
// them. It begins when the last instance is in service, or gone.
type Cooldown struct {
	Until   Millis
	Follows bool   // another one begins when what drains now is gone,
	Length  Millis // and is so long
}

// Begin starts the cooldown after an activity.
func (c *Cooldown) Begin(length Millis, a Activity) {
	*c = Cooldown{Until: a.End + length}
	if a.Draining > 0 {
		c.Follows, c.Length = true, length
	}
}

// Drained tells when the last of the instances was gone that drained when the cooldown began.
func (c *Cooldown) Drained(at Millis) {
	if c.Follows {
		c.Until, c.Follows = max(c.Until, at+c.Length), false
	}
}
