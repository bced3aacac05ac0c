package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
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
	warmup                    stack.Duration // of the command's own flag; 0: the group's, or what AWS gives a group that has none
	slots                     int
	least, most, desired      int
	scaleIn                   string
	drainTimeout              stack.Duration
	noHeartbeat               bool

	settled  bool // the policy is known without a stack
	sought   bool // the stack was looked for
	set      *pflag.FlagSet
	snapshot *state.Snapshot // of the stack that is simulated; nil where there is none
	aws      *stack.Stack    // the same, once AWS was asked for anything
}

// The defaults of a scenario: a worker on an instance with a GPU, which loads a model of some gigabytes
// before it takes its first job.
const (
	defaultRate         = 2 // jobs a minute: with jobs of 40 s, work for somewhat more than one instance
	defaultShape        = "burst"
	defaultBoot         = stack.Duration(3 * time.Minute)
	defaultLaunch       = stack.Duration(30 * time.Second)
	defaultMetricDelay  = stack.Duration(30 * time.Second) // from a sample to the evaluation that sees it
	defaultMost         = 10
	defaultBin          = stack.Duration(time.Minute)
	defaultDrainTimeout = stack.Duration(time.Hour) // of a lifecycle hook
	defaultHistory      = stack.Duration(24 * time.Hour)
)

// maxHorizon: a result has a row for every minute.
const maxHorizon = stack.Duration(366 * 24 * time.Hour)

// maxGroup is above what any account is given.
const maxGroup = 100_000

// defaultJobTime is for jobs that say nothing of it themselves.
func defaultJobTime() workload.JobTime { return workload.JobTime{Median: 40 * time.Second} }

// flags returns the flags of a scenario, as help shows them.
func (s *scenario) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("Workload and group", pflag.ContinueOnError)
	f.SortFlags = false
	s.workloadFlags(f)
	s.groupFlags(f)
	for _, name := range []string{"from-cloudwatch", "horizon"} {
		f.Lookup(name).DefValue = "" // none
	}
	s.set = f
	return f
}

func (s *scenario) workloadFlags(f *pflag.FlagSet) {
	s.rate, s.bin = defaultRate, defaultBin
	f.StringVar(&s.trace, "trace", "", "the jobs: a `FILE` of time_s,service_s or t,count rows, or of JSON lines; gzip too; - for stdin")
	f.StringVar(&s.shape, "profile", "", "built-in jobs of a `SHAPE`: "+strings.Join(workload.ProfileNames(), ", ")+" (an AWS profile is set with AWS_PROFILE here)")
	f.Var(&flagValue[float64]{&s.rate, "float", allowedNumber, parseFloat, formatFloat}, "rate", "`jobs` a minute of the profile, on average")
	durationVar(f, &s.fromCloudWatch, "from-cloudwatch", "the jobs that the stack's own queue had in this last `time`, from CloudWatch: 24h")
	f.Var(&flagValue[workload.JobTime]{&s.jobTime, "time", "", workload.ParseJobTime, workload.JobTime.String}, "job-time", "what a job takes: `40s`, or lognormal:MEDIAN,P95 (default: as the trace says; else 40s)")
	f.Var(&flagValue[uint64]{&s.seed, "uint64", fmt.Sprintf("must be a whole number from 0 to %d", uint64(math.MaxUint64)), parseUint, formatUint}, "seed", "`number` by which the job times of a distribution are drawn")
	durationVar(f, &s.bin, "bin", "`time` that a row of t,count counts")
	durationVar(f, &s.horizon, "horizon", "go on for this `time` at least (default: until the last job is done)")
}

func (s *scenario) groupFlags(f *pflag.FlagSet) {
	s.boot, s.launch, s.metricDelay, s.drainTimeout = defaultBoot, defaultLaunch, defaultMetricDelay, defaultDrainTimeout
	s.slots, s.most, s.scaleIn = 1, defaultMost, string(loop.Kill)
	durationVar(f, &s.boot, "boot-time", "`time` from an instance's launch to its first job")
	durationVar(f, &s.launch, "launch-time", "`time` from an instance's launch until it is in service")
	intVar(f, &s.slots, "slots", "`jobs` that an instance runs at once")
	intVar(f, &s.least, "min", "least `instances` of the group (default: the stack's group's, else 0)")
	intVar(f, &s.most, "max", "most `instances` of the group (of a stack: its group's)")
	intVar(f, &s.desired, "desired", "`instances` at the start (default: --min)")
	f.StringVar(&s.scaleIn, "scale-in", s.scaleIn, "what becomes of a busy instance that is to go: `kill` (what Auto Scaling does by itself), protect, drain")
	durationVar(f, &s.drainTimeout, "drain-timeout", "`time` that a draining instance has for its jobs")
	durationVar(f, &s.metricDelay, "metric-delay", "`time` from a sample of the queue until an alarm sees it")
	f.BoolVar(&s.noHeartbeat, "no-heartbeat", false, "workers do not extend a job's visibility timeout: a killed job comes back when that ends")
}

// allowedNumber says what a flag of a number takes.
const allowedNumber = "must be a number"

func parseFloat(s string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}
func parseUint(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }
func formatUint(v uint64) string         { return strconv.FormatUint(v, 10) }
func formatFloat(v float64) string       { return strconv.FormatFloat(v, 'g', -1, 64) }

