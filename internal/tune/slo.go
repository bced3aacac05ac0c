package tune

import (
	"fmt"
	"math"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// Statistic is the figure of a distribution that a limit is about.
type Statistic string

// The statistics.
const (
	P50  Statistic = "p50"
	P90  Statistic = "p90"
	P95  Statistic = "p95"
	P99  Statistic = "p99"
	Max  Statistic = "max"
	Mean Statistic = "mean"
)

// Measure is what of a message is measured.
type Measure string

// Wait is the time from a message's arrival to its end less its service, so that work lost to a kill counts
// as waiting. Sojourn is all of the time from arrival to end.
const (
	Wait    Measure = "wait"
	Sojourn Measure = "sojourn"
)

// Limit is one term of an objective: "p95 wait < 5m".
type Limit struct {
	Statistic Statistic
	Measure   Measure
	Strict    bool // <, not <=
	Bound     loop.Millis
}

// SLO is a service level objective: limits that must all hold.
type SLO []Limit

func (l Limit) String() string { return l.Figure() + " " + l.sign() + " " + clock(l.Bound) }

// Figure names what is limited: "p95 wait".
func (l Limit) Figure() string { return string(l.Statistic) + " " + string(l.Measure) }

func (l Limit) sign() string {
	if l.Strict {
		return "<"
	}
	return "<="
}

func (s SLO) String() string {
	words := make([]string, len(s))
	for i, l := range s {
		words[i] = l.String()
	}
	return strings.Join(words, " and ")
}

// Of is the limited figure of a run.
func (l Limit) Of(t *loop.Totals) loop.Millis {
	d := &t.Wait
	if l.Measure == Sojourn {
		d = &t.Sojourn
	}
	switch l.Statistic {
	case P50:
		return loop.Millis(d.P50)
	case P90:
		return loop.Millis(d.P90)
	case P95:
		return loop.Millis(d.P95)
	case P99:
		return loop.Millis(d.P99)
	case Max:
		return loop.Millis(d.Max)
	default:
		return loop.Millis(d.Mean)
	}
}

// holds is whether a figure is within the bound.
func (l Limit) holds(figure loop.Millis) bool {
	return figure < l.Bound || !l.Strict && figure == l.Bound
}

// Holds is whether all limits hold for a run.
func (s SLO) Holds(t *loop.Totals) bool {
	for _, l := range s {
		if !l.holds(l.Of(t)) {
			return false
		}
	}
	return true
}

// scaled is the objective with every bound multiplied.
func (s SLO) scaled(margin float64) SLO {
	scaled := make(SLO, len(s))
	for i, l := range s {
		l.Bound = max(1, loop.Millis(math.Round(float64(l.Bound)*margin)))
		scaled[i] = l
	}
	return scaled
}

// excess is by how much a run misses the objective: 1 where it just holds, 2 where a figure is twice its bound.
func (s SLO) excess(t *loop.Totals) float64 {
	worst := 0.0
	for _, l := range s {
		worst = max(worst, float64(l.Of(t))/float64(max(1, l.Bound)))
	}
	return worst
}

// share is how many percent of the messages a statistic speaks of; ok is false for the mean.
func (s Statistic) share() (percent int64, ok bool) {
	switch s {
	case P50:
		return 50, true
	case P90:
		return 90, true
	case P95:
		return 95, true
	case P99:
		return 99, true
	case Max:
		return 100, true
	}
	return 0, false
}

// clock writes a length of time as a user types it: 5m, 4m10s, 90ms.
func clock(m loop.Millis) string {
	if m%loop.Second != 0 {
		return fmt.Sprintf("%dms", int64(m))
	}
	return stack.Duration(int64(m) * 1e6).String()
}
