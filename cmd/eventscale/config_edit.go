package main

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/eventscale/eventscale/internal/stack"
)

// editConfig puts settings into a configuration file's bytes: those with values are set, where they stand or
// at the end, and those without are taken out, so that their defaults count. All else stays as it is, comments
// among it. What it returns reads back as what was asked for, or it is an error.
func editConfig(path string, data []byte, settings []stack.Setting) ([]byte, error) {
	before, err := parseConfig(path, data)
	if err != nil {
		return nil, err
	}
	lines, places, err := placesOf(path, data)
	if err != nil {
		return nil, err
	}
	lines = withSettings(lines, places, settings)
	ending := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		ending = "\r\n"
	}
	edited := []byte(strings.Join(lines, ending) + ending)
	return edited, verify(path, before, edited, settings)
}

// withSettings returns the lines with the settings in their places, and those that have none at the end.
func withSettings(lines []string, places map[string]place, settings []stack.Setting) []string {
	var more []string
	for _, s := range settings {
		text := settingLine(s)
		p, there := places[s.Key]
		switch {
		case there && text != "":
			lines[p.first] = text + p.comment
		case there:
			lines[p.first] = gone
		case text != "":
			more = append(more, text)
		}
		for i := p.first + 1; there && i <= p.last; i++ {
			lines[i] = gone
		}
	}
	end := len(lines)
	if i := slices.Index(lines, documentEnd); i >= 0 {
		end = i
	}
	return slices.DeleteFunc(slices.Insert(lines, end, more...), func(l string) bool { return l == gone })
}

// documentEnd is YAML's mark behind the last line of a document.
const documentEnd = "..."

// gone marks a line that is taken out. No line of a file has a line end in it.
const gone = "\n"

// place is where a setting stands in a file: its lines, and what remark follows its value.
type place struct {
	first, last int
	comment     string
}

// placesOf parts a file into lines, and finds the settings in them.
func placesOf(path string, data []byte) (lines []string, places map[string]place, err error) {
	text := strings.ReplaceAll(string(bytes.TrimPrefix(data, byteOrderMark)), "\r\n", "\n") // the parser counts both
	text = strings.TrimRight(text, "\n")
	if text != "" {
		lines = strings.Split(text, "\n")
	}
	file, err := parseYAML(path, []byte(text), parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	places = map[string]place{}
	if strings.Contains(text, "\r") {
		return lines, places, nil // a line end to the parser, by which its lines are others than ours
	}
	for _, doc := range file.Docs {
		for _, pair := range pairsOf(doc.Body) {
			key := pair.Key.GetToken()
			p := place{first: key.Position.Line - 1, last: key.Position.Line - 1}
			ast.Walk(lastLine{&p, len(lines)}, pair.Value)
			if c := pair.Value.GetComment(); c != nil && p.first == p.last {
				p.comment = " " + strings.TrimSpace(c.String())
			}
			places[key.Value] = p
		}
	}
	return lines, places, nil
}

// lastLine finds the last line of a value.
type lastLine struct {
	place *place
	lines int
}

// Visit looks at a node and its closing bracket.
func (v lastLine) Visit(n ast.Node) ast.Visitor {
	see := func(t *token.Token) {
		if t != nil {
			v.place.last = min(max(v.place.last, t.Position.Line-1), v.lines-1)
		}
	}
	switch n := n.(type) {
	case *ast.CommentGroupNode, *ast.CommentNode:
		return nil // it may be that of the next setting
	case *ast.SequenceNode:
		see(n.End)
	}
	see(n.GetToken())
	return v
}

// settingLine writes a setting as YAML: `table: ["1:1", "8:2"]`. It is "" for one without values.
func settingLine(s stack.Setting) string {
	if len(s.Values) == 0 {
		return ""
	}
	words := make([]string, len(s.Values))
	for i, v := range s.Values {
		words[i] = yamlWord(v)
	}
	if !s.Many {
		return s.Key + ": " + words[0]
	}
	return s.Key + ": [" + strings.Join(words, ", ") + "]"
}

// yamlWord writes a value bare where every reader of YAML takes it for a word or a number, and else in quotes: also
// where it begins as a number does, since 0x1f, 1e3 and 1:30 are some too.
func yamlWord(v string) string {
	if n, err := strconv.Atoi(v); err == nil && strconv.Itoa(n) == v {
		return v
	}
	word := strings.ToLower(v)
	switch {
	case word == "", word[0] < 'a', strings.Trim(word, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "",
		slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}, word):
		return strconv.Quote(v)
	}
	return v
}

// verify reads an edited file again: it must have the values of the settings, none of those without, and all
// else as it was before.
func verify(path string, before []entry, edited []byte, settings []stack.Setting) error {
	after, err := parseConfig(path, edited)
	want, have := valuesOf(before), valuesOf(after)
	var lines []string
	for _, s := range settings {
		delete(want, s.Key)
		if len(s.Values) > 0 {
			want[s.Key] = s.Values
			lines = append(lines, settingLine(s))
		}
	}
	if err == nil && maps.EqualFunc(want, have, slices.Equal) {
		return nil
	}
	return &usageError{
		text: path + ": is written in a way that cannot be edited; nothing was changed",
		hint: "put these lines there yourself: " + strings.Join(lines, "; "),
	}
}

func valuesOf(entries []entry) map[string][]string {
	values := map[string][]string{}
	for _, e := range entries {
		values[e.key] = e.values
	}
	return values
}
