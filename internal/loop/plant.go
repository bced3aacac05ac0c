package loop

// Plant is what is controlled: the queue, the group and its workers. A driver lets time pass with
// [Plant.Advance], looks with [Plant.Sample] and [Plant.View], and acts with [Plant.Resize] and then
// [Plant.Settle]. Time never goes back.
type Plant struct {
	// Watch is told all that happens, in order, where it is not nil. It must not call the plant. The
	// initial instances are there before it is set.
	Watch func(Event)

	group   GroupConfig
	timeout Millis // visibility, at least 1
	now     Millis // as far as Advance went
	config  QueueConfig

	queue    queue
	jobs     []running
	unused   []int32 // places in jobs
	calendar calendar
	busy     int      // jobs that run
	hidden   []hidden // killed and not yet visible, the next first after a sweep

	fleet    fleet
	launched int64 // instances ever, so the next id
	desired  int
	draining int
	wakes    Millis // the next instance event
	awaited  int    // instances that AwaitDrain waits for
	drained  Millis // when the last of them was gone

	ledger ledger
}

// NewPlant begins at time 0 with the group's initial instances in service, ready and warm. The source
// may be nil, and jobs pushed instead.
func NewPlant(group GroupConfig, config QueueConfig, source Source) *Plant {
	p := &Plant{
		group: group, config: config, timeout: max(1, config.VisibilityTimeout),
		queue: newQueue(source), desired: group.Initial, wakes: never,
		fleet: fleet{slots: int32(group.Slots)},
	}
	for range group.Initial {
		p.launch(instance{id: p.launched})
	}
	p.ledger.launched, p.ledger.peak = 0, group.Initial
	return p
}

// Push sends a job and returns the message's id: 0, 1, 2, ... It arrives no earlier than the job before
// it and the last Advance. The next Advance sees it.
func (p *Plant) Push(job Job) int64 {
	return p.queue.push(Job{max(job.Arrival, p.queue.last, p.now), max(1, job.Service)})
}

// Advance lets all happen that is due up to t, and at t itself. A driver that acts at certain instants
// must stop at each of them.
func (p *Plant) Advance(t Millis) error {
	for {
		next := min(t, p.wakes, p.returns())
		p.work(next)
		p.instant(next)
		p.now = next
		if next == t {
			return p.queue.err
		}
	}
}

// instant is all that is due at t, in order: completions, instances, messages that come back, arrivals,
// the group, dispatch.
func (p *Plant) instant(t Millis) {
	if _, due := p.calendar.first(t); due {
		p.complete(t) // at t: what was due before is done
	}
	if p.wakes <= t {
		p.wake(t)
	}
	if p.returns() <= t {
		p.reappear(t)
	}
	p.Settle(t)
}

// Settle removes what became idle and is not wanted, and gives out the messages that wait. After a
// Resize it belongs to the same instant.
func (p *Plant) Settle(t Millis) {
	p.reconcile(t)
	p.dispatch(t)
}

// work goes through the instants before limit. Nothing is due at them but completions and arrivals;
// and while no slot is free, arrivals need no look.
func (p *Plant) work(limit Millis) {
	for {
		t := limit
		if p.fleet.idle > 0 {
			t = min(limit, p.queue.due)
		}
		if due, ok := p.calendar.first(min(t, limit-1)); ok {
			t = due
			p.complete(t)
			p.reconcile(t)
		}
		if t == limit {
			return
		}
		p.dispatch(t)
	}
}

// Sample is what the metrics see at t, after Advance(t).
func (p *Plant) Sample(t Millis) Sample {
	s := Sample{Visible: p.queue.visible(t), Inflight: p.busy + len(p.hidden)}
	for _, at := range p.fleet.live {
		if in := &p.fleet.all[at]; !in.draining && in.inService <= t {
			s.InService++
		}
	}
	if oldest := p.oldest(t); oldest < t {
		s.Age = t - oldest
	}
	return s
}

// oldest is the earliest arrival of a message that is neither done nor dead-lettered, or never.
func (p *Plant) oldest(t Millis) Millis {
	at := p.queue.oldest(t)
	for i := range p.jobs {
		if p.jobs[i].instance >= 0 {
			at = min(at, p.jobs[i].job.Arrival)
		}
	}
	for i := range p.hidden {
		at = min(at, p.hidden[i].job.Arrival)
	}
	return at
}

// Settled is whether every message up to t is done or dead-lettered, and none is to come.
func (p *Plant) Settled(t Millis) bool {
	n, all := p.queue.arrived(t)
	return all && n == p.ledger.completed+p.ledger.dead
}
