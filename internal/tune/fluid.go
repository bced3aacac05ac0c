package tune

import (
	"math"
	"slices"
)

// fluid is the relaxation as a linear program over bins of time: instances and work are divisible, a job's
// work may be done by many at once, and capacity may change at any moment. Its dual says what capacity is
// worth in each bin. Lengths of time are in bins, work in instances times bins.
type fluid struct {
	program
	r       *relaxation
	from    float64
	width   float64
	bins    int
	classes []float64 // a late job of class c takes at most classes[c] seconds
	rows    []binRows
	quota   int   // the row of the jobs that are late
	levels  []int // the columns of the capacity
}

// binRows are the rows of one bin.
type binRows struct {
	grow    int   // capacity from bin to bin
	fit     int   // work within the capacity; its dual is the price
	flow    int   // work adds up
	arrived int   // no more is done than has arrived
	due     int   // no less is done than is due, but for what is late
	defers  int   // what is late adds up
	count   int   // and so do the jobs that it is of
	limits  []int // no more can be late than there is
}

// Bins: fine enough to show a deadline of minutes, and few enough for a second.
const (
	mostBins  = 1440
	finestBin = 10 // seconds
)

func newFluid(r *relaxation) *fluid {
	f := &fluid{r: r}
	first, last := math.Inf(1), 0.0
	services := make([]float64, len(r.jobs))
	for i, j := range r.jobs {
		first, last = min(first, j.arrival), max(last, j.deadline+j.service)
		services[i] = j.service
	}
	f.from, f.width = first, max(finestBin, (last-first)/mostBins)
	f.bins = int((last-first)/f.width) + 2
	if r.late > 0 {
		slices.Sort(services)
		for _, q := range []float64{.5, .8, .95, 1} {
			f.classes = append(f.classes, services[int(q*float64(len(services)-1))])
		}
	}
	f.build()
	return f
}

// class is that of the late jobs of a service.
func (f *fluid) class(service float64) int {
	i, _ := slices.BinarySearch(f.classes, service)
	return min(i, len(f.classes)-1)
}

// profile is how much work there is by the end of each bin if all jobs of a class (-1: all) begin at the given
// time.
func (f *fluid) profile(class int, begin func(timed) float64) []float64 {
	slope, part := make([]float64, f.bins+1), make([]float64, f.bins)
	edge := func(t, n float64) {
		x := (t - f.from) / f.width
		i := min(max(0, int(x)), f.bins-1)
		part[i] += n * (float64(i+1) - x)
		slope[i+1] += n
	}
	for _, j := range f.r.jobs {
		if class < 0 || f.class(j.service) == class {
			edge(begin(j), j.count)
			edge(begin(j)+j.service, -j.count)
		}
	}
	out := make([]float64, f.bins)
	sum, running := 0.0, 0.0
	for i := range out {
		running += slope[i]
		sum += running + part[i]
		out[i] = max(0, sum) / f.r.slots
	}
	return out
}

// build writes the program down, bin by bin.
func (f *fluid) build() {
	arrival, deadline := func(j timed) float64 { return j.arrival }, func(j timed) float64 { return j.deadline }
	arrived, due := f.profile(-1, arrival), f.profile(-1, deadline)
	var late [][]float64
	for c := range f.classes {
		late = append(late, f.profile(c, deadline))
	}
	total := arrived[f.bins-1]
	interior := 1e-4 * total / float64(f.bins) // the method goes through the interior: let there be one
	for i := range f.bins {
		b := binRows{grow: f.row(0), fit: f.row(0), flow: f.row(0), arrived: f.row(arrived[i] + interior), due: f.row(due[i])}
		if len(f.classes) > 0 {
			b.defers, b.count = f.row(0), f.row(0)
		}
		for _, l := range late {
			before := 0.0
			if i > 0 {
				before = l[i-1]
			}
			b.limits = append(b.limits, f.row(max(0, l[i]-before)+interior/100))
		}
		f.rows = append(f.rows, b)
	}
	f.rhs[f.rows[f.bins-1].arrived] = total
	f.quota = f.row(f.r.late + 1e-3)
	for i := range f.bins {
		f.capacityColumns(i)
		f.workColumns(i)
		if len(f.classes) > 0 {
			f.lateColumns(i)
		}
	}
	f.variable(0, entry{f.quota, 1})
}

// next is an entry of -1 in the same row of the next bin.
func (f *fluid) next(i int, row func(*binRows) int) []entry {
	if i+1 == f.bins {
		return nil
	}
	return []entry{{row(&f.rows[i+1]), -1}}
}

// capacityColumns: the capacity of a bin is paid for; what it grows by is paid for with the boot.
func (f *fluid) capacityColumns(i int) {
	b := &f.rows[i]
	level := append(f.next(i, func(b *binRows) int { return b.grow }), entry{b.grow, 1}, entry{b.fit, -1})
	f.levels = append(f.levels, f.variable(1, level...))
	boot := f.r.boot
	if i == 0 {
		boot = min(boot, f.from) // or it was there at the start, and waited
	}
	f.variable(boot/f.width, entry{b.grow, -1})
	f.variable(0, entry{b.grow, 1})
}

// workColumns: work is done or capacity idle; all that is done so far lies between what is due and what has
// arrived.
func (f *fluid) workColumns(i int) {
	b := &f.rows[i]
	f.variable(0, entry{b.fit, 1}, entry{b.flow, -1})
	f.variable(0, entry{b.fit, 1})
	f.variable(0, append(f.next(i, func(b *binRows) int { return b.flow }), entry{b.flow, 1}, entry{b.arrived, 1}, entry{b.due, 1})...)
	if i+1 < f.bins {
		f.variable(0, entry{b.arrived, 1})
	}
	f.variable(0, entry{b.due, -1})
}

// lateColumns: what is due may be deferred, as far as the number of jobs goes that may be late.
func (f *fluid) lateColumns(i int) {
	b := &f.rows[i]
	f.variable(0, append(f.next(i, func(b *binRows) int { return b.defers }), entry{b.defers, 1}, entry{b.due, 1})...)
	for c, row := range b.limits {
		jobs := f.r.slots * f.width / f.classes[c]
		f.variable(0, entry{b.defers, -1}, entry{b.count, -jobs}, entry{row, 1})
		f.variable(0, entry{row, 1})
	}
	sum := f.next(i, func(b *binRows) int { return b.count })
	if sum == nil {
		sum = []entry{{f.quota, 1}}
	}
	f.variable(0, append(sum, entry{b.count, 1})...)
}

// worth solves the program and returns the price of capacity in each bin, and the capacity.
func (f *fluid) worth() (price, level []float64) {
	at := f.solve()
	for i, b := range f.rows {
		price = append(price, -at.y[b.fit])
		level = append(level, at.x[f.levels[i]])
	}
	return price, level
}
