package tune

import (
	"fmt"

	"github.com/eventscale/eventscale/internal/loop"
)

// UnreachableError is an objective that no policy holds, since not even the group's most instances do that are
// there from the beginning: in the model, where the first come is first served, one instance more never makes a
// job wait longer.
type UnreachableError struct {
	SLO   SLO
	Limit Limit       // that does not hold
	Best  loop.Millis // the figure that can be reached
	Max   int         // instances of the group
	Needs int         // that hold it; 0: no number does
}

func (e *UnreachableError) Error() string {
	text := fmt.Sprintf("--slo %q cannot be met: with all %d instances of the group there all the time, the %s is %s", e.SLO, e.Max, e.Limit.Figure(), clock(toSecond(e.Best)))
	if e.Needs == 0 {
		text += ", and more instances change nothing: the jobs themselves take that long"
	}
	return text
}

// Hint says what could be met.
func (e *UnreachableError) Hint() string {
	if e.Needs > 0 {
		return fmt.Sprintf("it takes %d instances at least: --max %d, or an objective that %d can hold: --slo '%s <= %s'", e.Needs, 2*e.Needs, e.Max, e.Limit.Figure(), clock(upToSecond(e.Best)))
	}
	return fmt.Sprintf("--slo '%s <= %s', or jobs that take less time", e.Limit.Figure(), clock(upToSecond(e.Best)))
}

// mostFleet is more than any group has.
const mostFleet = 100_000

// fleet is the least number of instances that hold an objective if they are there all the time. It is exact:
// what n hold, n+1 hold too.
func (p *Problem) fleet(s SLO, most int) (n int, totals loop.Totals, err error) {
	holds := func(n int) bool {
		if err != nil {
			return false
		}
		var result *loop.Result
		if result, err = loop.Run(p.fixed(n), p.Trace, loop.Options{}); err != nil {
			return false
		}
		if result.Totals.Unfinished == 0 && s.Holds(&result.Totals) {
			totals = result.Totals
			return true
		}
		return false
	}
	low, high := 0, 1 // low does not hold; high does
	for ; !holds(high); high = min(2*high, most) {
		if low = high; high == most || err != nil {
			return 0, totals, err
		}
	}
	for low+1 < high {
		if middle := (low + high) / 2; holds(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high, totals, err
}

// unreachable says why an objective cannot be met.
func (p *Problem) unreachable() error {
	e := &UnreachableError{SLO: p.SLO, Max: p.group().Max}
	result, err := loop.Run(p.fixed(e.Max), p.Trace, loop.Options{})
	if err != nil {
		return err
	}
	for _, l := range p.SLO {
		if figure := l.Of(&result.Totals); !l.holds(figure) {
			e.Limit, e.Best = l, figure
		}
	}
	e.Needs, _, err = p.fleet(p.SLO, mostFleet)
	if err != nil {
		return err
	}
	return e
}

// toSecond rounds what is more than some seconds for the eye, upToSecond upward for a bound.
func toSecond(m loop.Millis) loop.Millis {
	if m < 10*loop.Second {
		return m
	}
	return (m + loop.Second/2) / loop.Second * loop.Second
}

func upToSecond(m loop.Millis) loop.Millis {
	return (m + loop.Second) / loop.Second * loop.Second
}
