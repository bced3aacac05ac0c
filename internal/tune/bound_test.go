package tune

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// small is a problem small enough for every plan of a few changes to be tried.
func small(t *rapid.T) *Problem {
	seconds := func(name string, most int) loop.Millis {
		return loop.Millis(rapid.IntRange(0, most).Draw(t, name)) * loop.Second / 2
	}
	config := loop.DefaultConfig()
	g := &config.Group
	g.Max = 3
	g.Min = rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "min")
	g.Initial = rapid.IntRange(g.Min, g.Max).Draw(t, "initial")
	g.Slots = rapid.IntRange(1, 2).Draw(t, "slots")
	g.Boot = loop.Boots{seconds("boot", 120), seconds("other boot", 120)}
	g.Launch = seconds("launch", 40)
	g.ScaleIn = rapid.SampledFrom([]loop.ScaleIn{loop.Protect, loop.Kill, loop.Drain}).Draw(t, "scale-in")
	config.Queue.VisibilityTimeout = 5 * loop.Second
	config.DrainLimit = 10 * loop.Minute
	config.Horizon = seconds("horizon", 1200)
	config.Metric.Delay = seconds("delay", 60)
	g.Warmup = seconds("warm-up", 60)
	g.Victim = rapid.SampledFrom([]loop.Victim{loop.Oldest, loop.Newest}).Draw(t, "victim")
	jobs := make([]loop.Job, rapid.IntRange(1, 6).Draw(t, "jobs"))
	for i := range jobs {
		jobs[i] = loop.Job{Arrival: seconds("arrival", 600), Service: max(1, seconds("service", 200))}
	}
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		t.Fatal(err)
	}
	l := Limit{
		Statistic: rapid.SampledFrom([]Statistic{P50, P90, P95, P99, Max, Mean}).Draw(t, "statistic"),
		Measure:   rapid.SampledFrom([]Measure{Wait, Sojourn}).Draw(t, "measure"),
		Strict:    rapid.Bool().Draw(t, "strict"),
		Bound:     max(1, seconds("bound", 300)),
	}
	return &Problem{Workload: Workload{Trace: trace, Jobs: jobs}, Config: config, Spec: stack.Defaults(), SLO: SLO{l}, ctx: context.Background()}
}

// plans calls a function with every plan that changes the capacity at the given times.
func plans(times []loop.Millis, most int, do func([]loop.Entry)) {
	plan := make([]loop.Entry, len(times))
	var from func(i int)
	from = func(i int) {
		if i == len(times) {
			do(plan)
			return
		}
		for n := range most + 1 {
			plan[i] = loop.Entry{At: times[i], Capacity: n}
			from(i + 1)
		}
	}
	from(0)
}

// against holds runs against the bound.
type against struct {
	bound   int64
	held    int     // of problems whose bound comes from prices
	nearest float64 // of these, in bounds
}

func newAgainst() *against { return &against{nearest: 1e9} }

