package ui

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/tune"
)

// tuned is a report with one policy that holds and one preset that does not.
func tuned() *tune.Report {
	figure := func(seconds loop.Millis, holds bool) []tune.Figure {
		return []tune.Figure{{Name: "p95 wait", Seconds: seconds * loop.Second, Bound: 300 * loop.Second, Holds: holds}}
	}
	return &tune.Report{
		SchemaVersion: tune.SchemaVersion, Workload: twoPolicies().Workload, Group: twoPolicies().Group,
		SLO: "p95 wait < 5m", TunedFor: "p95 wait < 3m30s", Margin: 0.7, Tried: 2000,
		Best: []tune.Row{{
			Name: "table", Settings: "--preset table --table 1:1,57:2,143:3,245:4 --warmup 2m30s", Figures: figure(193, true), Holds: true,
			Hours: 5.23, Ratio: 1.15, Totals: loop.Totals{PeakInstances: 6, ScaleOutActions: 4, ScaleInActions: 5},
		}},
		Presets: []tune.Row{{
			Name: "preset classic", Settings: "--preset classic", Figures: figure(1250, false),
			Hours: 134.5, Ratio: 29.6, Totals: loop.Totals{PeakInstances: 12, JobsKilled: 31},
		}},
		Fixed:      tune.Row{Name: "fixed fleet of 6", Min: 6, Figures: figure(146, true), Holds: true, Hours: 24, Ratio: 5.48, Totals: loop.Totals{PeakInstances: 6}},
		BoundHours: 4.38,
		Notes: []simulation.Finding{{
			Text: "this was tuned on one trace, and held against no other",
			Hint: "--validate FILE holds the winner against another, --holdout 30% against the last part of this one",
		}},
	}
}

func TestTune(t *testing.T) {
	goldens(t, "tune", true, func(o *Output) error { return Tune(o, tuned()) })
	priced := tuned()
	priced.Price(1.25)
	goldens(t, "tune-priced", true, func(o *Output) error { return Tune(o, priced) })
}

func TestATunedReportSteersNoTerminal(t *testing.T) {
	r := tuned()
	r.Workload.Name, r.Best[0].Settings = "a\x1b[2Jb", "c\x1b]0;d"
	var b bytes.Buffer
	if err := Tune(NewFixedOutput(&b, Fixed{}), r); err != nil || strings.ContainsAny(b.String(), "\x1b\x07") {
		t.Errorf("%v: %q", err, b.String())
	}
}

func TestFileChange(t *testing.T) {
	goldens(t, "filechange", true, func(o *Output) error {
		return FileChange(o, "eventscale.yaml", "asg: gpu-workers\nscale-out-at: 20\n", "asg: gpu-workers\npreset: table\n")
	})
	var b bytes.Buffer
	if err := FileChange(NewFixedOutput(&b, Fixed{}), "eventscale.yaml", "a\n", "a\n"); err != nil || !strings.Contains(b.String(), "already") {
		t.Errorf("%v: %q", err, b.String())
	}
}
