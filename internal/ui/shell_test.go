package ui

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/stack"
)

// A shell must take each value for what it is, whatever is in it: they come from names that anybody may choose.
func TestAShellTakesEveryValueForItself(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir() // what a shell would make of a value lands here
	for _, value := range []string{
		"", "plain", "two words", "'", "''", `\'`, `"`, "$(touch pwned)", "`touch pwned`", "$HOME", "${IFS}", "a\nb", "\n", "a\n\n", "'; touch pwned; '", "'\n touch pwned\n'",
		"\\", "\\\n", "a\\", "!", "#", "*", "~", "-n", "%s", "a=b; c", "\x1b[2J", "größe", "\xff\xfe", "\r\n", "\t", "&& touch pwned", "$'x'", "EOF\n", "(", "|", ">pwned",
	} {
		evaluated(t, sh, dir, value)
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringOf(rapid.SampledFrom([]rune("'\"`$\\(){}; \n\t#!*a=|&<>\u00e9"))).Draw(t, "value")
		evaluated(t, sh, dir, value)
	})
	if made, _ := filepath.Glob(filepath.Join(dir, "*")); len(made) > 0 {
		t.Errorf("the shell made %v", made)
	}
}

// evaluated gives a value to eval, as users are told to, and compares what the shell then has.
func evaluated(t rapid.TB, sh, dir, value string) {
	t.Helper()
	var script bytes.Buffer
	outputs := &stack.Outputs{Values: []stack.Output{{Key: "before", Value: "1"}, {Key: "queue_url", Value: value}, {Key: "after", Value: "2"}}}
	if err := OutputsShell(NewFixedOutput(&script, Fixed{}), outputs); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(sh, "-c", `eval "$(cat)"; printf '%s|%s|%s' "$before" "$queue_url" "$after"`)
	cmd.Stdin, cmd.Dir = &script, dir
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil || said.Len() > 0 || out.String() != "1|"+value+"|2" {
		t.Errorf("%q became %q: %v %s", value, out.String(), err, said.String())
	}
}