// run holds a configuration of a problem against it.
func (a *against) run(t *rapid.T, p *Problem, config *loop.Config, what any) {
	result, err := loop.Run(config, p.Trace, loop.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a.totals(t, p, &result.Totals, what)
}

func (a *against) totals(t *rapid.T, p *Problem, totals *loop.Totals, what any) {
	if totals.Unfinished+totals.DeadLettered > 0 || !p.SLO.Holds(totals) {
		return
	}
	if _, proven := p.SLO[0].Statistic.share(); proven && p.Config.Group.Min == 0 { // the other bounds are plain
		a.held++
		a.nearest = min(a.nearest, float64(totals.InstanceMillis)/float64(max(1, a.bound)))
	}
	if totals.InstanceMillis < a.bound {
		t.Errorf("%+v holds %v for %d ms, less than the bound of %d ms", what, p.SLO, totals.InstanceMillis, a.bound)
	}
}

// shown fails where hardly anything came near the bound.
func (a *against) shown(t *testing.T, held int, nearest float64) {
	t.Logf("%d held; the nearest cost %.3f times the bound", a.held, a.nearest)
	if a.held < held || a.nearest > nearest {
		t.Errorf("%d held, and the nearest cost %.3f times the bound: this test would miss a bound that is too high", a.held, a.nearest)
	}
}

func TestNoPlanCostsLessThanTheBound(t *testing.T) {
	a := newAgainst()
	rapid.Check(t, func(t *rapid.T) {
		p := small(t)
		a.bound = int64(p.LowerBound(p.SLO))
		times := []loop.Millis{0}
		for range 4 {
			step := loop.Millis(rapid.IntRange(1, 240).Draw(t, "until the next change")) * loop.Second
			times = append(times, times[len(times)-1]+step)
		}
		plans(times, 2, func(plan []loop.Entry) {
			config := p.Config
			config.Policies = []loop.Policy{&loop.Schedule{Name: "plan", Plan: plan}}
			a.run(t, p, &config, plan)
		})
	})
	a.shown(t, 500, 1.5)
}

// A schedule that knows when the jobs come, and is not held to whole seconds.
func TestNoScheduleMadeWithHindsightCostsLessThanTheBound(t *testing.T) {
	a := newAgainst()
	rapid.Check(t, func(t *rapid.T) {
		p := small(t)
		a.bound = int64(p.LowerBound(p.SLO))
		plan := []loop.Entry{{At: 0, Capacity: rapid.IntRange(0, 3).Draw(t, "at first")}}
		moment := func(name string, j loop.Job) loop.Millis {
			around := j.Arrival + rapid.SampledFrom([]loop.Millis{0, p.SLO[0].Bound, j.Service, p.SLO[0].Bound + j.Service}).Draw(t, name)
			return max(0, around-rapid.SampledFrom([]loop.Millis{0, p.Config.Group.Launch, p.Config.Group.Boot[0], -1, 1}).Draw(t, "before"))
		}
		for _, j := range p.Jobs {
			n := rapid.IntRange(0, 3).Draw(t, "capacity")
			plan = append(plan, loop.Entry{At: moment("out", j), Capacity: n}, loop.Entry{At: moment("in", j), Capacity: max(0, n-1)})
		}
		slices.SortStableFunc(plan, func(a, b loop.Entry) int { return cmp.Compare(a.At, b.At) })
		for n := range plan { // with fewer changes, and with all
			config := p.Config
			config.Policies = []loop.Policy{&loop.Schedule{Name: "plan", Plan: plan[:n+1]}}
			a.run(t, p, &config, plan[:n+1])
		}
	})
	a.shown(t, 10, 3)
}

func TestNoPolicyOrFleetCostsLessThanTheBound(t *testing.T) {
	a := newAgainst()
	rapid.Check(t, func(t *rapid.T) {
		p := small(t)
		a.bound = int64(p.LowerBound(p.SLO))
		for n := p.Config.Group.Min; n <= 4; n++ {
			a.run(t, p, p.fixed(n), n)
		}
		sc := scale{spec: p.Spec, least: p.Config.Group.Min, most: 3, jobs: p.jobsWithin(p.SLO.tightest()), fleet: 2, standing: rapid.Bool().Draw(t, "standing")}
		for _, f := range sc.families(Families()) {
			for range 4 {
				c := f.build(drawAt(t, &f))
				a.run(t, p, c.config(&p.Config), c.key())
			}
		}
		p.tuned = p.SLO
		p.Kills, p.Families, p.Most = 1000, Families(), 30
		found, err := p.search(&Report{Reaction: p.reaction()})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			a.totals(t, p, &f.totals, f.key())
		}
	})
	a.shown(t, 200, 3)
}

// Jobs that are nearly alike are put together where there are many: that must not raise the bound, nor lower it
// much.
func TestMergingJobsLowersTheBoundAndHardly(t *testing.T) {
	p := usual(t)
	p.Workload = bursts(t, "bursts", 300, 40*loop.Second)
	for _, text := range []string{"p95 wait < 5m", "max sojourn <= 8m", "p50 wait < 1m"} {
		l := slo(t, text)[0]
		exact, merged := p.relax(l), p.relax(l)
		merged.merge()
		if len(merged.jobs) >= len(exact.jobs)/2 {
			t.Fatalf("%d jobs became %d", len(exact.jobs), len(merged.jobs))
		}
		count := 0.0
		for _, j := range merged.jobs {
			count += j.count
		}
		if a, b := exact.bound(), merged.bound(); count != float64(len(exact.jobs)) || b > a*1.02 || b < a*.9 || b > a && merged.late == 0 && b > a+1 {
			t.Errorf("%s: %.1f s, and %.1f s merged to %v jobs", text, a, b, count)
		}
	}
}

