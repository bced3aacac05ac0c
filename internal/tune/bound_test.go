package tune

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// small is a problem small enough for every plan of a few changes to be tried.
func small(t *rapid.T) *Problem {
	seconds := func(name string, least, most int) loop.Millis {
		return loop.Millis(rapid.IntRange(least, most).Draw(t, name)) * loop.Second / 2
	}
	config := loop.DefaultConfig()
	g := &config.Group
	g.Min = rapid.IntRange(0, 1).Draw(t, "min")
	g.Initial = g.Min + rapid.IntRange(0, 1).Draw(t, "more at the start")
	g.Max = 3
	g.Slots = rapid.IntRange(1, 2).Draw(t, "slots")
	g.Boot = loop.Boots{seconds("boot", 0, 120), seconds("other boot", 0, 120)}
	g.Launch = seconds("launch", 0, 40)
	g.ScaleIn = rapid.SampledFrom([]loop.ScaleIn{loop.Protect, loop.Kill, loop.Drain}).Draw(t, "scale-in")
	config.Queue.VisibilityTimeout = 5 * loop.Second
	config.DrainLimit = 10 * loop.Minute
	jobs := make([]loop.Job, rapid.IntRange(1, 6).Draw(t, "jobs"))
	for i := range jobs {
		jobs[i] = loop.Job{Arrival: seconds("arrival", 0, 600), Service: max(1, seconds("service", 0, 200))}
	}
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		t.Fatal(err)
	}
	l := Limit{
		Statistic: rapid.SampledFrom([]Statistic{P50, P90, Max, Mean}).Draw(t, "statistic"),
		Measure:   rapid.SampledFrom([]Measure{Wait, Sojourn}).Draw(t, "measure"),
		Bound:     max(1, seconds("bound", 0, 300)),
	}
	return &Problem{Workload: Workload{Trace: trace, Jobs: jobs}, Config: config, SLO: SLO{l}}
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

// eachThatHolds calls a function with every plan that holds the objective and what it costs: a few changes at drawn
// times.
func eachThatHolds(t *rapid.T, p *Problem, do func(plan []loop.Entry, cost int64)) {
	times := []loop.Millis{0}
	for range 4 {
		step := loop.Millis(rapid.IntRange(1, 240).Draw(t, "until the next change")) * loop.Second
		times = append(times, times[len(times)-1]+step)
	}
	plans(times, 2, func(plan []loop.Entry) {
		config := p.Config
		config.Policies = []loop.Policy{&loop.Schedule{Name: "plan", Plan: plan}}
		result, err := loop.Run(&config, p.Trace, loop.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if result.Totals.Unfinished == 0 && p.SLO.Holds(&result.Totals) {
			do(plan, result.Totals.InstanceMillis)
		}
	})
}

func TestNoPlanCostsLessThanTheBound(t *testing.T) {
	held, nearest := 0, 1e9
	rapid.Check(t, func(t *rapid.T) {
		p := small(t)
		bound := p.LowerBound(p.SLO)
		eachThatHolds(t, p, func(plan []loop.Entry, cost int64) {
			held++
			nearest = min(nearest, float64(cost)/float64(max(1, bound)))
			if cost < int64(bound) {
				t.Fatalf("plan %v holds %v for %d ms, less than the bound of %d ms", plan, p.SLO, cost, bound)
			}
		})
	})
	t.Logf("%d plans held; the nearest cost %.3f times the bound", held, nearest)
	if held < 1000 || nearest > 1.05 {
		t.Errorf("%d plans held, and the nearest cost %.3f times the bound: this test would miss a bound that is too high", held, nearest)
	}
}

// The bound needs no good prices, and no program that found them: it holds for any.
func TestNoPlanCostsLessThanAnyPricesSay(t *testing.T) {
	nearest := 1e9
	rapid.Check(t, func(t *rapid.T) {
		p := small(t)
		r := p.relax(p.SLO[0])
		if rapid.Bool().Draw(t, "as groups of jobs") {
			r.merge()
		}
		from := p.Jobs[0].Arrival.Seconds() * rapid.Float64Range(0, 1).Draw(t, "where the prices begin")
		bins := rapid.SliceOfN(rapid.Float64Range(-1, 4), 1, 40).Draw(t, "prices")
		prices := newPrices(from, rapid.Float64Range(1, 60).Draw(t, "width"), r.boot, bins)
		bound := prices.bound(r) * 1000
		eachThatHolds(t, p, func(plan []loop.Entry, cost int64) {
			if bound > 0 {
				nearest = min(nearest, float64(cost)/bound)
			}
			if float64(cost) < bound*(1-1e-9)-1e-6 {
				t.Fatalf("plan %v holds %v for %d ms, less than the bound of %v ms", plan, p.SLO, cost, bound)
			}
		})
	})
	t.Logf("the nearest cost %.3f times the bound", nearest)
}
