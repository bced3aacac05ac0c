package ui

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/tune"
)

// Tune shows what a search came to: the workload, the group and the objective; the best policies beside the
// presets, the fixed fleet and the bound; their settings; and what the figures do not say.
func Tune(o *Output, r *tune.Report) error {
	var b strings.Builder
	o.labelled(&b, heading, "jobs", jobsText(&r.Workload))
	o.labelled(&b, heading, "group", groupText(&r.Group))
	o.labelled(&b, heading, "slo", sloText(r))
	b.WriteByte('\n')
	tunings(r).write(o, &b)
	b.WriteByte('\n')
	for i := range r.Best {
		o.labelled(&b, heading, r.Best[i].Name, r.Best[i].Settings)
	}
	if len(r.Best) > 0 {
		b.WriteByte('\n')
	}
	for _, note := range r.Notes {
		o.beside(&b, o.paint(warn, o.symbols.warn), len("! "), note.Text)
		if note.Hint != "" {
			o.beside(&b, "  "+o.paint(accent, "hint:"), len("  hint: "), note.Hint)
		}
	}
	return o.flush(&b)
}

// TuneJSON writes a report as a document.
func TuneJSON(w io.Writer, r *tune.Report) error { return writeDocument(w, r) }

// sloText is the objective in a sentence.
func sloText(r *tune.Report) string {
	text := r.SLO
	if r.TunedFor != r.SLO {
		text += fmt.Sprintf(", tuned for %s (margin %.2g)", r.TunedFor, r.Margin)
	}
	switch r.Kills {
	case 0:
		text += "; no job killed"
	default:
		text += fmt.Sprintf("; at most %s killed", count(int(r.Kills), "job"))
	}
	return fmt.Sprintf("%s; %d candidates tried", text, r.Tried)
}

// tunings are the figures of what was found, and of what it is held against.
func tunings(r *tune.Report) *comparison[tune.Row] {
	rows := slices.Concat(r.Best, r.Presets, []tune.Row{r.Fixed, {Name: boundName, Hours: r.BoundHours, Ratio: 1}})
	figures := limits(r)
	figures = append(figures,
		figure[tune.Row]{"HOLDS", "holds", holds, func(x *tune.Row) role {
			if !x.Holds && x.Name != boundName {
				return bad
			}
			return body
		}},
		figure[tune.Row]{"HOURS", "instance-hours", func(x *tune.Row) string { return hours(x.Hours) }, nil},
		figure[tune.Row]{"/BOUND", "of the bound", func(x *tune.Row) string { return fmt.Sprintf("%.2f", x.Ratio) }, nil},
	)
	if r.Fixed.Cost != nil {
		figures = append(figures, figure[tune.Row]{"COST", "cost", func(x *tune.Row) string {
			if x.Cost == nil {
				return ""
			}
			return money(*x.Cost)
		}, nil})
	}
	return &comparison[tune.Row]{
		name: func(x *tune.Row) string { return x.Name }, rows: rows,
		figures: append(figures,
			figure[tune.Row]{"MIN", "least", policyOnly(func(x *tune.Row) int { return x.Min }), nil},
			figure[tune.Row]{"PEAK", "peak", policyOnly(func(x *tune.Row) int { return x.Totals.PeakInstances }), nil},
			figure[tune.Row]{"KILLED", "killed", policyOnly(func(x *tune.Row) int { return int(x.Totals.JobsKilled) }), nil},
			figure[tune.Row]{"ACTIONS", "actions", policyOnly((*tune.Row).Actions), nil},
		),
	}
}

// boundName is the name of the row that is no policy.
const boundName = "lower bound"

// policyOnly is a number that the bound has not.
func policyOnly(n func(*tune.Row) int) func(*tune.Row) string {
	return func(x *tune.Row) string {
		if x.Name == boundName {
			return ""
		}
		return fmt.Sprint(n(x))
	}
}

func holds(x *tune.Row) string {
	switch {
	case x.Name == boundName:
		return ""
	case x.Holds:
		return "yes"
	}
	return "no"
}

// limits are a figure for each limit of the objective.
func limits(r *tune.Report) []figure[tune.Row] {
	var figures []figure[tune.Row]
	for i, f := range r.Fixed.Figures {
		figures = append(figures, figure[tune.Row]{strings.ToUpper(f.Name), f.Name, func(x *tune.Row) string {
			if i >= len(x.Figures) {
				return ""
			}
			return millis(int64(x.Figures[i].Seconds))
		}, func(x *tune.Row) role {
			if i < len(x.Figures) && !x.Figures[i].Holds {
				return bad
			}
			return body
		}})
	}
	return figures
}
