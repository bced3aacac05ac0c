package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

// typed reads settings as the command line does.
func typed(t rapid.TB, words string) stack.Spec {
	t.Helper()
	var s settings
	line := pflag.NewFlagSet("up", pflag.ContinueOnError)
	for _, group := range s.groups() {
		line.AddFlagSet(group)
	}
	if err := line.Parse(append([]string{"--asg", "gpu-workers"}, strings.Fields(words)...)); err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	spec, _, err := s.resolve("")
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	return spec
}

// aScaling draws the scaling settings of a spec.
func aScaling(t *rapid.T) stack.Spec {
	s := stack.DefaultsOf(rapid.SampledFrom(stack.Presets()).Draw(t, "preset"))
	minutes := func(what string, most int) stack.Duration {
		return stack.Duration(time.Duration(rapid.IntRange(1, most).Draw(t, what)) * time.Minute)
	}
	s.ScaleInAt = rapid.IntRange(0, 5).Draw(t, "scale-in-at")
	s.ScaleInBy = rapid.IntRange(1, 3).Draw(t, "scale-in-by")
	s.Period, s.Periods = minutes("period", 3), rapid.IntRange(1, 3).Draw(t, "periods")
	first, n := rapid.IntRange(6, 10).Draw(t, "first"), rapid.IntRange(1, 20).Draw(t, "rows")
	switch s.Policy {
	case stack.SimplePolicy:
		s.ScaleOutAt, s.ScaleOutBy, s.Cooldown = first, n, minutes("cooldown", 9)
		return s
	case stack.StepPolicy:
		s.Steps = nil
		for i := range n {
			s.Steps = append(s.Steps, stack.ScaleStep{Jobs: first + 7*i, Add: i + 1})
		}
	case stack.TablePolicy:
		s.JobsPerInstance = rapid.IntRange(1, 9).Draw(t, "jobs-per-instance")
		s.ScaleInAt = 0
		if rapid.Bool().Draw(t, "with rows") {
			s.JobsPerInstance, s.ScaleInAt = 0, rapid.IntRange(0, 5).Draw(t, "scale-in-at of the table")
			for i := range n {
				s.Table = append(s.Table, stack.TableRow{Jobs: first + 7*i, Instances: i + 1})
			}
		}
	}
	s.Warmup = minutes("warmup", 9)
	return s
}

// What tune and simulate print can be typed, and what tune writes can be read.
func TestSettingsAreReadAsTheyArePrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := aScaling(t)
		if rapid.Bool().Draw(t, "in another preset's name") && want.Preset != stack.Classic {
			want.Preset = stack.Safe // which with another policy means the same
		}
		got := typed(t, want.Settings())
		if want.Preset == stack.Safe {
			want.Preset = got.Preset
		}
		want.ASG, want.Stack, want.CodeSHA256 = got.ASG, got.Stack, got.CodeSHA256
		want.Env, want.Tags = got.Env, got.Tags
		if d := cmp.Diff(want, got, cmp.AllowUnexported(provision.Secret{})); d != "" {
			t.Fatalf("%s (-printed +read):\n%s", want.Settings(), d)
		}
	})
}

// A configuration file that tune has written to must hold none of the old settings.
func TestTuningNamesEverySettingOfTheScaling(t *testing.T) {
	var s settings
	s.groups()
	want := []string{"preset"}
	s.scaling().VisitAll(func(f *pflag.Flag) { want = append(want, f.Name) })
	slices.Sort(want)
	var got []string
	for _, setting := range stack.Defaults().Tuning() {
		got = append(got, setting.Key)
		if f := s.flag(setting.Key); f == nil || repeatable(f) != setting.Many {
			t.Errorf("%s: a list: %t", setting.Key, setting.Many)
		}
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-flags +tuning):\n%s", d)
	}
}

func TestListsAreGivenInManyWays(t *testing.T) {
	want := []stack.ScaleStep{{Jobs: 10, Add: 2}, {Jobs: 50, Add: 5}, {Jobs: 90, Add: 9}}
	for _, words := range []string{
		"--step 10:+2 --step 50:+5 --step 90:+9", "--step 10:+2,50:+5,90:+9", "--step 10:2,50:+5 --step=90:9",
	} {
		if got := typed(t, "--policy step "+words).Steps; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v", words, got)
		}
	}
	var s settings
	s.groups()
	f := s.flag("step").Value.(pflag.SliceValue)
	if err := f.Replace([]string{"10:+2", "50:+5", "90:+9"}); err != nil || fmt.Sprint(s.spec.Steps) != fmt.Sprint(want) {
		t.Errorf("%v, %v", s.spec.Steps, err)
	}
}
