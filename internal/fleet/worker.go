package fleet

import "time"

// The pauses before a process that ended by itself is started again: as service managers have them, short at
// first, since most such ends pass, and long for one that ends each time.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second

	// steady is how long a process must have run for its end to be none of a row.
	steady = time.Minute
)

// worker is the process of one instance, and its successors.
type worker struct {
	options  Options
	instance string
	env      []string
	output   *lines
	stop     chan struct{} // closed when the instance goes
}

// run keeps a process going until the instance goes.
func (w *worker) run() {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		e := w.once()
		if e.What == Exited && time.Since(began) >= steady {
			pause = firstPause
		}
		if e.What == Exited || e.What == Unstartable {
			e.After = pause
		}
		w.say(e)
		if e.After == 0 || !w.rest(pause) {
			return
		}
	}
}

// once runs the process to its end, and returns how that was.
func (w *worker) once() Event {
	p, err := start(w.options.Command, w.env)
	if err != nil {
		return Event{What: Unstartable, Reason: err.Error()}
	}
	w.say(Event{What: Started, PID: p.cmd.Process.Pid})
	go p.print(w.instance, w.output)
	go p.wait()
	select {
	case <-p.exited:
		w.end(p)
		return w.ended(p)
	case <-w.stop:
		return Event{What: w.end(p)}
	}
}

// ended is what to say of a process that exited by itself: nothing bad if its instance went meanwhile.
func (w *worker) ended(p *process) Event {
	select {
	case <-w.stop:
		return Event{What: Stopped}
	default:
		return Event{What: Exited, Reason: p.reason}
	}
}

// end asks a process, and all that it started, to stop, and kills what is left when the grace is over. A
// shell goes at once, while the worker below it finishes its job.
func (w *worker) end(p *process) What {
	p.terminate()
	what := Stopped
	timer := time.NewTimer(w.options.Grace)
	defer timer.Stop()
	select {
	case <-p.gone:
	case <-timer.C:
		what = Killed
		p.kill()
	}
	<-p.exited
	p.close()
	return what
}

// rest waits before the next start; false when the instance goes.
func (w *worker) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.stop:
		return false
	}
}

func (w *worker) say(e Event) {
	if w.options.Say != nil {
		e.Instance = w.instance
		w.options.Say(e)
	}
}
