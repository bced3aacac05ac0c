package ui

import (
	"fmt"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/tune"
)

// TuneProgress shows how far a search has come, on one line that is redrawn. It says nothing where nobody
// looks.
type TuneProgress struct {
	live
	budget time.Duration
	silent bool

	mu   sync.Mutex
	text string
}

// NewTuneProgress begins to show, unless it is to be silent. The budget is 0 where there is none.
func NewTuneProgress(o *Output, silent bool, budget time.Duration) *TuneProgress {
	p := &TuneProgress{live: live{out: o}, budget: budget, silent: silent || !o.Interactive(), text: "searching"}
	if !p.silent {
		p.begin(frameTime, p.lines)
	}
	return p
}

// Show tells of the progress after some time.
func (p *TuneProgress) Show(progress tune.Progress, elapsed time.Duration) {
	text := fmt.Sprintf("%d candidates in %s", progress.Tried, seconds(elapsed))
	if p.budget > 0 {
		text += " of " + seconds(p.budget)
	}
	if progress.Best > 0 {
		text += fmt.Sprintf("; the best so far: %s instance-hours", hours(progress.Best))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
}

// End takes the line away.
func (p *TuneProgress) End() {
	if !p.silent {
		p.end()
	}
}

func (p *TuneProgress) lines(_, _ int, last bool) []string {
	if last {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return []string{p.out.paint(muted, p.text)}
}
