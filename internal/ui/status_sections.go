package ui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/stack"
)

func (r *report) group(g *stack.GroupStatus) []string {
	if g == nil {
		return r.missing()
	}
	figures := fmt.Sprintf("%d in service, %d desired, min %d, max %d", g.InService, g.Desired, g.Min, g.Max)
	lines := r.table([][]cell{{{body, g.Name}}, {{body, figures}}}, r.bound)
	if bar := r.bar(g); bar != "" && r.bound > 0 && r.bound < barWidth+gap+cells(figures) {
		lines = append(lines, bar)
	} else if bar != "" {
		lines[1] = bar + "  " + figures
	}
	var moving []string
	if g.Pending > 0 {
		moving = append(moving, fmt.Sprintf("%d launching", g.Pending))
	}
	if g.Terminating > 0 {
		moving = append(moving, fmt.Sprintf("%d terminating", g.Terminating))
	}
	if len(moving) > 0 {
		lines = append(lines, r.paint(accent, strings.Join(moving, ", ")))
	}
	if len(g.SuspendedProcesses) > 0 {
		text := "suspended: " + strings.Join(g.SuspendedProcesses, ", ")
		lines = append(lines, r.table([][]cell{{{warn, text}}}, r.bound)...)
	}
	return lines
}

// barWidth is a cell an instance for groups up to that many, and a scale for greater ones.
const barWidth = 20

// bar draws the instances in service, those desired beyond that, and the room up to the maximum.
func (r *report) bar(g *stack.GroupStatus) string {
	if g.Max <= 0 || g.InService < 0 || g.Desired < 0 {
		return ""
	}
	w := min(g.Max, barWidth)
	if r.bound > 0 {
		w = min(w, r.bound)
	}
	scale := func(n int) int { // one instance must be seen, and so must the last one that is missing
		if n <= 0 || n >= g.Max {
			return min(max(n, 0), 1) * w
		}
		return min(max(n*w/g.Max, 1), w-1)
	}
	full := scale(g.InService)
	half := max(scale(max(g.Desired, g.InService))-full, 0)
	return r.paint(good, strings.Repeat(r.symbols.full, full)) +
		r.paint(accent, strings.Repeat(r.symbols.half, half)) +
		r.paint(muted, strings.Repeat(r.symbols.empty, max(w-full-half, 0)))
}

func (r *report) queue(q *stack.QueueStatus) []string {
	if q == nil {
		return r.missing()
	}
	figures := []string{fmt.Sprintf("%d visible", q.Visible), fmt.Sprintf("%d in flight", q.InFlight)}
	if q.Delayed > 0 {
		figures = append(figures, fmt.Sprintf("%d delayed", q.Delayed))
	}
	if q.OldestAgeSeconds != nil {
		age := time.Duration(*q.OldestAgeSeconds) * time.Second
		figures = append(figures, "oldest "+span(age))
	}
	if q.DeadLetters != nil && *q.DeadLetters == 0 {
		figures = append(figures, "no dead letters")
	}
	rows := [][]cell{{{body, q.Name}}, {{body, strings.Join(figures, ", ")}}}
	if q.DeadLetters != nil && *q.DeadLetters > 0 {
		rows = append(rows, []cell{{bad, count(*q.DeadLetters, "dead letter")}})
	}
	return r.table(rows, r.bound)
}

func (r *report) alarms(s *stack.Status) []string {
	var rows [][]cell
	for _, a := range s.Alarms {
		rule := cell{body, a.Rule}
		if !a.Enabled {
			rule = cell{warn, a.Rule + " (actions disabled)"}
		}
		since := ""
		if !a.Since.IsZero() {
			since = "since " + ago(a.Since, s.Time)
		}
		rows = append(rows, []cell{{alarmLook(a.State), a.State}, {body, a.LogicalID}, {muted, since}, rule})
	}
	return r.table(rows, r.bound)
}

// alarmLook does not cry: an alarm in ALARM is the loop at work, not a fault.
func alarmLook(state string) role {
	switch state {
	case "OK":
		return good
	case "ALARM":
		return accent
	}
	return warn
}

func (r *report) policies(policies []stack.PolicyStatus) []string {
	room := 0
	if r.bound > 0 {
		room = max(r.bound-gap-widest(policies, func(p stack.PolicyStatus) string { return p.LogicalID }), leastWrap)
	}
	var rows [][]cell
	for _, p := range policies {
		rule := cell{body, r.brief(p.Rule, "", room)}
		if !p.Enabled {
			rule = cell{warn, r.brief(p.Rule, " (disabled)", room)}
		}
		rows = append(rows, []cell{{body, p.LogicalID}, rule})
	}
	return r.table(rows, r.bound)
}

// brief leaves out the middle of a long list of steps, "1 job: 1, 6 jobs: 2, ..., 96 jobs: 20", so that with
// what follows it takes one line, if that can be. Without a bound it leaves out nothing.
func (r *report) brief(rule, suffix string, w int) string {
	list, end, warm := strings.Cut(rule, "; ")
	if warm {
		suffix = "; " + end + suffix
	}
	steps := strings.Split(list, ", ")
	if whole := list + suffix; w <= 0 || cells(whole) <= w || len(steps) < 4 {
		return whole
	}
	last := steps[len(steps)-1]
	for n := len(steps) - 2; ; n-- {
		short := strings.Join(append(slices.Clone(steps[:n]), r.symbols.ellipsis, last), ", ") + suffix
		if n == 1 || cells(short) <= w {
			return short
		}
	}
}

func (r *report) function(f *stack.FunctionStatus) []string {
	if f == nil {
		return r.missing()
	}
	look := warn
	switch f.State {
	case "Active":
		look = good
	case "Failed":
		look = bad
	}
	lines := r.table([][]cell{{{body, f.Name}, {look, f.State}, {muted, f.Runtime}}}, r.bound)
	if f.Reason != "" {
		lines = append(lines, r.table([][]cell{{{look, f.Reason}}}, r.bound)...)
	}
	return lines
}

// missing is a section of something that is not there.
func (r *report) missing() []string { return []string{r.paint(bad, "does not exist")} }
