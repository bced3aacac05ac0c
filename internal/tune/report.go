package tune

import (
	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
)

// SchemaVersion is the version of the JSON of a Report.
const SchemaVersion = 1

// Report is what a search came to.
type Report struct {
	SchemaVersion int                  `json:"schema_version"`
	Workload      simulation.Workload  `json:"workload"`
	Validation    *simulation.Workload `json:"validation,omitempty"`
	Group         simulation.Group     `json:"group"`
	SLO           string               `json:"slo"`
	TunedFor      string               `json:"tuned_for"` // the objective with the margin
	Margin        float64              `json:"margin"`
	Kills         int64                `json:"kills"` // that were allowed
	Reaction      Reaction             `json:"reaction"`

	Best     []Row `json:"best"`     // the winner first; none where no policy holds
	Writable *Row  `json:"writable"` // the best that `eventscale up` can make; nil where none holds
	Presets  []Row `json:"presets"`
	Fixed    Row   `json:"fixed"` // the least fleet that holds the objective all the time

	BoundHours float64 `json:"bound_hours"` // no policy that holds the objective costs less; see LowerBound
	Tried      int     `json:"tried"`       // candidates
	OutOfTime  bool    `json:"out_of_time"` // the budget ended the search: another machine may find another answer

	Notes []simulation.Finding `json:"notes"` // what the reader must know, the gravest first

	Written string `json:"written,omitempty"` // the configuration file that has the winner now

	slo SLO
}

// Row is a policy with its figures.
type Row struct {
	Name       string       `json:"name"`           // the family, or "preset safe", or "fixed fleet of 33"
	Settings   string       `json:"settings"`       // in the words of the flags
	Min        int          `json:"min"`            // instances that the group must keep
	Max        int          `json:"max,omitempty"`  // of a fixed fleet
	Figures    []Figure     `json:"figures"`        // of the objective's limits
	Holds      bool         `json:"holds"`          // the objective, without the margin, and the kills
	Hours      float64      `json:"instance_hours"` //
	Ratio      float64      `json:"ratio"`          // to the bound; 0 where that is 0
	Cost       *float64     `json:"cost,omitempty"` // of the instances, where a price was given
	Totals     loop.Totals  `json:"totals"`
	Validation *Check       `json:"validation,omitempty"`
	Spec       *stack.Spec  `json:"-"` // nil for what `eventscale up` cannot make
	Target     *loop.Target `json:"-"`
}

// Figure is one of the limited figures of a run.
type Figure struct {
	Name    string      `json:"name"` // p95 wait
	Seconds loop.Millis `json:"seconds"`
	Bound   loop.Millis `json:"bound_s"`
	Holds   bool        `json:"holds"`
}

// Check is what became of a policy on the validation trace.
type Check struct {
	Figures []Figure    `json:"figures"`
	Holds   bool        `json:"holds"`
	Totals  loop.Totals `json:"totals"`
}

// Actions are the changes of the group.
func (r *Row) Actions() int { return r.Totals.ScaleOutActions + r.Totals.ScaleInActions }

// Winner is the best that was found; nil where no policy holds.
func (r *Report) Winner() *Row {
	if len(r.Best) == 0 {
		return nil
	}
	return &r.Best[0]
}

// FleetIsCheaper reports whether instances that are there all the time cost less than any policy that was
// found.
func (r *Report) FleetIsCheaper() bool {
	w := r.Winner()
	return w != nil && r.Fixed.Hours < w.Hours
}

// Price gives every row the cost of its instances, at so much an instance-hour.
func (r *Report) Price(hour float64) {
	rows := []*Row{&r.Fixed, r.Writable}
	for i := range r.Best {
		rows = append(rows, &r.Best[i])
	}
	for i := range r.Presets {
		rows = append(rows, &r.Presets[i])
	}
	for _, row := range rows {
		if row != nil {
			cost := row.Hours * hour
			row.Cost = &cost
		}
	}
}

func (s SLO) figures(t *loop.Totals) []Figure {
	list := make([]Figure, len(s))
	for i, l := range s {
		figure := l.Of(t)
		list[i] = Figure{l.Figure(), figure, l.Bound, l.holds(figure)}
	}
	return list
}

// row is the row of totals.
func (p *Problem) row(name, settings string, t *loop.Totals) Row {
	return Row{
		Name: name, Settings: settings, Min: p.group().Min, Figures: p.SLO.figures(t),
		Holds: p.complete(t) && p.SLO.Holds(t), Hours: t.InstanceHours, Totals: *t,
	}
}

// candidateRow is the row of a trial.
func (p *Problem) candidateRow(name string, t *trial) Row {
	r := p.row(name, t.candidate.settings(), &t.totals)
	r.Min = max(r.Min, t.candidate.Least)
	if t.candidate.Family == Target {
		r.Target = t.candidate.Target
		return r
	}
	spec := t.candidate.Spec
	r.Spec = &spec
	return r
}
