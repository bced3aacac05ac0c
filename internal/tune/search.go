package tune

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// search is one under way.
type search struct {
	problem  *Problem
	families []hunt
	seen     map[string]*trial
}

// hunt is the search within one family.
type hunt struct {
	family *family
	pool   []point // all that was tried
	level  int
	cycles int
	best   *trial // when the level was last judged
	random *rand.Rand
}

// point is a place in a family's space, with what became of it.
type point struct {
	at    []int
	trial *trial
}

// seeds are the points around which the next round looks: the best few, and the few that hold nearly and
// cost little.
const seeds = 3

// scattered is how many points a round tries around each seed in several directions at once: what is cheaper
// in one direction mostly fails and must be made up for in another.
const scattered = 8

func (s *search) run() error {
	var err error
	var first [][]ask
	for i := range s.families {
		first = append(first, asks(&s.families[i], s.families[i].family.grid()))
	}
	if err = s.round(first); err != nil {
		return err
	}
	for s.problem.more(len(s.seen)) {
		var next [][]ask
		for i := range s.families {
			h := &s.families[i]
			if h.level < len(steps) {
				next = append(next, asks(h, h.around()))
			}
		}
		if len(next) == 0 {
			return nil
		}
		if err := s.round(next); err != nil {
			return err
		}
	}
	return nil
}

// again is how often a family is gone through once more from the coarsest level, with other random numbers,
// after nothing better was found on the finest.
const again = 2

// ask is a point that a family wants tried.
type ask struct {
	hunt *hunt
	at   []int
}

func asks(h *hunt, points [][]int) []ask {
	list := make([]ask, len(points))
	for i, p := range points {
		list[i] = ask{h, p}
	}
	return list
}

// round tries what the families ask for, all at once.
func (s *search) round(lists [][]ask) error {
	var fresh []Candidate
	asked := slices.Concat(lists...)
	keys := make([]string, len(asked))
	for i, a := range asked {
		c := a.hunt.family.build(a.at)
		keys[i] = c.key()
		if _, known := s.seen[keys[i]]; !known {
			s.seen[keys[i]] = nil
			fresh = append(fresh, c)
		}
	}
	trials, err := s.problem.judgeAll(fresh)
	if err != nil {
		return err
	}
	for _, t := range trials {
		s.seen[t.key()] = t
	}
	for i, a := range asked {
		a.hunt.pool = append(a.hunt.pool, point{a.at, s.seen[keys[i]]})
	}
	for i := range s.families {
		s.families[i].settle()
	}
	return nil
}

// settle keeps the best of the pool, and goes a level finer where the round brought nothing better.
func (h *hunt) settle() {
	slices.SortStableFunc(h.pool, func(a, b point) int { return better(a.trial, b.trial) })
	h.pool = slices.CompactFunc(h.pool, func(a, b point) bool { return a.trial == b.trial })
	if h.best != nil && better(h.pool[0].trial, h.best) >= 0 {
		h.level++
	}
	if h.level == len(steps) && h.cycles < again {
		h.level, h.cycles = 0, h.cycles+1
	}
	h.best = h.pool[0].trial
}

// around are the points near the seeds.
func (h *hunt) around() [][]int {
	var points [][]int
	for _, s := range h.seeds() {
		for i, a := range h.family.axes {
			for _, n := range []int{-1, 1} {
				at := slices.Clone(s.at)
				at[i] = a.move(at[i], n, h.level)
				points = append(points, at)
			}
		}
		for range scattered {
			points = append(points, h.scatter(s.at))
		}
	}
	return points
}

// scatter moves two or three numbers at once.
func (h *hunt) scatter(from []int) []int {
	at := slices.Clone(from)
	for range 2 + h.random.IntN(2) {
		i := h.random.IntN(len(at))
		at[i] = h.family.axes[i].move(at[i], 2*h.random.IntN(2)-1, h.level)
	}
	return at
}

// seeds are the best few; the few that hold nearly and cost little; and the best few that are elsewhere.
func (h *hunt) seeds() []point {
	chosen := slices.Clone(h.pool[:min(seeds, len(h.pool))])
	byScore := slices.Clone(h.pool)
	slices.SortStableFunc(byScore, func(a, b point) int { return cmp.Compare(a.trial.score(), b.trial.score()) })
	chosen = choose(chosen, byScore, func(c, p point) bool { return c.trial == p.trial })
	return choose(chosen, h.pool, h.family.near)
}

// choose adds some that are not like any chosen already.
func choose(chosen, from []point, alike func(a, b point) bool) []point {
	most := len(chosen) + seeds
	for _, p := range from {
		if len(chosen) == most {
			break
		}
		if !slices.ContainsFunc(chosen, func(c point) bool { return alike(c, p) }) {
			chosen = append(chosen, p)
		}
	}
	return chosen
}

// near is whether two points lie in one corner of the space.
func (f *family) near(a, b point) bool {
	for i, x := range f.axes {
		if !x.near(a.at[i], b.at[i]) {
			return false
		}
	}
	return true
}
