package tune

import "github.com/eventscale/eventscale/internal/loop"

// LowerBound is what no policy can stay below that does all jobs and holds the objective on this trace in the model:
// not even a schedule that knows every job in advance, has as many instances at the start as it likes, and kills
// and drains as it likes. It is in milliseconds of instances.
//
// It lets everything be that would only cost more: that a limit may be strict, the group's maximum, what an alarm
// sees and when, the service that a kill loses, and instances that are billed when all jobs are done.
//
// It is the largest of some bounds, each of which holds by itself: of every limit the bound by prices (see
// prices.bound, where the proof is), for prices that come from a linear program; all work divided by the slots;
// and the group's least over the time that the run lasts. Limits of a mean give only the last two.
func (p *Problem) LowerBound(s SLO) loop.Millis {
	best := 0.0
	for _, l := range s {
		r := p.relax(l)
		best = max(best, r.work()/r.slots, r.least*r.end)
		if _, ok := l.Statistic.share(); ok {
			best = max(best, r.bound())
		}
	}
	// Rounded down, and by a millionth more: sums of floating point numbers are not exact.
	return loop.Millis(best * 1000 * (1 - 1e-6))
}

// weights are tried for the price of capacity where one instance does: the less it is worth, the more of the
// first instance is paid for as a whole, and the less by the jobs.
var weights = []float64{1, .8, .65, .5, .4, .3, .2}

// bound is the best that the prices of the fluid program give.
func (r *relaxation) bound() float64 {
	f := newFluid(r)
	price, level := f.worth()
	best := 0.0
	for _, w := range weights {
		scaled := make([]float64, len(price))
		for i, v := range price {
			scaled[i] = v
			if level[i] <= 1 {
				scaled[i] = v * w
			}
		}
		best = max(best, newPrices(f.from, f.width, r.boot, scaled).bound(r))
	}
	return best
}
