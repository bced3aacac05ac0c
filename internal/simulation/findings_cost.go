package simulation

import (
	"fmt"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
)

// Below these nobody would call it a fault.
const (
	flappingSpan  = 10 * loop.Minute // from out to in: an instance boots for minutes, and has hardly worked
	leastFlapping = 2                // times
	leastIdle     = loop.Hour        // of instances
)

// flapping is for a group that grows and soon after shrinks.
func flapping(e *evidence) (Finding, bool) {
	times := 0
	var by string
	for i, a := range e.result.Actions {
		if i == 0 || a.To >= a.From {
			continue
		}
		before := e.result.Actions[i-1]
		if before.To > before.From && loop.FromSeconds(a.Time-before.Time) <= flappingSpan {
			times, by = times+1, a.Policy
		}
	}
	return Finding{
		Text: fmt.Sprintf("the group grew and shrank again within %s, %s", span(flappingSpan), count(int64(times), "time")),
		Hint: e.calmer(e.policy(by)),
	}, times >= leastFlapping
}

// calmer says what keeps a policy from shrinking too soon, where that is known.
func (e *evidence) calmer(p loop.Policy) string {
	alarm, ok := alarmOf(p)
	if !ok || alarm.Comparison.Greater() {
		return ""
	}
	var advice []string
	switch {
	case alarm.Metric == loop.Visible:
		return "use --preset safe: jobs that run keep it from shrinking"
	case alarm.Threshold > 0:
		advice = append(advice, "a lower --scale-in-at")
	}
	if e.kind() != tabled && alarm.EvaluationPeriods < calmPeriods { // a table shrinks by its rows as well, at the first
		advice = append(advice, fmt.Sprintf("--periods %d", calmPeriods))
	}
	if len(advice) == 0 {
		return ""
	}
	return "try " + strings.Join(advice, ", or ")
}

// calmPeriods bounds the advice: more minutes than these without a job are no flapping.
const calmPeriods = 4

// unused is for instances that were paid for and never worked.
func unused(e *evidence) (Finding, bool) {
	n, early := int64(e.watch.unused), int64(e.watch.early)
	if n == 0 || 10*n < e.result.Totals.InstancesLaunched {
		return Finding{}, false
	}
	f := Finding{Text: fmt.Sprintf("%s launched and removed again without a job", were(n, "instance")), Hint: e.fewer()}
	switch {
	case early == n:
		f.Text += ", before" + verb(n, " it was", " they were") + " ready"
		f.Hint = e.later()
	case early > 0:
		f.Text += fmt.Sprintf(", %d of them before they were ready", early)
		f.Hint = e.later()
	}
	return f, true
}

// idle is for instances that stood by though nothing was in the queue or under work.
func idle(e *evidence) (Finding, bool) {
	var wasted loop.Millis
	for _, row := range e.result.Series {
		if row.Visible+row.Inflight == 0 {
			wasted += loop.Millis(max(0, row.Active-e.config.Group.Min)) * loop.Minute
		}
	}
	if wasted < leastIdle || 5*int64(wasted) < e.result.Totals.InstanceMillis || len(e.config.Policies) == 0 {
		return Finding{}, false
	}
	hours := fmt.Sprintf("%s of %s instance-hours went by without a single job in the system, above the minimum of %d", hoursOf(wasted), hoursOf(loop.Millis(e.result.Totals.InstanceMillis)), e.config.Group.Min)
	if e.result.Totals.ScaleInActions == 0 {
		return Finding{Text: hours + ": scale-in never fired"}, true
	}
	return Finding{Text: hours, Hint: e.sooner()}, true
}

// sooner says what makes the policies shrink sooner.
func (e *evidence) sooner() string {
	switch _, ok := alarmOf(e.config.Policies[0]); {
	case ok && e.simple():
		return "shrink sooner: a larger --scale-in-by, or a shorter --cooldown"
	case ok:
		return "shrink sooner: a larger --scale-in-by"
	}
	return ""
}
