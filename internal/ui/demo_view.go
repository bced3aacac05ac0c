package ui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/eventscale/eventscale/internal/loop"
)

// demoView is what the live demo shows: a value from which frames are made.
type demoView struct {
	out   *Output
	speed float64
	story *story
	now   Moment
	rows  []loop.Row // minute by minute, the last one being under way
	told  []Told
	note  string
}

// look takes in how the loop is now.
func (v *demoView) look(m Moment) {
	told := v.story.tell(m)
	if v.story.last == nil {
		return // nothing to be seen yet
	}
	v.now = m
	v.told = append(v.told, told...)
	row := m.row()
	for len(v.rows) > 0 && len(v.rows) < row.Minute-1 { // nobody looked in these minutes
		between := v.rows[len(v.rows)-1]
		between.Minute++
		v.rows = append(v.rows, between)
	}
	if len(v.rows) == row.Minute {
		v.rows[len(v.rows)-1] = row
		return
	}
	v.rows = append(v.rows, row)
}

const (
	// sideBySide is the width from which the figures stand beside the chart: it has a column a minute, and
	// an hour needs no more.
	sideBySide = 110
	chartShare = 72 // of such a width

	// mostChart is the height beyond which nothing is seen better.
	mostChart = 30

	// pastLines are kept for the last changes of the group from the beginning, so that nothing moves when they come.
	pastLines = 3
)

// frame returns the lines to show, fewer than the screen has.
func (v *demoView) frame(width, height int) []string {
	if v.now.Status == nil {
		return nil
	}
	width, height = width-1, height-1
	lines := v.stacked(width, height)
	if width >= sideBySide {
		lines = v.wide(width, height)
	}
	return lines[:min(len(lines), height)]
}

// stacked puts one thing below the other. Where there is little room the past gives way, then the chart.
func (v *demoView) stacked(width, height int) []string {
	top := append(v.top(width), "")
	for _, past := range []int{pastLines, 0} {
		below := slices.Concat([]string{""}, v.facts(width), v.past(width, past))
		if chart := v.chart(width, height-len(top)-len(below)); chart != nil {
			return slices.Concat(top, chart, below)
		}
	}
	return slices.Concat(top, v.facts(width), []string{v.fact("alarms", width, v.alarms())}, v.past(width, pastLines))
}

// wide puts the figures beside the chart.
func (v *demoView) wide(width, height int) []string {
	top := append(v.top(width), "")
	chart := v.chart(chartShare, height-len(top))
	return append(top, v.out.columns(chart, chartShare+2*gap, v.side(width-chartShare-2*gap, len(chart)))...)
}

func (v *demoView) chart(width, height int) []string {
	text := ChartView(width, min(height, mostChart), v.out, v.rows)
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// columns puts lines beside others, which begin at a cell.
func (o *Output) columns(left []string, at int, right []string) []string {
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		if i < len(left) {
			lines[i] = left[i]
		}
		if i < len(right) && right[i] != "" {
			lines[i] += strings.Repeat(" ", max(at-ansi.StringWidth(lines[i]), 0)) + right[i]
		}
	}
	return lines
}

// top is the name of what is seen, its clock, and what has happened last.
func (v *demoView) top(width int) []string {
	clock := span(v.now.At) + "  " + fmt.Sprintf("%gx", v.speed)
	if width >= stackedBelow {
		clock += " real time"
	}
	title := v.out.fit("eventscale demo", width-cells(clock)-gap)
	place := v.out.fit(v.now.Status.Group.Name, max(width-cells(title)-cells(clock)-2*gap, 0))
	between := strings.Repeat(" ", max(width-cells(title)-cells(clock)-gap-cells(place), 1))
	head := v.out.paint(heading, title) + "  " + v.out.paint(muted, place) + between + v.out.paint(accent, clock)
	return append([]string{head}, v.happening(width)...)
}

// happening is what has happened last. It has as many lines from the beginning as it can come to need: what is
// below shall not move.
func (v *demoView) happening(width int) []string {
	text, look := "", heading
	if len(v.told) > 0 {
		text = v.told[len(v.told)-1].Text
	}
	if v.note != "" {
		text, look = v.note, warn
	}
	var lines []string
	for _, line := range chop(text, width) {
		lines = append(lines, v.out.paint(look, line))
	}
	for len(lines) == 0 || width < stackedBelow && len(lines) < 2 {
		lines = append(lines, "")
	}
	return lines
}
