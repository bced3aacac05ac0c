package loop_test

import (
	"sort"

	"github.com/eventscale/eventscale/internal/loop"
)

// reference is the model once more, as slow and as plain as its text: every list is gone through at every
// instant. It shares no code with the package but the configuration, Judge and Adjust. It has no metrics but
// visible and backlog of one minute, and no keda and schedule: what it is for is the order of things.
type reference struct {
	c        *loop.Config
	t        loop.Millis
	msgs     []*refMessage
	queue    []*refMessage
	insts    []*refInstance
	desired  int
	cooldown loop.Millis
	pending  loop.Millis // cooldown after the drain of the instances marked awaited; -1
	samples  []refSample
	states   []loop.State
	names    []string
	totals   loop.Totals
	series   []loop.Row
	actions  []loop.Action
	ended    loop.Millis
}

type refMessage struct {
	id               int
	arrival, service loop.Millis
	state            string // coming, waiting, running, hidden, done, dead
	start, at, final loop.Millis
	receives         int
	on               *refInstance
}

type refInstance struct {
	id                                             int
	launched, inService, ready, warm, giveUp, gone loop.Millis
	state                                          string // active, draining, terminated
	awaited                                        bool
}

type refSample struct{ visible, inflight, inService int }

func simulate(c *loop.Config, jobs []loop.Job) *reference {
	r := &reference{c: c, desired: c.Group.Initial, pending: -1}
	for i, j := range jobs {
		r.msgs = append(r.msgs, &refMessage{id: i, arrival: j.Arrival, service: j.Service, state: "coming"})
	}
	sort.SliceStable(r.msgs, func(a, b int) bool { return r.msgs[a].arrival < r.msgs[b].arrival })
	for i, m := range r.msgs {
		m.id = i
	}
	for i := range c.Group.Initial {
		r.insts = append(r.insts, &refInstance{id: i, state: "active"})
	}
	r.totals.PeakInstances = c.Group.Initial
	for _, p := range c.Policies {
		switch p := p.(type) {
		case *loop.Target:
			r.names = append(r.names, p.Name+":high", p.Name+":low")
		default:
			r.names = append(r.names, p.Label())
		}
	}
	for range r.names {
		r.states = append(r.states, loop.StateUnknown)
	}
	r.series, r.actions = []loop.Row{}, []loop.Action{}
	for !r.instant() {
		r.t = r.next()
	}
	r.close()
	return r
}

// next is the next instant at which anything is due.
func (r *reference) next() loop.Millis {
	next := loop.Millis(1 << 62)
	at := func(t loop.Millis) {
		if t > r.t && t < next {
			next = t
		}
	}
	for _, m := range r.msgs {
		switch m.state {
		case "coming":
			at(m.arrival)
		case "running":
			at(m.start + m.service)
		case "hidden":
			at(m.at)
		}
	}
	for _, in := range r.insts {
		switch in.state {
		case "active":
			at(in.ready)
		case "draining":
			at(in.giveUp)
		}
	}
	at((r.t/loop.Minute + 1) * loop.Minute)
	at((r.t-r.c.Metric.Delay)/loop.Minute*loop.Minute + loop.Minute + r.c.Metric.Delay)
	if r.t < r.c.Metric.Delay {
		at(loop.Minute + r.c.Metric.Delay)
	}
	return next
}

func (r *reference) jobsOn(in *refInstance) (jobs []*refMessage) {
	for _, m := range r.msgs {
		if m.state == "running" && m.on == in {
			jobs = append(jobs, m)
		}
	}
	return jobs
}

func (r *reference) terminate(in *refInstance) {
	for _, m := range r.jobsOn(in) {
		r.totals.JobsKilled++
		r.totals.WastedMillis += int64(r.t - m.start)
		m.state, m.on = "hidden", nil
		vt := max(1, r.c.Queue.VisibilityTimeout)
		if m.at = r.t + vt; !r.c.Queue.Heartbeat {
			m.at = max(r.t+1, m.start+vt)
		}
	}
	in.state, in.gone = "terminated", r.t
	r.totals.InstancesTerminated++
	if !in.awaited {
		return
	}
	in.awaited = false
	for _, other := range r.insts {
		if other.awaited {
			return
		}
	}
	r.cooldown = max(r.cooldown, r.t+r.pending)
}

