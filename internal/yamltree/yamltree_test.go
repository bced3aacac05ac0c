package yamltree

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsBeyondABoundIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		"asg: jobs\n": "", "a: [[[[[[[[1]]]]]]]]": "", "- - - - - - - - 1": "", strings.Repeat("# a remark\n", 5000): "",
		"a: 1\nb: [[[[[[[[[1]]]]]]]]]":          "line 2: lists and mappings stand in each other more than 8 deep",
		"\n- - - - - - - - - 1":                 "line 2: lists and mappings stand in each other more than 8 deep",
		"a:\n  - {b: {c: {d: {e: {f: {g: {h: {": "",
		"? ? ? ? ? ? ? ? ? ?":                   "line 1: lists and mappings stand in each other more than 8 deep",
		strings.Repeat("- 1\n", 6000):           "line 5001: the file has more than 10000 words and signs",
		strings.Repeat("#", MaxBytes+1):         "the file is larger than 65536 bytes",
	} {
		_, err := Parse([]byte(text), 0)
		bound, beyond := errors.AsType[*BoundError](err)
		switch {
		case want == "" && beyond:
			t.Errorf("%.40q: %v", text, err)
		case want != "" && (!beyond || bound.Error() != want):
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}
