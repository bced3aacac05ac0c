package tune

import (
	"math"
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
)

// relaxation is what the lower bound is computed of: jobs with deadlines, and what an instance costs before
// it works. Times are in seconds.
type relaxation struct {
	slots          float64
	boot           float64 // from launch to the first poll, at best
	least, initial float64 // instances
	end            float64 // the run goes on at least to here
	late           int     // jobs that may begin after their deadline
	jobs           []timed
}

// timed is a job: it arrives, must begin by the deadline, and then takes a slot for its service.
type timed struct{ arrival, deadline, service float64 }

// relax makes the relaxation of one limit. The mean bounds no single message.
func (p *Problem) relax(l Limit) relaxation {
	g := &p.Config.Group
	boot := slices.Min(g.Boot)
	r := relaxation{
		slots: float64(g.Slots), boot: max(boot, g.Launch).Seconds(),
		least: float64(g.Min), initial: float64(g.Initial),
		jobs: make([]timed, len(p.Jobs)),
	}
	n := int64(len(p.Jobs))
	percent, ok := l.Statistic.share()
	if r.late = int(n - (percent*n+99)/100); !ok {
		r.late = len(p.Jobs)
	}
	for i, j := range p.Jobs {
		slack := l.Bound
		if l.Measure == Sojourn {
			slack = max(0, slack-j.Service) // one that takes longer than it may is late, whatever is done
		}
		r.jobs[i] = timed{j.Arrival.Seconds(), (j.Arrival + slack).Seconds(), j.Service.Seconds()}
	}
	r.end = max(loop.Minute, p.Config.Horizon, p.Jobs[n-1].Arrival).Seconds()
	return r
}

// prices are what a second of an instance's work is worth in seconds of instances, over bins of equal width.
// Before the first bin it is worth nothing, after the last one 1.
type prices struct {
	from, width float64
	bins        []float64
	sums        []float64 // of bins*width up to the start of each, once sealed
}

// seal makes the prices such that no instance that is launched can earn more than it costs: over no stretch
// of time may they exceed 1 by more than the boot, in sum.
func (p *prices) seal(boot float64) {
	surplus, sum := 0.0, 0.0
	p.sums = make([]float64, len(p.bins)+1)
	for i, v := range p.bins {
		if math.IsNaN(v) || v < 0 {
			v = 0
		}
		v = min(v, 1+(boot-surplus)/p.width)
		surplus = max(0, surplus+(v-1)*p.width)
		p.bins[i] = v
		sum += v * p.width
		p.sums[i+1] = sum
	}
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

func (p *prices) until() float64 { return p.from + float64(len(p.bins))*p.width }

// cheapest is the least that a run of a length costs that begins between two times. The price of a run is
// linear in its begin between the points where the begin or the end is at the edge of a bin.
func (p *prices) cheapest(first, last, length float64) float64 {
	cost := func(t float64) float64 { return p.upTo(t+length) - p.upTo(t) }
	least := min(cost(first), cost(last))
	for _, shift := range []float64{0, length} {
		low := max(0, math.Ceil((first+shift-p.from)/p.width))
		high := min(float64(len(p.bins)), math.Floor((last+shift-p.from)/p.width))
		for i := low; i <= high; i++ {
			if t := p.from + i*p.width - shift; t >= first && t <= last {
				least = min(least, cost(t))
			}
		}
	}
	return least
}

// bound is a number of seconds of instances below which no policy that holds the limit can stay, whatever the
// prices.
//
// Proof. Let N(t) be the instances that are billed at t, R(t) those of them that are ready, b(t) the busy slots,
// S the slots of an instance, p(t) >= 0 the prices. All are ready at t launched at t-boot or before, or were
// there at 0; so N(s) >= R(t) for max(0, t-boot) <= s <= t, and N >= the group's least at all times up to
// the end. Since b <= S·R,
//
//	∫N >= ∫N - ∫p·(R - b/S) = ∫(N - p·R) + 1/S ∫p·b.
//
// The last term is a sum over the jobs: the run that completes a job takes a slot without a break for its
// service, and costs at least the cheapest such run that begins between arrival and deadline; where the job
// is late, the cheapest after its arrival. No more than the given number of jobs are late, so that the sum falls by at
// most the largest of these savings. Lost work and messages taken twice only add to it.
//
// The first term parts into layers: the k-th counts where N >= k, and where R >= k. In a layer above those of
// the beginning, every stretch where R >= k has at least boot seconds of N >= k before it, shared with the
// stretch before it at most where those are as near as that; it comes to at least boot - ∫(p-1) over a
// stretch, which seal keeps from being negative. A layer of the initial instances may have one stretch from 0 on
// without boot: at least min over x of ∫(1-p) from 0 to x, or nothing. A layer up to the group's least is
// billed to the end x: at least the same with x not before it.
func (p *prices) bound(r *relaxation) float64 {
	sum := 0.0
	savings := make([]float64, len(r.jobs))
	for i, j := range r.jobs {
		onTime := p.cheapest(j.arrival, j.deadline, j.service)
		sum += onTime
		if r.late > 0 {
			savings[i] = onTime - min(onTime, p.cheapest(j.deadline, max(j.deadline, p.until()), j.service))
		}
	}
	slices.Sort(savings)
	for _, s := range savings[len(savings)-min(r.late, len(savings)):] {
		sum -= s
	}
	kept, idle := p.beginning(r.end)
	return sum/r.slots + r.least*kept + (r.initial-r.least)*idle
}

// beginning is what a layer of the group's least comes to, and what one of the initial instances.
func (p *prices) beginning(end float64) (kept, idle float64) {
	kept = math.Inf(1)
	for i := range len(p.bins) + 1 {
		t := p.from + float64(i)*p.width
		left := t - p.sums[i]
		idle = min(idle, left)
		if t >= end {
			kept = min(kept, left)
		}
	}
	if !math.IsInf(kept, 1) {
		return min(kept, end-p.upTo(end)), idle
	}
	return end - p.upTo(end), idle
}
