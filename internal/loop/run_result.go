package loop

// row begins a row of the series, where that is asked for.
func (r *run) row(t Millis, s Sample) {
	if !r.options.Series {
		return
	}
	p := r.plant
	row := Row{
		Minute: int(t / Minute), Visible: s.Visible, Inflight: s.Inflight, Desired: p.desired,
		Active: len(p.fleet.live) - p.draining, Draining: p.draining, InService: s.InService, Done: p.ledger.completed,
	}
	for _, at := range p.fleet.live {
		if in := &p.fleet.all[at]; in.polls && !in.draining {
			row.Ready++
		}
	}
	r.series = append(r.series, row)
	r.markAlarms()
}

// markAlarms writes the alarms' states into the newest row.
func (r *run) markAlarms() {
	states := make(map[string]State, len(r.alarms))
	for _, a := range r.alarms {
		states[a.Name()] = a.State()
	}
	r.series[len(r.series)-1].Alarms = states
}

// result closes the books at t.
func (r *run) result(t Millis) *Result {
	p, l := r.plant, &r.plant.ledger
	messages, _ := p.queue.arrived(t)
	r.leaveUnfinished(t)
	lived := l.lived
	for _, at := range p.fleet.live {
		lived += t - p.fleet.all[at].launched
	}
	totals := Totals{
		Messages: messages, Completed: l.completed, DeadLettered: l.dead, Unfinished: messages - l.completed - l.dead,
		JobsKilled: l.killed, Redelivered: l.redelivered, Wait: l.waits.distribution(), Sojourn: l.sojourns.distribution(),
		InstanceMillis: int64(lived), InstanceHours: float64(lived) / float64(Hour), BusyMillis: int64(l.busy), WastedMillis: int64(l.wasted),
		InstancesLaunched: l.launched, InstancesTerminated: l.terminated, PeakInstances: l.peak,
		ScaleOutActions: l.out, ScaleInActions: l.in, End: t.Seconds(), DrainMillis: int64(max(0, l.ended-p.queue.last)),
	}
	if r.config.SLOWait != nil {
		totals.WithinSLO = &l.within
	}
	return &Result{totals, r.series, r.actions, l.messages}
}

// leaveUnfinished enters the messages that are still there: hidden, running and waiting.
func (r *run) leaveUnfinished(t Millis) {
	p := r.plant
	for i := range p.hidden {
		p.ledger.leave(&p.hidden[i].running, t)
	}
	for i := range p.jobs {
		if p.jobs[i].instance >= 0 {
			p.ledger.leave(&p.jobs[i], t)
		}
	}
	q := &p.queue
	for i := range q.back[q.first:] {
		p.ledger.leave(&q.back[q.first+i].running, t)
	}
	for i, job := range q.jobs[q.head:] {
		p.ledger.leave(&running{id: q.base + int64(q.head+i), job: job}, t)
	}
}
