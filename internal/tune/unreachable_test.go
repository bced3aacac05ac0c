package tune

import (
	"context"
	"errors"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

func unreachable(t *testing.T, p Problem) *UnreachableError {
	t.Helper()
	_, err := Run(context.Background(), p)
	var e *UnreachableError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	return e
}

func TestAnObjectiveOutOfReachIsToldWithWhatCanBeReached(t *testing.T) {
	p := usual(t)
	p.Config.Group.Max = 1
	e := unreachable(t, p)
	result, err := loop.Run(p.fixed(1), p.Trace, loop.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := loop.Millis(result.Totals.Wait.P95); e.Best != want || e.Limit != p.SLO[0] || e.Max != 1 {
		t.Errorf("%+v, and the best is %v", e, want)
	}
	if e.Needs != 3 {
		t.Errorf("it needs %d", e.Needs)
	}
	if want := `--slo "p95 wait < 5m" cannot be met: with all 1 instances of the group there all the time, the p95 wait is 19m18s`; e.Error() != want {
		t.Errorf("%s\nwant\n%s", e, want)
	}
	if want := "it takes 3 instances at least: --max 6, or an objective that 1 can hold: --slo 'p95 wait <= 19m19s'"; e.Hint() != want {
		t.Errorf("%s\nwant\n%s", e.Hint(), want)
	}
	p.SLO = slo(t, "p95 wait <= 19m19s")
	p.Margin = 1
	tuned(t, p) // the hint is true
	p.SLO, p.Config.Group.Max = slo(t, "p95 wait < 5m"), e.Needs
	tuned(t, p)
}

func TestJobsThatTakeTooLongAreToldApartFromTooFewInstances(t *testing.T) {
	p := usual(t)
	p.SLO = slo(t, "p50 wait < 5m and p95 sojourn < 30s")
	e := unreachable(t, p)
	if want := `--slo "p50 wait < 5m and p95 sojourn < 30s" cannot be met: with all 12 instances of the group there all the time, the p95 sojourn is 1m8s, and with any number 40s: the jobs themselves take that long`; e.Error() != want {
		t.Errorf("%s\nwant\n%s", e, want)
	}
	if want := "--slo 'p95 sojourn <= 1m9s', or jobs that take less time"; e.Hint() != want {
		t.Errorf("%s\nwant\n%s", e.Hint(), want)
	}
	p.Config.Group.Max = 100
	e = unreachable(t, p)
	if want := `--slo "p50 wait < 5m and p95 sojourn < 30s" cannot be met: with all 100 instances of the group there all the time, the p95 sojourn is 40s, and more instances change nothing: the jobs themselves take that long`; e.Error() != want {
		t.Errorf("%s\nwant\n%s", e, want)
	}
}

func TestJobsThatAreNeverDoneAreTold(t *testing.T) {
	p := usual(t)
	p.Workload = workloadOf(t, "endless", append(p.Jobs, loop.Job{Arrival: 2 * loop.Hour, Service: 48 * loop.Hour}))
	e := unreachable(t, p)
	if want := `--slo "p95 wait < 5m" cannot be met: with all 12 instances of the group there all the time, 1 of 193 jobs cannot be done before the simulation ends`; e.Error() != want {
		t.Errorf("%s\nwant\n%s", e, want)
	}
	if want := "jobs that take less time"; e.Hint() != want {
		t.Errorf("%s\nwant\n%s", e.Hint(), want)
	}
}
