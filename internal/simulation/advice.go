package simulation

import (
	"fmt"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
)

// kind says which settings a candidate has: advice names no other.
type kind int

// The kinds of candidates.
const (
	stepwise kind = iota // simple policies: so many instances more or fewer
	stepped              // a step policy
	tabled               // a table from jobs to instances
	foreign              // none of eventscale's own
)

func (e *evidence) kind() kind {
	k := stepwise
	for _, p := range e.config.Policies {
		switch p := p.(type) {
		case *loop.Simple:
		case *loop.Step:
			if k = stepped; p.AdjustmentType == loop.ExactCapacity {
				return tabled
			}
		default:
			return foreign
		}
	}
	return k
}

// fewer says what makes a policy ask for fewer instances.
func (e *evidence) fewer() string {
	const boot = "or a shorter boot"
	switch e.kind() {
	case stepped:
		return "more jobs or fewer instances in each --step, " + boot
	case tabled:
		return "more jobs an instance (--jobs-per-instance or the rows of --table), " + boot
	case foreign:
		return boot[len("or "):]
	}
	if out := e.scaleOut(); out != nil && out.Adjustment > 1 {
		return fmt.Sprintf("a lower --scale-out-by than %d, a higher --scale-out-at, %s", out.Adjustment, boot)
	}
	return "a higher --scale-out-at, " + boot
}

// scaleOut is the simple policy that makes the group grow; nil where there is none.
func (e *evidence) scaleOut() *loop.Simple {
	for _, p := range e.config.Policies {
		if simple, ok := p.(*loop.Simple); ok && simple.Adjustment > 0 && simple.Alarm.Metric != loop.Stranded {
			return simple
		}
	}
	return nil
}

// later says what lets an instance live until it is ready.
func (e *evidence) later() string {
	var advice []string
	for _, p := range e.config.Policies {
		if alarm, ok := alarmOf(p); ok && !alarm.Comparison.Greater() && alarm.Threshold >= 1 {
			advice = []string{"use --scale-in-at 0, so that a job that is left keeps its instance"}
		}
	}
	if e.config.Group.Min == 0 {
		advice = append(advice, "keep one with --min 1")
	}
	return strings.Join(advice, "; or ")
}
