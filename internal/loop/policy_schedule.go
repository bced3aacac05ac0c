package loop

import "encoding/json"

// Schedule sets the capacity at given times: scheduled actions, or a plan made with hindsight.
type Schedule struct {
	Name string  `json:"name"`
	Plan []Entry `json:"plan"`
}

// Entry is a capacity from a time on.
type Entry struct {
	At       Millis
	Capacity int
}

// MarshalJSON writes [t, n].
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal([2]any{e.At, e.Capacity}) }

// Label is the policy's name.
func (p *Schedule) Label() string { return p.Name }

func (p *Schedule) kind() string { return "schedule" }
