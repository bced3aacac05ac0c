package tune

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
)

// bursts is a workload of so many jobs at once, every quarter of an hour for two hours.
func bursts(t testing.TB, name string, jobs int, service loop.Millis) Workload {
	t.Helper()
	var list []loop.Job
	for at := loop.Minute; at < 2*loop.Hour; at += 15 * loop.Minute {
		for i := range jobs {
			list = append(list, loop.Job{Arrival: at + loop.Millis(i)*loop.Second, Service: service})
		}
	}
	return workloadOf(t, name, list)
}

func workloadOf(t testing.TB, name string, jobs []loop.Job) Workload {
	t.Helper()
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		t.Fatal(err)
	}
	return Workload{Name: name, Trace: trace, Jobs: jobs}
}

// usual is a problem that a search ends within a blink.
func usual(t testing.TB) Problem {
	t.Helper()
	config := loop.DefaultConfig()
	config.Group.Max, config.Group.ScaleIn = 12, loop.Protect
	config.Group.Launch, config.Group.Boot, config.Group.Warmup = 10*loop.Second, loop.Boots{60 * loop.Second}, 50*loop.Second
	return Problem{
		Workload: bursts(t, "bursts", 24, 40*loop.Second), Config: config, Spec: stack.Defaults(), SLO: slo(t, "p95 wait < 5m"),
		Families: Families(), Top: 6, Most: 500,
	}
}

func slo(t testing.TB, text string) SLO {
	t.Helper()
	s, err := ParseSLO(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tuned(t testing.TB, p Problem) *Report {
	t.Helper()
	r, err := Run(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// document is a report as JSON, in which all is that a user sees.
func document(t testing.TB, r *Report) string {
	t.Helper()
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// noted returns the note that has some words.
func noted(r *Report, words string) (simulation.Finding, bool) {
	i := slices.IndexFunc(r.Notes, func(f simulation.Finding) bool { return strings.Contains(f.Text, words) })
	if i < 0 {
		return simulation.Finding{}, false
	}
	return r.Notes[i], true
}

func mustNote(t testing.TB, r *Report, words string) simulation.Finding {
	t.Helper()
	f, ok := noted(r, words)
	if !ok {
		t.Errorf("no note says %q: %q", words, r.Notes)
	}
	return f
}

func mustNotNote(t testing.TB, r *Report, words string) {
	t.Helper()
	if f, ok := noted(r, words); ok {
		t.Errorf("a note says %q", f.Text)
	}
}
