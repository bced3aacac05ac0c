package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/stack"
)

// asked reads the spec that a configuration file asks for, as up does.
func asked(t rapid.TB, file []byte) stack.Spec {
	t.Helper()
	entries, err := parseConfig(configFile, file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	var s settings
	flags := pflag.NewFlagSet("up", pflag.ContinueOnError)
	for _, group := range s.groups() {
		flags.AddFlagSet(group)
	}
	for _, e := range entries {
		if err := setFlag(flags, flags.Lookup(e.key), e.place, e.values); err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
	}
	spec, _, err := s.resolve("")
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	return spec
}

// someFiles are as people write them, with all that an edit must go around.
var someFiles = []string{
	"asg: gpu-workers",
	"# ours\r\nasg: gpu-workers\r\nscale-out-at: 20\r\n",
	"\uFEFFasg: gpu-workers\nscale-out-at: 20\n\n\n",
	"---\nasg: gpu-workers\nperiods: 3\n...\n",
	`# ours
asg: "gpu-workers"   # the group

# when to grow
scale-out-at: 20 # jobs
preset: table
table:
  # the first
  - "1:1"

  - 8:2 # the second
# after the table
tag:
  team: ml   # us
  scale-out-at: no setting of ours
scale-in-at: 0
policy: table
`,
	`asg: gpu-workers
step: [
  "10:+2",  # a few
  "50:+5"
]
env:
- NAME=VALUE
cooldown:
  7m
handler: >-
  index.handler
periods: 1`,
}

func TestAnEditedFileAsksForWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := aScaling(t)
		old := rapid.SampledFrom(someFiles).Draw(t, "file")
		edited, err := editConfig(configFile, []byte(old), want.Tuning())
		if err != nil {
			t.Fatal(err)
		}
		got := asked(t, edited)
		if got.ASG != "gpu-workers" || got.Settings() != want.Settings() {
			t.Fatalf("%s %s, want %s; the file is\n%s", got.ASG, got.Settings(), want.Settings(), edited)
		}
		if diff := cmp.Diff(want.Rules(0, 50), got.Rules(0, 50)); diff != "" {
			t.Fatalf("the rules differ, -want +got:\n%s", diff)
		}
	})
}

func TestAnEditLeavesAllElseAsItIs(t *testing.T) {
	spec := stack.Defaults()
	spec.ScaleOutAt, spec.ScaleOutBy = 31, 4
	edited, err := editConfig(configFile, []byte(someFiles[4]), spec.Tuning())
	if err != nil {
		t.Fatal(err)
	}
	want := `# ours
asg: "gpu-workers"   # the group

# when to grow
scale-out-at: 31 # jobs
preset: safe
# after the table
tag:
  team: ml   # us
  scale-out-at: no setting of ours
scale-out-by: 4
`
	if diff := cmp.Diff(want, string(edited)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestANewFileHasNoMoreThanItMust(t *testing.T) {
	spec := stack.DefaultsOf(stack.Table)
	spec.JobsPerInstance, spec.Table = 0, []stack.TableRow{{Jobs: 1, Instances: 1}, {Jobs: 57, Instances: 2}}
	settings := append([]stack.Setting{{Key: "asg", Values: []string{"12e4"}}}, spec.Tuning()...)
	edited, err := editConfig(configFile, nil, settings)
	if err != nil {
		t.Fatal(err)
	}
	if want := "asg: \"12e4\"\npreset: table\ntable: [\"1:1\", \"57:2\"]\n"; string(edited) != want {
		t.Errorf("%s, want %s", edited, want)
	}
}

// What cannot be edited line by line is refused, with the lines that the user can put there.
func TestAFileThatCannotBeEditedIsRefused(t *testing.T) {
	spec := stack.Defaults()
	spec.ScaleOutAt = 31
	for _, file := range []string{
		"{asg: gpu-workers, scale-out-at: 20}\n",
		"{asg: gpu-workers,\n scale-out-at: 20}\n",
	} {
		edited, err := editConfig(configFile, []byte(file), spec.Tuning())
		usage, ok := errors.AsType[*usageError](err)
		if !ok || !strings.Contains(usage.hint, "scale-out-at: 31") {
			t.Errorf("%q: %v\n%s", file, err, edited)
		}
	}
}

func TestWordsAreWrittenAsWords(t *testing.T) {
	for word, want := range map[string]string{
		"safe": "safe", "31": "31", "-1": "-1", "5m": `"5m"`, "1:1": `"1:1"`, "0x1f": `"0x1f"`, "007": `"007"`, "1e3": `"1e3"`,
		"No": `"No"`, "": `""`, "a b": `"a b"`, "gpu-workers": "gpu-workers", "a#b": `"a#b"`, "nan": `"nan"`, "ü": `"ü"`,
	} {
		if got := yamlWord(word); got != want {
			t.Errorf("%q is written as %s, want %s", word, got, want)
		}
	}
}
