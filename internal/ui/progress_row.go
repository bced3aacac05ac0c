package ui

import (
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// row is one resource of a view.
type row struct {
	Item
	status  provision.Status // "" before anything happened
	reason  string
	until   time.Time // when a wait is given up
	elapsed time.Duration
	seen    time.Time // when elapsed was that
	left    bool      // the run ended and said no more of it
}

// stopped returns the row as it stays when nothing more will be said of it.
func (r row) stopped() row {
	r.left = r.status != "" && !r.status.Done()
	return r
}

func (r row) look() (string, role) {
	if r.left {
		return "stopped", warn
	}
	return look(r.status, r.reason)
}

func (r row) symbol(s *symbols, spinner string) string {
	switch {
	case r.left:
		return s.stopped
	case r.status == "":
		return s.pending
	case r.status == provision.Skipped:
		return s.skipped
	case r.status.Failed():
		return s.bad
	case r.status.Done():
		return s.good
	}
	return spinner
}

// time is how long the resource has taken: whole seconds while it goes on, tenths once it is done.
func (r row) time(now time.Time) string {
	switch {
	case r.status == "" || r.status == provision.Skipped:
		return ""
	case r.status.Done() || r.left:
		return seconds(r.elapsed)
	}
	if d := (r.elapsed + now.Sub(r.seen)).Truncate(time.Second); d > 0 {
		return span(d)
	}
	return ""
}

// waits is what a resource that is not done waits for.
func (r row) waits(now time.Time) string {
	if r.status.Done() {
		return ""
	}
	return patience(r.reason, r.until, now)
}

// columns are the widths of a view's columns; 0 where there is no room for one. The logical ID, the
// word and the time come first, and what gives way stands at the end of the line.
type columns struct {
	id, elapsed, detail int
	types, name         int    // the two halves of a detail that is no reason
	prefix              string // left out of each type
}

const (
	lead         = len("  x ")
	gap          = len("  ")
	wordWidth    = len("creating")
	elapsedWidth = len("12m05s")
	typePrefix   = "AWS::"
	leastDetail  = 20 // in less a type says nothing
	leastName    = 12
)

func (v *view) columns(width int) columns {
	c := columns{
		id:    widest(v.rows, func(r row) string { return r.LogicalID }),
		types: widest(v.rows, func(r row) string { return r.Type }),
		name:  widest(v.rows, func(r row) string { return r.Name }),
	}
	left := width - 1 - lead - c.id - gap - wordWidth
	if left < gap+elapsedWidth {
		return columns{id: c.id + min(left, 0)}
	}
	c.elapsed = elapsedWidth
	c.detail = max(left-gap-elapsedWidth-gap, 0)
	if c.types+gap+c.name > c.detail {
		c.prefix = typePrefix
		c.types = widest(v.rows, func(r row) string { return strings.TrimPrefix(r.Type, typePrefix) })
	}
	if c.detail < leastDetail {
		c.types = 0
	}
	c.types = min(c.types, c.detail)
	if c.name = min(c.name, c.detail-c.types-gap); c.name < leastName {
		c.name = 0
	}
	return c
}

// line is one resource: symbol, logical ID, word, time, and then what it waits for, or what it is.
func (v *view) line(r row, c columns, spinner string, now time.Time) string {
	o := v.out
	word, role := r.look()
	line := "  " + o.paint(role, r.symbol(o.symbols, spinner)) + " " + pad(o.fit(r.LogicalID, c.id), c.id)
	time, detail := r.time(now), v.detail(r, c, now)
	if c.elapsed == 0 || time+detail == "" {
		return line + "  " + o.paint(role, word)
	}
	line += "  " + o.paint(role, pad(word, wordWidth)) + "  " + o.paint(muted, padLeft(time, c.elapsed))
	if detail != "" {
		line += "  " + detail
	}
	return line
}

// detail is what a resource waits for, why it failed, or, where there is nothing to say, what it is.
func (v *view) detail(r row, c columns, now time.Time) string {
	o := v.out
	waits := r.waits(now)
	switch {
	case c.detail == 0:
		return ""
	case waits != "" && !r.left:
		return o.fit(waits, c.detail)
	case r.reason != "" && r.status.Failed():
		return o.paint(bad, o.fit(r.reason, c.detail))
	case r.reason != "":
		return o.fit(r.reason, c.detail)
	case c.types == 0:
		return ""
	}
	text := o.fit(strings.TrimPrefix(r.Type, c.prefix), c.types)
	if c.name > 0 {
		text = pad(text, c.types) + "  " + o.fitEnd(r.Name, c.name)
	}
	return o.paint(muted, text)
}
