package tune

import "math"

// program is a linear program: the least cost·x with A x = rhs and x >= 0. Every column has entries in rows
// that are near each other, so that A·Aᵀ is a narrow band.
type program struct {
	columns [][]entry
	cost    []float64
	rhs     []float64
}

// entry is a coefficient of a column.
type entry struct {
	row   int
	value float64
}

// variable adds a column and returns its number.
func (p *program) variable(cost float64, entries ...entry) int {
	p.columns = append(p.columns, entries)
	p.cost = append(p.cost, cost)
	return len(p.columns) - 1
}

// row adds a row and returns its number.
func (p *program) row(rhs float64) int {
	p.rhs = append(p.rhs, rhs)
	return len(p.rhs) - 1
}

// band is how far apart two rows of a column are at most.
func (p *program) band() int {
	band := 0
	for _, c := range p.columns {
		low, high := math.MaxInt, 0
		for _, e := range c {
			low, high = min(low, e.row), max(high, e.row)
		}
		band = max(band, high-low)
	}
	return band
}

// Settings of the interior point method.
const (
	mostSteepest  = 60    // iterations; 20 to 40 do
	goodEnough    = 1e-6  // relative gap and residuals: the prices are certified anyhow
	withinReach   = 0.995 // of the way to the boundary
	regularity    = 1e-10 // added to the diagonal where rows depend on each other
	leastInterior = 1e-9
)

// point of the method: primal, dual and slack.
type iterate struct{ x, y, s []float64 }

// solve goes to an optimum by Mehrotra's predictor-corrector method, as near as the numbers let it: whoever uses
// the answer must hold on to nothing but what can be proven of any.
func (p *program) solve() iterate {
	m := newBanded(len(p.rhs), p.band())
	at := p.start(m)
	for range mostSteepest {
		if p.step(&at, m) {
			break
		}
	}
	return at
}

// start is Mehrotra's: the least-squares solution, pushed into the interior.
func (p *program) start(m *banded) iterate {
	n := len(p.columns)
	ones := make([]float64, n)
	for j := range ones {
		ones[j] = 1
	}
	p.normal(m, ones)
	y := append([]float64(nil), p.rhs...)
	m.solve(y)
	x := p.transposed(y)
	y = p.times(p.cost)
	m.solve(y)
	s := p.transposed(y)
	for j := range s {
		s[j] = p.cost[j] - s[j]
	}
	inside(x, s)
	return iterate{x, y, s}
}

// inside moves x and s to where both are positive and about balanced.
func inside(x, s []float64) {
	shift := func(v []float64) {
		low := 0.0
		for _, a := range v {
			low = min(low, a)
		}
		for j := range v {
			v[j] += -1.5*low + leastInterior
		}
	}
	shift(x)
	shift(s)
	product, sumX, sumS := leastInterior, leastInterior, leastInterior
	for j := range x {
		product, sumX, sumS = product+x[j]*s[j], sumX+x[j], sumS+s[j]
	}
	for j := range x {
		x[j] += product / sumS / 2
		s[j] += product / sumX / 2
	}
	for j := range x {
		x[j], s[j] = max(x[j], 1e-4), max(s[j], 1e-4)
	}
}

// step makes one iteration and returns whether the end is reached.
func (p *program) step(at *iterate, m *banded) bool {
	primal := p.times(at.x)
	for i := range primal {
		primal[i] = p.rhs[i] - primal[i]
	}
	dual := p.transposed(at.y)
	gap := 0.0
	for j := range dual {
		dual[j] = p.cost[j] - dual[j] - at.s[j]
		gap += at.x[j] * at.s[j]
	}
	if gap/(1+math.Abs(dot(p.cost, at.x))) < goodEnough && norm(primal) < goodEnough*(1+norm(p.rhs)) {
		return true
	}
	theta := make([]float64, len(at.x))
	for j := range theta {
		theta[j] = at.x[j] / at.s[j]
	}
	p.normal(m, theta)
	mean := gap / float64(len(at.x))
	affine := make([]float64, len(at.x))
	for j := range affine {
		affine[j] = -at.x[j] * at.s[j]
	}
	dx, _, ds := p.direction(at, m, theta, primal, dual, affine)
	a, b := reach(at.x, dx), reach(at.s, ds)
	ahead := 0.0
	for j := range dx {
		ahead += (at.x[j] + a*dx[j]) * (at.s[j] + b*ds[j])
	}
	ahead /= gap
	center := ahead * ahead * ahead * mean
	for j := range affine {
		affine[j] += center - dx[j]*ds[j]
	}
	dx, dy, ds := p.direction(at, m, theta, primal, dual, affine)
	a, b = min(1, withinReach*reach(at.x, dx)), min(1, withinReach*reach(at.s, ds))
	if math.IsNaN(a) || math.IsNaN(b) || math.IsNaN(dx[0]) {
		return true
	}
	add(at.x, a, dx)
	add(at.y, b, dy)
	add(at.s, b, ds)
	return a < 1e-8 && b < 1e-8
}

