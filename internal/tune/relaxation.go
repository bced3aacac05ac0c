package tune

import (
	"cmp"
	"math"
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
)

// relaxation is what the lower bound is computed of: jobs with deadlines, and what an instance costs before
// it works. Times are in seconds.
type relaxation struct {
	slots float64
	boot  float64 // from launch to the first poll, at best; those that are there at the start need none
	least float64 // instances that there always are
	end   float64 // the run goes on at least to here
	late  float64 // jobs that may begin after their deadline
	jobs  []timed
}

// timed are jobs that are alike: they arrive, must begin by the deadline, and then each takes a slot for
// its service.
type timed struct {
	arrival, deadline, service float64
	count                      float64
}

// relax makes the relaxation of one limit. A mean bounds no single message: all may be late.
func (p *Problem) relax(l Limit) *relaxation {
	g := &p.Config.Group
	r := &relaxation{
		slots: float64(g.Slots), boot: max(slices.Min(g.Boot), g.Launch).Seconds(),
		least: float64(g.Min),
	}
	n := int64(len(p.Jobs))
	r.late = float64(n)
	if percent, ok := l.Statistic.share(); ok {
		r.late = float64(n - (percent*n+99)/100)
	}
	for _, j := range p.Jobs {
		slack := l.Bound
		if l.Measure == Sojourn {
			slack = max(0, slack-j.Service) // one that takes longer than it may is late, whatever is done
		}
		r.jobs = append(r.jobs, timed{j.Arrival.Seconds(), (j.Arrival + slack).Seconds(), j.Service.Seconds(), 1})
	}
	end := max(loop.Minute, p.Config.Horizon, p.Jobs[n-1].Arrival)
	r.end = ((end + loop.Minute - 1) / loop.Minute * loop.Minute).Seconds() // a run ends at a full minute
	if len(r.jobs) > mostApart {
		r.merge()
	}
	return r
}

// mostApart is how many jobs are looked at one by one.
const mostApart = 20_000

// merge makes groups of jobs that are nearly alike, in cells of time and of service. The jobs of a group are
// given the earliest arrival, the latest deadline and the shortest service of their cells: what the group must
// pay is no more than what its jobs must.
func (r *relaxation) merge() {
	type place struct{ arrival, slack, service int64 }
	span := r.jobs[len(r.jobs)-1].arrival - r.jobs[0].arrival
	cell := max(1, span/2000)
	groups := map[place]*timed{}
	for _, j := range r.jobs {
		at := place{int64(j.arrival / cell), int64(math.Ceil((j.deadline - j.arrival) / cell)), int64(math.Floor(math.Log(j.service) * 50))}
		if g, ok := groups[at]; ok {
			g.arrival, g.deadline, g.service = min(g.arrival, j.arrival), max(g.deadline, j.deadline), min(g.service, j.service)
			g.count++
			continue
		}
		groups[at] = &j
	}
	r.jobs = r.jobs[:0]
	for _, g := range groups {
		r.jobs = append(r.jobs, *g)
	}
	slices.SortFunc(r.jobs, func(a, b timed) int {
		return cmp.Or(cmp.Compare(a.arrival, b.arrival), cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.service, b.service))
	})
}

// work is the service of all jobs.
func (r *relaxation) work() float64 {
	sum := 0.0
	for _, j := range r.jobs {
		sum += j.count * j.service
	}
	return sum
}
