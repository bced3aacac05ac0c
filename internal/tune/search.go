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
	best     *trial // that holds
	tried    int
	late     bool // the time was used up
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
const seeds = 2

// scattered is how many points a round tries around each seed in several directions at once: what is cheaper
// in one direction mostly fails and must be made up for in another.
const scattered = 6

// run tries the coarse grids, and then looks around what is best, until nothing better is found on the finest
// level, or the time or the number of candidates is used up.
func (s *search) run() error {
	var asked []ask
	for i := range s.families {
		asked = append(asked, asks(&s.families[i], s.families[i].family.grid())...)
	}
	for len(asked) > 0 {
		if err := s.round(asked); err != nil || s.late || s.tried >= s.most() {
			return err
		}
		asked = nil
		for i := range s.families {
			if h := &s.families[i]; h.level < len(steps) {
				asked = append(asked, asks(h, h.around())...)
			}
		}
	}
	return nil
}

// mostCandidates bounds a search on short traces, on which hardly any time passes.
const mostCandidates = 12_000

// most is how many candidates are tried at most.
func (s *search) most() int {
	if m := s.problem.Most; m > 0 {
		return m
	}
	return mostCandidates
}

// again is how often a family is gone through once more from the coarsest level, with other random numbers,
// after nothing better was found on the finest.
const again = 1

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

// batch is how many candidates are run before time and context are looked at.
const batch = 64

// round tries what is asked for, and lets every family look at the outcome.
func (s *search) round(asked []ask) error {
	var fresh []Candidate
	keys := make([]string, len(asked))
	for i, a := range asked {
		c := a.hunt.family.build(a.at)
		keys[i] = c.key()
		if _, known := s.seen[keys[i]]; !known {
			s.seen[keys[i]] = nil
			fresh = append(fresh, c)
		}
	}
	if err := s.try(fresh); err != nil {
		return err
	}
	for i, a := range asked {
		if t := s.seen[keys[i]]; t != nil {
			a.hunt.pool = append(a.hunt.pool, point{a.at, t})
		}
	}
	for i := range s.families {
		s.families[i].settle()
	}
	return nil
}

// try runs candidates until the time or their number is used up. Those that it does not come to are forgotten.
func (s *search) try(fresh []Candidate) error {
	p := s.problem
	if left := s.most() - s.tried; len(fresh) > left {
		s.forget(fresh[left:])
		fresh = fresh[:left]
	}
	for candidates := range slices.Chunk(fresh, batch) {
		if s.late = s.late || p.Budget > 0 && p.Elapsed() >= p.Budget; s.late {
			s.forget(candidates)
			continue
		}
		trials, err := p.judgeAll(candidates)
		if err == nil {
			err = p.ctx.Err()
		}
		if err != nil {
			return err
		}
		for _, t := range trials {
			s.seen[t.key()] = t
			if t.feasible && (s.best == nil || better(t, s.best) < 0) {
				s.best = t
			}
		}
		s.tried += len(trials)
		s.tell()
	}
	return nil
}

func (s *search) forget(candidates []Candidate) {
	for _, c := range candidates {
		delete(s.seen, c.key())
	}
}

func (s *search) tell() {
	if s.problem.Progress == nil {
		return
	}
	progress := Progress{Tried: s.tried}
	if s.best != nil {
		progress.Best = s.best.totals.InstanceHours
	}
	s.problem.Progress(progress)
}

// settle keeps the best of the pool, and goes a level finer where the round brought nothing better.
func (h *hunt) settle() {
	if len(h.pool) == 0 {
		return // there was no time for it
	}
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