// direction is Newton's for the residuals given.
func (p *program) direction(at *iterate, m *banded, theta, primal, dual, center []float64) (dx, dy, ds []float64) {
	w := make([]float64, len(theta))
	for j := range w {
		w[j] = theta[j]*dual[j] - center[j]/at.s[j]
	}
	dy = p.times(w)
	add(dy, 1, primal)
	m.solve(dy)
	ds = p.transposed(dy)
	dx = w
	for j := range ds {
		ds[j] = dual[j] - ds[j]
		dx[j] = (center[j] - at.x[j]*ds[j]) / at.s[j]
	}
	return dx, dy, ds
}

// times is A v, transposed Aᵀ y.
func (p *program) times(v []float64) []float64 {
	out := make([]float64, len(p.rhs))
	for j, c := range p.columns {
		for _, e := range c {
			out[e.row] += e.value * v[j]
		}
	}
	return out
}

func (p *program) transposed(y []float64) []float64 {
	out := make([]float64, len(p.columns))
	for j, c := range p.columns {
		for _, e := range c {
			out[j] += e.value * y[e.row]
		}
	}
	return out
}

// normal makes A·diag(theta)·Aᵀ and factors it.
func (p *program) normal(m *banded, theta []float64) {
	clear(m.cells)
	for j, c := range p.columns {
		for _, e := range c {
			for _, f := range c {
				if f.row <= e.row {
					*m.at(e.row, f.row) += theta[j] * e.value * f.value
				}
			}
		}
	}
	m.factor()
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

func add(to []float64, by float64, v []float64) {
	for i := range to {
		to[i] += by * v[i]
	}
}

// reach is how far one can go in a direction before a number becomes 0.
func reach(v, d []float64) float64 {
	far := 1 / withinReach
	for i := range v {
		if d[i] < 0 {
			far = min(far, -v[i]/d[i])
		}
	}
	return far
}

// banded is a symmetric matrix that is zero beyond a distance from its diagonal, and then its Cholesky factor.
type banded struct {
	n, band int
	cells   []float64 // row i has the columns i-band..i
}

func newBanded(n, band int) *banded { return &banded{n, band, make([]float64, n*(band+1))} }

func (m *banded) at(i, j int) *float64 { return &m.cells[i*(m.band+1)+j-i+m.band] }

// factor replaces the matrix by its Cholesky factor. A pivot that has vanished makes its row count for
// nothing.
func (m *banded) factor() {
	w := m.band + 1
	largest := 0.0
	for i := range m.n {
		largest = max(largest, m.cells[i*w+m.band])
	}
	for i := range m.n {
		row := m.cells[i*w : (i+1)*w]
		for j := max(0, i-m.band); j <= i; j++ {
			other := m.cells[j*w : (j+1)*w]
			from := max(0, i-m.band, j-m.band)
			sum := row[j-i+m.band]
			a, b := row[from-i+m.band:j-i+m.band], other[from-j+m.band:m.band]
			for k := range a {
				sum -= a[k] * b[k]
			}
			switch {
			case j < i:
				row[j-i+m.band] = sum / other[m.band]
			case sum <= regularity*regularity*largest:
				row[m.band] = 1e64
			default:
				row[m.band] = math.Sqrt(sum)
			}
		}
	}
}

// solve replaces v by the solution for it.
func (m *banded) solve(v []float64) {
	for i := range m.n {
		sum := v[i]
		for j := max(0, i-m.band); j < i; j++ {
			sum -= *m.at(i, j) * v[j]
		}
		v[i] = sum / *m.at(i, i)
	}
	for i := m.n - 1; i >= 0; i-- {
		v[i] /= *m.at(i, i)
		for j := max(0, i-m.band); j < i; j++ {
			v[j] -= *m.at(i, j) * v[i]
		}
	}
}
