package loop

// Activity is a change of the group's capacity.
type Activity struct {
	From, To int
	Launched int    // instances that were launched
	End      Millis // when those are in service; the time of the change where none was launched
	Draining int    // instances that finish their jobs first, so that the activity goes on
}

// View is the group at t.
func (p *Plant) View(t Millis) View {
	g := View{
		Min: p.group.Min, Max: p.group.Max, Desired: p.desired,
		Active: len(p.fleet.live) - p.draining, Draining: p.draining,
	}
	for _, at := range p.fleet.live {
		in := &p.fleet.all[at]
		if !in.draining && in.inService > t {
			g.Launching++
		}
		if !in.draining && in.warm > t {
			g.Warming++
		}
	}
	return g
}

// Resize changes the desired capacity, within the group's bounds, and launches or removes instances.
// Settle must follow.
func (p *Plant) Resize(t Millis, to int) Activity {
	a := Activity{From: p.desired, To: to, End: t}
	p.desired = to
	active := len(p.fleet.live) - p.draining
	switch {
	case to > a.From:
		a.Launched = max(0, to-active)
		for range a.Launched {
			p.launch(p.planned(t))
		}
		if a.Launched > 0 {
			a.End = t + p.group.Launch
		}
		p.ledger.out++
	case to < a.From:
		p.remove(t, active-to)
		p.ledger.in++
	}
	a.Draining = p.draining
	return a
}

// planned is the next instance, launched at t.
func (p *Plant) planned(t Millis) instance {
	in := instance{id: p.launched, launched: t, inService: t + p.group.Launch}
	in.ready = max(in.inService, t+p.group.Boot[p.launched%int64(len(p.group.Boot))])
	in.warm = in.inService + p.group.Warmup
	return in
}

func (p *Plant) launch(in instance) {
	in.polls = in.ready <= in.launched
	p.fleet.add(in)
	p.launched++
	p.ledger.launched++
	p.ledger.peak = max(p.ledger.peak, len(p.fleet.live))
	if !in.polls {
		p.wakes = min(p.wakes, in.ready)
	}
	p.tell(Launched, in.launched, -1, in.id)
	if in.polls {
		p.tell(Ready, in.launched, -1, in.id)
	}
}

// remove takes n active instances out of the group, as far as its way of scaling in lets them go.
func (p *Plant) remove(t Millis, n int) {
	live, wanted := p.fleet.live, n
	for i := 0; i < len(live) && n > 0; i++ {
		at := live[i]
		if p.group.Victim == Newest {
			at = live[len(live)-1-i]
		}
		if in := &p.fleet.all[at]; !in.draining && p.dismiss(in, at, t) {
			n--
		}
	}
	if n < wanted {
		p.sweep()
	}
}

// dismiss takes one instance out, or begins to; false where it is protected.
func (p *Plant) dismiss(in *instance, at int32, t Millis) bool {
	switch {
	case in.busy == 0:
		p.terminate(in, t)
	case p.group.ScaleIn == Protect:
		return false
	case p.group.ScaleIn == Drain && p.group.DrainTimeout > 0:
		p.drain(in, t)
	default:
		p.kill(in, at, t)
		p.terminate(in, t)
	}
	return true
}

func (p *Plant) drain(in *instance, t Millis) {
	in.draining = true
	in.giveUp = t + p.group.DrainTimeout
	p.fleet.mark(in)
	p.draining++
	p.wakes = min(p.wakes, in.giveUp)
	p.tell(DrainBegun, t, -1, in.id)
}

// terminate ends an instance without jobs. It stays in the fleet until the next sweep.
func (p *Plant) terminate(in *instance, t Millis) {
	in.gone = true
	in.polls = false
	p.fleet.mark(in)
	if in.draining {
		p.draining--
	}
	if in.awaited {
		p.awaited--
		p.drained = t
	}
	p.ledger.terminated++
	p.ledger.lived += t - in.launched
	p.tell(InstanceRemoved, t, -1, in.id)
}

// sweep puts things in order after instances changed: it forgets what was terminated, and finds what
// is due next.
func (p *Plant) sweep() {
	p.fleet.sweep()
	p.sortHidden()
	p.wakes = never
	for _, at := range p.fleet.live {
		switch in := &p.fleet.all[at]; {
		case in.draining:
			p.wakes = min(p.wakes, in.giveUp)
		case !in.polls:
			p.wakes = min(p.wakes, in.ready)
		}
	}
}

// wake is the instance events due at t: some become ready, some have drained for too long.
func (p *Plant) wake(t Millis) {
	for _, at := range p.fleet.live {
		switch in := &p.fleet.all[at]; {
		case in.draining && in.giveUp <= t:
			p.kill(in, at, t)
			p.terminate(in, t)
		case !in.draining && !in.polls && in.ready <= t:
			in.polls = true
			p.fleet.mark(in)
			p.tell(Ready, t, -1, in.id)
		}
	}
	p.sweep()
}

// reconcile removes instances that were protected while the group wanted fewer, and are idle now.
func (p *Plant) reconcile(t Millis) {
	if surplus := len(p.fleet.live) - p.draining - p.desired; surplus > 0 {
		p.remove(t, surplus)
	}
}

// AwaitDrain makes [Plant.Drained] tell when the instances that drain now are gone.
func (p *Plant) AwaitDrain() {
	p.awaited = 0
	for _, at := range p.fleet.live {
		in := &p.fleet.all[at]
		in.awaited = in.draining
		if in.draining {
			p.awaited++
		}
	}
}

// Drained is when the last of the instances was gone that AwaitDrain waits for; false while one is
// there.
func (p *Plant) Drained() (Millis, bool) { return p.drained, p.awaited == 0 }
