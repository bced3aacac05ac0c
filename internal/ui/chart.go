package ui

import (
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// Chart shows what a policy made of its workload over time: the queue, the instances, and the states
// of its alarms.
func Chart(o *Output, outcome *simulation.Outcome) error {
	var b strings.Builder
	b.WriteString(ChartView(80, 18, o, outcome.Series))
	return o.flush(&b)
}

// ChartView returns rows of a series as a chart of at most width by height cells, each line ended.
func ChartView(width, height int, o *Output, rows []loop.Row) string { return "" }
