package tune

import (
	"cmp"
	"math"
	"slices"
)

// prices are what a second of an instance's work is worth in seconds of instances, over bins of equal width.
// Before the first bin it is worth nothing, after the last one 1.
type prices struct {
	from, width float64
	bins        []float64
	sums        []float64 // of bins*width up to the start of each
}

// newPrices makes prices of any numbers, such that no instance can earn more than it costs: over no stretch of time
// may they exceed 1 by more than the boot, in sum; and over none that begins at 0 by anything.
func newPrices(from, width, boot float64, bins []float64) *prices {
	p := &prices{from, width, slices.Clone(bins), make([]float64, len(bins)+1)}
	surplus, sum := max(0, boot-from), 0.0
	for i, v := range p.bins {
		if math.IsNaN(v) || v < 0 {
			v = 0
		}
		v = min(v, 1+(boot-surplus)/width)
		surplus = max(0, surplus+(v-1)*width)
		p.bins[i] = v
		sum += v * width
		p.sums[i+1] = sum
	}
	return p
}

// upTo is the sum of the prices from the beginning to a time.
func (p *prices) upTo(t float64) float64 {
	x := (t - p.from) / p.width
	switch i := int(x); {
	case x <= 0:
		return 0
	case i >= len(p.bins):
		return p.sums[len(p.bins)] + t - p.until()
	default:
		return p.sums[i] + (x-float64(i))*p.width*p.bins[i]
	}
}

func (p *prices) until() float64        { return p.edge(len(p.bins)) }
func (p *prices) edge(i int) float64    { return p.from + float64(i)*p.width }
func (p *prices) bin(t float64) float64 { return (t - p.from) / p.width }

// cheapest is the least that a run of a length costs that begins between two times. The price of a run is
// linear in its begin between the points where the begin or the end is at the edge of a bin.
func (p *prices) cheapest(first, last, length float64) float64 {
	cost := func(t float64) float64 { return p.upTo(t+length) - p.upTo(t) }
	least := min(cost(first), cost(last))
	for _, shift := range []float64{0, length} {
		low := max(0, int(math.Ceil(p.bin(first+shift))))
		high := min(len(p.bins), int(math.Floor(p.bin(last+shift))))
		for i := low; i <= high; i++ {
			least = min(least, cost(min(max(first, p.edge(i)-shift), last)))
		}
	}
	return least
}

// bound is a number of seconds of instances below which no policy that holds the limit can stay, whatever the
// prices are.
//
// Proof. Let N(t) be the instances that are billed at t, R(t) those of them that are ready, b(t) the busy slots,
// S the slots of an instance, p(t) >= 0 the prices. All that are ready at t were launched at t-boot or before,
// or were there at 0; so N(s) >= R(t) for max(0, t-boot) <= s <= t, and N is at least the group's least up to the
// end. Since b <= S R,
//
//	∫N >= ∫N - ∫p (R - b/S) = ∫(N - p R) + 1/S ∫p b.
//
// The last term is a sum over the jobs. The run that completes a job takes a slot without a break for its
// service, and costs at least c: the cheapest such run that begins between arrival and deadline. Where the job
// is late, it costs at least c - s: the service at the lowest price that there is from the deadline on. Lost
// work, and messages taken twice, only add to it.
//
// The first term parts into layers: the k-th has N >= k billed, and R >= k ready. A layer is billed boot seconds
// before each stretch in which it is ready, or from the stretch before or the start on, where that is nearer; so a
// stretch comes to at least boot - ∫(p - 1) over it, and one at the start to -∫(p - 1) from 0 on, which newPrices
// keeps from being negative. A layer up to the group's least is billed from 0 on to the end, which makes more of
// it (see kept). Where that least is 0, the first layer comes to more: it must be ready at some time between
// arrival and deadline of every job that is not late. Let v be the least that it comes to if it may miss each job
// for a fee (see gaps.cost).
//
// Let Z be the jobs that are late, no more than m. With any fee f of each job, the first layer comes to at
// least v - Σ f over Z, and the runs to Σ c - Σ s over Z. Choose a number q, and f = max(0, q - s). Then what
// Z takes off is Σ max(s, q) over Z, at most q m + Σ max(0, s - q) over all jobs.
func (p *prices) bound(r *relaxation) float64 {
	runs, savings := p.runs(r)
	if r.least > 0 {
		return runs - takeOff(r, savings, threshold(r, savings)) + r.least*p.kept(r.end)
	}
	g := newGaps(p, r)
	best := math.Inf(-1)
	for _, q := range thresholds(r, savings) {
		best = max(best, g.cost(savings, q)-takeOff(r, savings, q))
	}
	return runs + best
}

// runs is what all jobs must pay if they are on time, and what each job saves if it is late.
func (p *prices) runs(r *relaxation) (sum float64, savings []float64) {
	savings = make([]float64, len(r.jobs))
	later := p.later()
	for i, j := range r.jobs {
		onTime := p.cheapest(j.arrival, j.deadline, j.service)
		late := j.service * later[min(max(0, int(p.bin(j.deadline))), len(later)-1)]
		sum += j.count * onTime / r.slots
		savings[i] = max(0, onTime-late) / r.slots
	}
	return sum, savings
}

// takeOff is what late jobs take off at most, for a number q.
func takeOff(r *relaxation, savings []float64, q float64) float64 {
	sum := q * r.late
	for i, s := range savings {
		sum += r.jobs[i].count * max(0, s-q)
	}
	return sum
}

// threshold is the q at which the jobs that save the most are as many as may be late: without a first layer,
// no other takes off less.
func threshold(r *relaxation, savings []float64) float64 {
	order := make([]int, len(savings))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return -cmp.Compare(savings[a], savings[b]) })
	left := r.late
	for _, i := range order {
		if left -= r.jobs[i].count; left < 0 {
			return savings[i]
		}
	}
	return 0
}

// thresholds are the numbers that are tried: each gives a bound. Where no job may be late, the fee is above what
// any job is worth.
func thresholds(r *relaxation, savings []float64) []float64 {
	if r.late == 0 {
		return []float64{slices.Max(savings) + 1000*(r.boot+1)}
	}
	q := threshold(r, savings)
	list := []float64{q}
	for _, more := range []float64{1. / 16, 1. / 8, 1. / 4, 1. / 2, 1, 2} {
		list = append(list, q+more*r.boot)
	}
	return list
}

// later is the lowest price from each bin on.
func (p *prices) later() []float64 {
	low := make([]float64, len(p.bins)+1)
	low[len(p.bins)] = 1
	for i := len(p.bins) - 1; i >= 0; i-- {
		low[i] = min(low[i+1], p.bins[i])
	}
	return low
}

// kept is what a layer of the group's least comes to at least: it is billed from 0 to the end or longer.
func (p *prices) kept(end float64) float64 {
	least := end - p.upTo(end)
	for i, sum := range p.sums {
		if t := p.edge(i); t >= end {
			least = min(least, t-sum)
		}
	}
	return least
}
