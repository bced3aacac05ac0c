package tune

import (
	"math"
	"slices"
)

// fluid is the relaxation as a linear program over bins of time: instances and work are divisible, a job's
// work may be done by many at once, and capacity may change at any moment. Its dual says what capacity is
// worth in each bin.
type fluid struct {
	program
	r        *relaxation
	from     float64
	width    float64
	bins     int
	classes  []float64 // a late job of class c takes at most classes[c] seconds
	capacity []int     // the rows whose duals are the prices
}

// mostBins bounds the size of the program: a day in bins of a minute and a half.
const mostBins = 8640

// finest is the width below which bins gain nothing.
const finest = 10 // seconds

func newFluid(r *relaxation) *fluid {
	first, last := math.Inf(1), 0.0
	var services []float64
	for _, j := range r.jobs {
		first, last = min(first, j.arrival), max(last, j.deadline+j.service)
		services = append(services, j.service)
	}
	slices.Sort(services)
	f := &fluid{r: r}
	f.width = max(finest, (last-first)/mostBins)
	f.from = first
	f.bins = int((last-first)/f.width) + 2
	for _, q := range []float64{.5, .8, .95, 1} {
		f.classes = append(f.classes, services[int(q*float64(len(services)-1))])
	}
	return f
}

// class is that of the late jobs of a service.
func (f *fluid) class(service float64) int {
	i, _ := slices.BinarySearch(f.classes, service)
	return min(i, len(f.classes)-1)
}

// profile is how much work, in seconds of instances, there is to do by the end of each bin if all of it is
// done as soon as it can be, or as late as it may be.
func (f *fluid) profile(class int, begin func(timed) float64) []float64 {
	rate := make([]float64, f.bins+1) // slope of the profile at the start of each bin, as differences
	part := make([]float64, f.bins+1)
	edge := func(t, sign float64) {
		x := (t - f.from) / f.width
		i := min(max(0, int(x)), f.bins-1)
		part[i] += sign * (float64(i+1) - x)
		rate[i+1] += sign
	}
	for _, j := range f.r.jobs {
		if class < 0 || f.class(j.service) == class {
			edge(begin(j), 1)
			edge(begin(j)+j.service, -1)
		}
	}
	out := make([]float64, f.bins)
	sum, slope := 0.0, 0.0
	for i := range out {
		slope += rate[i]
		sum += slope + part[i]
		out[i] = max(0, sum) / f.r.slots
	}
	return out
}

// build writes the program down. Lengths of time are in bins, work in instances times bins.
func (f *fluid) build() {
	arrived := f.profile(-1, func(j timed) float64 { return j.arrival })
	due := f.profile(-1, func(j timed) float64 { return j.deadline })
	late := make([][]float64, len(f.classes))
	for c := range late {
		late[c] = f.profile(c, func(j timed) float64 { return j.deadline })
	}
	total := arrived[f.bins-1]
	slack := 1e-4 * total / float64(f.bins) // an interior for the method, where there is none
	type bin struct{ grow, fit, flow, defer_, count int }
	rows := make([]bin, f.bins)
	limits := make([][]int, f.bins)
	for i := range rows {
		rows[i] = bin{f.row(0), f.row(0), f.row(0), f.row(0), f.row(0)}
		limits[i] = []int{f.row(arrived[i] + slack), f.row(due[i])}
		f.capacity = append(f.capacity, rows[i].fit)
		if i == f.bins-1 {
			f.rhs[limits[i][0]] = total
		}
		for c := range f.classes {
			limits[i] = append(limits[i], f.row(max(0, late[c][i]-at(late[c], i-1))+slack*1e-2))
		}
	}
	quota := f.row(float64(f.r.late) + 1e-3)
	f.rhs[rows[0].grow] = f.r.initial
	next := func(i int, row func(bin) int, sign float64) []entry {
		if i+1 < f.bins {
			return []entry{{row(rows[i+1]), sign}}
		}
		return nil
	}
	for i, b := range rows {
		f.variable(1, append(next(i, func(b bin) int { return b.grow }, -1), entry{b.grow, 1}, entry{b.fit, -1})...) // capacity
		f.variable(f.r.boot/f.width, entry{b.grow, -1})                                                              // launches
		f.variable(0, entry{b.grow, 1})                                                                              // removals
		f.variable(0, entry{b.fit, 1}, entry{b.flow, -1})                                                            // work
		f.variable(0, entry{b.fit, 1})                                                                               // idle
		f.variable(0, append(next(i, func(b bin) int { return b.flow }, -1), entry{b.flow, 1}, entry{limits[i][0], 1}, entry{limits[i][1], 1})...)
		if i < f.bins-1 {
			f.variable(0, entry{limits[i][0], 1})
		}
		f.variable(0, entry{limits[i][1], -1})
		f.variable(0, append(next(i, func(b bin) int { return b.defer_ }, -1), entry{b.defer_, 1}, entry{limits[i][1], 1})...)
		for c := range f.classes {
			jobs := f.r.slots * f.width / f.classes[c]
			f.variable(0, entry{b.defer_, -1}, entry{b.count, -jobs}, entry{limits[i][2+c], 1})
			f.variable(0, entry{limits[i][2+c], 1})
		}
		last := next(i, func(b bin) int { return b.count }, -1)
		if i == f.bins-1 {
			last = []entry{{quota, 1}}
		}
		f.variable(0, append(last, entry{b.count, 1})...)
	}
	f.variable(0, entry{quota, 1})
}

// at is an element, or 0 before the first.
func at(v []float64, i int) float64 {
	if i < 0 {
		return 0
	}
	return v[i]
}

// prices solves the program.
func (f *fluid) prices() *prices {
	f.rhs, f.columns, f.cost = nil, nil, nil
	for _, r := range []int{} {
		_ = r
	}
	f.build()
	// work is in instances times bins
	y := f.dual()
	p := &prices{from: f.from, width: f.width, bins: make([]float64, f.bins)}
	for i, row := range f.capacity {
		p.bins[i] = -y[row]
	}
	p.seal(f.r.boot)
	return p
}
