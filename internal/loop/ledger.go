package loop

// ledger counts what happened in a plant.
type ledger struct {
	completed, dead, killed, redelivered int64
	busy, wasted, lived                  Millis
	launched, terminated                 int64 // instances; without the initial ones
	peak, out, in                        int
	ended                                Millis // the last completion or dead-lettering

	waits, sojourns order
	slo             Millis // the longest wait that is within it; -1 where there is none
	within          int64

	perMessage bool
	messages   []Message
}

// complete enters a job that ends at t.
func (l *ledger) complete(r *running, t Millis) {
	l.completed++
	l.busy += r.job.Service
	l.ended = t
	sojourn := t - r.job.Arrival
	l.note(sojourn-r.job.Service, sojourn)
	if l.perMessage {
		l.write(r, sojourn-r.job.Service, t, OutcomeDone)
	}
}

// bury enters a message that is dead-lettered at t.
func (l *ledger) bury(m *running, t Millis) {
	l.dead++
	l.ended = t
	l.note(t-m.job.Arrival, t-m.job.Arrival)
	l.write(m, t-m.job.Arrival, t, OutcomeDead)
}

// leave enters a message that is unfinished at the end.
func (l *ledger) leave(m *running, t Millis) {
	l.note(t-m.job.Arrival, t-m.job.Arrival)
	l.write(m, t-m.job.Arrival, t, OutcomeUnfinished)
}

func (l *ledger) note(wait, sojourn Millis) {
	if wait <= l.slo {
		l.within++
	}
	l.waits.add(wait)
	l.sojourns.add(sojourn)
}

// write keeps the message itself, where that was asked for.
func (l *ledger) write(m *running, wait, end Millis, outcome Outcome) {
	if !l.perMessage {
		return
	}
	for int64(len(l.messages)) <= m.id {
		l.messages = append(l.messages, Message{})
	}
	l.messages[m.id] = Message{
		Arrival: m.job.Arrival, Service: m.job.Service, End: end, Wait: wait, Receives: int(m.receives), Outcome: outcome,
	}
}
