package ui

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// mostCharts are still read one below the other; more would push the figures off every screen.
const mostCharts = 3

// Simulation shows what policies made of a workload: the workload and the group, a row of figures a policy,
// policy by policy its chart and in words what went wrong, and what the model leaves out.
func Simulation(o *Output, r *simulation.Report) error {
	var b strings.Builder
	o.labelled(&b, heading, "jobs", jobsText(&r.Workload))
	o.labelled(&b, heading, "group", groupText(&r.Group))
	b.WriteByte('\n')
	outcomes(r).write(o, &b)
	b.WriteByte('\n')
	for i := range r.Outcomes {
		if len(r.Outcomes) <= mostCharts {
			if err := errors.Join(o.flush(&b), Chart(o, &r.Outcomes[i])); err != nil {
				return err
			}
			b.Reset()
			b.WriteByte('\n')
		}
		o.findings(&b, &r.Outcomes[i])
	}
	if len(r.Outcomes) > mostCharts {
		o.paragraph(&b, fmt.Sprintf("Charts of more than %d policies: --plot simulation.svg, or --html report.html", mostCharts))
		b.WriteByte('\n')
	}
	o.leftOut(&b, r.NotModelled)
	return o.flush(&b)
}

// jobsText is a workload in a sentence.
func jobsText(w *simulation.Workload) string {
	text := fmt.Sprintf("%s: %s in %s, up to %d a minute; a job takes %s", w.Name, count(int(w.Messages), "job"), duration(w.SpanSeconds), w.PeakPerMinute, duration(w.ServiceP50))
	if w.ServiceP95 > w.ServiceP50 {
		text += fmt.Sprintf(" (median), %s (p95)", duration(w.ServiceP95))
	}
	return text
}

// groupText is a group in a sentence.
func groupText(g *simulation.Group) string {
	at := "one job"
	if g.Slots > 1 {
		at = fmt.Sprintf("%d jobs", g.Slots)
	}
	return fmt.Sprintf("%d to %d instances, %d at the start, %s at once each; boot %s; scale-in %s", g.Min, g.Max, g.Initial, at, duration(g.BootSeconds), scaleInText(loop.ScaleIn(g.ScaleIn)))
}

func scaleInText(mode loop.ScaleIn) string {
	switch mode {
	case loop.Protect:
		return "spares busy instances"
	case loop.Drain:
		return "lets busy instances finish"
	}
	return "kills busy instances"
}

// findings writes what went wrong with a policy.
func (o *Output) findings(b *strings.Builder, outcome *simulation.Outcome) {
	for i, line := range wrap(outcome.Name+"  "+outcome.Settings, o.Width()) {
		if name, rest, ok := strings.Cut(line, " "); i == 0 && ok {
			line = o.paint(heading, name) + "  " + o.paint(muted, rest)
		} else if i == 0 {
			line = o.paint(heading, line)
		} else {
			line = o.paint(muted, line)
		}
		b.WriteString(line + "\n")
	}
	for _, f := range outcome.Findings {
		o.beside(b, "  "+o.paint(warn, o.symbols.warn), findingIndent, f.Text)
		if f.Hint != "" {
			o.beside(b, "    "+o.paint(accent, "hint:"), findingIndent+len("hint: "), f.Hint)
		}
	}
	if len(outcome.Findings) == 0 {
		o.beside(b, "  "+o.paint(good, o.symbols.good), findingIndent, "nothing went wrong")
	}
	b.WriteByte('\n')
}

// findingIndent is where the text of a finding begins.
const findingIndent = len("  ! ")

// leftOut says what the model does not have, in one dim paragraph.
func (o *Output) leftOut(b *strings.Builder, sentences []string) {
	text := "Not in the model: " + strings.Join(sentences, " ")
	for _, line := range wrap(text, o.Width()) {
		b.WriteString(o.paint(muted, line) + "\n")
	}
}

// SimulationJSON writes a report as a document.
func SimulationJSON(w io.Writer, r *simulation.Report) error { return writeDocument(w, r) }

// ResultJSON writes what one run came to as the model defines it: totals, series and actions.
func ResultJSON(w io.Writer, r *loop.Result) error { return writeDocument(w, r) }
