package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// A chart is as wide as most terminals where nothing bounds it, and its panels are so high that the figures
// of a table still fit above them on the same screen.
const (
	chartWidth  = 80
	chartPanels = 10 // lines of both panels together
)

// Chart shows what a policy made of its workload over time: the jobs in the queue, the instances, and
// below them the states of its alarms. It is as wide as the terminal, and 80 columns where there is none.
func Chart(o *Output, outcome *simulation.Outcome) error {
	width := o.Width()
	if width <= 0 {
		width = chartWidth
	}
	var b strings.Builder
	for _, line := range o.flow([][]cell{chartTitle(outcome)}, width) {
		b.WriteString(line + "\n")
	}
	if len(outcome.Series) == 0 {
		o.paragraph(&b, "There is no series of minutes to draw.")
		return o.flush(&b)
	}
	for _, line := range o.newChart(width, len(outcome.Series), outcome.Series).lines(chartPanels) {
		b.WriteString(line + "\n")
	}
	return o.flush(&b)
}

// chartTitle is the name of a policy and what came of it.
func chartTitle(outcome *simulation.Outcome) []cell {
	t := &outcome.Totals
	title := []cell{
		{heading, outcome.Name},
		{body, "p95 wait " + millis(t.Wait.P95)},
		{body, fmt.Sprintf("%.1f instance-hours", t.InstanceHours)},
	}
	if t.JobsKilled > 0 {
		title = append(title, cell{bad, count(int(t.JobsKilled), "job") + " killed"})
	}
	if t.Unfinished > 0 {
		title = append(title, cell{bad, count(int(t.Unfinished), "job") + " unfinished"})
	}
	return title
}

// millis is a stretch of time of the model as text.
func millis(ms int64) string { return span(time.Duration(ms) * time.Millisecond) }

// ChartView returns rows of a series as a chart of at most width by height cells, as lines that each
// end with a newline. A minute has a column until there are more of them than columns, so that a
// series that grows moves as little as can be. Without rows it shows the empty frame; where not even
// that fits it is empty.
func ChartView(width, height int, o *Output, rows []loop.Row) string {
	c := o.newChart(width, 0, rows)
	if height < c.around()+2*leastPanel {
		c.alarms = nil
	}
	if height < c.around()+2*leastPanel {
		return ""
	}
	return strings.Join(c.lines(height-c.around()), "\n") + "\n"
}

// chart is the measures of one chart.
type chart struct {
	*Output
	*chartSymbols
	alarms  []string
	bins    []bin
	from    int // the minute at which the first column begins
	minutes int // that all columns stand for
	gutter  int // cells of the labels on the left
	width   int // cells of the columns
}

const (
	leastGutter = len("instances")
	leastPanel  = 2 // lines; in less a bar has no height
)

// newChart measures a chart over at least so many minutes; 0 means as many as there are columns.
func (o *Output) newChart(width, minutes int, rows []loop.Row) *chart {
	c := &chart{Output: o, chartSymbols: &o.symbols.chart, alarms: alarmNames(rows), from: origin(rows)}
	named := widest(c.alarms, func(name string) string { return name })
	c.gutter = max(leastGutter, min(named, width/5))
	c.width = max(width-c.gutter-2, 1) // a blank and the axis
	if minutes == 0 {
		minutes = c.width
	}
	c.minutes = max(minutes, len(rows), 1)
	c.bins = bins(rows, c.alarms, c.minutes, c.width)
	return c
}

// around is how many lines a chart has beside its panels: their heads, the axis of time with its
// labels, and the alarms under a head of their own.
func (c *chart) around() int {
	if len(c.alarms) == 0 {
		return 4
	}
	return 5 + len(c.alarms)
}

// lines draws a chart whose panels have so many lines together.
func (c *chart) lines(panels int) []string {
	instances := max(leastPanel, panels*2/5)
	lines := append([]string{c.jobsHead()}, c.jobsPanel(panels-instances)...)
	lines = append(lines, c.instancesHead())
	lines = append(lines, c.instancesPanel(instances)...)
	lines = append(lines, c.strips()...)
	return append(lines, c.time()...)
}

// time is the axis and its labels.
func (c *chart) time() []string {
	line, labels := c.timeAxis(c.from, c.minutes, c.width)
	margin := strings.Repeat(" ", c.gutter+1)
	return []string{margin + c.paint(muted, line), strings.TrimRight(margin+" "+c.paint(muted, labels), " ")}
}
