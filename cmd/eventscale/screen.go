package main

import (
	"sync"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/ui"
)

// screen is the progress of a run, while there is one. A signal can come at any time and must find it.
type screen struct {
	mu       sync.Mutex
	progress ui.Progress
}

func (s *screen) show(p ui.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress = p
}

func (s *screen) shown() ui.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress
}

// begin puts a run on the screen; end leaves what it reached there.
func (a *app) begin(title string, items []ui.Item) {
	p := a.newProgress()
	p.Begin(title, items)
	a.screen.show(p)
}

func (a *app) newProgress() ui.Progress {
	switch {
	case a.json():
		return ui.NewJSONProgress(a.stderr)
	case a.global.verbose: // the log's lines would tear a live view apart
		return ui.NewPlainProgress(a.err())
	}
	return ui.NewProgress(a.err())
}

func (a *app) end() {
	if p := a.screen.shown(); p != nil {
		p.End()
	}
	a.screen.show(nil)
}

// event shows what happens to a resource.
func (a *app) event(e provision.Event) {
	if p := a.screen.shown(); p != nil {
		p.Event(e)
	}
}

// note tells the user something, while a run goes on or not.
func (a *app) note(text string) {
	if p := a.screen.shown(); p != nil {
		p.Note(text)
		return
	}
	if a.json() {
		ui.NewJSONProgress(a.stderr).Note(text)
		return
	}
	_ = ui.Line(a.stderr, text)
}
