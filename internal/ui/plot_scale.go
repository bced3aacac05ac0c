package ui

// frame is the part of a picture in which values stand over time.
type frame struct {
	x, y, w, h float64
	minutes    int // across it
	top        int // the value at its upper edge
}

func (f frame) atMinute(m float64) float64 { return f.x + f.w*m/float64(f.minutes) }

func (f frame) atValue(v int) float64 { return f.y + f.h - f.h*float64(v)/float64(f.top) }

// atBin is the left edge of a bin, of n across the frame.
func (f frame) atBin(i, n int) float64 { return f.x + f.w*float64(i)/float64(n) }

// round returns the least round number that is not below n, and the distance of round numbers below it,
// of which there are at most so many.
func round(n, most int) (top, step int) {
	n = max(n, 1)
	step = 1
	for factor := 0; step*most < n; factor++ {
		step = []int{2, 5, 10}[factor%3] * pow10(factor/3)
	}
	return (n + step - 1) / step * step, step
}

func pow10(n int) int {
	p := 1
	for range n {
		p *= 10
	}
	return p
}

// steps returns the outline of values as a line of level and upright pieces.
func (f frame) steps(values []int, n int) []point {
	var line []point
	for i, v := range values {
		y := f.atValue(v)
		if i > 0 && values[i-1] == v {
			line[len(line)-1].x = f.atBin(i+1, n)
			continue
		}
		line = append(line, point{f.atBin(i, n), y}, point{f.atBin(i+1, n), y})
	}
	return line
}

// under closes an outline down to the floor.
func (f frame) under(line []point) []point {
	if len(line) == 0 {
		return nil
	}
	floor := f.y + f.h
	return append(append([]point{{line[0].x, floor}}, line...), point{line[len(line)-1].x, floor})
}
