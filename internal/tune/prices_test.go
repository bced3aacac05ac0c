package tune

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// flat is one price over some bins of 10 s.
func flat(price float64, n int) []float64 {
	bins := make([]float64, n)
	for i := range bins {
		bins[i] = price
	}
	return bins
}

// In each case the cheapest plan is told by hand. The boot is 60 s, a service 10 s, an instance has one slot. No
// price may say more than the plan costs, and the right ones say just that.
func TestPricesSayNoMoreThanTheCheapestPlanCosts(t *testing.T) {
	job := timed{1000, 1000, 10, 1}
	start, soon := timed{0, 0, 10, 1}, timed{20, 20, 10, 1}
	for _, tt := range []struct {
		why   string
		r     relaxation
		from  float64
		bins  []float64
		plan  float64 // seconds of instances
		exact bool
	}{
		{"an instance boots for one job", relaxation{jobs: []timed{job}}, 1000, flat(100, 1), 70, true},
		{"no price: it must be there all the same", relaxation{jobs: []timed{job}}, 1000, flat(0, 1), 70, false},
		{"one that is there at the start need not boot", relaxation{jobs: []timed{start}}, 0, flat(100, 1), 10, true},
		{"nor need two", relaxation{jobs: []timed{start, start}}, 0, flat(100, 1), 20, true},
		{"and may wait instead of booting", relaxation{jobs: []timed{soon}}, 20, flat(100, 1), 30, true},
		{"without a price too", relaxation{jobs: []timed{soon}}, 20, flat(0, 1), 30, false},
		{"two jobs at once need two instances", relaxation{jobs: []timed{job, job}}, 1000, flat(100, 1), 140, true},
		{"or one, if one of them may be late", relaxation{jobs: []timed{job, job}, late: 1}, 1000, flat(100, 1), 80, false},
		{"or none but in the end, if both may", relaxation{jobs: []timed{job, job}, late: 2}, 1000, flat(100, 1), 20, false},
		{"two slots do both", relaxation{jobs: []timed{job, job}, slots: 2}, 1000, flat(100, 1), 70, true},
		{"one after the other fits into a boot", relaxation{jobs: []timed{job, {1030, 1030, 10, 1}}}, 1000, flat(100, 4), 100, false},
		{"an instance that always is there costs nothing more", relaxation{jobs: []timed{job}, least: 1, end: 1020}, 1000, flat(100, 1), 1020, false},
		{"but one more does", relaxation{jobs: []timed{job, job}, least: 1, end: 1020}, 1000, flat(100, 1), 1090, false},
	} {
		if tt.r.slots == 0 {
			tt.r.slots = 1
		}
		tt.r.boot = 60
		got := newPrices(tt.from, 10, tt.r.boot, tt.bins).bound(&tt.r)
		if got > tt.plan+1e-9 || tt.exact && got < tt.plan-1e-9 {
			t.Errorf("%s: %v s of instances at least, and a plan takes %v s", tt.why, got, tt.plan)
		}
	}
}

func somePrices(t *rapid.T) *prices {
	bins := rapid.SliceOfN(rapid.Float64Range(-1, 4), 1, 30).Draw(t, "prices")
	from, width := rapid.Float64Range(0, 200).Draw(t, "from"), rapid.Float64Range(1, 30).Draw(t, "width")
	return newPrices(from, width, rapid.Float64Range(0, 100).Draw(t, "boot"), bins)
}

func TestNoRunIsCheaperThanTheCheapest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somePrices(t)
		for i := range 40 { // windows of many lengths and places, all bins among them
			first := p.from + p.width*(math.Mod(.37*float64(i), float64(len(p.bins)))-1)
			last, length := first+p.width*math.Mod(.59*float64(i), 3), p.width*(.2+.11*float64(i))
			least, found := p.cheapest(first, last, length), math.Inf(1)
			for k := range 201 {
				begin := first + (last-first)*float64(k)/200
				found = min(found, p.upTo(begin+length)-p.upTo(begin))
			}
			if found < least-1e-9 || found > least+10*(last-first)/200+1e-9 {
				t.Fatalf("a run of %v from %v to %v costs %v, the cheapest %v", length, first, last, found, least)
			}
		}
	})
}

func TestGroupsOfJobsPayNoMoreThanTheirJobs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := somePrices(t)
		r := &relaxation{slots: 1, boot: 60}
		for range rapid.IntRange(1, 40).Draw(t, "jobs") {
			arrival := rapid.Float64Range(0, 400).Draw(t, "arrival")
			r.jobs = append(r.jobs, timed{arrival, arrival + rapid.Float64Range(0, 100).Draw(t, "slack"), rapid.Float64Range(0.001, 50).Draw(t, "service"), 1})
		}
		apart, _ := p.runs(r)
		n := len(r.jobs)
		r.merge()
		together, _ := p.runs(r)
		count := 0.0
		for _, g := range r.jobs {
			count += g.count
		}
		if together > apart+1e-9 || int(count) != n {
			t.Fatalf("%d jobs pay %v, %v of them in groups %v", n, apart, count, together)
		}
	})
}
