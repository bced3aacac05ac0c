package simulation

import "github.com/eventscale/eventscale/internal/loop"

// watch takes down what happens in a run, as far as the findings need it. Of traces with more than
// mostSampled messages it follows each second, third, ... one, so that its memory is bounded.
type watch struct {
	stride   int64
	first    []receipt // of each followed message
	machines []machine // by id
	live     int
	seen     []uint64 // a bit for each message that was started
	started  int64    // of them
	killed   map[int64]struct{}
	kills    map[loop.Millis]int64
	empty    []stretch // without any instance; the last may be open
	unused   int       // instances that went without a job
	early    int       // of those: that went before they were ready
}

// mostSampled are enough for percentiles of the slowest twentieth.
const mostSampled = 1 << 20

// receipt is when a message was first taken, and by which instance.
type receipt struct {
	at loop.Millis // less than 0: not yet
	by int64
}

// machine is an instance.
type machine struct {
	launched, ready loop.Millis
	booted, worked  bool
}

// stretch is a time from and to; to is less than 0 while it goes on.
type stretch struct{ from, to loop.Millis }

// newWatch expects so many messages, and instances that are there from the start.
func newWatch(messages, initial int) *watch {
	stride := messages/mostSampled + 1
	w := &watch{
		stride: int64(stride), first: make([]receipt, (messages+stride-1)/stride),
		machines: make([]machine, initial), live: initial, kills: map[loop.Millis]int64{},
		seen: make([]uint64, (messages+63)/64), killed: map[int64]struct{}{},
	}
	for i := range w.first {
		w.first[i].at = -1
	}
	for i := range w.machines {
		w.machines[i].booted = true
	}
	if initial == 0 {
		w.empty = append(w.empty, stretch{0, -1})
	}
	return w
}

// event is the run's Watch.
func (w *watch) event(e loop.Event) {
	switch e.Kind {
	case loop.Received:
		w.received(e)
	case loop.Killed:
		w.kills[e.At]++
		w.killed[e.Message] = struct{}{}
	case loop.Launched:
		w.launched(e)
	case loop.Ready:
		m := &w.machines[e.Instance]
		m.ready, m.booted = e.At, true
	case loop.InstanceRemoved:
		w.removed(e)
	case loop.Completed, loop.Redelivered, loop.DeadLettered, loop.DrainBegun: // told by the totals
	}
}

func (w *watch) received(e loop.Event) {
	if bit := uint64(1) << (e.Message % 64); w.seen[e.Message/64]&bit == 0 {
		w.seen[e.Message/64] |= bit
		w.started++
	}
	w.machines[e.Instance].worked = true
	if e.Message%w.stride == 0 {
		if r := &w.first[e.Message/w.stride]; r.at < 0 {
			*r = receipt{e.At, e.Instance}
		}
	}
}

func (w *watch) launched(e loop.Event) {
	w.machines = append(w.machines, machine{launched: e.At})
	if w.live == 0 {
		w.empty[len(w.empty)-1].to = e.At
	}
	w.live++
}

func (w *watch) removed(e loop.Event) {
	switch m := &w.machines[e.Instance]; {
	case !m.booted:
		w.unused++
		w.early++
	case !m.worked:
		w.unused++
	}
	w.live--
	if w.live == 0 {
		w.empty = append(w.empty, stretch{e.At, -1})
	}
}

// end closes the books at the end of the run.
func (w *watch) end(at loop.Millis) {
	if n := len(w.empty); n > 0 && w.empty[n-1].to < 0 {
		w.empty[n-1].to = at
	}
}
