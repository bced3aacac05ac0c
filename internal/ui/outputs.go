package ui

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// Outputs shows all outputs, one a line, values aligned. Values are never cut: they are to be copied.
func Outputs(o *Output, outputs *stack.Outputs) error {
	var b strings.Builder
	keys := widest(outputs.Values, func(v stack.Output) string { return v.Key })
	separator := "  "
	if w := o.Width(); w > 0 && w < keys+40 {
		keys, separator = 0, "\n  "
	}
	for _, v := range outputs.Values {
		fmt.Fprintf(&b, "%s%s%s\n", o.paint(muted, pad(v.Key, keys)), separator, clean(v.Value))
	}
	return o.flush(&b)
}

// OutputValue writes one value and nothing else.
func OutputValue(o *Output, value string) error {
	_, err := fmt.Fprintln(o, o.exact(value))
	return err
}

// OutputsShell writes an assignment a line, for the eval of any POSIX shell.
func OutputsShell(o *Output, outputs *stack.Outputs) error {
	var b strings.Builder
	for _, v := range outputs.Values {
		quoted := strings.ReplaceAll(o.exact(v.Value), "'", `'\''`)
		fmt.Fprintf(&b, "%s='%s'\n", v.Key, quoted)
	}
	return o.flush(&b)
}

// OutputsJSON writes the outputs as one object, in their order.
func OutputsJSON(w io.Writer, outputs *stack.Outputs) error {
	return writeDocument(w, struct {
		SchemaVersion int           `json:"schema_version"`
		Stack         string        `json:"stack"`
		Outputs       orderedValues `json:"outputs"`
		Left          []stack.Left  `json:"left,omitempty"`
	}{stack.SchemaVersion, outputs.Stack, outputs.Values, outputs.Left})
}

// exact returns a value as it is for a program, and clean for the eyes.
func (o *Output) exact(value string) string {
	if o.live {
		return clean(value)
	}
	return value
}

// orderedValues is an object whose members keep their order.
type orderedValues []stack.Output

// MarshalJSON writes {"key": "value", ...}.
func (values orderedValues) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, text := range []string{v.Key, v.Value} {
			if j > 0 {
				b.WriteByte(':')
			}
			if err := writeLine(&b, text); err != nil {
				return nil, err
			}
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
