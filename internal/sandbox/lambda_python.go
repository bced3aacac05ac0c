package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// field is a member of an object whose members keep their order.
type field struct {
	name  string
	value json.RawMessage // nil is null
}

type ordered []field

func (o ordered) json() json.RawMessage {
	var b strings.Builder
	for i, f := range o {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.Write(quoted(f.name))
		b.WriteByte(':')
		if f.value == nil {
			f.value = json.RawMessage("null")
		}
		b.Write(f.value)
	}
	return json.RawMessage(b.String() + "}")
}

func quoted(s string) json.RawMessage {
	text, _ := json.Marshal(s) // a string always marshals
	return text
}

// pythonJSON writes JSON as Python's json.dumps does, which the built-in function uses: the members in
// their order, a space after commas and colons, and nothing but ASCII. Numbers stay as they were written.
func pythonJSON(text json.RawMessage) string {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var b strings.Builder
	writePython(&b, decoder, first(decoder))
	return b.String()
}

func first(decoder *json.Decoder) json.Token {
	token, _ := decoder.Token() // the text was checked
	return token
}

func writePython(b *strings.Builder, decoder *json.Decoder, token json.Token) {
	switch token := token.(type) {
	case json.Delim:
		b.WriteRune(rune(token))
		for i := 0; decoder.More(); i++ {
			if i > 0 {
				b.WriteString(", ")
			}
			if token == '{' {
				writePython(b, decoder, first(decoder))
				b.WriteString(": ")
			}
			writePython(b, decoder, first(decoder))
		}
		b.WriteRune(rune(first(decoder).(json.Delim)))
	case string:
		writePythonString(b, token)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, token) // a number as it was written, true or false
	}
}

func writePythonString(b *strings.Builder, s string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}
	b.WriteByte('"')
	for _, c := range s {
		switch escape, ok := short[c]; {
		case ok:
			b.WriteString(escape)
		case ' ' <= c && c <= '~':
			b.WriteRune(c)
		default:
			for _, unit := range utf16.Encode([]rune{c}) {
				b.WriteString(`\u` + strconv.FormatUint(0x10000+uint64(unit), 16)[1:])
			}
		}
	}
	b.WriteByte('"')
}
