package ui

import (
	"fmt"
	"strconv"
	"strings"
)

// tickSteps are the distances in minutes at which a clock's face is read easily.
func tickSteps() []int {
	return []int{1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200, 14400}
}

// tickStep is the least step of which no more than n fit into so many minutes.
func tickStep(minutes, n int) int {
	steps := tickSteps()
	for _, step := range steps {
		if minutes <= step*n {
			return step
		}
	}
	step := steps[len(steps)-1]
	return step * (minutes/(step*max(n, 1)) + 1)
}

// clock is a time on the axis: minutes alone in a short run, hours and minutes in a longer one.
func clock(minute int, hours bool) string {
	if !hours {
		return strconv.Itoa(minute) + "m"
	}
	return fmt.Sprintf("%d:%02d", minute/60, minute%60)
}

// inHours reports whether an axis that ends there is one of hours.
func inHours(end int) bool { return end >= 90 }

// short is a number in at most five cells: 9999, 12.3k, 1.2M.
func short(n int) string {
	switch {
	case n < 10_000:
		return strconv.Itoa(n)
	case n < 999_950:
		return scaled(float64(n)/1e3, "k")
	}
	return scaled(float64(n)/1e6, "M")
}

func scaled(v float64, unit string) string {
	if v >= 99.95 {
		return fmt.Sprintf("%.0f%s", v, unit)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + unit
}

// timeAxis returns the line under the columns, its corner included, and the labels under the columns.
// from is the minute at which the first column begins.
func (s *chartSymbols) timeAxis(from, minutes, width int) (line, labels string) {
	end, minutes := from+minutes, max(minutes, 1)
	room := len(clock(end, inHours(end))) + 4 // blanks between two labels
	step := tickStep(minutes, max(width/room, 1))
	floor, text := []string{}, ""
	for range width {
		floor = append(floor, s.floor)
	}
	for m := (from + step - 1) / step * step; m < end; m += step {
		at := (m - from) * width / minutes
		label := clock(m, inHours(end))
		floor[at] = s.tick
		if at >= len(text) && at+len(label) <= width {
			text += strings.Repeat(" ", at-len(text)) + label
		}
	}
	corner := s.corner
	if floor[0] == s.tick {
		corner, floor[0] = s.first, s.floor
	}
	return corner + strings.Join(floor, ""), text
}
