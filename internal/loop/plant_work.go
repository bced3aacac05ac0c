package loop

import (
	"cmp"
	"slices"
)

// running is a message that a worker runs, or has run. Its place is used again.
type running struct {
	job      Job
	id       int64
	instance int32 // its place in the fleet; -1 where this place is not used
	receives int32
}

// hidden is a message whose worker was killed, until its visibility timeout ends.
type hidden struct {
	running
	at Millis
}

// dispatch gives messages to free slots: the head of the queue to the lowest instance.
func (p *Plant) dispatch(t Millis) {
	for p.fleet.idle > 0 && p.queue.due <= t {
		p.start(t)
	}
}

// start gives a message to a slot. There is one of each.
func (p *Plant) start(t Millis) {
	i := int32(len(p.jobs))
	if n := len(p.unused); n > 0 {
		i, p.unused = p.unused[n-1], p.unused[:n-1]
	} else {
		p.jobs = append(p.jobs, running{})
	}
	r := &p.jobs[i]
	p.queue.take(r)
	r.receives++
	r.instance = p.fleet.lowest()
	in := &p.fleet.all[r.instance]
	in.busy++
	if in.busy == p.fleet.slots {
		p.fleet.mark(in)
	}
	p.calendar.add(i, t+r.job.Service)
	p.busy++
	p.tell(Received, t, r.id, in.id)
}

// complete ends the jobs that are due at t; calendar.first has returned t.
func (p *Plant) complete(t Millis) {
	for i := p.calendar.take(t); i >= 0; {
		r := &p.jobs[i]
		in := &p.fleet.all[r.instance]
		p.ledger.complete(r, t)
		p.tell(Completed, t, r.id, in.id)
		p.leave(i)
		if in.draining && in.busy == 0 {
			p.terminate(in, t)
			p.sweep()
		}
		i = p.calendar.next(i)
	}
}

// leave frees the slot and the place of a job.
func (p *Plant) leave(i int32) {
	in := &p.fleet.all[p.jobs[i].instance]
	full := in.busy == p.fleet.slots
	in.busy--
	if full {
		p.fleet.mark(in)
	}
	p.jobs[i].instance = -1
	p.unused = append(p.unused, i)
	p.busy--
}

// kill ends all jobs of an instance: they are lost, and come back when their visibility timeout ends.
func (p *Plant) kill(in *instance, at int32, t Millis) {
	for i := 0; in.busy > 0; i++ {
		r := &p.jobs[i]
		if r.instance != at {
			continue
		}
		began := p.calendar.ends[i].end - r.job.Service
		back := t + p.timeout
		if !p.config.Heartbeat {
			back = max(t+1, began+p.timeout)
		}
		p.hidden = append(p.hidden, hidden{*r, back})
		p.ledger.killed++
		p.ledger.wasted += t - began
		p.tell(Killed, t, r.id, in.id)
		p.calendar.remove(int32(i))
		p.leave(int32(i))
	}
}

// sortHidden puts killed messages in the order in which they come back.
func (p *Plant) sortHidden() {
	slices.SortFunc(p.hidden, func(a, b hidden) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) })
}

// returns is when the next killed message becomes visible, or never.
func (p *Plant) returns() Millis {
	if len(p.hidden) == 0 {
		return never
	}
	return p.hidden[0].at
}

// reappear puts the killed messages that are due back into the queue, or aside.
func (p *Plant) reappear(t Millis) {
	n := 0
	for ; n < len(p.hidden) && p.hidden[n].at <= t; n++ {
		m := &p.hidden[n].running
		if p.config.MaxReceives > 0 && int(m.receives) >= p.config.MaxReceives {
			p.ledger.bury(m, t)
			p.tell(DeadLettered, t, m.id, -1)
			continue
		}
		p.queue.put(*m, t)
		p.ledger.redelivered++
		p.tell(Redelivered, t, m.id, -1)
	}
	p.hidden = slices.Delete(p.hidden, 0, n)
}
