package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/eventscale/eventscale/internal/stack"
)

// writeDocument writes a value as an indented JSON document.
func writeDocument(w io.Writer, v any) error { return encode(w, v, "  ") }

// writeLine writes a value as one line of JSON.
func writeLine(w io.Writer, v any) error { return encode(w, v, "") }

// PolicyJSON writes a policy as IAM takes it.
func PolicyJSON(w io.Writer, d stack.PolicyDocument) error { return writeDocument(w, d) }

func encode(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // a rule reads ">= 10"
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(escapeControls(b.Bytes()))
	return err
}

// escapeControls writes as \u escapes the characters that steer a terminal and that encoding/json lets
// through. They stand in strings only, so that the document's value stays the same.
func escapeControls(document []byte) []byte {
	clean := make([]byte, 0, len(document))
	for len(document) > 0 {
		r, size := utf8.DecodeRune(document)
		switch {
		case r == '\n' || !steers(r):
			clean = append(clean, document[:size]...)
		case r < 0x10000:
			clean = fmt.Appendf(clean, `\u%04x`, r)
		default:
			r -= 0x10000
			clean = fmt.Appendf(clean, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		}
		document = document[size:]
	}
	return clean
}
