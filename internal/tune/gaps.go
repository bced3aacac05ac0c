package tune

import (
	"math"
	"slices"
)

// gaps are the stretches in which the first layer has no instance ready. A gap costs the boot at its end, or
// its length where that is less. In between, the layer costs its time less the prices.
//
// A gap is taken to begin and end at edges of bins. That is no more than what it costs anywhere: between edges
// the costs are the least of linear functions of both ends, so they are least at corners; and of the jobs
// only those count as missed that lie within by a whole bin on both sides.
type gaps struct {
	*prices
	r     *relaxation
	open  []int // of each job the first edge above its arrival
	shut  []int // and above its deadline
	reach int   // bins beyond which a gap costs the boot, and spans any one job
}

func newGaps(p *prices, r *relaxation) *gaps {
	g := &gaps{prices: p, r: r}
	longest := r.boot
	for _, j := range r.jobs {
		longest = max(longest, j.deadline-j.arrival)
		g.open, g.shut = append(g.open, g.above(j.arrival)), append(g.shut, g.above(j.deadline))
	}
	g.reach = int(longest/p.width) + 3
	return g
}

// above is the first edge that is above a time.
func (g *gaps) above(t float64) int {
	return min(max(0, int(math.Floor(g.bin(t)))+1), len(g.bins)+1)
}

// fees adds up the fees of the jobs by the edges that follow something of them.
func (g *gaps) fees(edges []int, savings []float64, q float64) []float64 {
	sums := make([]float64, len(g.bins)+2)
	for i, e := range edges {
		sums[e] += g.r.jobs[i].count * max(0, q-savings[i])
	}
	for i := 1; i < len(sums); i++ {
		sums[i] += sums[i-1]
	}
	return sums
}

// cost is the least that the layer costs if it may miss jobs for fees of max(0, q - saving). It goes from edge
// to edge: on[b] is the least up to edge b with an instance ready there.
//
// A gap from edge a to b misses at least the jobs with a deadline before edge b-1, less all that arrive before
// edge a+1.
func (g *gaps) cost(savings []float64, q float64) float64 {
	open, shut := g.fees(g.open, savings, q), g.fees(g.shut, savings, q)
	n := len(g.bins)
	on := make([]float64, n+1)
	far := math.Inf(1) // the least of on[a] - open[a+1] over the edges a that are out of reach
	for b := range on {
		before := shut[max(0, b-1)]
		on[b] = min(min(g.edge(b), g.r.boot), far+g.r.boot) + before // the first gap begins at the start
		if b > 0 {
			on[b] = min(on[b], on[b-1]+(1-g.bins[b-1])*g.width)
		}
		for a := max(0, b-g.reach); a < b; a++ {
			on[b] = min(on[b], on[a]+min(g.r.boot, float64(b-a)*g.width)+max(0, before-open[a+1]))
		}
		if a := b - g.reach; a >= 0 {
			far = min(far, on[a]-open[a+1])
		}
	}
	all := slices.Max(open)
	least := all // never an instance at all
	for a, cost := range on {
		least = min(least, cost+all-open[min(a+1, n+1)])
	}
	return least
}
