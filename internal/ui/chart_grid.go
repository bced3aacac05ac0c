package ui

import "strings"

// dot is one cell of a chart.
type dot struct {
	sign string
	role role
}

// grid is cells, row by row from the top.
type grid [][]dot

func newGrid(width, height int) grid {
	g := make(grid, height)
	for y := range g {
		g[y] = make([]dot, width)
		for x := range g[y] {
			g[y][x].sign = " "
		}
	}
	return g
}

// lines returns the rows as text, without blanks at their ends.
func (g grid) lines(o *Output) []string {
	lines := make([]string, len(g))
	for y, row := range g {
		end := len(row)
		for end > 0 && row[end-1].sign == " " {
			end--
		}
		lines[y] = o.dots(row[:end])
	}
	return lines
}

// dots paints neighbours of the same role together.
func (o *Output) dots(row []dot) string {
	var line, run strings.Builder
	for i, d := range row {
		run.WriteString(d.sign)
		if i+1 == len(row) || row[i+1].role != d.role {
			line.WriteString(o.paint(d.role, run.String()))
			run.Reset()
		}
	}
	return line.String()
}

// layer is one part of a bar, which stands on the part before it.
type layer struct {
	value int
	dot
}

// bar draws a column of the grid. Only a solid sign has a height in eighths: a shade has whole cells, at
// least one, so that nothing which is there goes unseen.
func (g grid) bar(x, top int, layers []layer, s *chartSymbols) {
	total := 0
	for _, l := range layers {
		total += l.value
	}
	if total <= 0 || top <= 0 {
		return
	}
	height := max(eighths(total, top, len(g)), 1)
	for y := 0; y*8 < height; y++ {
		d := layerAt(layers, min(y*8+4, height-1), top, len(g))
		if part := height - y*8; part < 8 && d.sign == s.solid && s.eighths != nil {
			d.sign = s.eighths[part-1]
		} else if part < 4 && y > 0 {
			return
		}
		g[len(g)-1-y][x] = d
	}
}

// eighths is how many eighths of a cell a value is high.
func eighths(value, top, cells int) int {
	return int(float64(value)*float64(cells*8)/float64(top) + 0.5)
}

// layerAt returns the sign of the layer at so many eighths from the floor.
func layerAt(layers []layer, at, top, cells int) dot {
	sum := 0
	var d dot
	for _, l := range layers {
		if l.value <= 0 {
			continue
		}
		sum += l.value
		d = l.dot
		if eighths(sum, top, cells) > at {
			break
		}
	}
	return d
}
