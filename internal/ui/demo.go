package ui

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

// Demo shows a loop at work, look by look. It is a Progress, so that a signal finds it.
type Demo interface {
	Progress

	// Look shows how the loop is now.
	Look(Moment)
}

// NewDemo redraws a view in place where the output is a terminal that can show one, and prints a line an
// event elsewhere. The speed is how many times as fast as the real one the loop's clock goes.
func NewDemo(o *Output, speed float64) Demo {
	if !o.Interactive() {
		return NewPlainDemo(o)
	}
	d := &liveDemo{live: live{out: o}, view: demoView{out: o, speed: speed, story: newStory()}}
	d.begin(0, d.lines)
	return d
}

// Act heads a part of a demo by the command that does the same.
func Act(o *Output, command string) error {
	_, err := fmt.Fprintf(o, "%s %s\n", o.paint(muted, "$"), o.paint(accent, command))
	return err
}

// NewPlainDemo prints a line an event.
func NewPlainDemo(o *Output) Demo { return &plainDemo{out: o, story: newStory()} }

// NewJSONDemo writes one JSON object a line for each event, with the figures at that time.
func NewJSONDemo(w io.Writer) Demo { return &jsonDemo{w: w, story: newStory()} }

// silent is the part of a Progress that is about resources: a demo's view shows none.
type silent struct{}

// Begin does nothing.
func (silent) Begin(string, []Item) {}

// Event does nothing.
func (silent) Event(provision.Event) {}

// plainDemo prints a line an event.
type plainDemo struct {
	silent
	out   *Output
	mu    sync.Mutex
	story *story
}

func (d *plainDemo) Look(m Moment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, told := range d.story.tell(m) {
		_, _ = fmt.Fprintf(d.out, "%s  %s\n", d.out.paint(muted, padLeft(span(told.At), elapsedWidth)), told.Text)
	}
}

func (d *plainDemo) Note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = fmt.Fprintf(d.out, "%s\n", clean(text))
}

func (d *plainDemo) End() {}

// jsonDemo writes a JSON object an event.
type jsonDemo struct {
	silent
	w     io.Writer
	mu    sync.Mutex
	story *story
}

type demoLine struct {
	SchemaVersion int    `json:"schema_version"`
	Type          string `json:"type"`
	Seconds       int    `json:"t_s"`
	Message       string `json:"message"`
	Visible       int    `json:"visible"`
	InFlight      int    `json:"in_flight"`
	InService     int    `json:"in_service"`
	Desired       int    `json:"desired"`
}

func (d *jsonDemo) Look(m Moment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, told := range d.story.tell(m) {
		q, g := m.Status.Queue, m.Status.Group
		_ = writeLine(d.w, demoLine{
			stack.SchemaVersion, "demo", int(told.At / time.Second), told.Text,
			q.Visible, q.InFlight, g.InService, g.Desired,
		})
	}
}

func (d *jsonDemo) Note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = writeLine(d.w, noteLine{stack.SchemaVersion, stamp(time.Now()), "note", text})
}

func (d *jsonDemo) End() {}

// liveDemo redraws a view.
type liveDemo struct {
	silent
	live
	mu   sync.Mutex
	view demoView
}

func (d *liveDemo) Look(m Moment) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view.look(m)
}

func (d *liveDemo) Note(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.view.note = text
}

func (d *liveDemo) End() { d.end() }

func (d *liveDemo) lines(width, height int, _ bool) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.view.frame(width, height)
}

// row is the minute of a series that a look belongs to.
func (m Moment) row() loop.Row {
	g, q := m.Status.Group, m.Status.Queue
	r := loop.Row{
		Minute: int(m.At/time.Minute) + 1, Visible: q.Visible, Inflight: q.InFlight,
		Desired: g.Desired, InService: g.InService, Alarms: map[string]loop.State{},
	}
	for _, a := range m.Status.Alarms {
		r.Alarms[alarmWords(a.LogicalID)] = loop.State(a.State)
	}
	return r
}
