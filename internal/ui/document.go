package ui

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// diffLine is one line of a difference: '-' goes, '+' comes.
type diffLine struct {
	sign byte
	text string
}

// documentDiff compares two JSON documents and returns the values in which they differ, each on a line
// of its own with its path: `Statement[0].Action = "sqs:SendMessage"`. ok is false where one of them is
// no document; nothing at all passes for one.
func documentDiff(have, want string) (lines []diffLine, ok bool) {
	h, haveOK := leaves(have)
	w, wantOK := leaves(want)
	if !haveOK || !wantOK {
		return nil, false
	}
	return difference(h, w), true
}

// leaf is one value of a document. Its key is its path without the indices: an element that only moved
// up or down in its list did not change.
type leaf struct{ key, path, value string }

func (l leaf) same(other leaf) bool { return l.key == other.key && l.value == other.value }

func (l leaf) text() string { return l.path + " = " + l.value }

// leaves takes a document apart.
func leaves(document string) ([]leaf, bool) {
	if document == "" {
		return nil, true
	}
	var v any
	if err := json.Unmarshal([]byte(document), &v); err != nil {
		return nil, false
	}
	switch v.(type) {
	case map[string]any, []any:
		return appendLeaves(nil, "", "", v), true
	}
	return nil, false
}

func appendLeaves(to []leaf, key, path string, v any) []leaf {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			to = appendLeaves(to, key+"."+name, strings.TrimPrefix(path+"."+name, "."), v[name])
		}
		return to
	case []any:
		for i, element := range v {
			to = appendLeaves(to, key+"[]", fmt.Sprintf("%s[%d]", path, i), element)
		}
		return to
	}
	var b strings.Builder
	if err := writeLine(&b, v); err != nil {
		return append(to, leaf{key, path, fmt.Sprint(v)})
	}
	return append(to, leaf{key, path, strings.TrimSuffix(b.String(), "\n")})
}

// difference returns what is not in a longest common subsequence of the two.
func difference(have, want []leaf) []diffLine {
	common := make([][]int, len(have)+1) // common[i][j]: its length in have[i:] and want[j:]
	for i := range common {
		common[i] = make([]int, len(want)+1)
	}
	for i := len(have) - 1; i >= 0; i-- {
		for j := len(want) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if have[i].same(want[j]) {
				common[i][j] = 1 + common[i+1][j+1]
			}
		}
	}
	var lines []diffLine
	i, j := 0, 0
	for i < len(have) || j < len(want) {
		switch {
		case i < len(have) && j < len(want) && have[i].same(want[j]):
			i, j = i+1, j+1
		case j == len(want) || i < len(have) && common[i+1][j] >= common[i][j+1]:
			lines = append(lines, diffLine{'-', have[i].text()})
			i++
		default:
			lines = append(lines, diffLine{'+', want[j].text()})
			j++
		}
	}
	return lines
}