// given reports whether a flag of the scenario was given.
func (s *scenario) given(name string) bool { return s.set.Changed(name) }

// config is the group as the model has it, and what else all policies have in common.
func (s *scenario) config() loop.Config {
	c := loop.DefaultConfig()
	if !s.given("desired") {
		s.desired = s.least
	}
	if s.warmup == 0 {
		s.warmup = stack.DefaultWarmup
	}
	c.Group = loop.GroupConfig{
		Min: s.least, Max: s.most, Initial: s.desired, Slots: s.slots,
		Launch: millis(s.launch), Boot: loop.Boots{millis(s.boot)}, Warmup: millis(s.warmup),
		ScaleIn: loop.ScaleIn(s.scaleIn), DrainTimeout: millis(s.drainTimeout), Victim: loop.Oldest,
	}
	c.Queue.Heartbeat = !s.noHeartbeat
	c.Metric.Delay, c.Horizon = millis(s.metricDelay), millis(s.horizon)
	return c
}

func millis(d stack.Duration) loop.Millis { return loop.Millis(time.Duration(d).Milliseconds()) }

// check refuses what no workload and no group can be, before any call: *stack.FieldErrors, joined.
func (s *scenario) check() error {
	var c scenarioChecker
	c.workload(s)
	c.group(s)
	return errors.Join(c...)
}

type scenarioChecker []error

func (c *scenarioChecker) must(ok bool, field string, value any, allowed, advice string) {
	if !ok {
		*c = append(*c, &stack.FieldError{Field: field, Value: fmt.Sprint(value), Allowed: allowed, Advice: advice})
	}
}

func (c *scenarioChecker) workload(s *scenario) {
	var sources []string
	for _, name := range []string{"trace", "profile", "from-cloudwatch"} {
		if s.given(name) {
			sources = append(sources, "--"+name)
		}
	}
	if len(sources) > 1 {
		*c = append(*c, &usageError{strings.Join(sources, " and ") + " exclude each other: jobs come from one place", "leave all but one of them out"})
	}
	shapes := workload.ProfileNames()
	c.must(s.shape == "" && !s.given("profile") || slices.Contains(shapes, s.shape), "profile", s.shape, "must be "+orList(shapes),
		didYouMean("", s.shape, shapes)+"a profile of AWS is set with AWS_PROFILE here")
	c.must(s.rate > 0, "rate", s.rate, "must be above 0 jobs a minute", "for example --rate 2")
	c.must(!s.given("trace") || s.trace != "", "trace", "", "must be a file, or - for standard input, and is empty", "for example --trace jobs.csv")
	if s.given("from-cloudwatch") {
		c.must(s.fromCloudWatch >= stack.Duration(time.Minute) && time.Duration(s.fromCloudWatch) <= stack.MaxHistory, "from-cloudwatch", s.fromCloudWatch,
			"must be from 1m to 360h (15 days): CloudWatch keeps the datapoints of each minute no longer", "for example --from-cloudwatch 24h")
	}
	c.must(s.bin > 0, "bin", s.bin, "must be above 0", "for example --bin 1m")
	c.must(s.horizon >= 0 && s.horizon <= maxHorizon, "horizon", s.horizon, "must be from 0s to 8784h (366 days)", "for example --horizon 24h")
}

func (c *scenarioChecker) group(s *scenario) {
	c.must(s.slots >= 1 && s.slots <= maxGroup, "slots", s.slots, "must be at least 1 job, and at most 100000", "for example --slots 1")
	c.must(s.least >= 0 && s.least <= maxGroup, "min", s.least, "must be at least 0 instances, and at most 100000", "for example --min 0")
	c.must(s.most <= maxGroup, "max", s.most, "must be at most 100000 instances", "for example --max 10")
	c.must(s.most >= 1 && s.most >= s.least, "max", s.most, fmt.Sprintf("must be at least 1 instance, and not below --min, which is %d", s.least), fmt.Sprintf("for example --max %d", max(s.least, 1)))
	c.must(!s.given("desired") || s.desired >= s.least && s.desired <= s.most, "desired", s.desired, fmt.Sprintf("must be from --min to --max, which are %d and %d", s.least, s.most), fmt.Sprintf("for example --desired %d", min(max(s.desired, s.least), s.most)))
	for _, d := range []struct {
		name  string
		value stack.Duration
	}{{"boot-time", s.boot}, {"launch-time", s.launch}, {"drain-timeout", s.drainTimeout}, {"metric-delay", s.metricDelay}} {
		c.must(d.value >= 0 && d.value <= maxDelay, d.name, d.value, "must be from 0s to 24h", "for example --"+d.name+" 3m")
	}
	modes := []string{string(loop.Kill), string(loop.Protect), string(loop.Drain)}
	c.must(slices.Contains(modes, s.scaleIn), "scale-in", s.scaleIn, "must be "+orList(modes), didYouMean("--scale-in ", s.scaleIn, modes)+"for example --scale-in protect")
}

// maxDelay is longer than anything of a group takes.
const maxDelay = stack.Duration(24 * time.Hour)

// orList writes words as "kill, protect or drain".
func orList(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
