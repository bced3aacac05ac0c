package ui

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/eventscale/eventscale/internal/simulation"
)

// outcomes are the figures of the policies.
func outcomes(r *simulation.Report) *comparison[simulation.Outcome] {
	alarming := func(n func(*simulation.Outcome) int64) func(*simulation.Outcome) role {
		return func(x *simulation.Outcome) role {
			if n(x) > 0 {
				return bad
			}
			return body
		}
	}
	figures := []figure[simulation.Outcome]{
		{"WAIT P50", "wait p50", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.P50) }, nil},
		{"P95", "p95", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.P95) }, nil},
		{"P99", "p99", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.P99) }, nil},
		{"MAX", "max", func(x *simulation.Outcome) string { return millis(x.Totals.Wait.Max) }, nil},
		{"HOURS", "instance-hours", func(x *simulation.Outcome) string { return hours(x.Totals.InstanceHours) }, nil},
		{"COST", "cost", price, nil},
		{"KILLED", "killed", func(x *simulation.Outcome) string { return strconv.FormatInt(x.Totals.JobsKilled, 10) }, alarming(func(x *simulation.Outcome) int64 { return x.Totals.JobsKilled })},
		{"REDEL", "redelivered", func(x *simulation.Outcome) string { return strconv.FormatInt(x.Totals.Redelivered, 10) }, nil},
		{"LEFT", "not done", func(x *simulation.Outcome) string { return strconv.FormatInt(left(x), 10) }, alarming(left)},
		{"OUT/IN", "scaled out/in", func(x *simulation.Outcome) string {
			return fmt.Sprintf("%d/%d", x.Totals.ScaleOutActions, x.Totals.ScaleInActions)
		}, nil},
		{"DRAIN", "drained in", func(x *simulation.Outcome) string { return millis(x.Totals.DrainMillis) }, nil},
	}
	return &comparison[simulation.Outcome]{
		name: func(x *simulation.Outcome) string { return x.Name }, figures: withoutEmpty(figures, r.Outcomes), rows: r.Outcomes,
	}
}

// left is the number of jobs that were not done.
func left(x *simulation.Outcome) int64 { return x.Totals.Unfinished + x.Totals.DeadLettered }

// withoutEmpty leaves out the cost where no price is known, and the jobs that are left where there are none.
func withoutEmpty(figures []figure[simulation.Outcome], outcomes []simulation.Outcome) []figure[simulation.Outcome] {
	priced, undone := false, false
	for i := range outcomes {
		priced = priced || outcomes[i].Cost != nil
		undone = undone || left(&outcomes[i]) > 0
	}
	return slices.DeleteFunc(figures, func(f figure[simulation.Outcome]) bool {
		return f.head == "COST" && !priced || f.head == "LEFT" && !undone
	})
}

// price is what the instances cost, where that is known.
func price(x *simulation.Outcome) string {
	if x.Cost == nil {
		return ""
	}
	return money(*x.Cost)
}
