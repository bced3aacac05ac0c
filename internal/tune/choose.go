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
	for _, t := range order {
		if t.candidate.Family != Target {
			row := p.checked(t, checks)
			r.Writable = &row
			break
		}
	}
	for _, t := range first(order, max(1, p.Top)) {
		r.Best = append(r.Best, p.checked(t, checks))
	}
	return nil
}

// checks are the runs on the validation trace.
type checks map[*trial]*Check

// rank puts what holds there first. What does not stays in its place among what was not tried there: if nothing
// holds, the best on the first trace must stand, and show that it fails.
func (c checks) rank(t *trial) int {
	if check := c[t]; check != nil && check.Holds {
		return 0
	}
	return 1
}

// validate runs the best on the validation trace, until one holds there that `eventscale up` can make.
func (p *Problem) validate(found []*trial) (checks, error) {
	c := checks{}
	if p.Validation == nil {
		return c, nil
	}
	other := *p
	other.Workload, other.Config.Horizon, other.tuned = *p.Validation, 0, p.SLO
	for batch := range slices.Chunk(found[:min(len(found), mostChecked)], 16) {
		candidates := make([]Candidate, len(batch))
		for i, t := range batch {
			candidates[i] = t.candidate
		}
		trials, err := other.judgeAll(candidates)
		if err != nil {
			return nil, err
		}
		settled := false
		for i, t := range trials {
			c[batch[i]] = &Check{p.SLO.figures(&t.totals), t.feasible, t.totals}
			settled = settled || t.feasible && t.candidate.Family != Target
		}
		if settled {
			break
		}
	}
	return c, nil
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
