package ui

import (
	"maps"
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
)

// bin is what a stretch of minutes comes to. It keeps the extremes, so that no peak is lost where a long
// run is shown in few columns.
type bin struct {
	waiting, running   int          // of the minute with the most jobs
	inService, desired int          // the most of each
	states             []loop.State // of each alarm, the one that matters most
}

// jobs is the depth of the queue.
func (b bin) jobs() int { return b.waiting + b.running }

// instances is the most there is to see of them.
func (b bin) instances() int { return max(b.inService, b.desired) }

// bins shares out so many minutes among n columns. Those beyond the last row are not there yet.
func bins(rows []loop.Row, alarms []string, minutes, n int) []bin {
	minutes = max(minutes, len(rows), 1)
	var all []bin
	for i := range n {
		first := i * minutes / n
		last := max((i+1)*minutes/n, first+1)
		if first >= len(rows) {
			break
		}
		all = append(all, extremes(rows[first:min(last, len(rows))], alarms))
	}
	return all
}

// extremes makes a bin of at least one row.
func extremes(rows []loop.Row, alarms []string) bin {
	b := bin{waiting: rows[0].Visible, running: rows[0].Inflight, states: make([]loop.State, len(alarms))}
	for _, r := range rows {
		if r.Visible+r.Inflight > b.jobs() {
			b.waiting, b.running = r.Visible, r.Inflight
		}
		b.inService, b.desired = max(b.inService, r.InService), max(b.desired, r.Desired)
		for i, name := range alarms {
			if s := r.Alarms[name]; weight(s) > weight(b.states[i]) {
				b.states[i] = s
			}
		}
	}
	return b
}

// weight is how much a state matters to who looks for why the group moved.
func weight(s loop.State) int {
	switch s {
	case loop.StateAlarm:
		return 3
	case loop.StateUnknown:
		return 2
	case loop.StateOK:
		return 1
	}
	return 0
}

// alarmNames returns the names of all alarms that the rows have states of.
func alarmNames(rows []loop.Row) []string {
	names := map[string]bool{}
	for _, r := range rows {
		for name := range r.Alarms {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// origin is the minute at which the first row begins: a row tells of the minute that ends with it.
func origin(rows []loop.Row) int {
	if len(rows) == 0 {
		return 0
	}
	return rows[0].Minute - 1
}

// highest returns the greatest figure of the bins.
func highest(bins []bin, figure func(bin) int) int {
	n := 0
	for _, b := range bins {
		n = max(n, figure(b))
	}
	return n
}
