package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/hostile"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/yamltree"
)

func FuzzParseConfig(f *testing.F) {
	for _, text := range append(slices.Clone(someFiles),
		"asg: [", "tag: {a: 1, a: 2}", "a: &a b\nc: *a", "asg: x\n---\nasg: y", "env:\n  A: |\n    x\n    y\n", "tag: {version: 1.10, pin: 0123, on: yes}",
		"fifo: !!bool yes", "? asg\n: x", "asg: 'it''s'", "\"as\\x67\": x", "asg: \"\\u0000\"", "- asg", "%YAML 1.2\n---\nasg: x", "tag: null", "asg: .inf", "{asg: x, tag: [a=b]}", "tag: {? a : b}", "# x\r\r\nasg: x", "asg: x # y\rcooldown: 5m\r\n") {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseConfig(configFile, data)
		if err != nil {
			refusedWell(t, err)
			return
		}
		known := knownKeys()
		for _, e := range entries {
			if many, ok := known[e.key]; !ok || !many && len(e.values) != 1 || !strings.HasPrefix(e.place, configFile+":") {
				t.Errorf("%+v", e)
			}
		}
		rewrite(t, data, entries)
	})
}

// refusedWell checks that an error names the file, and is not longer than a person reads.
func refusedWell(t *testing.T, err error) {
	t.Helper()
	if !is[*usageError](err) || !strings.HasPrefix(err.Error(), configFile+":") || len(err.Error()) > 500 {
		t.Errorf("%T of %d bytes: %.300v", err, len(err.Error()), err)
	}
}

// rewrite writes what was read as settings of a new file, which must read the same.
func rewrite(t *testing.T, data []byte, entries []entry) {
	t.Helper()
	known := knownKeys()
	var list []stack.Setting
	for _, e := range entries {
		list = append(list, stack.Setting{Key: e.key, Values: e.values, Many: known[e.key]})
	}
	for _, old := range [][]byte{nil, data} {
		edited, err := editConfig(configFile, old, list)
		if err != nil {
			continue // it says itself what it cannot edit
		}
		again, err := parseConfig(configFile, edited)
		if err != nil {
			t.Fatalf("written again: %v\n%s", err, edited)
		}
		for _, e := range entries {
			if have := valuesOf(again)[e.key]; len(e.values) > 0 && !slices.Equal(have, e.values) {
				t.Errorf("%s: %q became %q in\n%s", e.key, e.values, have, edited)
			}
		}
	}
}

// FuzzSettings gives every flag of a stack a value: what is taken and checked can be written and read back.
func FuzzSettings(f *testing.F) {
	for _, group := range (&settings{}).groups() {
		group.VisitAll(func(flag *pflag.Flag) {
			for _, value := range []string{flag.DefValue, "5m", "1:1,8:2", "10:+2", "A=b", "-1", "9223372036854775808", "1e9h", "\x1b[2J", ""} {
				f.Add(flag.Name, value)
			}
		})
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		var s settings
		flags := pflag.NewFlagSet("up", pflag.ContinueOnError)
		for _, group := range s.groups() {
			flags.AddFlagSet(group)
		}
		if name == "function-zip" || flags.Lookup(name) == nil || flags.Set("asg", "jobs") != nil || flags.Set(name, value) != nil {
			return
		}
		spec, _, err := s.resolve("")
		if err != nil {
			if err.Error() == "" || name == "env" && leaks(err.Error(), value) {
				t.Errorf("--%s %q: %v", name, value, err)
			}
			return
		}
		if err := spec.Check(); err != nil {
			t.Errorf("--%s %q: %v", name, value, err)
		}
	})
}

// leaks reports whether a text has the value of NAME=VALUE in it. Short ones are in any text.
func leaks(text, pair string) bool {
	_, value, _ := strings.Cut(pair, "=")
	return len(value) > 5 && strings.Contains(text, value)
}

