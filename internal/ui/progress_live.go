package ui

import (
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// liveProgress redraws one line a resource. Events only change what the next frame will show.
type liveProgress struct {
	live

	mu   sync.Mutex
	view view
}

// NewLiveProgress redraws one line a resource, in place, until End leaves the last state of them all
// on the screen. It follows the terminal's size, and shows a part where there are more resources than
// rows.
func NewLiveProgress(o *Output) Progress { return &liveProgress{live: live{out: o}} }

func (p *liveProgress) Begin(title string, items []Item) {
	p.End()
	p.mu.Lock()
	p.view = newView(p.out, title, items, time.Now())
	p.mu.Unlock()
	p.begin(0, p.lines)
}

func (p *liveProgress) Event(e provision.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.event(e, time.Now())
}

func (p *liveProgress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.view.notes = append(p.view.notes, text)
}

func (p *liveProgress) End() { p.end() }

func (p *liveProgress) lines(width, height int, last bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if last {
		return p.view.final(width, time.Now())
	}
	return p.view.frame(width, height, time.Now())
}
