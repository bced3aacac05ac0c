package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Error says what failed, and what to do about it:
//
//	error: creating AWS::IAM::Role IngestRole: AccessDenied: ...
//	hint:  `eventscale iam-policy` prints the permissions this stack needs
//
// Each line of the text after the first is aligned with the first.
func Error(o *Output, text string, hints ...string) error {
	var b strings.Builder
	o.labelled(&b, bad, "error:", text)
	for _, hint := range hints {
		o.labelled(&b, accent, "hint:", hint)
	}
	return o.flush(&b)
}

// Line writes a text as it is, in one line or several, but for what would steer a terminal.
func Line(w io.Writer, text string) error {
	_, err := fmt.Fprintln(w, strings.Join(cleanLines(text), "\n"))
	return err
}

// Rescued writes a JSON document that could not be saved, of the same value, but for what would steer a terminal.
func Rescued(w io.Writer, document []byte) error {
	_, err := w.Write(escapeControls(document))
	return err
}

// Warning says what may be wrong: "warning: ...".
func Warning(o *Output, text string) error {
	var b strings.Builder
	o.labelled(&b, warn, "warning:", text)
	return o.flush(&b)
}

// Done says what was reached, and the commands that may come next.
func Done(o *Output, text string, next ...string) error {
	var b strings.Builder
	o.beside(&b, o.paint(good, o.symbols.good), len("x "), text)
	for _, command := range next {
		fmt.Fprintf(&b, "%s  %s\n", o.paint(muted, "next:"), o.paint(accent, command))
	}
	return o.flush(&b)
}

// labelled writes a label and, beside it, the lines of a text. Labels are as wide as "error: " at least.
func (o *Output) labelled(b *strings.Builder, r role, label, text string) {
	indent := max(len("error: "), len(label)+1)
	o.beside(b, o.paint(r, label), indent, text)
}

// beside writes what is painted already and, from the indent on, the lines of a text.
func (o *Output) beside(b *strings.Builder, painted string, indent int, text string) {
	bound := 0
	if w := o.Width(); w > 0 {
		bound = max(w-indent, leastWrap)
	}
	first := painted + strings.Repeat(" ", indent-ansi.StringWidth(painted))
	for _, line := range cleanLines(text) {
		for _, part := range wrap(line, bound) {
			fmt.Fprintf(b, "%s%s\n", first, part)
			first = strings.Repeat(" ", indent)
		}
	}
}

// paragraph writes a sentence, wrapped.
func (o *Output) paragraph(b *strings.Builder, text string) {
	for _, line := range wrap(text, o.Width()) {
		fmt.Fprintf(b, "%s\n", line)
	}
}

// flush writes what was gathered in one piece.
func (o *Output) flush(b *strings.Builder) error {
	_, err := o.w.Write([]byte(b.String()))
	return err
}
