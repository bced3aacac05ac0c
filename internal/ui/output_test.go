package ui

import (
	"bytes"
	"os"
	"testing"
)

func environment(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestColorFollowsTheConventions(t *testing.T) {
	for _, c := range []struct {
		env              map[string]string
		terminal, refuse bool
		want             bool
	}{
		{nil, true, false, true},
		{nil, false, false, false},
		{nil, true, true, false},
		{map[string]string{"NO_COLOR": "1"}, true, false, false},
		{map[string]string{"NO_COLOR": ""}, true, false, true},
		{map[string]string{"CLICOLOR": "0"}, true, false, false},
		{map[string]string{"CLICOLOR_FORCE": "1"}, false, false, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, false, false, false},
		{map[string]string{"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, true, false, false},
		{map[string]string{"CLICOLOR_FORCE": "1"}, true, true, false},
	} {
		if got := wantsColor(environment(c.env), c.terminal, c.refuse); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestSymbolsFollowTheLocale(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		goos string
		want bool
	}{
		{nil, "linux", false},
		{map[string]string{"LANG": "en_US.UTF-8"}, "linux", true},
		{map[string]string{"LANG": "C.utf8"}, "linux", true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "linux", false},
		{map[string]string{"LANG": "C", "LC_CTYPE": "UTF-8"}, "darwin", true},
		{map[string]string{"LANG": "en_US.UTF-8", "TERM": "linux"}, "linux", false},
		{nil, "windows", false},
		{map[string]string{"WT_SESSION": "x"}, "windows", true},
	} {
		if got := wantsUnicode(environment(c.env), c.goos); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestDumbTerminals(t *testing.T) {
	for _, c := range []struct {
		term, goos string
		want       bool
	}{
		{"dumb", "linux", true}, {"", "linux", true}, {"xterm", "linux", false},
		{"", "windows", false}, {"dumb", "windows", true},
	} {
		if got := dumb(environment(map[string]string{"TERM": c.term}), c.goos); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestAPipeIsNeitherBoundNorColored(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, stream := range []any{w, r, &bytes.Buffer{}} {
		if IsTerminal(stream) {
			t.Errorf("%T passes for a terminal", stream)
		}
	}
	o := NewOutput(w, environment(map[string]string{"TERM": "xterm"}), false)
	if o.Interactive() || o.Width() != 0 || o.paint(bad, "x") != "x" {
		t.Errorf("interactive %v, width %d, %q", o.Interactive(), o.Width(), o.paint(bad, "x"))
	}
	o = NewOutput(w, environment(map[string]string{"COLUMNS": "72", "CLICOLOR_FORCE": "1"}), false)
	if o.Interactive() || o.Width() != 72 || o.paint(bad, "x") == "x" {
		t.Errorf("interactive %v, width %d, %q", o.Interactive(), o.Width(), o.paint(bad, "x"))
	}
}
