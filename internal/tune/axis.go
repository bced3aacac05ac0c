package tune

import "math"

// axis is one number of a family's settings.
type axis struct {
	coarse      []int // the values of the coarse grid
	least, most int
	geometric   bool // neighbours are a ratio away, not a difference
}

// steps are how far neighbours are on each level of the refinement.
var steps = []struct {
	ratio      float64
	difference int
}{{1.45, 4}, {1.2, 2}, {1.1, 1}, {1.05, 1}, {1.025, 1}}

// move is the value that is n steps of a level away, within the axis; at least 1 away where that can be.
func (a axis) move(v, n, level int) int {
	if !a.geometric {
		return a.within(v + n*steps[level].difference*max(1, (a.most-a.least)/20))
	}
	to := int(math.Round(float64(v) * math.Pow(steps[level].ratio, float64(n))))
	if to == v {
		to = v + n
	}
	return a.within(to)
}

func (a axis) within(v int) int { return min(max(v, a.least), a.most) }

// family is a kind of policy with the numbers that it is made of.
type family struct {
	name  string
	axes  []axis
	build func(at []int) Candidate
}

// grid is the coarse grid, in an order that does not depend on anything.
func (f *family) grid() [][]int {
	points := [][]int{nil}
	for _, a := range f.axes {
		var longer [][]int
		for _, p := range points {
			for _, v := range a.coarse {
				longer = append(longer, append(p[:len(p):len(p)], a.within(v)))
			}
		}
		points = longer
	}
	return points
}

// near is whether two values are alike: within a step of the first level.
func (a axis) near(v, w int) bool {
	if !a.geometric {
		return v == w
	}
	return a.move(min(v, w), 1, 0) >= max(v, w)
}
