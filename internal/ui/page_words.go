package ui

import (
	"fmt"
	"strconv"

	"github.com/eventscale/eventscale/internal/simulation"
)

// fact is a figure and what it is.
type fact struct{ Name, Value string }

func workloadFacts(w *simulation.Workload) []fact {
	return []fact{
		{"jobs", thousands(w.Messages)},
		{"first to last arrival", duration(w.SpanSeconds)},
		{"arrivals in the busiest minute", thousands(w.PeakPerMinute)},
		{"work of all jobs", duration(w.BusySeconds)},
		{"work of a job, p50", duration(w.ServiceP50)},
		{"work of a job, p95", duration(w.ServiceP95)},
	}
}

func groupFacts(g *simulation.Group) []fact {
	return []fact{
		{"instances", fmt.Sprintf("%d to %d, %d at first", g.Min, g.Max, g.Initial)},
		{"jobs that an instance runs at once", strconv.Itoa(g.Slots)},
		{"launch to InService", duration(g.LaunchSeconds)},
		{"launch to the first job", duration(g.BootSeconds)},
		{"warm-up after InService", duration(g.WarmupSeconds)},
		{"a busy instance at scale-in", scaleInWords(g.ScaleIn)},
	}
}

// scaleInWords says what the three ways of scaling in do with a job.
func scaleInWords(way string) string {
	switch way {
	case "kill":
		return "is terminated, its job with it (kill)"
	case "protect":
		return "is kept until it is idle (protect)"
	case "drain":
		return "takes no new job and ends with its last one (drain)"
	}
	return clean(way)
}

// pageHead names the columns after the policy's.
func pageHead(r *simulation.Report) []string {
	head := []string{"wait p50", "wait p95", "wait p99", "wait max", "instance-hours"}
	if priced(r) {
		head = append(head, "cost")
	}
	return append(head, "peak instances", "scaled out", "scaled in", "jobs killed", "redelivered", "not done", "time to drain")
}

// pageCells are the figures under pageHead.
func pageCells(r *simulation.Report, outcome *simulation.Outcome) []pageCell {
	t := &outcome.Totals
	cells := []pageCell{
		{Text: millis(t.Wait.P50)}, {Text: millis(t.Wait.P95)}, {Text: millis(t.Wait.P99)}, {Text: millis(t.Wait.Max)},
		{Text: hours(t.InstanceHours)},
	}
	if priced(r) {
		cost := "-"
		if outcome.Cost != nil {
			cost = money(*outcome.Cost)
		}
		cells = append(cells, pageCell{Text: cost})
	}
	undone := t.Unfinished + t.DeadLettered
	return append(cells,
		pageCell{Text: strconv.Itoa(t.PeakInstances)}, pageCell{Text: strconv.Itoa(t.ScaleOutActions)}, pageCell{Text: strconv.Itoa(t.ScaleInActions)},
		pageCell{thousands(t.JobsKilled), t.JobsKilled > 0}, pageCell{Text: thousands(t.Redelivered)},
		pageCell{thousands(undone), undone > 0}, pageCell{Text: millis(t.DrainMillis)})
}

// priced reports whether any policy has a cost.
func priced(r *simulation.Report) bool {
	for _, o := range r.Outcomes {
		if o.Cost != nil {
			return true
		}
	}
	return false
}
