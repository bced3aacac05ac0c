package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// Status shows health, drift and the loop, section by section, and the verdict as the last line.
func Status(o *Output, s *stack.Status) error {
	r := &report{Output: o}
	r.bound = o.Width()
	if r.stacked = r.bound > 0 && r.bound < stackedBelow; r.stacked {
		r.bound -= len(stackedIndent)
	} else if r.bound > 0 {
		r.bound -= labelWidth
	}
	fmt.Fprintf(&r.text, "%s  %s\n\n", o.paint(heading, s.Stack), o.paint(muted, s.Account+"  "+s.Region))
	r.section("Group", r.group(s.Group))
	r.section("Queue", r.queue(s.Queue))
	r.section("Alarms", r.alarms(s))
	r.section("Policies", r.policies(s.Policies))
	r.section("Function", r.function(s.Function))
	r.section("Resources", r.resources(s.Resources))
	r.section("Activities", r.activities(s))
	r.verdict(s)
	return o.flush(&r.text)
}

// StatusJSON writes the status as a document.
func StatusJSON(w io.Writer, s *stack.Status) error {
	document := *s
	document.SchemaVersion = stack.SchemaVersion
	document.Alarms = filled(s.Alarms)
	document.Policies = filled(s.Policies)
	document.Resources = filled(s.Resources)
	document.Activities = filled(s.Activities)
	if s.Group != nil {
		group := *s.Group
		group.SuspendedProcesses = filled(group.SuspendedProcesses)
		document.Group = &group
	}
	return writeDocument(w, document)
}

// filled returns a list that JSON writes as [] where it is empty.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

const (
	stackedBelow  = 60 // in fewer columns a section stands below its label, not beside
	stackedIndent = "  "
	labelWidth    = len("Activities  ")
)

// report is a status on its way to the screen.
type report struct {
	*Output
	text    strings.Builder
	stacked bool
	bound   int // of a section's lines; 0 means none
}

// section writes a label and the lines that belong to it; nothing where there are none.
func (r *report) section(label string, lines []string) {
	if len(lines) == 0 {
		return
	}
	first, rest := r.paint(heading, pad(label, labelWidth)), strings.Repeat(" ", labelWidth)
	if r.stacked {
		fmt.Fprintf(&r.text, "%s\n", r.paint(heading, label))
		first, rest = stackedIndent, stackedIndent
	}
	for _, line := range lines {
		fmt.Fprintf(&r.text, "%s%s\n", first, line)
		first = rest
	}
}

func (r *report) verdict(s *stack.Status) {
	symbol, word, look := r.symbols.good, "healthy", good
	if !s.Healthy {
		symbol, word, look = r.symbols.bad, "unhealthy", bad
	}
	bound := 0
	if w := r.Width(); w > 0 {
		bound = max(w-len("x "), leastWrap)
	}
	fmt.Fprintf(&r.text, "\n%s ", r.paint(look, symbol))
	for i, line := range chop(word+": "+s.Verdict, bound) {
		if i == 0 {
			line = r.paint(look, word) + strings.TrimPrefix(line, word)
		} else {
			line = "  " + line
		}
		fmt.Fprintln(&r.text, line)
	}
}
