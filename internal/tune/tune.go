package tune

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
)

// Run searches. An objective that no policy can hold is an *[UnreachableError].
func Run(ctx context.Context, problem Problem) (*Report, error) {
	p := &problem
	p.ctx = ctx
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := p.open(); err != nil {
		return nil, err
	}
	n, totals, err := p.fleet(p.SLO, p.group().Max)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, p.unreachable()
	}
	r, err := p.describe()
	if err != nil {
		return nil, err
	}
	r.Fixed = p.row(fmt.Sprintf("fixed fleet of %d", n), fmt.Sprintf("a group of --min %d --max %d", n, n), &totals)
	r.Fixed.Min, r.Fixed.Max = n, n
	p.setMargin(r)
	if err := p.presets(r); err != nil {
		return nil, err
	}
	found, err := p.search(r)
	if err != nil {
		return nil, err
	}
	if err := p.choose(r, found); err != nil {
		return nil, err
	}
	p.compare(r)
	p.note(r, found)
	return r, ctx.Err()
}

// check refuses what no search can begin with.
func (p *Problem) check() error {
	if len(p.SLO) == 0 || len(p.Jobs) == 0 || len(p.Families) == 0 {
		return errors.New("a search needs an objective, jobs and a family of policies")
	}
	for _, name := range p.Families {
		if !slices.Contains(Families(), name) {
			return fmt.Errorf("there is no family of policies %q", name)
		}
	}
	return nil
}

// leastOpen is the group's maximum at least that is taken where none is known.
const leastOpen = 10

// open finds a maximum for a group whose own is not known: three times the fixed fleet that holds the objective
// with the margin, so that a burst can be caught up with.
func (p *Problem) open() error {
	if !p.OpenMax {
		return nil
	}
	n, _, err := p.fleet(p.SLO.scaled(DefaultMargin), mostFleet)
	if err == nil && n == 0 {
		n, _, err = p.fleet(p.SLO, mostFleet)
	}
	p.group().Max = max(leastOpen, p.group().Min, p.group().Initial, min(3*n, mostFleet))
	return err
}

// describe begins the report.
func (p *Problem) describe() (*Report, error) {
	facts, err := simulation.Run(p.ctx, p.Config, p.Trace, nil)
	if err != nil {
		return nil, err
	}
	r := &Report{
		SchemaVersion: SchemaVersion, Workload: facts.Workload, Group: facts.Group, SLO: p.SLO.String(),
		Kills: p.Kills, Reaction: p.reaction(), Best: []Row{}, Notes: []simulation.Finding{}, slo: p.SLO,
	}
	r.Workload.Name = p.Name
	if v := p.Validation; v != nil {
		other, err := simulation.Run(p.ctx, p.Config, v.Trace, nil)
		if err != nil {
			return nil, err
		}
		r.Validation = &other.Workload
		r.Validation.Name = v.Name
	}
	return r, nil
}

// setMargin sets what is tuned for. Where nobody asked for a margin, the usual one takes no more than half of
// the time that detection and boot leave of the objective: below them only instances help that are always
// there, at many times the price.
func (p *Problem) setMargin(r *Report) {
	margin := p.Margin
	if margin == 0 {
		margin = DefaultMargin
		if bound, reaction := float64(p.SLO.tightest()), float64(r.Reaction.Sum()); bound >= reaction {
			margin = max(margin, (bound+reaction)/2/bound)
		}
	}
	p.tuned = p.SLO.scaled(margin)
	r.Margin, r.TunedFor = margin, p.tuned.String()
}

// presets are run as they are.
func (p *Problem) presets(r *Report) error {
	for _, name := range stack.Presets() {
		spec := stack.DefaultsOf(name)
		spec.VisibilityTimeout = p.Spec.VisibilityTimeout
		if spec.Policy != Simple {
			spec.Warmup = p.Spec.Warmup
		}
		t, err := p.judge(Candidate{Family: spec.Policy, Spec: spec})
		if err != nil {
			return err
		}
		row := p.candidateRow("preset "+name, t)
		row.Settings = spec.Settings()
		r.Presets = append(r.Presets, row)
	}
	return nil
}

// search goes through the families and returns what holds with the margin, the best first.
func (p *Problem) search(r *Report) ([]*trial, error) {
	n, _, err := p.fleet(p.tuned, p.group().Max)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		n = p.group().Max
	}
	sc := scale{
		spec: p.Spec, least: p.group().Min, most: max(p.group().Min, min(p.group().Max, mostAtOnce)), jobs: p.jobsWithin(p.tuned.tightest()), fleet: n,
		standing: p.tuned.tightest() < r.Reaction.Sum(),
	}
	s := &search{problem: p, seen: map[string]*trial{}}
	families := sc.families(p.Families)
	for i := range families {
		s.families = append(s.families, hunt{family: &families[i], random: rand.New(rand.NewPCG(seed, uint64(i)))})
	}
	if err := s.run(); err != nil {
		return nil, err
	}
	r.Tried, r.OutOfTime = s.tried, s.late
	return s.found(), nil
}

// seed begins the random numbers: any would do, but it must be the same each time.
const seed = 1

// jobsWithin is how many jobs an instance does in a time, on average.
func (p *Problem) jobsWithin(t loop.Millis) float64 {
	sum := 0.0
	for _, j := range p.Jobs {
		sum += float64(j.Service)
	}
	return float64(t) * float64(p.group().Slots) * float64(len(p.Jobs)) / sum
}

// found is what holds, the best first.
func (s *search) found() []*trial {
	var list []*trial
	for _, t := range s.seen {
		if t != nil && t.feasible {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, better)
	return list
}

// compare adds the lower bound and the ratios to it.
func (p *Problem) compare(r *Report) {
	bound := p.LowerBound(p.SLO)
	r.BoundHours = float64(bound) / float64(loop.Hour)
	ratio := func(row *Row) {
		if row != nil && bound > 0 {
			row.Ratio = float64(row.Totals.InstanceMillis) / float64(bound)
		}
	}
	ratio(&r.Fixed)
	ratio(r.Writable)
	for i := range r.Best {
		ratio(&r.Best[i])
	}
	for i := range r.Presets {
		ratio(&r.Presets[i])
	}
}
