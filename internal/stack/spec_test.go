package stack

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// otherSpec is a spec of which every setting that a stack can be brought to in place is not the default.
func otherSpec() Spec {
	s := testSpec()
	s.VisibilityTimeout = Duration(time.Hour)
	s.ScaleOutAt, s.ScaleInAt, s.ScaleOutBy, s.ScaleInBy = 21, 4, 5, 3
	s.Cooldown, s.Period, s.Periods = Duration(10*time.Minute), Duration(5*time.Minute), 3
	s.FunctionZip, s.CodeSHA256 = "job.zip", CodeSHA256(zipped("print()"))
	s.Handler, s.Runtime, s.Memory, s.FunctionTimeout = "main.run", "python3.12", 512, Duration(time.Minute)
	s.Env = map[string]provision.Secret{"BUCKET": provision.NewSecret("jobs")}
	s.LogRetention = 30
	s.Tags = map[string]string{"team": "gpu"}
	return s
}

func TestOtherSpecIsOtherInAllSettings(t *testing.T) {
	one, other := testSpec(), otherSpec()
	if err := other.Check(); err != nil {
		t.Fatal(err)
	}
	same := map[string]bool{"ASG": true, "Stack": true, "Preset": true, "FIFO": true}
	for _, name := range []string{"Policy", "Steps", "Table", "JobsPerInstance", "Warmup"} {
		same[name] = true // otherPolicies has these
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Spec]()) {
		if equal := asJSON(field(one, f.Name)) == asJSON(field(other, f.Name)); equal != same[f.Name] {
			t.Errorf("%s is the same: %t", f.Name, equal)
		}
	}
}

