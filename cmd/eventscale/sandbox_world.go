package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/stack"
)

// worldSettings say how time passes in the sandbox, and what its instances do. They are flags of
// `sandbox serve`, and variables EVENTSCALE_SANDBOX_* for every command on the sandbox. What is not given
// stays as it was in the sandbox's world.
type worldSettings struct {
	speed   float64
	workers sandbox.Workers
	scaleIn string
	faults  string
	set     *pflag.FlagSet
}

// flags returns the flags, whose defaults are those of a new world.
func (s *worldSettings) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("World", pflag.ContinueOnError)
	w := sandbox.DefaultWorkers()
	f.Float64Var(&s.speed, "speed", 1, "how many `times` as fast as real time the sandbox's time passes")
	f.DurationVar(&s.workers.JobTime, "job-time", w.JobTime, "`time` that a job takes; 0: instances take no jobs, your own workers do")
	f.IntVar(&s.workers.Slots, "slots", w.Slots, "`jobs` that an instance works on at once")
	f.DurationVar(&s.workers.BootTime, "boot-time", w.BootTime, "`time` from an instance's launch to its first job")
	f.DurationVar(&s.workers.LaunchTime, "launch-time", w.LaunchTime, "`time` from an instance's launch until it is in service")
	f.StringVar(&s.scaleIn, "scale-in", string(w.ScaleIn), "what a working instance does when the group shrinks: protect itself, drain, or be killed (kill)")
	f.DurationVar(&s.workers.MetricDelay, "metric-delay", w.MetricDelay, "`time` from the end of a minute until the alarms see it")
	f.StringVar(&s.faults, "faults", "", "`file` of rules by which calls go wrong: throttled, cut off, delayed, ...")
	s.set = f
	return f
}

// maxSpeed makes a week of ten minutes. A world that is so fast is no longer to be watched.
const maxSpeed = 1000

// maxWorldTime is more than any instance or job takes; an alarm with such a delay sees nothing of a day.
const maxWorldTime = 24 * time.Hour

func (s *worldSettings) check() error {
	var errs []error
	refuse := func(field string, value any, allowed, advice string) {
		errs = append(errs, &stack.FieldError{Field: field, Value: fmt.Sprint(value), Allowed: allowed, Advice: advice})
	}
	if !(s.speed > 0 && s.speed <= maxSpeed) {
		refuse("speed", s.speed, fmt.Sprintf("must be above 0 and at most %d", maxSpeed), "for example --speed 60: a minute a second")
	}
	if n := s.workers.Slots; n < 1 || n > 1000 {
		refuse("slots", n, "must be between 1 and 1000", "")
	}
	if !slices.Contains([]loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain}, loop.ScaleIn(s.scaleIn)) {
		refuse("scale-in", s.scaleIn, "must be kill, protect or drain", "")
	}
	for name, d := range map[string]time.Duration{
		"job-time": s.workers.JobTime, "boot-time": s.workers.BootTime, "launch-time": s.workers.LaunchTime, "metric-delay": s.workers.MetricDelay,
	} {
		if d < 0 || d > maxWorldTime {
			refuse(name, d, "must be between 0s and 24h", "")
		}
	}
	return errors.Join(errs...)
}

// adjust changes what was given, and nothing else.
func (s *worldSettings) adjust(w *sandbox.Workers) {
	given := s.workers
	given.ScaleIn = loop.ScaleIn(s.scaleIn)
	for name, take := range map[string]func(){
		"job-time": func() { w.JobTime = given.JobTime }, "slots": func() { w.Slots = given.Slots }, "boot-time": func() { w.BootTime = given.BootTime },
		"launch-time": func() { w.LaunchTime = given.LaunchTime }, "scale-in": func() { w.ScaleIn = given.ScaleIn },
		"metric-delay": func() { w.MetricDelay = given.MetricDelay },
	} {
		if s.set.Changed(name) {
			take()
		}
	}
}

// sandboxOptions is the sandbox of the state folder, as the settings and the environment want it.
func (a *app) sandboxOptions(s *worldSettings) (sandbox.Options, error) {
	delays, err := a.delays()
	if err != nil {
		return sandbox.Options{}, err
	}
	if s.set == nil {
		s.flags()
	}
	if err := errors.Join(a.fillWorld(s.set), s.check()); err != nil {
		return sandbox.Options{}, err
	}
	options := sandbox.Options{Path: a.sandboxPath(), Delays: delays}
	if err := s.disturb(&options); err != nil {
		return sandbox.Options{}, err
	}
	if s.set.Changed("speed") {
		options.Speed = s.speed
	}
	s.set.VisitAll(func(f *pflag.Flag) {
		if f.Changed && f.Name != "speed" && f.Name != "faults" {
			options.Adjust = s.adjust
		}
	})
	return options, nil
}

// disturb reads the file of faults.
func (s *worldSettings) disturb(options *sandbox.Options) error {
	if s.faults == "" {
		return nil
	}
	content, err := readAtMost(s.faults, maxConfig)
	if err != nil {
		return &stack.FieldError{Field: "faults", Value: s.faults, Allowed: "cannot be read: " + cause(err), Advice: "name a file such as those of testdata/faults"}
	}
	profile, err := sandbox.ParseProfile(content)
	if err != nil {
		return fmt.Errorf("%s: %w", s.faults, err)
	}
	profile.Apply(options)
	return nil
}

// fillWorld sets the settings that were not given from EVENTSCALE_SANDBOX_*.
func (a *app) fillWorld(set *pflag.FlagSet) error {
	var errs []error
	set.VisitAll(func(f *pflag.Flag) {
		name := strings.Replace(variable(f.Name), "EVENTSCALE_", "EVENTSCALE_SANDBOX_", 1)
		if value := a.env(name); value != "" && !f.Changed {
			errs = append(errs, setFlag(set, f, name, []string{value}))
		}
	})
	return errors.Join(errs...)
}