// Whatever the prices are, an instance cannot earn more than it costs, nor can the bound be broken.
func TestAnyPricesGiveABound(t *testing.T) {
	a := newAgainst()
	rapid.Check(t, func(t *rapid.T) {
		p := small(t)
		r := p.relax(p.SLO[0])
		bins := rapid.SliceOfN(rapid.Float64Range(-1, 20), 1, 80).Draw(t, "prices")
		from := min(r.jobs[0].arrival, rapid.Float64Range(0, 300).Draw(t, "from"))
		prices := newPrices(from, rapid.Float64Range(1, 40).Draw(t, "width"), r.boot, bins)
		for i := range prices.sums {
			for k := range i {
				if over := prices.sums[i] - prices.sums[k] - float64(i-k)*prices.width; over > r.boot+1e-9 {
					t.Fatalf("from bin %d to %d an instance earns %v more than it costs, with a boot of %v", k, i, over, r.boot)
				}
			}
			if over := prices.sums[i] - prices.edge(i); over > 1e-9 {
				t.Fatalf("up to bin %d an instance that was there earns %v more than it costs", i, over)
			}
		}
		a.bound = int64(prices.bound(r)*1000*(1-1e-6)) - 1
		if _, ok := p.SLO[0].Statistic.share(); !ok {
			return
		}
		times := []loop.Millis{0}
		for range 3 {
			times = append(times, times[len(times)-1]+loop.Millis(rapid.IntRange(1, 240).Draw(t, "until the next change"))*loop.Second)
		}
		plans(times, 2, func(plan []loop.Entry) {
			config := p.Config
			config.Policies = []loop.Policy{&loop.Schedule{Name: "plan", Plan: plan}}
			a.run(t, p, &config, plan)
		})
	})
}

// What one can reckon without a program. The bound may be lower by a little: bins are coarse.
func TestTheBoundIsWhatPlainPlansCost(t *testing.T) {
	job := func(arrival, service loop.Millis) loop.Job {
		return loop.Job{Arrival: arrival * loop.Second, Service: service * loop.Second}
	}
	for name, tt := range map[string]struct {
		slo   string
		slots int
		least int
		jobs  []loop.Job
		want  loop.Millis // seconds
	}{
		"boot and work":                          {"max wait < 10s", 1, 0, []loop.Job{job(600, 60)}, 150},
		"there at the start":                     {"max wait < 10s", 1, 0, []loop.Job{job(0, 60)}, 60},
		"the second waits for the first":         {"max wait < 10m", 1, 0, []loop.Job{job(600, 60), job(601, 60)}, 210},
		"the second cannot wait":                 {"max wait < 10s", 1, 0, []loop.Job{job(600, 60), job(601, 60)}, 300},
		"two slots":                              {"max wait < 10s", 2, 0, []loop.Job{job(600, 60), job(600, 60)}, 150},
		"too far apart for one boot":             {"max wait < 10s", 1, 0, []loop.Job{job(600, 60), job(3000, 60)}, 300},
		"near enough to be kept":                 {"max wait < 10s", 1, 0, []loop.Job{job(600, 60), job(680, 60)}, 220},
		"one may be late":                        {"p50 wait < 10s", 1, 0, []loop.Job{job(600, 60), job(601, 60)}, 210},
		"the group keeps one to the full minute": {"max wait < 10s", 1, 1, []loop.Job{job(600, 6), job(3601, 6)}, 3660},
		"a mean":                                 {"mean wait < 10s", 1, 0, []loop.Job{job(600, 60)}, 60},
	} {
		p := usual(t)
		p.Config.Group.Boot, p.Config.Group.Slots, p.Config.Group.Min = loop.Boots{90 * loop.Second, 300 * loop.Second}, tt.slots, tt.least
		p.Workload, p.SLO = workloadOf(t, name, tt.jobs), slo(t, tt.slo)
		got, want := p.LowerBound(p.SLO), tt.want*loop.Second
		if got > want || got < want-want/6 {
			t.Errorf("%s: %v s, want %v s", name, got.Seconds(), want.Seconds())
		}
	}
}

// As many may be late as leave the percentile where it is.
func TestAsManyMayBeLateAsThePercentileLeaves(t *testing.T) {
	for _, tt := range []struct {
		statistic Statistic
		jobs      int
		late      float64
	}{{P50, 100, 50}, {P90, 100, 10}, {P95, 100, 5}, {P99, 100, 1}, {Max, 100, 0}, {Mean, 100, 100}, {P50, 7, 3}, {P95, 19, 0}, {P95, 20, 1}, {P95, 41, 2}, {P99, 99, 0}} {
		p := usual(t)
		p.Jobs = make([]loop.Job, tt.jobs)
		if got := p.relax(Limit{Statistic: tt.statistic, Measure: Wait, Bound: 1}).late; got != tt.late {
			t.Errorf("%v of %d may be late for the %s, want %v", got, tt.jobs, tt.statistic, tt.late)
		}
	}
}
