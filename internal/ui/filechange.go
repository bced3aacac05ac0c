package ui

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// FileChange shows what becomes of a file: the lines that change, with a few around them.
func FileChange(o *Output, path, have, want string) error {
	var b strings.Builder
	if have == want {
		o.beside(&b, o.paint(muted, "="), len("= "), path+" has these settings already")
		return o.flush(&b)
	}
	for line := range strings.Lines(string(diff.Diff(path, []byte(have), path, []byte(want)))) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "@@"):
			continue
		case strings.HasPrefix(line, "+"):
			line = o.paint(good, line)
		case strings.HasPrefix(line, "-"):
			line = o.paint(bad, line)
		default:
			line = o.paint(body, line)
		}
		fmt.Fprintln(&b, line)
	}
	return o.flush(&b)
}
