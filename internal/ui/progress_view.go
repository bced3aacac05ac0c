package ui

import (
	"fmt"
	"slices"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// view is what the live progress shows: a value from which frames are made.
type view struct {
	out   *Output
	title string
	begun time.Time
	rows  []row
	notes []string
}

func newView(o *Output, title string, items []Item, now time.Time) view {
	v := view{out: o, title: title, begun: now}
	for _, item := range items {
		v.rows = append(v.rows, row{Item: item})
	}
	return v
}

func (v *view) event(e provision.Event, now time.Time) {
	i := slices.IndexFunc(v.rows, func(r row) bool { return r.LogicalID == e.LogicalID })
	if i < 0 {
		i = len(v.rows)
		v.rows = append(v.rows, row{Item: Item{e.LogicalID, e.Type, e.Name}})
	}
	r := &v.rows[i]
	r.status, r.reason, r.until = e.Status, e.Reason, e.Until
	r.elapsed, r.seen = e.Elapsed, now
}

// unbounded stands for the width or height of a place that has none.
const unbounded = 1000

// frame returns the lines to show while the run goes on, at most one less than the screen has.
func (v *view) frame(width, height int, now time.Time) []string {
	room := max(height-2, 1) // the title and the cursor have a line each
	notes, waits := v.noted(width), v.waits(width, now)
	spare := max(room-len(v.rows), room/3)
	notes = notes[:min(len(notes), spare)]
	below := slices.Concat(waits[:min(len(waits), spare-len(notes))], notes)
	lines := []string{v.header(width, now)}
	lines = append(lines, v.window(width, room-len(below), now)...)
	return append(lines, below...)
}

// final returns the lines that stay.
func (v *view) final(width int, now time.Time) []string {
	c := v.columns(width)
	lines := []string{v.header(width, now)}
	for _, r := range v.rows {
		lines = append(lines, v.line(r.stopped(), c, "", now))
	}
	return append(lines, v.noted(width)...)
}

// window returns the rows that fit, from shortly before the first that is not done. It only ever moves
// down.
func (v *view) window(width, room int, now time.Time) []string {
	c := v.columns(width)
	spinner := v.out.symbols.spinner[int(now.Sub(v.begun)/frameTime)%len(v.out.symbols.spinner)]
	first, shown := 0, len(v.rows)
	if len(v.rows) > room {
		shown = max(room-1, 1)
		first = min(max(v.undone()-1, 0), len(v.rows)-shown)
	}
	var lines []string
	for _, r := range v.rows[first : first+shown] {
		lines = append(lines, v.line(r, c, spinner, now))
	}
	if hidden := len(v.rows) - shown; hidden > 0 && room > 1 {
		lines = append(lines, "  "+v.out.paint(muted, v.out.symbols.ellipsis+" "+elsewhere(first, hidden-first)))
	}
	return lines
}

// elsewhere says how many rows are not shown, and on which side.
func elsewhere(above, below int) string {
	switch {
	case above == 0:
		return fmt.Sprintf("%d more below", below)
	case below == 0:
		return fmt.Sprintf("%d more above", above)
	}
	return fmt.Sprintf("%d more above, %d below", above, below)
}

// undone returns the index of the first row that is not done, and the number of rows if all are.
func (v *view) undone() int {
	i := slices.IndexFunc(v.rows, func(r row) bool { return !r.status.Done() })
	if i < 0 {
		return len(v.rows)
	}
	return i
}

// header is the title, how much is done, since when, and what went wrong. The title gives way.
func (v *view) header(width int, now time.Time) string {
	var done, failed, skipped int
	for _, r := range v.rows {
		switch {
		case r.status.Failed():
			failed++
		case r.status == provision.Skipped:
			skipped++
		case r.status.Done():
			done++
		}
	}
	figures := []cell{{muted, fmt.Sprintf("%d/%d  %s", done, len(v.rows), v.elapsed(now))}}
	if failed > 0 {
		figures = append(figures, cell{bad, fmt.Sprintf("%d failed", failed)})
	}
	if skipped > 0 {
		figures = append(figures, cell{warn, fmt.Sprintf("%d skipped", skipped)})
	}
	room, rest := width-1, ""
	for _, f := range figures {
		room -= gap + cells(f.text)
		rest += "  " + v.out.paint(f.role, f.text)
	}
	return v.out.paint(heading, v.out.fit(v.title, room)) + rest
}

// elapsed is the time of the whole run, in tenths only once it is over: figures that race are noise.
func (v *view) elapsed(now time.Time) string {
	if v.undone() < len(v.rows) {
		return span(now.Sub(v.begun).Truncate(time.Second))
	}
	last := v.begun
	for _, r := range v.rows {
		if r.seen.After(last) {
			last = r.seen
		}
	}
	return seconds(last.Sub(v.begun))
}

// waits returns what is waited for where a row has no room to say so. Such lines stand under all rows,
// so that they come and go without moving any.
func (v *view) waits(width int, now time.Time) []string {
	c := v.columns(width)
	var lines []string
	for _, r := range v.rows {
		waits := r.waits(now)
		if cells(waits) <= c.detail {
			continue
		}
		for _, line := range wrap(r.LogicalID+": "+waits, max(width-3, 1)) {
			lines = append(lines, "  "+v.out.paint(muted, line))
		}
	}
	return lines
}

func (v *view) noted(width int) []string {
	var lines []string
	for _, note := range v.notes {
		for _, line := range wrap(note, max(width-1, 1)) {
			lines = append(lines, v.out.paint(warn, line))
		}
	}
	return lines
}
