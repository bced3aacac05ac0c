package loop

import "fmt"

// Options are what a run is to keep beyond its totals and actions. They change neither.
type Options struct {
	Series     bool
	PerMessage bool
	Watch      func(Event) // called for all that happens in the plant, in order
}

// Run simulates a trace. The configuration is checked first; its errors are *[FieldError]. Neither the
// configuration nor the trace is changed.
func Run(config *Config, trace *Trace, options Options) (*Result, error) {
	if len(trace.jobs) > 0 {
		return RunSource(config, &rows{trace.jobs}, options)
	}
	return RunSource(config, trace.Source(), options)
}

// RunSource simulates jobs as they come from a source, of which it holds only those that wait.
func RunSource(config *Config, source Source, options Options) (*Result, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	r := newRun(config, source, options)
	for {
		t := r.agenda.next()
		if err := r.plant.Advance(t); err != nil {
			return nil, fmt.Errorf("reading the trace: %w", err)
		}
		if r.observe(t) {
			return r.result(t), nil
		}
		r.control(t)
	}
}

// run is a simulation under way.
type run struct {
	config     *Config
	options    Options
	plant      *Plant
	agenda     *agenda
	samples    *Samples
	controller *Controller
	alarms     []Evaluator
	series     []Row
	actions    []Action
}

func newRun(config *Config, source Source, options Options) *run {
	r := &run{
		config: config, options: options, agenda: newAgenda(config),
		plant: NewPlant(config.Group, config.Queue, source), controller: NewController(config.Policies),
		series: []Row{}, actions: []Action{},
	}
	r.alarms = r.controller.Alarms()
	r.samples = NewSamples(r.controller.reach() + int(ceilDiv(config.Metric.Delay, Minute)) + 1)
	r.plant.Watch = options.Watch
	r.plant.ledger.perMessage = options.PerMessage
	r.plant.ledger.slo = -1
	if config.SLOWait != nil {
		r.plant.ledger.slo = *config.SLOWait
	}
	return r
}

// observe takes the minute's sample and row where one is due, and returns whether the run is over.
func (r *run) observe(t Millis) bool {
	if t != r.agenda.sample() {
		return false
	}
	r.agenda.minute++
	s := r.plant.Sample(t)
	r.row(t, s)
	s.Missing = r.config.Metric.gap(t)
	r.samples.Add(s)
	return r.over(t)
}

func (m *MetricConfig) gap(t Millis) bool {
	for _, g := range m.Gaps {
		if g.From <= t && t < g.To {
			return true
		}
	}
	return false
}

// over is whether the horizon is reached and nothing is left to do, or no time left to do it.
func (r *run) over(t Millis) bool {
	if _, all := r.plant.queue.arrived(t); !all {
		return false // the horizon is not before the last arrival
	}
	horizon := max(Minute, ceilMinute(max(r.config.Horizon, r.plant.queue.last)))
	return t >= horizon && (r.plant.Settled(t) || t >= horizon+ceilMinute(r.config.DrainLimit))
}

// control lets the policies act: schedules, then alarms, then KEDA.
func (r *run) control(t Millis) {
	before := len(r.actions)
	r.schedule(t)
	r.evaluate(t)
	r.poll(t)
	if len(r.actions) > before {
		r.plant.Settle(t)
	}
	if n := len(r.series); n > 0 && Minute*Millis(n) == t {
		r.markAlarms()
	}
}

func (r *run) schedule(t Millis) {
	a := r.agenda
	for len(a.entries) > 0 && a.entries[0].At == t {
		r.resize(t, r.plant.View(t).clamp(a.entries[0].Capacity), a.entries[0].policy)
		a.entries = a.entries[1:]
	}
}

func (r *run) evaluate(t Millis) {
	if t != r.agenda.evaluation() {
		return
	}
	policy, activity := r.controller.Act(t, r.agenda.evaluate, r.samples, r.plant)
	r.agenda.evaluate++
	if policy != nil {
		r.record(t, policy, activity)
	}
}

func (r *run) poll(t Millis) {
	for i := range r.agenda.polls {
		p := &r.agenda.polls[i]
		if p.next == t {
			p.next += p.policy.Poll
			r.resize(t, p.kept.Poll(r.plant.View(t), r.plant.Sample(t), t), p.policy)
		}
	}
}

// resize changes the capacity if that is a change.
func (r *run) resize(t Millis, to int, by Policy) {
	if to != r.plant.desired {
		r.record(t, by, r.plant.Resize(t, to))
	}
}

func (r *run) record(t Millis, by Policy, a Activity) {
	r.actions = append(r.actions, Action{t.Seconds(), by.Label(), a.From, a.To})
}
