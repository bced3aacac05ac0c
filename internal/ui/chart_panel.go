package ui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/eventscale/eventscale/internal/loop"
)

// legend is a sign and what it stands for.
type legend struct {
	dot
	text string
}

func (c *chart) jobsHead() string {
	return c.head("jobs", legend{dot{c.solid, waiting}, "waiting"}, legend{dot{c.medium, running}, "in flight"})
}

func (c *chart) instancesHead() string {
	return c.head("instances", legend{dot{c.solid, serving}, "in service"},
		legend{dot{c.medium, launching}, "desired"}, legend{dot{c.light, leaving}, "extra"})
}

func (c *chart) alarmsHead() string {
	legends := make([]legend, 0, 3)
	for _, s := range []loop.State{loop.StateAlarm, loop.StateOK, loop.StateUnknown} {
		legends = append(legends, legend{c.state(s), string(s)})
	}
	return c.head("alarms", legends...)
}

// head is what a panel shows, and how it is to be read.
func (c *chart) head(label string, legends ...legend) string {
	line, width := c.paint(heading, padLeft(label, c.gutter)), c.gutter+2+c.width
	room := width - c.gutter
	for _, l := range legends {
		room -= 3 + cells(l.text)
	}
	between := strings.Repeat(" ", max(1, min(2, room/len(legends)+1)))
	for _, l := range legends {
		line += between + c.paint(l.role, l.sign) + " " + l.text
	}
	return ansi.Truncate(line, width, c.symbols.ellipsis)
}

func (c *chart) jobsPanel(height int) []string {
	top := highest(c.bins, bin.jobs)
	g := newGrid(c.width, height)
	for x, at := range c.bins {
		g.bar(x, top, []layer{
			{at.running, dot{c.medium, running}}, {at.waiting, dot{c.solid, waiting}},
		}, c.chartSymbols)
	}
	return c.panel(g, top)
}

func (c *chart) instancesPanel(height int) []string {
	top := highest(c.bins, bin.instances)
	g := newGrid(c.width, height)
	for x, at := range c.bins {
		wanted := min(at.inService, at.desired)
		g.bar(x, top, []layer{
			{wanted, dot{c.solid, serving}}, {at.desired - wanted, dot{c.medium, launching}},
			{at.inService - wanted, dot{c.light, leaving}},
		}, c.chartSymbols)
	}
	return c.panel(g, top)
}

// panel puts the axis to the left of the cells: the greatest value at the top, and where that leaves
// room its half.
func (c *chart) panel(g grid, top int) []string {
	labels := map[int]string{0: short(top)}
	if half := len(g) / 2; len(g) >= 5 && len(g)%2 == 0 && (top%2 == 0 && top > 0 || top > 100) {
		labels[half] = short(top / 2)
	}
	lines := g.lines(c.Output)
	for y, line := range lines {
		side := c.side
		if labels[y] != "" {
			side = c.mark
		}
		lines[y] = c.paint(muted, padLeft(labels[y], c.gutter)+" "+side) + line
	}
	return lines
}

// strips are the alarms, a line each.
func (c *chart) strips() []string {
	if len(c.alarms) == 0 {
		return nil
	}
	lines := []string{c.alarmsHead()}
	for i, name := range c.alarms {
		row := make([]dot, len(c.bins))
		for x, at := range c.bins {
			row[x] = c.state(at.states[i])
		}
		label := c.paint(body, padLeft(c.fitEnd(name, c.gutter), c.gutter))
		lines = append(lines, label+" "+c.paint(muted, c.side)+c.dots(row))
	}
	return lines
}

// state is how an alarm's state is drawn: what is in ALARM stands out, without colour too.
func (s *chartSymbols) state(state loop.State) dot {
	switch state {
	case loop.StateAlarm:
		return dot{s.alarm, alarmLook(string(state))}
	case loop.StateOK:
		return dot{s.ok, alarmLook(string(state))}
	case loop.StateUnknown:
		return dot{s.none, alarmLook(string(state))}
	}
	return dot{sign: " "}
}
