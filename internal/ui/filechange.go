package ui

import (
	"fmt"
	"strings"
)

// FileChange shows the lines of a file that go and those that come, under its name.
func FileChange(o *Output, path, old, edited string) error {
	var b strings.Builder
	fmt.Fprintln(&b, o.paint(heading, path))
	lines := difference(lineLeaves(old), lineLeaves(edited))
	if len(lines) == 0 {
		o.paragraph(&b, "  nothing changes")
	}
	o.diffLines(&b, lines)
	return o.flush(&b)
}

// lineLeaves takes a text's lines for the values of a document.
func lineLeaves(text string) []leaf {
	var all []leaf
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		all = append(all, leaf{value: line})
	}
	return all
}
