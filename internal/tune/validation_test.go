package tune

import (
	"context"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

// validated is what a search comes to that ends at nothing less than the objective, beside another workload of
// bursts of so many jobs.
func validated(t *testing.T, jobs int) *Report {
	t.Helper()
	p := usual(t)
	p.Margin, p.Families = 1, []string{Simple, Table}
	other := bursts(t, "others", jobs, 40*loop.Second)
	p.Validation = &other
	return tuned(t, p)
}

func TestAWinnerThatHoldsOnTheOtherTraceSaysSo(t *testing.T) {
	r := validated(t, 24)
	w := r.Winner()
	if w.Validation == nil || !w.Validation.Holds || w.Validation.Totals != w.Totals {
		t.Errorf("the winner on an equal trace: %+v", w.Validation)
	}
	if f := w.Validation.Figures; len(f) != 1 || f[0] != w.Figures[0] {
		t.Errorf("figures %+v and %+v", f, w.Figures)
	}
	if r.Validation == nil || r.Validation.Name != "others" || r.Validation.Messages != 192 {
		t.Errorf("the workload is %+v", r.Validation)
	}
	mustNote(t, r, "the winner holds p95 wait < 5m on others too: a p95 wait of ")
	mustNotNote(t, r, "does not hold")
	mustNotNote(t, r, "none of the best holds")
	mustNotNote(t, r, "this was tuned on one trace")
}

func TestTheNextBestWinsWhereTheBestDoesNotHold(t *testing.T) {
	alone := validated(t, 24).Winner()
	r := validated(t, 30)
	w := r.Winner()
	if w.Validation == nil || !w.Validation.Holds || w.Hours <= alone.Hours {
		t.Fatalf("%.2f instance-hours, and %+v; the best alone has %.2f", w.Hours, w.Validation, alone.Hours)
	}
	if r.Writable.Settings != w.Settings || !r.Writable.Validation.Holds {
		t.Errorf("%s is written, and %s won", r.Writable.Settings, w.Settings)
	}
	mustNote(t, r, "does not hold p95 wait < 5m on others; the winner is the best that does")
	mustNote(t, r, "the winner holds p95 wait < 5m on others too")
	mustNotNote(t, r, "none of the best holds")
}

// However many hold on the first trace: what was tried on the other and failed is not passed over for what was
// not tried.
func TestTheBestStandsWhereNoneHolds(t *testing.T) {
	p := usual(t)
	p.Margin, p.Families, p.Most, p.ctx = 1, []string{Table}, 900, context.Background()
	other := bursts(t, "others", 2000, 40*loop.Second)
	p.Validation = &other
	r, err := p.describe()
	if err != nil {
		t.Fatal(err)
	}
	p.setMargin(r)
	found, err := p.search(r)
	if err != nil || len(found) <= mostChecked {
		t.Fatalf("%d hold, no more than are tried on the other trace: this shows nothing (%v)", len(found), err)
	}
	if err := p.choose(r, found); err != nil {
		t.Fatal(err)
	}
	p.note(r, found)
	w := r.Winner()
	if w.Validation == nil || w.Validation.Holds || w.Totals != found[0].totals || r.Writable.Validation == nil {
		t.Errorf("the winner for %.2f instance-hours was tried: %+v", w.Hours, w.Validation)
	}
	mustNote(t, r, "none of the best holds p95 wait < 5m on others: there the winner has a p95 wait of ")
	mustNotNote(t, r, "the winner holds")
	mustNotNote(t, r, "the winner is the best that does")
}
