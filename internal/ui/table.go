package ui

import "strings"

// cell is one piece of a row, in one look.
type cell struct {
	role role
	text string
}

// leastWrap is the narrowest last column that is worth wrapping.
const leastWrap = 20

// table returns rows as lines of at most w cells (0: no bound). Columns are aligned where they fit, and
// the last of them is wrapped under itself; where they do not fit, each row flows on by itself.
func (o *Output) table(rows [][]cell, w int) []string {
	if w > 0 && !o.aligns(rows, w) {
		return o.flow(rows, w)
	}
	widths, lead := columnWidths(rows)
	bound := 0
	if w > 0 {
		bound = w - lead
	}
	var lines []string
	for _, row := range rows {
		line := ""
		for i, c := range row[:len(row)-1] {
			line += o.paint(c.role, pad(c.text, widths[i])) + "  "
		}
		for _, part := range chop(row[len(row)-1].text, bound) {
			lines = append(lines, strings.TrimRight(line+o.paint(row[len(row)-1].role, part), " "))
			line = strings.Repeat(" ", lead)
		}
	}
	return lines
}

// aligns reports whether the columns fit, the last one being wrapped if need be.
func (o *Output) aligns(rows [][]cell, w int) bool {
	widths, lead := columnWidths(rows)
	return w <= 0 || len(widths) == 0 || lead+min(widths[len(widths)-1], leastWrap) <= w
}

// columnWidths returns the width of each column, and where the last one begins.
func columnWidths(rows [][]cell) (widths []int, lead int) {
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], cells(c.text))
		}
	}
	for _, w := range widths[:max(len(widths)-1, 0)] {
		lead += w + gap
	}
	return widths, lead
}

// flow sets the cells of a row one after the other. It breaks between cells rather than within, and
// indents what goes on below.
func (o *Output) flow(rows [][]cell, w int) []string {
	var lines []string
	for _, row := range rows {
		line, used := "", 0
		for _, c := range row {
			for i, part := range chop(c.text, w-gap) {
				n := cells(part)
				switch {
				case n == 0:
					continue
				case used > 0 && i == 0 && used+gap+n <= w:
					line, used = line+"  ", used+gap
				case used > 0:
					lines = append(lines, line)
					line, used = "  ", gap
				}
				line, used = line+o.paint(c.role, part), used+n
			}
		}
		lines = append(lines, line)
	}
	return lines
}
