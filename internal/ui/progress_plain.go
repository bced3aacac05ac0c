package ui

import (
	"fmt"
	"strings"
	"sync"

	"github.com/eventscale/eventscale/internal/provision"
)

// plainProgress prints one line an event, for pipes and logs.
type plainProgress struct {
	out *Output

	mu      sync.Mutex
	ids     int // the width of the widest logical ID
	types   int
	printed map[string]bool
}

// NewPlainProgress prints one line an event:
//
//	CREATE_COMPLETE     AWS::SQS::Queue  JobQueue  eventscale-gpu-workers-jobs  0.1s
//
// with the reason, if any, at its end. It never cuts a line.
func NewPlainProgress(o *Output) Progress {
	return &plainProgress{out: o, printed: map[string]bool{}}
}

func (p *plainProgress) Begin(title string, items []Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids = widest(items, func(i Item) string { return i.LogicalID })
	p.types = widest(items, func(i Item) string { return i.Type })
	clear(p.printed)
	if title != "" {
		_, _ = fmt.Fprintf(p.out, "%s\n", p.out.paint(heading, title))
	}
}

func (p *plainProgress) Event(e provision.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.repeats(e) {
		return
	}
	_, r := look(e.Status, e.Reason)
	line := p.out.paint(r, pad(string(e.Status), len(provision.CreateInProgress))) +
		"  " + pad(e.Type, p.types) + "  " + pad(e.LogicalID, p.ids) +
		"  " + clean(e.Name) + "  " + seconds(e.Elapsed)
	if e.Reason != "" {
		line += "  " + clean(patience(e.Reason, e.Until, e.Time))
	}
	_, _ = fmt.Fprintf(p.out, "%s\n", line)
}

func (p *plainProgress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = fmt.Fprintf(p.out, "%s\n", clean(text))
}

func (p *plainProgress) End() {}

// repeats reports whether a wait was told before. A countdown is one reason: its numbers do not count.
func (p *plainProgress) repeats(e provision.Event) bool {
	if e.Status.Done() {
		return false
	}
	reason := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, e.Reason)
	key := e.LogicalID + "\x00" + string(e.Status) + "\x00" + reason
	defer func() { p.printed[key] = true }()
	return p.printed[key]
}