func TestDefaultsAreTheReferenceDesigns(t *testing.T) {
	s := Defaults()
	got := fmt.Sprintln(s.Preset, s.Policy, s.ScaleOutAt, s.ScaleInAt, s.ScaleOutBy, s.ScaleInBy, s.Cooldown, s.Period, s.Periods, s.VisibilityTimeout,
		s.Handler, s.Runtime, s.Memory, s.FunctionTimeout, s.LogRetention)
	if want := fmt.Sprintln("safe", "simple", 10, 2, 2, 1, "5m", "1m", 2, "15m", "index.handler", "python3.13", 256, "30s", 14); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.ASG, s.Stack = testGroup, testGroup
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	minutes := func(n int) Duration { return Duration(time.Duration(n) * time.Minute) }
	long := func(n int) string { return strings.Repeat("x", n) }
	env := func(name, value string) func(*Spec) {
		return func(s *Spec) { s.Env = secrets(name, value) }
	}
	tag := func(key, value string) func(*Spec) {
		return func(s *Spec) { s.Tags = map[string]string{key: value} }
	}
	for _, c := range []badValue{
		{func(s *Spec) { s.ASG = "" }, "asg", "", "is required"},
		{func(s *Spec) { s.ASG = "a\tb" }, "asg", "a\tb", "none of them a control character"},
		{func(s *Spec) { s.ASG = long(256) }, "asg", long(256), "1 to 255 characters"},
		{func(s *Spec) { s.Stack = "" }, "stack", "", "a-z, 0-9 and -"},
		{func(s *Spec) { s.Stack = "GPU" }, "stack", "GPU", "a-z, 0-9 and -"},
		{func(s *Spec) { s.Stack = "-a" }, "stack", "-a", "begin and end with a letter or digit"},
		{func(s *Spec) { s.Stack = "a-" }, "stack", "a-", "begin and end with a letter or digit"},
		{func(s *Spec) { s.Stack = "../a" }, "stack", "../a", "a-z, 0-9 and -"},
		{func(s *Spec) { s.Stack = long(33) }, "stack", long(33), "at most 32 characters, has 33"},
		{func(s *Spec) { s.Preset = "fast" }, "preset", "fast", "safe, classic, step or table"},
		{func(s *Spec) { s.ScaleOutAt, s.ScaleInAt = 0, -1 }, "scale-out-at", "0", "at least 1 job"},
		{func(s *Spec) { s.ScaleInAt = -1 }, "scale-in-at", "-1", "at least 0 jobs"},
		{func(s *Spec) { s.ScaleInAt = 10 }, "scale-in-at", "10", "less than --scale-out-at 10"},
		{func(s *Spec) { s.ScaleInAt = 11 }, "scale-in-at", "11", "less than --scale-out-at 10"},
		{func(s *Spec) { s.ScaleOutBy = 0 }, "scale-out-by", "0", "at least 1 instance"},
		{func(s *Spec) { s.ScaleInBy = -1 }, "scale-in-by", "-1", "at least 1 instance"},
		{func(s *Spec) { s.Cooldown = 0 }, "cooldown", "0s", "from 1s to 24h"},
		{func(s *Spec) { s.Cooldown = minutes(-5) }, "cooldown", "-5m", "from 1s to 24h"},
		{func(s *Spec) { s.Cooldown = Duration(1500 * time.Millisecond) }, "cooldown", "1.5s", "whole seconds"},
		{func(s *Spec) { s.Period = 0 }, "period", "0s", "multiple of 1m"},
		{func(s *Spec) { s.Period = Duration(30 * time.Second) }, "period", "30s", "multiple of 1m"},
		{func(s *Spec) { s.Period = Duration(90 * time.Second) }, "period", "1m30s", "multiple of 1m"},
		{func(s *Spec) { s.Periods = 0 }, "periods", "0", "at least 1"},
		{func(s *Spec) { s.Periods = -2 }, "periods", "-2", "at least 1"},
		{func(s *Spec) { s.Periods = 1441 }, "periods", "1441", "at most 24h, and --period is 1m"},
		{func(s *Spec) { s.Periods = 1 << 62 }, "periods", "4611686018427387904", "at most 24h"},
		{func(s *Spec) { s.Period, s.Periods = minutes(25*60), 1 }, "periods", "1", "at most 24h, and --period is 25h"},
		{func(s *Spec) { s.VisibilityTimeout = -1 }, "visibility-timeout", "-1ns", "from 0s to 12h"},
		{func(s *Spec) { s.VisibilityTimeout = minutes(721) }, "visibility-timeout", "12h1m", "from 0s to 12h"},
		{func(s *Spec) { s.VisibilityTimeout = Duration(time.Millisecond) }, "visibility-timeout", "1ms", "whole seconds"},
		{func(s *Spec) { s.LogRetention = 2 }, "log-retention", "2", "1, 3, 5, 7, 14, 30"},
		{func(s *Spec) { s.LogRetention = 0 }, "log-retention", "0", "1, 3, 5, 7, 14, 30"},
		{func(s *Spec) { s.Handler = "" }, "handler", "", "1 to 128 characters"},
		{func(s *Spec) { s.Handler = "a b" }, "handler", "a b", "without white space"},
		{func(s *Spec) { s.Handler = long(129) }, "handler", long(129), "1 to 128 characters"},
		{func(s *Spec) { s.Runtime = "" }, "runtime", "", "a Lambda runtime"},
		{func(s *Spec) { s.Memory = 127 }, "memory", "127", "128 to 10240"},
		{func(s *Spec) { s.Memory = 10_241 }, "memory", "10241", "128 to 10240"},
		{func(s *Spec) { s.FunctionTimeout = 0 }, "function-timeout", "0s", "from 1s to 15m"},
		{func(s *Spec) { s.FunctionTimeout = minutes(16) }, "function-timeout", "16m", "from 1s to 15m"},
		{func(s *Spec) { s.FunctionTimeout = Duration(1100 * time.Millisecond) }, "function-timeout", "1.1s", "whole seconds"},
		{env("A", "x"), "env", "A", "at least 2 characters"},
		{env("1A", "x"), "env", "1A", "begin with a letter"},
		{env("A-B", "x"), "env", "A-B", "letters, digits and _"},
		{env("", "x"), "env", "", "begin with a letter"},
		{env("QUEUE_URL", "x"), "env", "QUEUE_URL", "set by eventscale itself"},
		{env("AWS_REGION", "x"), "env", "AWS_REGION", "Lambda's own"},
		{env("LAMBDA_TASK_ROOT", "x"), "env", "LAMBDA_TASK_ROOT", "Lambda's own"},
		{env("TOKEN", "..."), "env", "TOKEN=...", "give the value itself"},
		{env("BIG", long(4096)), "env", "(4099 bytes)", "4 KB"},
		{tag("", "x"), "tag", "=x", "1 to 128 characters"},
		{tag(long(129), "x"), "tag", long(129) + "=x", "1 to 128 characters"},
		{tag("a", long(257)), "tag", "a=" + long(257), "at most 256 characters"},
		{tag("a", "b;c"), "tag", "a=b;c", "letters, digits, spaces"},
		{tag("a*", "b"), "tag", "a*=b", "letters, digits, spaces"},
		{tag("aws:a", "b"), "tag", "aws:a=b", "AWS's own"},
		{tag("AWS:a", "b"), "tag", "AWS:a=b", "AWS's own"},
		{tag("eventscale:stack", "b"), "tag", "eventscale:stack=b", "eventscale's own"},
		{func(s *Spec) {
			s.Tags = map[string]string{}
			for i := range 46 {
				s.Tags[fmt.Sprint("t", i)] = ""
			}
		}, "tag", "46", "at most 45 tags"},
	} {
		c.isNamed(t, testSpec())
	}
}

// badValue is a setting that no spec may have, and what the error says of it.
type badValue struct {
	spoil                 func(*Spec)
	field, value, allowed string
}

