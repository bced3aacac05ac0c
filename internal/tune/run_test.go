package tune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

func TestTheReportIsTheSameOnAnyNumberOfCores(t *testing.T) {
	p := usual(t)
	validation := bursts(t, "others", 26, 40*loop.Second)
	p.Validation = &validation
	p.Workers = 1
	want := document(t, tuned(t, p))
	for _, workers := range []int{1, 2, 7} {
		p.Workers = workers
		if d := cmp.Diff(want, document(t, tuned(t, p))); d != "" {
			t.Errorf("%d workers (-one +other):\n%s", workers, d)
		}
	}
}

func TestTheBestAreOfEveryFamilyAndInOrder(t *testing.T) {
	p := usual(t)
	r := tuned(t, p)
	seen := map[string]bool{}
	for i, row := range r.Best {
		seen[row.Name] = true
		if row.Hours < r.Best[0].Hours || i > 1 && row.Hours < r.Best[i-1].Hours {
			t.Errorf("%d: %s for %.2f instance-hours comes after one for %.2f", i, row.Name, row.Hours, r.Best[i-1].Hours)
		}
		if !row.Holds || row.Totals.Unfinished+row.Totals.DeadLettered+row.Totals.JobsKilled != 0 || !slo(t, r.TunedFor).Holds(&row.Totals) {
			t.Errorf("%s does not hold %s: %+v", row.Name, r.TunedFor, row.Totals)
		}
		if (row.Spec == nil) != (row.Name == Target) || (row.Target == nil) == (row.Name == Target) {
			t.Errorf("%s has settings %+v and %+v", row.Name, row.Spec, row.Target)
		}
		if r.BoundHours > row.Hours || math.Abs(row.Ratio-row.Hours/r.BoundHours) > 1e-3 {
			t.Errorf("%s: %.3f times the bound of %.2f instance-hours, for %.2f", row.Name, row.Ratio, r.BoundHours, row.Hours)
		}
	}
	for _, name := range Families() {
		if !seen[name] {
			t.Errorf("none of the best is of family %s", name)
		}
	}
	if len(r.Best) != p.Top || len(r.Presets) != len(stack.Presets()) || r.Tried != p.Most {
		t.Errorf("%d of %d best, %d presets, %d of %d candidates", len(r.Best), p.Top, len(r.Presets), r.Tried, p.Most)
	}
	if w := r.Writable; w == nil || w.Spec == nil || w.Hours != r.Best[slices.IndexFunc(r.Best, func(x Row) bool { return x.Name != Target })].Hours {
		t.Errorf("what can be written is %+v", w)
	}
}

func TestOneOfTheBestIsTheWinner(t *testing.T) {
	p := usual(t)
	all := tuned(t, p)
	p.Top = 1
	if r := tuned(t, p); len(r.Best) != 1 || r.Winner().Settings != all.Winner().Settings {
		t.Errorf("the winner is %+v, not %+v", r.Winner(), all.Winner())
	}
}

func TestAPriceIsThatOfTheInstanceHours(t *testing.T) {
	r := tuned(t, usual(t))
	if r.Fixed.Cost != nil || r.Winner().Cost != nil {
		t.Error("there is a cost without a price")
	}
	r.Price(.5)
	for _, row := range slices.Concat(r.Best, r.Presets, []Row{r.Fixed, *r.Writable}) {
		if row.Cost == nil || *row.Cost != row.Hours/2 {
			t.Errorf("%s costs %v for %.2f instance-hours", row.Name, row.Cost, row.Hours)
		}
	}
	empty := &Report{}
	empty.Price(1) // no policy holds: there is none to write
}

