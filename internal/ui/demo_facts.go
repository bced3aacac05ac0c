package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// facts are the figures of now, a line each, under the labels of the chart.
func (v *demoView) facts(width int) []string {
	return []string{
		v.fact("jobs", width, v.jobs()),
		v.fact("instances", width, v.instances(width-leastGutter-gap)),
	}
}

// fact is a label and as many of its cells as there is room for.
func (v *demoView) fact(label string, width int, of []cell) string {
	return v.out.paint(heading, padLeft(label, leastGutter)) + "  " + v.out.row(of, width-leastGutter-gap)
}

// row puts cells side by side, as many as there is room for.
func (o *Output) row(of []cell, width int) string {
	line := ""
	for i, c := range of {
		if i > 0 {
			line += "  "
			width -= gap
		}
		if width -= cells(c.text); width < 0 {
			break
		}
		line += o.paint(c.role, c.text)
	}
	return strings.TrimRight(line, " ")
}

func (v *demoView) jobs() []cell {
	q := v.now.Status.Queue
	return []cell{
		{body, fmt.Sprintf("%d waiting", q.Visible)}, {body, fmt.Sprintf("%d in flight", q.InFlight)},
		{good, fmt.Sprintf("%d done", max(v.now.Jobs-q.Visible-q.InFlight, 0))},
	}
}

// instances are a glyph each: those at work, those in service without work, those on their way.
func (v *demoView) instances(width int) []cell {
	g, s := v.now.Status.Group, v.out.symbols
	working := min(g.InService, v.now.Status.Queue.InFlight)
	kinds := []struct {
		n    int
		sign string
		role role
		word string
	}{
		{working, s.full, good, "at work"},
		{g.InService - working, s.half, good, "idle"},
		{g.Pending, s.empty, accent, "launching"},
		{g.Terminating, s.bad, warn, "going"},
	}
	var glyphs, words []cell
	drawn := 0
	for _, k := range kinds {
		if k.n > 0 {
			drawn += k.n
			glyphs = append(glyphs, cell{k.role, strings.TrimRight(strings.Repeat(k.sign+" ", k.n), " ")})
			words = append(words, cell{body, fmt.Sprintf("%d %s", k.n, k.word)})
		}
	}
	switch {
	case drawn == 0:
		return []cell{{muted, "none"}}
	case 2*drawn+gap+cells(words[0].text) > width:
		return words
	}
	return append(glyphs, words...)
}

// alarms are their names and states.
func (v *demoView) alarms() []cell {
	var all []cell
	for _, a := range v.now.Status.Alarms {
		all = append(all, cell{alarmLook(a.State), alarmWords(a.LogicalID) + " " + a.State})
	}
	return all
}

// past are the last changes of the group, the newest first: so many lines, some of them empty.
func (v *demoView) past(width, height int) []string {
	lines := make([]string, height)
	for i, c := range slices.Backward(v.story.scalings) {
		n := len(v.story.scalings) - 1 - i
		if n == height {
			break
		}
		label := ""
		if n == 0 {
			label = "scaling"
		}
		lines[n] = v.fact(label, width, []cell{
			{body, padLeft(span(c.at), elapsedWidth)}, {body, fmt.Sprintf("%2d -> %d", c.from, c.to)}, {muted, c.alarm + " alarm"},
		})
	}
	return lines
}

// side are all figures, and what has happened, one below the other.
func (v *demoView) side(width, height int) []string {
	lines := []string{
		v.out.paint(heading, "jobs"), v.out.row(v.jobs(), width), "",
		v.out.paint(heading, "instances"), v.out.row(v.instances(width), width), "",
		v.out.paint(heading, "alarms"),
	}
	names := widest(v.now.Status.Alarms, func(a stack.AlarmStatus) string { return alarmWords(a.LogicalID) })
	for _, a := range v.now.Status.Alarms {
		lines = append(lines, pad(alarmWords(a.LogicalID), names)+"  "+v.out.paint(alarmLook(a.State), a.State))
	}
	lines = append(lines, "", v.out.paint(heading, "story"))
	return append(lines, v.log(width, max(height-len(lines), 0))...)
}

// log is what has happened, the newest first.
func (v *demoView) log(width, height int) []string {
	var lines []string
	indent := elapsedWidth + gap
	look := body
	for _, told := range slices.Backward(v.told) {
		first := v.out.paint(muted, padLeft(span(told.At), elapsedWidth)) + "  "
		parts := chop(told.Text, max(width-indent, leastWrap))
		if len(lines)+len(parts) > height {
			break
		}
		for _, part := range parts {
			lines = append(lines, first+v.out.paint(look, part))
			first = strings.Repeat(" ", indent)
		}
		look = muted
	}
	return lines
}
