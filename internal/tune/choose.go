package tune

import (
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
)

// mostChecked is how many candidates are held against the validation trace, the best first, until one holds.
const mostChecked = 300

// choose fills the report with the best of what was found: first the best of all, then the best of each other
// family, then what comes next. Where there is a validation trace, only what holds there too can win; if nothing
// does, the best on the first trace stands, and the notes say so.
func (p *Problem) choose(r *Report, found []*trial) error {
	checks, err := p.validate(found)
	if err != nil {
		return err
	}
	order := slices.Clone(found)
	slices.SortStableFunc(order, func(a, b *trial) int { return checks.rank(a) - checks.rank(b) })
	best := first(order, max(1, p.Top))
	writable := slices.IndexFunc(order, func(t *trial) bool { return t.candidate.Family != Target })
	if writable >= 0 {
		best = append(best, order[writable])
	}
	if err := p.check(best, checks); err != nil {
		return err
	}
	if writable >= 0 {
		row := p.checked(order[writable], checks)
		r.Writable, best = &row, best[:len(best)-1]
	}
	for _, t := range best {
		r.Best = append(r.Best, p.checked(t, checks))
	}
	return nil
}

// checks are the runs on the validation trace.
type checks map[*trial]*Check

// rank puts what holds there before what was not tried there, and that before what does not hold.
func (c checks) rank(t *trial) int {
	switch check, tried := c[t]; {
	case len(c) == 0, tried && check.Holds:
		return 0
	case tried:
		return 2
	}
	return 1
}

// validate runs the best on the validation trace, until one holds there that `eventscale up` can make.
func (p *Problem) validate(found []*trial) (checks, error) {
	c := checks{}
	if p.Validation == nil {
		return c, nil
	}
	for batch := range slices.Chunk(found[:min(len(found), mostChecked)], 16) {
		if err := p.check(batch, c); err != nil {
			return nil, err
		}
		if slices.ContainsFunc(batch, func(t *trial) bool { return c[t].Holds && t.candidate.Family != Target }) {
			break
		}
	}
	return c, nil
}

// check runs candidates on the validation trace that were not run there yet.
func (p *Problem) check(list []*trial, c checks) error {
	if p.Validation == nil {
		return nil
	}
	other := *p
	other.Workload, other.Config.Horizon, other.tuned = *p.Validation, 0, p.SLO
	var fresh []*trial
	var candidates []Candidate
	for _, t := range list {
		if c[t] == nil {
			fresh, candidates = append(fresh, t), append(candidates, t.candidate)
		}
	}
	trials, err := other.judgeAll(candidates)
	if err != nil {
		return err
	}
	for i, t := range trials {
		c[fresh[i]] = &Check{p.SLO.figures(&t.totals), t.feasible, t.totals}
	}
	return nil
}

func (p *Problem) checked(t *trial, c checks) Row {
	row := p.candidateRow(t.candidate.Family, t)
	row.Validation = c[t]
	return row
}

// first are the best, the best of every other family, and the next ones that cost something else.
func first(order []*trial, n int) []*trial {
	var list []*trial
	add := func(alike func(a, b *trial) bool) {
		for _, t := range order {
			if len(list) == n {
				return
			}
			if !slices.ContainsFunc(list, func(have *trial) bool { return alike(have, t) }) {
				list = append(list, t)
			}
		}
	}
	add(func(a, b *trial) bool { return a.candidate.Family == b.candidate.Family })
	if n > len(list) {
		add(func(a, b *trial) bool { return a == b || alike(&a.totals, &b.totals) })
	}
	rest := list[min(1, len(list)):]
	slices.SortStableFunc(rest, better)
	return list
}

// alike is whether nobody would care which of two it is.
func alike(a, b *loop.Totals) bool {
	return 100*max(a.InstanceMillis-b.InstanceMillis, b.InstanceMillis-a.InstanceMillis) < 2*a.InstanceMillis
}
