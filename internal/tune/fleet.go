package tune

import (
	"fmt"

	"github.com/eventscale/eventscale/internal/loop"
)

// UnreachableError is an objective that no policy holds, since not even the group's most instances do that are
// there from the beginning: in the model, where the first come is first served, one instance more never makes a
// job wait longer. (With scale-in by drain, instances that finish their last jobs are there beside the group's
// most. No policy is made for that, and it is left out of account.)
type UnreachableError struct {
	SLO        SLO
	Limit      Limit       // that does not hold; none where all do, and jobs are left undone
	Best       loop.Millis // the figure that can be reached
	Unfinished int64       // jobs that are not done before a run ends
	Jobs       int64       // all of them
	Max        int         // instances of the group
	Needs      int         // that hold it; 0: no number does
	Least      loop.Millis // the figure that any number of instances can reach
}

func (e *UnreachableError) Error() string {
	text := fmt.Sprintf("--slo %q cannot be met: with all %d instances of the group there all the time, ", e.SLO, e.Max)
	if e.Limit.Bound == 0 {
		return text + fmt.Sprintf("%d of %d jobs cannot be done before the simulation ends", e.Unfinished, e.Jobs)
	}
	text += fmt.Sprintf("the %s is %s", e.Limit.Figure(), clock(toSecond(e.Best)))
	switch {
	case e.Needs > 0:
	case e.Least < e.Best:
		text += fmt.Sprintf(", and with any number %s: the jobs themselves take that long", clock(toSecond(e.Least)))
	default:
		text += ", and more instances change nothing: the jobs themselves take that long"
	}
	return text
}

// Hint says what could be met.
func (e *UnreachableError) Hint() string {
	switch slo := fmt.Sprintf("--slo '%s <= %s'", e.Limit.Figure(), clock(upToSecond(e.Best))); {
	case e.Needs > 0 && e.Limit.Bound == 0:
		return fmt.Sprintf("it takes %d instances at least: --max %d", e.Needs, 2*e.Needs)
	case e.Needs > 0:
		return fmt.Sprintf("it takes %d instances at least: --max %d, or an objective that %d can hold: %s", e.Needs, 2*e.Needs, e.Max, slo)
	case e.Limit.Bound == 0:
		return "jobs that take less time"
	default:
		return slo + ", or jobs that take less time"
	}
}

// mostFleet is more than any group has.
const mostFleet = 100_000

// fleet is the least number of instances that the group can have and that hold an objective if they are there all
// the time; 0 where no number up to most does. It is exact: what n hold, n+1 hold too.
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
	most = max(p.group().Min, min(most, len(p.Jobs))) // with an instance for every job, none waits
	high := max(1, p.group().Min)
	low := high - 1 // does not hold, or is too few; high does
	if high > most {
		return 0, totals, nil
	}
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
	all, err := loop.Run(p.fixed(max(e.Max, min(len(p.Jobs), mostFleet))), p.Trace, loop.Options{})
	if err != nil {
		return err
	}
	e.Unfinished, e.Jobs = result.Totals.Unfinished, result.Totals.Messages
	for _, l := range p.SLO {
		if figure := l.Of(&result.Totals); !l.holds(figure) {
			e.Limit, e.Best, e.Least = l, figure, l.Of(&all.Totals)
		}
	}
	if e.Needs, _, err = p.fleet(p.SLO, mostFleet); err != nil {
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