func TestTheMarginIsTheUsualOneUnlessDetectionAndBootNeedMore(t *testing.T) {
	for _, tt := range []struct {
		slo    string // detection and boot take two minutes
		given  float64
		margin float64
		tuned  string
	}{
		{"p95 wait < 5m", 0, .7, "p95 wait < 3m30s"},
		{"p95 wait < 5m", 1, 1, "p95 wait < 5m"},
		{"p95 wait < 5m", .5, .5, "p95 wait < 2m30s"},
		{"p95 wait < 160s", 0, .875, "p95 wait < 2m20s"},
		{"p95 wait < 2m", 0, 1, "p95 wait < 2m"},
		{"p95 wait < 2m", .7, .7, "p95 wait < 1m24s"},
		{"p95 wait < 1m", 0, .7, "p95 wait < 42s"},
		{"max wait < 20m and p50 wait <= 160s", 0, .875, "max wait < 17m30s and p50 wait <= 2m20s"},
	} {
		p := usual(t)
		p.SLO, p.Margin, p.Families, p.Most = slo(t, tt.slo), tt.given, []string{Target}, 1
		r := tuned(t, p)
		if math.Abs(r.Margin-tt.margin) > 1e-9 || r.TunedFor != tt.tuned || r.SLO != p.SLO.String() {
			t.Errorf("%s with margin %v: tuned for %s with %v, want %s with %v", tt.slo, tt.given, r.TunedFor, r.Margin, tt.tuned, tt.margin)
		}
		note, ok := noted(r, "the margin is")
		if asked := tt.given == 0 && tt.margin != .7; ok != asked {
			t.Errorf("%s with margin %v: a note says %q", tt.slo, tt.given, note.Text)
		}
	}
}

func TestAnOpenMaximumLeavesRoomToCatchUp(t *testing.T) {
	p := usual(t)
	p.Config.Group.Max, p.OpenMax = 1, true
	p.Workload = bursts(t, "large bursts", 200, 2*loop.Minute)
	r := tuned(t, p)
	if r.Group.Max < 2*r.Fixed.Max || r.Group.Max > 6*r.Fixed.Max {
		t.Errorf("the group has up to %d, and a fixed fleet needs %d", r.Group.Max, r.Fixed.Max)
	}
	if w := r.Winner(); w == nil || w.Totals.PeakInstances <= 1 {
		t.Errorf("the winner is %+v", w)
	}
	mustNote(t, r, "the group was taken to have up to")
	p.OpenMax, p.Config.Group.Max = false, 100
	mustNotNote(t, tuned(t, p), "the group was taken to have up to")

	p = usual(t)
	p.Config.Group.Max, p.OpenMax = 1, true
	p.Workload = bursts(t, "drops", 1, loop.Second)
	if r := tuned(t, p); r.Group.Max != leastOpen {
		t.Errorf("hardly a job, and the group has up to %d", r.Group.Max)
	}
}

