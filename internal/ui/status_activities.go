package ui

import (
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/stack"
)

func (r *report) activities(s *stack.Status) []string {
	var lines []string
	for _, a := range s.Activities {
		symbol, look := r.symbols.good, good
		switch {
		case a.Failed:
			symbol, look = r.symbols.bad, bad
		case a.Status != "Successful":
			symbol, look = r.symbols.pending, accent
		}
		text := a.Description
		if a.Status != "Successful" {
			text = a.Status + ": " + text
		}
		when := symbol + " " + pad(ago(a.Start, s.Time), len("just now"))
		indent := cells(when) + gap
		if r.stacked {
			lines = append(lines, r.paint(look, strings.TrimRight(when, " ")))
			indent = gap
		}
		var told []string
		told = append(told, r.indented(body, indent, text)...)
		told = append(told, r.indented(bad, indent, a.Message)...)
		told = append(told, r.indented(muted, indent, firstCause(a.Cause))...)
		if !r.stacked && len(told) > 0 {
			told[0] = r.paint(look, when) + "  " + strings.TrimLeft(told[0], " ")
		}
		lines = append(lines, told...)
	}
	return lines
}

// indented sets a text into lines under an indent; none for no text.
func (r *report) indented(look role, indent int, text string) []string {
	bound := 0
	if r.bound > 0 {
		bound = max(r.bound-indent, leastWrap)
	}
	var lines []string
	for _, part := range chop(text, bound) {
		if part != "" {
			lines = append(lines, strings.Repeat(" ", indent)+r.paint(look, part))
		}
	}
	return lines
}

// firstCause returns the first of the sentences in which AWS tells a cause, without its "At <time>":
// "At 2026-01-02T03:04:05Z a user request set ... .  At 2026-01-02T03:04:06Z an instance was ...".
// What follows only repeats what the group did about it.
func firstCause(cause string) string {
	fields := strings.Fields(cause)
	var kept []string
	for i := 0; i < len(fields); i++ {
		if fields[i] == "At" && i+1 < len(fields) && isTime(fields[i+1]) {
			if len(kept) > 0 {
				break
			}
			i++
			continue
		}
		kept = append(kept, fields[i])
	}
	return strings.Join(kept, " ")
}

func isTime(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}