func (r *reference) instant() (stop bool) {
	t := r.t
	for _, m := range r.msgs {
		if m.state == "running" && m.start+m.service == t {
			m.state, m.final, r.ended = "done", t, t
			r.totals.Completed++
			r.totals.BusyMillis += int64(m.service)
			if m.on.state == "draining" && len(r.jobsOn(m.on)) == 0 {
				r.terminate(m.on)
			}
		}
	}
	for _, in := range r.insts {
		if in.state == "draining" && in.giveUp == t {
			r.terminate(in)
		}
	}
	for _, m := range r.msgs {
		if m.state != "hidden" || m.at != t {
			continue
		}
		if r.c.Queue.MaxReceives > 0 && m.receives >= r.c.Queue.MaxReceives {
			m.state, m.final, r.ended = "dead", t, t
			r.totals.DeadLettered++
			continue
		}
		m.state = "waiting"
		r.queue = append(r.queue, m)
		r.totals.Redelivered++
	}
	for _, m := range r.msgs {
		if m.state == "coming" && m.arrival == t {
			m.state = "waiting"
			r.queue = append(r.queue, m)
		}
	}
	r.settle()
	row := -1
	if t > 0 && t%loop.Minute == 0 {
		row = len(r.series)
		r.sample()
		if r.over() {
			r.mark(row)
			return true
		}
	}
	if k := (t - r.c.Metric.Delay) / loop.Minute; t >= r.c.Metric.Delay && k >= 1 && (t-r.c.Metric.Delay)%loop.Minute == 0 {
		if r.control(int(k)) {
			r.settle()
		}
	}
	if row >= 0 {
		r.mark(row)
	}
	return false
}

func (r *reference) active() (list []*refInstance) {
	for _, in := range r.insts {
		if in.state == "active" {
			list = append(list, in)
		}
	}
	return list
}

func (r *reference) settle() {
	if n := len(r.active()) - r.desired; n > 0 {
		r.remove(n)
	}
	for len(r.queue) > 0 {
		var to *refInstance
		for _, in := range r.active() {
			if in.ready <= r.t && len(r.jobsOn(in)) < r.c.Group.Slots {
				to = in
				break
			}
		}
		if to == nil {
			return
		}
		m := r.queue[0]
		r.queue = r.queue[1:]
		m.state, m.start, m.on = "running", r.t, to
		m.receives++
	}
}

func (r *reference) remove(n int) {
	list := r.active()
	if r.c.Group.Victim == loop.Newest {
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	}
	for _, in := range list {
		if n == 0 {
			return
		}
		busy := len(r.jobsOn(in)) > 0
		if busy && r.c.Group.ScaleIn == loop.Protect {
			continue
		}
		if busy && r.c.Group.ScaleIn == loop.Drain {
			in.state, in.giveUp = "draining", r.t+r.c.Group.DrainTimeout
		} else {
			r.terminate(in)
		}
		n--
	}
}

func (r *reference) draining() (n int) {
	for _, in := range r.insts {
		if in.state == "draining" {
			n++
		}
	}
	return n
}

func (r *reference) sample() {
	row := loop.Row{
		Minute: int(r.t / loop.Minute), Visible: len(r.queue), Desired: r.desired, Active: len(r.active()),
		Draining: r.draining(), Done: r.totals.Completed,
	}
	for _, m := range r.msgs {
		if m.state == "running" || m.state == "hidden" {
			row.Inflight++
		}
	}
	for _, in := range r.active() {
		if in.inService <= r.t {
			row.InService++
		}
		if in.ready <= r.t {
			row.Ready++
		}
	}
	r.series = append(r.series, row)
	r.samples = append(r.samples, refSample{row.Visible, row.Inflight, row.InService})
}

func (r *reference) mark(row int) {
	r.series[row].Alarms = map[string]loop.State{}
	for i, name := range r.names {
		r.series[row].Alarms[name] = r.states[i]
	}
}

func (r *reference) over() bool {
	up := func(m loop.Millis) loop.Millis { return (m + loop.Minute - 1) / loop.Minute * loop.Minute }
	h := max(loop.Minute, up(max(r.c.Horizon, r.msgs[len(r.msgs)-1].arrival)))
	final := r.totals.Completed + r.totals.DeadLettered
	return r.t >= h && (final == int64(len(r.msgs)) || r.t >= h+up(r.c.DrainLimit))
}
