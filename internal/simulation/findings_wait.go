package simulation

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
)

// Below these nobody would call it a fault.
const (
	leastAtMaximum = 5               // minutes
	leastSlow      = 2 * loop.Minute // of a 95th percentile
	leastFirst     = 5 * loop.Minute // beyond the boot: detection alone takes two to four
)

// atMaximum is for a group that could not grow while jobs waited.
func atMaximum(e *evidence) (Finding, bool) {
	minutes, most := 0, 0
	for _, row := range e.result.Series {
		if row.Visible > 0 && row.Desired >= e.config.Group.Max {
			minutes, most = minutes+1, max(most, row.Visible)
		}
	}
	return Finding{
		Text: fmt.Sprintf("the group was at its maximum of %d for %s with jobs waiting, up to %d of them", e.config.Group.Max, span(loop.Millis(minutes)*loop.Minute), most),
		Hint: e.more(),
	}, minutes >= leastAtMaximum && len(e.config.Policies) > 0
}

// firstJob is for jobs that found no instance at all.
func firstJob(e *evidence) (Finding, bool) {
	times, longest := 0, loop.Millis(0)
	usual := e.config.Group.Boot[0] + leastFirst
	for _, empty := range e.watch.empty {
		if wait, ok := e.firstWait(empty); ok && wait > usual {
			times, longest = times+1, max(longest, wait)
		}
	}
	f := Finding{Text: fmt.Sprintf("the first job of an empty group waited up to %s until an instance was asked for%s", span(longest), repeated(times)), Hint: "keep an instance with --min 1"}
	if e.simple() && !e.wakes() {
		f.Hint = adviceWake
	}
	return f, times > 0
}

// firstWait is how long the first job that came in a time without instances waited for the first of them.
func (e *evidence) firstWait(empty stretch) (loop.Millis, bool) {
	i, _ := slices.BinarySearchFunc(e.jobs, empty.from, func(j loop.Job, at loop.Millis) int { return int(min(max(j.Arrival-at, -1), 1)) })
	if i == len(e.jobs) || e.jobs[i].Arrival >= empty.to {
		return 0, false
	}
	return empty.to - e.jobs[i].Arrival, true
}

// wakes is whether a policy starts an instance for a single job.
func (e *evidence) wakes() bool {
	for _, p := range e.config.Policies {
		if alarm, ok := alarmOf(p); ok && (alarm.Metric == loop.Stranded || alarm.Comparison.Greater() && alarm.Threshold <= 1) {
			return true
		}
	}
	return false
}

// simple is whether all policies are simple ones.
func (e *evidence) simple() bool {
	for _, p := range e.config.Policies {
		if _, ok := p.(*loop.Simple); !ok {
			return false
		}
	}
	return true
}

// parts are what a wait was made of.
type parts struct {
	launch, boot, behind loop.Millis
	growing              loop.Millis // as much of all that as the group was growing
}

func (p parts) sum() loop.Millis { return p.launch + p.boot + p.behind }

// slowest is for waits that were mostly for instances that did not yet exist, booted, or were still too few
// because the group was growing.
func slowest(e *evidence) (Finding, bool) {
	p95, mean := e.tail()
	switch {
	case p95 < leastSlow:
		return Finding{}, false
	case mean.launch+mean.boot >= mean.behind:
		return Finding{
			Text: fmt.Sprintf("the slowest 5 %% of jobs waited %s on average: %s until an instance was launched, %s while it booted, %s behind other jobs",
				span(mean.sum()), span(mean.launch), span(mean.boot), span(mean.behind)),
			Hint: e.faster(mean),
		}, true
	case 2*mean.growing >= mean.sum():
		return Finding{
			Text: fmt.Sprintf("the slowest 5 %% of jobs waited %s on average, %s of it while the group was still growing: it took up to %s from the first step to the last",
				span(mean.sum()), span(mean.growing), span(longest(e.growth()))),
			Hint: e.faster(parts{launch: 1}),
		}, true
	}
	return Finding{}, false
}

// growth are the times in which the group grew: from the first of some steps out to when the instances of
// the last were ready, with no step in between them.
func (e *evidence) growth() []stretch {
	var all []stretch
	grew := false
	for _, a := range e.result.Actions {
		at := loop.FromSeconds(a.Time)
		if a.To < a.From {
			grew = false
			continue
		}
		ready := at + max(e.config.Group.Boot[0], e.config.Group.Launch)
		if grew && at <= all[len(all)-1].to+leastFirst {
			all[len(all)-1].to = ready
		} else {
			all = append(all, stretch{at, ready})
		}
		grew = true
	}
	return all
}

// longest is the length of the longest stretch.
func longest(all []stretch) loop.Millis {
	var most loop.Millis
	for _, s := range all {
		most = max(most, s.to-s.from)
	}
	return most
}

// within is how much of a time lies in some stretches, which are in order and do not overlap.
func within(all []stretch, from, to loop.Millis) loop.Millis {
	var sum loop.Millis
	for _, s := range all {
		sum += max(0, min(to, s.to)-max(from, s.from))
	}
	return sum
}

// faster says what shortens the longer of the two.
func (e *evidence) faster(mean parts) string {
	if mean.boot >= mean.launch {
		return fmt.Sprintf("keep instances ready with --min, or shorten the boot of %s", span(e.config.Group.Boot[0]))
	}
	if out := e.scaleOut(); out != nil && out.Cooldown > 0 {
		return fmt.Sprintf("this policy adds %s and then pauses for %s: --preset table asks for all at once, or try --scale-out-by %d",
			count(int64(out.Adjustment), "instance"), span(out.Cooldown), 2*out.Adjustment)
	}
	return "keep instances ready with --min"
}

// tail is the 95th percentile of the waits for a first start, and what those from there on were made of,
// on average. Jobs that were never started are not in it.
func (e *evidence) tail() (p95 loop.Millis, mean parts) {
	waits := make([]wait, 0, len(e.watch.first))
	for i, r := range e.watch.first {
		if r.at >= 0 {
			waits = append(waits, wait{e.jobs[int64(i)*e.watch.stride].Arrival, r})
		}
	}
	if len(waits) == 0 {
		return 0, mean
	}
	slices.SortFunc(waits, func(a, b wait) int { return cmp.Compare(a.length(), b.length()) })
	slow := waits[max((95*len(waits)+99)/100-1, 0):]
	growth := e.growth()
	for _, w := range slow {
		p := e.partsOf(w)
		mean.launch, mean.boot, mean.behind = mean.launch+p.launch, mean.boot+p.boot, mean.behind+p.behind
		mean.growing += within(growth, w.arrival, w.end.at)
	}
	n := loop.Millis(len(slow))
	return slow[0].length(), parts{mean.launch / n, mean.boot / n, mean.behind / n, mean.growing / n}
}

// wait is that of a message for its first start.
type wait struct {
	arrival loop.Millis
	end     receipt
}

func (w wait) length() loop.Millis { return w.end.at - w.arrival }

// partsOf takes a wait apart by the instance that ended it: until that was launched, until it was ready,
// and from then on.
func (e *evidence) partsOf(w wait) parts {
	m := &e.watch.machines[w.end.by]
	launched := max(w.arrival, m.launched)
	ready := max(launched, m.ready)
	return parts{launch: launched - w.arrival, boot: ready - launched, behind: w.end.at - ready}
}