// The fixed fleet is one that the group can have: fewer would undercut even the bound.
func TestTheFixedFleetIsTheLeastThatHolds(t *testing.T) {
	p := usual(t)
	r := tuned(t, p)
	for n, want := range map[int]bool{r.Fixed.Min: true, r.Fixed.Min - 1: false} {
		result, err := loop.Run(p.fixed(n), p.Trace, loop.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.SLO.Holds(&result.Totals) != want {
			t.Errorf("%d hold: %v", n, !want)
		}
	}
	p.Config.Group.Min, p.Config.Group.Initial = r.Fixed.Min+2, r.Fixed.Min+2
	if got := tuned(t, p); got.Fixed.Min != r.Fixed.Min+2 || got.Fixed.Ratio < 1 {
		t.Errorf("a fixed fleet of %d for %.2f instance-hours, where the group has %d at least, for %.2f", got.Fixed.Min, got.Fixed.Hours, r.Fixed.Min+2, got.BoundHours)
	}
}

// It would be the cheapest of all: half of the jobs are done in time, and the last ones never.
func TestJobsLeftUndoneAreNoWayToHoldAnObjective(t *testing.T) {
	p := usual(t)
	p.Workload = workloadOf(t, "late", append(slices.Clone(p.Jobs), loop.Job{Arrival: 2 * loop.Hour, Service: 330 * loop.Second}))
	p.Config.DrainLimit = 6 * loop.Minute
	p.SLO, p.Margin = slo(t, "p90 wait < 5m"), 1
	c := Candidate{Family: Simple, Spec: stack.DefaultsOf(stack.Safe)}
	c.Spec.ScaleOutAt, c.Spec.ScaleOutBy, c.Spec.ScaleInAt, c.Spec.ScaleInBy, c.Spec.Periods = 1, 12, 0, 12, 1
	p.tuned, p.ctx = p.SLO, context.Background()
	lost, err := p.judge(c)
	if err != nil {
		t.Fatal(err)
	}
	if lost.totals.Unfinished == 0 || !p.SLO.Holds(&lost.totals) {
		t.Fatalf("this shows nothing: %+v", lost.totals)
	}
	if lost.feasible || p.candidateRow("lost", lost).Holds {
		t.Error("a policy that leaves a job undone is taken to hold the objective")
	}
	for _, row := range tuned(t, p).Best {
		if row.Totals.Unfinished > 0 {
			t.Errorf("%s leaves %d undone", row.Name, row.Totals.Unfinished)
		}
	}
	for _, totals := range []loop.Totals{{DeadLettered: 1}, {Unfinished: 1}, {JobsKilled: 1}} {
		if p.complete(&totals) {
			t.Errorf("%+v is complete", totals)
		}
	}
}

func TestNoMoreJobsAreKilledThanMayBe(t *testing.T) {
	p := usual(t)
	p.Config.Group.ScaleIn = loop.Kill
	for _, row := range tuned(t, p).Best {
		if row.Totals.JobsKilled > 0 {
			t.Errorf("%s kills %d", row.Name, row.Totals.JobsKilled)
		}
	}
	p.tuned = slo(t, "p95 wait < 10m")
	c := Candidate{Family: Simple, Spec: stack.DefaultsOf(stack.Classic)}
	trial, err := p.judge(c)
	if err != nil {
		t.Fatal(err)
	}
	killed := trial.totals.JobsKilled
	if killed == 0 || !p.tuned.Holds(&trial.totals) {
		t.Fatalf("this shows nothing: %+v", trial.totals)
	}
	for kills, want := range map[int64]bool{0: false, killed - 1: false, killed: true, killed + 1: true} {
		p.Kills = kills
		if trial, err = p.judge(c); err != nil || trial.feasible != want {
			t.Errorf("%d may be killed, %d are: %v, %v", kills, killed, trial.feasible, err)
		}
	}
}

func TestTheSearchEndsWithItsBudget(t *testing.T) {
	p := usual(t)
	calls := 0
	p.Budget, p.Elapsed = time.Second, func() time.Duration { calls++; return time.Duration(calls) * 200 * time.Millisecond }
	var last Progress
	p.Progress = func(now Progress) {
		if now.Tried <= last.Tried || last.Best > 0 && now.Best > last.Best {
			t.Errorf("from %+v to %+v", last, now)
		}
		last = now
	}
	r := tuned(t, p)
	if !r.OutOfTime || r.Tried > 4*batch || r.Tried < 2*batch || last.Tried != r.Tried || last.Best == 0 {
		t.Errorf("out of time: %v, %d candidates, and %+v told", r.OutOfTime, r.Tried, last)
	}
	mustNote(t, r, fmt.Sprintf("the budget of 1s was used up after %d candidates", r.Tried))
}

func TestASearchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := usual(t)
	p.Progress = func(Progress) { cancel() }
	if _, err := Run(ctx, p); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestASearchNeedsSomethingToSearch(t *testing.T) {
	for name, spoil := range map[string]func(*Problem){
		"no objective":   func(p *Problem) { p.SLO = nil },
		"no jobs":        func(p *Problem) { p.Jobs = nil },
		"no family":      func(p *Problem) { p.Families = nil },
		"another family": func(p *Problem) { p.Families = []string{Simple, Any} },
	} {
		p := usual(t)
		spoil(&p)
		if r, err := Run(context.Background(), p); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
