package tune

import (
	"fmt"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

func TestAnObjectiveBelowDetectionAndBootKeepsInstances(t *testing.T) {
	p := usual(t)
	p.Config.Metric.Delay = 30 * loop.Second
	p.SLO, p.Margin, p.Most = slo(t, "p95 wait < 40s"), 1, 1200
	r := tuned(t, p)
	if got := r.Reaction; got.Detection != 90*loop.Second || got.Boot != 60*loop.Second {
		t.Errorf("the reaction is %+v", got)
	}
	w := r.Winner()
	if w == nil || w.Min == 0 {
		t.Fatalf("the winner keeps nothing: %+v", w)
	}
	f := mustNote(t, r, "detection and boot take up to 2m30s (1m30s until an alarm sees a job, 1m until an instance works): p95 wait < 40s needs capacity that is already there when jobs come; the cheapest policy that was found costs ")
	if !strings.HasSuffix(f.Text, fmt.Sprintf(" instance-hours and keeps at least %d instances", w.Min)) {
		t.Errorf("the note is %q", f.Text)
	}
	if !strings.Contains(f.Hint, "aws autoscaling update-auto-scaling-group --auto-scaling-group-name NAME --min-size ") {
		t.Errorf("the hint is %q", f.Hint)
	}
	for _, row := range r.Best {
		if row.Min == 0 && row.Holds && row.Totals.Wait.P95 >= 40_000 {
			t.Errorf("%s waits %d ms", row.Name, row.Totals.Wait.P95)
		}
	}
	p.SLO = slo(t, "p95 wait < 2m30s") // just what they take
	mustNotNote(t, tuned(t, p), "needs capacity that is already there")
}

// The group's least that a search finds is the one it was simulated with, and no less than the group's own.
func TestAStandingGroupIsSimulatedAsSuch(t *testing.T) {
	p := usual(t)
	p.SLO, p.Margin = slo(t, "p95 wait < 40s"), 1
	p.Config.Group.Min, p.Config.Group.Initial = 1, 1
	for _, row := range tuned(t, p).Best {
		if row.Spec == nil {
			continue
		}
		config := p.Config
		config.Group.Min, config.Group.Initial = row.Min, row.Min
		config.Queue, config.Policies = row.Spec.Queue(), row.Spec.Rules(row.Min, config.Group.Max)
		result, err := loop.Run(&config, p.Trace, loop.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if row.Min < 1 || result.Totals != row.Totals {
			t.Errorf("%s with a least of %d: %+v\nwant %+v", row.Name, row.Min, row.Totals, result.Totals)
		}
	}
}

func TestASearchThatFindsNothingSaysWhatHoldsAllTheSame(t *testing.T) {
	p := usual(t)
	p.SLO, p.Families = slo(t, "max wait < 30s"), []string{Target}
	r := tuned(t, p)
	if len(r.Best) != 0 || r.Winner() != nil || r.Writable != nil {
		t.Fatalf("something was found: %+v", r.Best)
	}
	f := mustNote(t, r, "no policy was found that holds max wait < 21s with no job killed: a fixed fleet of ")
	if !strings.Contains(f.Text, " holds max wait < 30s, for ") || !strings.Contains(f.Hint, "--margin 1") {
		t.Errorf("%q", f)
	}
	p.Config.Group.ScaleIn, p.Kills = loop.Kill, 1
	if f := mustNote(t, tuned(t, p), "with at most 1 job killed"); !strings.Contains(f.Hint, "--scale-in protect") {
		t.Errorf("the hint is %q", f.Hint)
	}
	if !strings.Contains(document(t, r), `"best": [],`) {
		t.Error("the best of nothing is no list")
	}
}

func TestAWinnerThatUpDoesNotMakeSaysSo(t *testing.T) {
	p := usual(t)
	p.Families = []string{Target}
	r := tuned(t, p)
	if r.Winner() == nil || r.Writable != nil {
		t.Fatalf("%+v can be written", r.Writable)
	}
	if f := mustNote(t, r, "the winner is target tracking"); strings.Contains(f.Text, "the best that it makes") {
		t.Errorf("%q", f.Text)
	}
	p.Families = []string{Simple}
	mustNotNote(t, tuned(t, p), "the winner is target tracking")
}

// Three jobs a minute, one of which may wait for another: but not with a margin.
func TestAFixedFleetThatCostsLessIsNamed(t *testing.T) {
	p := usual(t)
	var jobs []loop.Job
	for at := loop.Millis(0); at < 4*loop.Hour; at += loop.Minute {
		job := loop.Job{Arrival: at, Service: 29 * loop.Second}
		jobs = append(jobs, job, job, job)
	}
	p.Workload, p.SLO, p.Margin = workloadOf(t, "steady", jobs), slo(t, "p95 wait < 2m"), .05
	r := tuned(t, p)
	_, ok := noted(r, "a fixed fleet of 2 costs less than any policy that was found")
	if w := r.Winner(); w == nil || ok != (w.Hours > r.Fixed.Hours) || !ok {
		t.Errorf("%.2f instance-hours fixed, and the winner %+v", r.Fixed.Hours, w)
	}
	mustNotNote(t, tuned(t, usual(t)), "a fixed fleet of")
}

func TestAResultOfOneTraceIsNotedAsSuch(t *testing.T) {
	f := mustNote(t, tuned(t, usual(t)), "this was tuned on one trace")
	if !strings.Contains(f.Hint, "--validate") || !strings.Contains(f.Hint, "--holdout") {
		t.Errorf("the hint is %q", f.Hint)
	}
}
