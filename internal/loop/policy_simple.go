package loop

// Simple is SimpleScaling: one adjustment, then nothing until the activity is over and a cooldown has
// passed.
type Simple struct {
	Name           string         `json:"name"`
	Alarm          AlarmConfig    `json:"alarm"`
	AdjustmentType AdjustmentType `json:"adjustment_type"`
	Adjustment     int            `json:"adjustment"`
	MinMagnitude   int            `json:"min_magnitude"`
	Cooldown       Millis         `json:"cooldown_s"`
}

// Label is the policy's name.
func (p *Simple) Label() string { return p.Name }

// Alarms makes the policy's only alarm, of the policy's name.
func (p *Simple) Alarms() []Evaluator { return []Evaluator{NewAlarm(p.Name, p.Alarm)} }

// Propose adjusts the desired capacity. What is blocked is lost: the alarm comes back in a minute.
func (p *Simple) Propose(g View, alarms []Reading, now Millis) (int, bool) {
	if alarms[0].State != StateAlarm || now < g.CooldownUntil || g.Launching > 0 || g.Draining > 0 {
		return 0, false
	}
	return g.clamp(Adjust(p.AdjustmentType, g.Desired, p.Adjustment, p.MinMagnitude)), true
}

func (p *Simple) kind() string { return "simple" }
func (p *Simple) reach() int   { return p.Alarm.reach() }
