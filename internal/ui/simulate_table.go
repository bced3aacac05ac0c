package ui

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eventscale/eventscale/internal/simulation"
)

// column is one figure of the policies.
type column struct {
	head string // in the table
	word string // in a list
	of   func(*simulation.Outcome) string
	look func(*simulation.Outcome) role
}

// figures writes a row a policy, with the figures under their heads. Where that does not fit, each policy
// has lines of its own, with the heads before the figures.
func (o *Output) figures(b *strings.Builder, r *simulation.Report) {
	columns := columnsOf(r)
	for _, between := range []string{"  ", " "} {
		if lines := o.grid(columns, r.Outcomes, between); o.Width() == 0 || widestLine(columns, r.Outcomes, len(between)) <= o.Width() {
			b.WriteString(strings.Join(lines, ""))
			return
		}
	}
	for i := range r.Outcomes {
		o.block(b, columns, &r.Outcomes[i])
	}
}

func columnsOf(r *simulation.Report) []column {
	plain := func(*simulation.Outcome) role { return body }
	alarming := func(n func(*simulation.Outcome) int64) func(*simulation.Outcome) role {
		return func(x *simulation.Outcome) role {
			if n(x) > 0 {
				return bad
			}
			return body
		}
	}
	columns := []column{
		{"WAIT P50", "wait p50", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.P50) }, plain},
		{"P95", "p95", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.P95) }, plain},
		{"P99", "p99", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.P99) }, plain},
		{"MAX", "max", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.Max) }, plain},
		{"HOURS", "instance-hours", func(x *simulation.Outcome) string { return hours(x.Totals.InstanceHours) }, plain},
		{"COST", "cost", price, plain},
		{"KILLED", "killed", func(x *simulation.Outcome) string { return strconv.FormatInt(x.Totals.JobsKilled, 10) }, alarming(func(x *simulation.Outcome) int64 { return x.Totals.JobsKilled })},
		{"AGAIN", "redelivered", func(x *simulation.Outcome) string { return strconv.FormatInt(x.Totals.Redelivered, 10) }, plain},
		{"LEFT", "not done", func(x *simulation.Outcome) string { return strconv.FormatInt(left(x), 10) }, alarming(left)},
		{"OUT/IN", "scaled out/in", func(x *simulation.Outcome) string {
			return fmt.Sprintf("%d/%d", x.Totals.ScaleOutActions, x.Totals.ScaleInActions)
		}, plain},
		{"DRAIN", "drained in", func(x *simulation.Outcome) string { return millis(x.Totals.DrainMillis) }, plain},
	}
	return withoutEmpty(columns, r.Outcomes)
}

// left is the number of jobs that were not done.
func left(x *simulation.Outcome) int64 { return x.Totals.Unfinished + x.Totals.DeadLettered }

// withoutEmpty leaves out the cost where no price is known, and the jobs that are left where there are none.
func withoutEmpty(columns []column, outcomes []simulation.Outcome) []column {
	priced, undone := false, false
	for i := range outcomes {
		priced = priced || outcomes[i].Cost != nil
		undone = undone || left(&outcomes[i]) > 0
	}
	var kept []column
	for _, c := range columns {
		if c.head == "COST" && !priced || c.head == "LEFT" && !undone {
			continue
		}
		kept = append(kept, c)
	}
	return kept
}

// price is what the instances cost, where that is known.
func price(x *simulation.Outcome) string {
	if x.Cost == nil {
		return ""
	}
	return money(*x.Cost)
}

// policyHead is the head of the first column.
const policyHead = "POLICY"

// grid is the table: names to the left, figures to the right of their columns.
func (o *Output) grid(columns []column, outcomes []simulation.Outcome, between string) []string {
	first := nameWidth(outcomes)
	head := pad(policyHead, first)
	for _, c := range columns {
		head += between + padLeft(c.head, columnWidth(c, outcomes))
	}
	lines := []string{o.paint(muted, head) + "\n"}
	for i := range outcomes {
		line := o.paint(heading, pad(outcomes[i].Name, first))
		for _, c := range columns {
			line += between + o.paint(c.look(&outcomes[i]), padLeft(c.of(&outcomes[i]), columnWidth(c, outcomes)))
		}
		lines = append(lines, line+"\n")
	}
	return lines
}

func nameWidth(outcomes []simulation.Outcome) int {
	return max(len(policyHead), widest(outcomes, func(x simulation.Outcome) string { return x.Name }))
}

func columnWidth(c column, outcomes []simulation.Outcome) int {
	return max(len(c.head), widest(outcomes, func(x simulation.Outcome) string { return c.of(&x) }))
}

func widestLine(columns []column, outcomes []simulation.Outcome, between int) int {
	w := nameWidth(outcomes)
	for _, c := range columns {
		w += between + columnWidth(c, outcomes)
	}
	return w
}

// block is a policy's figures as a list: "p95 4m10s, max 6m40s, instance-hours 35.4".
func (o *Output) block(b *strings.Builder, columns []column, outcome *simulation.Outcome) {
	fmt.Fprintln(b, o.paint(heading, outcome.Name))
	var words []string
	for _, c := range columns {
		words = append(words, "`"+c.word+" "+c.of(outcome)+"`")
	}
	for _, line := range wrap(strings.Join(words, " "), max(o.Width()-len("  "), leastWrap)) {
		fmt.Fprintln(b, "  "+strings.ReplaceAll(strings.ReplaceAll(line, "` `", ", "), "`", ""))
	}
}
