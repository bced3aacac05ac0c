package ui

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files; the tests that do so fail")

// golden compares with testdata/name. A file that had to be rewritten fails the test: somebody must
// look at it first.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	want, err := os.ReadFile(path)
	if err == nil && string(want) == got {
		return
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s was rewritten: look at it", path)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), got))
}

// places are the outputs at which each renderer is looked at.
var places = []struct {
	name  string
	fixed Fixed
}{
	{"pipe", Fixed{}},
	{"80", Fixed{Width: 80, Unicode: true}},
	{"40", Fixed{Width: 40, Unicode: true}},
	{"80.color", Fixed{Width: 80, Unicode: true, Color: true}},
	{"40.color", Fixed{Width: 40, Unicode: true, Color: true}},
}

// goldens renders at each place. No line may be wider than the place, unless it may not be cut.
func goldens(t *testing.T, name string, uncut bool, render func(*Output) error) {
	t.Helper()
	for _, place := range places {
		t.Run(name+"."+place.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := render(NewFixedOutput(&b, place.fixed)); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("%s.%s.golden", name, place.name), b.String())
			if place.fixed.Width > 0 && !uncut {
				noWiderThan(t, place.fixed.Width, b.String())
			}
		})
	}
}

func noWiderThan(t *testing.T, w int, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := plainWidth(line); n > w {
			t.Errorf("%d cells wide, not %d: %q", n, w, line)
		}
	}
}