func (c badValue) isNamed(t *testing.T, s Spec) {
	t.Helper()
	c.spoil(&s)
	err := s.Check()
	e, ok := errors.AsType[*FieldError](err)
	if !ok {
		t.Errorf("--%s %s was taken: %v", c.field, c.value, err)
		return
	}
	if e.Field != c.field || e.Value != c.value || !strings.Contains(e.Allowed, c.allowed) {
		t.Errorf("%+v, want field %s, value %s, allowed: %s", e, c.field, c.value, c.allowed)
	}
	if !strings.HasPrefix(e.Error(), "--"+c.field) {
		t.Errorf("%q does not begin with the flag", e)
	}
}

func TestGoodValuesAreTaken(t *testing.T) {
	for what, change := range map[string]func(*Spec){
		"names at their limits":     func(s *Spec) { s.ASG, s.Stack = strings.Repeat("ü", 255), strings.Repeat("x", 32) },
		"the shortest":              func(s *Spec) { s.ASG, s.Stack = "g", "0" },
		"thresholds beside another": func(s *Spec) { s.ScaleOutAt, s.ScaleInAt = 1, 0 },
		"a day":                     func(s *Spec) { s.Periods = 1440 },
		"an hour at a time":         func(s *Spec) { s.Period, s.Periods = Duration(time.Hour), 24 },
		"no visibility timeout":     func(s *Spec) { s.VisibilityTimeout = 0 },
		"the longest timeouts": func(s *Spec) {
			s.VisibilityTimeout, s.FunctionTimeout = Duration(12*time.Hour), Duration(15*time.Minute)
		},
		"45 tags of any letters":     func(s *Spec) { s.Tags = manyTags(45) },
		"a runtime nobody knows yet": func(s *Spec) { s.Runtime = "python4.0" },
	} {
		s := testSpec()
		change(&s)
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func manyTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("größe %d", i)] = "a/b=c+d@e:f_g-h.i"
	}
	return tags
}

func TestAllBadValuesAreTold(t *testing.T) {
	s := testSpec()
	s.Preset, s.Memory, s.Cooldown = "x", 1, 0
	for _, flag := range []string{"--preset x:", "--memory 1:", "--cooldown 0s:"} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v does not tell of %s", err, flag)
		}
	}
}

func TestStackNameIsMadeOfTheGroups(t *testing.T) {
	for group, want := range map[string]string{
		"gpu-workers":            "gpu-workers",
		"GPU Workers (prod)":     "gpu-workers-prod",
		"__a__b__":               "a-b",
		"größe":                  "gr-e",
		"日本":                     "",
		"":                       "",
		strings.Repeat("a", 100): strings.Repeat("a", 32),
		strings.Repeat("a", 31) + "-b" + strings.Repeat("c", 9): strings.Repeat("a", 31),
	} {
		got := StackName(group)
		if got != want {
			t.Errorf("%q is %q, want %q", group, got, want)
		}
		if s := testSpec(); got != "" {
			s.Stack = got
			if err := s.Check(); err != nil {
				t.Errorf("%q: %v", group, err)
			}
		}
		if StackName(got) != got {
			t.Errorf("%q is not its own stack name", got)
		}
	}
}

func TestDurationIsWrittenShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", 90 * time.Second: "1m30s", 5 * time.Minute: "5m", time.Hour: "1h", 61 * time.Minute: "1h1m",
		time.Hour + time.Second: "1h0m1s", 10 * time.Hour: "10h", 1500 * time.Millisecond: "1.5s", 30 * time.Minute: "30m",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		var back Duration
		if err := back.UnmarshalJSON([]byte(`"` + want + `"`)); err != nil || time.Duration(back) != d {
			t.Errorf("%s is read as %s, %v", want, back, err)
		}
	}
	var d Duration
	for _, bad := range []string{"5", `"5"`, `"soon"`} {
		if err := d.UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s was read as %s", bad, d)
		}
	}
}

// Two groups must not come to share a stack by their names.
func TestDefaultStackNamesTellGroupsApart(t *testing.T) {
	groups := []string{
		"gpu-workers", "gpu_workers", "GPU Workers", "gpu.workers", "sandbox", "...", "漢字",
		"prod-us-east-1-machine-learning-gpu-workers-a", "prod-us-east-1-machine-learning-gpu-workers-b",
	}
	seen := map[string]string{}
	for _, g := range groups {
		name := DefaultStackName(g)
		if other, taken := seen[name]; taken {
			t.Errorf("%q and %q are both called %s", g, other, name)
		}
		seen[name] = g
		s := testSpec()
		s.ASG, s.Stack = g, name
		if err := s.Check(); err != nil {
			t.Errorf("%q: %v", g, err)
		}
	}
	if got := DefaultStackName("gpu-workers"); got != "gpu-workers" {
		t.Errorf("a name that is one stays: %s", got)
	}
}
