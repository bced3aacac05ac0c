package ui

import (
	"fmt"
	"time"

	"github.com/eventscale/eventscale/internal/tune"
)

// TuneProgress is how far a search has come, on one line of a terminal that is drawn again and again. Elsewhere
// it shows nothing.
type TuneProgress struct {
	out    *Output
	budget time.Duration // 0: there is none
	shown  bool
}

// NewTuneProgress shows progress on an output, unless it must be silent or no terminal is there.
func NewTuneProgress(o *Output, silent bool, budget time.Duration) *TuneProgress {
	if silent || !o.Interactive() {
		o = nil
	}
	return &TuneProgress{o, budget, false}
}

// Show draws the line.
func (t *TuneProgress) Show(p tune.Progress, elapsed time.Duration) {
	if t.out == nil {
		return
	}
	t.shown = true
	fmt.Fprint(t.out, "\r\x1b[K"+t.out.fit(progressText(p, elapsed, t.budget), max(t.out.Width()-1, 1)))
}

// End takes the line away.
func (t *TuneProgress) End() {
	if t.shown {
		fmt.Fprint(t.out, "\r\x1b[K")
	}
}

func progressText(p tune.Progress, elapsed, budget time.Duration) string {
	text := fmt.Sprintf("searching: %s", count(p.Tried, "candidate"))
	if p.Best > 0 {
		text += fmt.Sprintf(", the best with %s instance-hours", hours(p.Best))
	}
	if text += ", " + span(elapsed); budget > 0 {
		text += " of " + span(budget)
	}
	return text
}