// hostileYAML are shapes at which parsers of YAML suffer.
func hostileYAML(size int) map[string]string {
	repeat := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	var stairs, laughs strings.Builder
	for i := 0; stairs.Len() < size; i++ {
		stairs.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	for c := 'b'; c < 'j'; c++ {
		fmt.Fprintf(&laughs, "%c: &%c [%s]\n", c, c, strings.Repeat(fmt.Sprintf("*%c,", c-1), 9))
	}
	return map[string]string{
		"lists": repeat("["), "closed lists": strings.Repeat("[", size/2) + strings.Repeat("]", size/2), "mappings": repeat("{a: "),
		"dashes": repeat("- "), "dashes in place": "tag:\n  " + repeat("- ") + "a", "questions": repeat("? "), "keys": repeat("a: "), "colons": repeat(":"),
		"stairs": stairs.String(), "laughs": "a: &a [x,x,x,x,x,x,x,x,x]\n" + laughs.String(), "laughs in place": "tag: &a [x,x]\nenv: [" + repeat("*a,") + "]",
		"merges": "tag: &a {x: y}\nenv:\n" + repeat("  <<: *a\n"), "anchors": repeat("&a "), "types": repeat("!!str "), "quotes": repeat(`"`),
		"one word": `asg: "` + repeat("x") + `"`, "a long key": repeat("x") + ": 1", "one line again": repeat("asg: 1\n"), "line ends": repeat("\n"), "line ends of Windows": repeat("\r\n"),
		"comments": repeat("#\n"), "one comment": "#" + repeat("x"), "a block": "asg: |\n" + repeat(" x\n"), "a folded block": "asg: >\n" + repeat(" x\n"),
		"documents": repeat("---\n"), "ends": repeat("...\n"), "a list": "env: [" + repeat("1,") + "1]", "digits": "asg: " + repeat("9"), "digits of a number": "memory: " + repeat("9"),
		"percents": repeat("%"), "tabs": repeat("\t"), "zeros": repeat("\x00"), "escapes": `asg: "` + repeat(`\n`) + `"`, "pipes": repeat("|"), "not UTF-8": repeat("\xff"),
	}
}

func TestAMegabyteOfYAMLIsBounded(t *testing.T) {
	for _, size := range []int{10_000, yamltree.MaxBytes - 100, hostile.Megabyte} {
		for name, text := range hostileYAML(size) {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				hostile.Within(t, func() {
					if _, err := parseConfig(configFile, []byte(text)); err != nil {
						refusedWell(t, err)
					}
				})
			})
		}
	}
}

// A file's errors go to terminals and logs; its values can be secrets.
func TestABrokenConfigurationIsNotRepeated(t *testing.T) {
	for _, text := range []string{
		"env:\n  TOKEN: hunter2\nasg: [\n", "env: {TOKEN: hunter2", "env: [TOKEN=hunter2, *a]", "env:\n  TOKEN: |hunter2\n", "env:\n  TOKEN: *hunter2\n", "env: {TOKEN: [hunter2]}",
		"env: {TOKEN: 'hunter2}", "env: TOKEN=hunter2\n\tasg: x", "env: {TOKEN: !hunter2 x}", "env: TOKEN: hunter2", "env:\n  TOKEN: \"a\"b\"hunter2\"",
		"env:\n TOKEN: >hunter2", "env: {hunter2: a, hunter2: b}", "env: %hunter2", "env: @hunter2", "env: `hunter2`", "env: {TOKEN: &hunter2 x}", "env: hunter2\nenv: hunter2",
	} {
		entries, err := parseConfig(configFile, []byte(text))
		if err == nil {
			t.Errorf("%q is taken: %q", text, entries)
		} else if strings.Contains(err.Error()+hintOf(err), "hunter2") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func hintOf(err error) (text string) {
	if h, ok := err.(interface{ Hint() string }); ok {
		text = h.Hint()
	}
	return text
}

// Numbers are words to a function and to a tag: a version, a code with zeros before it.
func TestValuesAreTakenAsTheyAreWritten(t *testing.T) {
	entries, err := parseConfig(configFile, []byte("tag: {a: 1.10, b: 0123, c: 0x1F, d: 1e3, e: 1_000, f: True, g: '007', h: .5, i: 2026-01-02, j: +5}\nenv: [A=1.10]\nmemory: 512\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := "[a=1.10 b=0123 c=0x1F d=1e3 e=1_000 f=True g=007 h=.5 i=2026-01-02 j=+5]"
	if got := fmt.Sprint(valuesOf(entries)["tag"]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAConfigurationThatIsTooLargeIsRefused(t *testing.T) {
	large := bytes.Repeat([]byte("#\n"), yamltree.MaxBytes/2)
	if _, err := parseConfig(configFile, append(large, '\n')); err == nil || !strings.Contains(err.Error(), "larger than 65536 bytes") {
		t.Error(err)
	}
	if _, err := parseConfig(configFile, []byte(strings.Repeat("# remark\n", 5000)+"asg: jobs\n")); err != nil {
		t.Error(err)
	}
}
