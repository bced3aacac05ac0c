package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/workload"
)

// scenario is what policies are held against: the jobs that come, and the group that works on them.
// simulate and tune have its flags in common.
type scenario struct {
	trace          string
	shape          string // of a built-in profile
	rate           float64
	fromCloudWatch stack.Duration
	jobTime        workload.JobTime
	seed           uint64
	bin            stack.Duration
	horizon        stack.Duration

	boot, launch, metricDelay stack.Duration
	warmup                    stack.Duration // the command's own flag; 0: what is left of the boot when in service
	slots                     int
	least, most, desired      int
	scaleIn                   string
	noHeartbeat               bool

	set *pflag.FlagSet
}

// Defaults of a scenario: a worker on a GPU instance that loads a model of some gigabytes.
const (
	defaultRate        = 6 // jobs a minute
	defaultBoot        = stack.Duration(3 * time.Minute)
	defaultLaunch      = stack.Duration(30 * time.Second)
	defaultMetricDelay = stack.Duration(30 * time.Second)
	defaultMost        = 10
	defaultBin         = stack.Duration(time.Minute)
)

// defaultJobTime is for jobs that say nothing of it themselves.
func defaultJobTime() workload.JobTime { return workload.JobTime{Median: 40 * time.Second} }

// flags returns the flags of a scenario, as help shows them.
func (s *scenario) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("Workload and group", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&s.trace, "trace", "", "the jobs: a `FILE` of time_s,service_s or t,count rows, or JSON lines; .gz too; - for stdin")
	f.StringVar(&s.shape, "profile", "", "built-in jobs: a `SHAPE`, one of "+strings.Join(workload.ProfileNames(), ", ")+" (here not the AWS profile: set AWS_PROFILE)")
	s.rate = defaultRate
	f.Var(&flagValue[float64]{&s.rate, "float", "must be a number", parseFloat, formatFloat}, "rate", "`jobs` a minute of the profile, on average")
	durationVar(f, &s.fromCloudWatch, "from-cloudwatch", "the jobs of the stack's own queue in this last `time`, from CloudWatch, such as 24h")
	f.Var(&flagValue[workload.JobTime]{&s.jobTime, "time", workload.AllowedJobTime, workload.ParseJobTime, workload.JobTime.String}, "job-time", "what a job takes: `40s`, or lognormal:MEDIAN,P95 (default: as the trace says, else 40s)")
	f.Uint64Var(&s.seed, "seed", 0, "`number` that the draw of job times begins with")
	s.bin = defaultBin
	durationVar(f, &s.bin, "bin", "the `time` that a row of t,count counts")
	durationVar(f, &s.horizon, "horizon", "go on for so long at least (default: to the last job)")
	s.boot, s.launch, s.metricDelay = defaultBoot, defaultLaunch, defaultMetricDelay
	durationVar(f, &s.boot, "boot-time", "`time` from an instance's launch to its first job")
	durationVar(f, &s.launch, "launch-time", "`time` from an instance's launch until it is in service")
	durationVar(f, &s.metricDelay, "metric-delay", "`time` from a sample of the queue until an alarm sees it")
	s.slots, s.most, s.scaleIn = 1, defaultMost, string(loop.Kill)
	intVar(f, &s.slots, "slots", "`jobs` that an instance runs at once")
	intVar(f, &s.least, "min", "the group's least `instances`")
	intVar(f, &s.most, "max", "the group's most `instances`")
	intVar(f, &s.desired, "desired", "the `instances` that are there at the start (default: --min)")
	f.StringVar(&s.scaleIn, "scale-in", s.scaleIn, "what a scale-in does to a busy instance: kill, as Auto Scaling does by itself; protect it until it is idle; drain it")
	f.BoolVar(&s.noHeartbeat, "no-heartbeat", false, "workers do not extend the visibility timeout of a job while they run it")
	s.set = f
	return f
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
func formatFloat(v float64) string         { return strconv.FormatFloat(v, 'g', -1, 64) }

// scenario brings the flags together: the configuration that all policies are given, without policies
// and queue, and the jobs.
func (a *app) scenario(ctx context.Context, s *scenario) (loop.Config, *workload.Loaded, error) {
	config, err := s.config()
	if err != nil {
		return config, nil, err
	}
	loaded, err := a.workload(ctx, s)
	return config, loaded, err
}

// workload loads the jobs.
func (a *app) workload(_ context.Context, s *scenario) (*workload.Loaded, error) {
	o := workload.Options{JobTime: s.jobTime, Seed: s.seed, Bin: millis(s.bin)}
	if s.trace != "" {
		return workload.Open(s.trace, a.stdin, o)
	}
	if !o.JobTime.Given() {
		o.JobTime = defaultJobTime()
	}
	if s.shape == "" {
		return nil, &usageError{text: "there is no workload", hint: "give --trace FILE or --profile SHAPE"}
	}
	return workload.Profile(s.shape, s.rate, o)
}

// config is the group as the model has it.
func (s *scenario) config() (loop.Config, error) {
	c := loop.DefaultConfig()
	if !s.set.Changed("desired") {
		s.desired = s.least
	}
	c.Group = loop.GroupConfig{
		Min: s.least, Max: s.most, Initial: s.desired, Slots: s.slots,
		Launch: millis(s.launch), Boot: loop.Boots{millis(s.boot)}, Warmup: millis(s.warmup),
		ScaleIn: loop.ScaleIn(s.scaleIn), DrainTimeout: loop.Hour, Victim: loop.Oldest,
	}
	if s.warmup == 0 {
		c.Group.Warmup = max(0, millis(s.boot)-millis(s.launch))
	}
	c.Queue.Heartbeat = !s.noHeartbeat
	c.Metric.Delay, c.Horizon = millis(s.metricDelay), millis(s.horizon)
	return c, s.check()
}

// check refuses what no group can be.
func (s *scenario) check() error {
	var errs []error
	must := func(ok bool, field string, value any, allowed, advice string) {
		if !ok {
			errs = append(errs, &stack.FieldError{Field: field, Value: fmt.Sprint(value), Allowed: allowed, Advice: advice})
		}
	}
	must(s.least >= 0, "min", s.least, "must be at least 0 instances", "")
	must(s.most >= s.least, "max", s.most, fmt.Sprintf("must be at least --min, which is %d", s.least), fmt.Sprintf("for example --max %d", max(s.least, 1)))
	must(s.boot >= 0, "boot-time", s.boot, "must not be negative", "for example --boot-time 4m")
	return errors.Join(errs...)
}

func millis(d stack.Duration) loop.Millis { return loop.Millis(time.Duration(d).Milliseconds()) }
