package ui

import (
	"fmt"
	"strings"
)

// Hint gives advice that belongs to no single error.
func Hint(o *Output, text string) error {
	var b strings.Builder
	o.labelled(&b, accent, "hint:", text)
	return o.flush(&b)
}

// Next names the command that may come next.
func Next(o *Output, command string) error {
	_, err := fmt.Fprintf(o, "%s  %s\n", o.paint(muted, "next:"), o.paint(accent, command))
	return err
}
