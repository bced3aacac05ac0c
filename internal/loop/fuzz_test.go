package loop_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/hostile"
	"github.com/eventscale/eventscale/internal/loop"
)

const exampleConfig = `{"group": {"min": 0, "max": 8, "boot_s": [90, 120], "scale_in": "drain"}, "queue": {"max_receives": 5},
 "metric": {"delay_s": 30, "gaps_s": [[60, 120]]}, "slo_wait_s": 300, "arrivals": {"bin_s": 60, "service_s": 40, "pick": "hash", "seed": 7},
 "policies": [
  {"type": "simple", "name": "out", "alarm": {"metric": "visible", "threshold": 10}, "adjustment_type": "ChangeInCapacity", "adjustment": 2},
  {"type": "step", "alarm": {"threshold": 1}, "adjustment_type": "ExactCapacity", "steps": [{"lower": 0, "adjustment": 1}]},
  {"type": "target", "target": 4.5}, {"type": "keda", "queue_length": 5}, {"type": "schedule", "plan": [[0, 1], [60, 2]]}]}`

func FuzzParseConfig(f *testing.F) {
	for _, text := range []string{exampleConfig, "{}", "", "[]", `{"group": {"min": 1e400}}`, `{"group":{"min":-0}}`, `{"a":{"a":1,"a":2}}`, "{}\n{}"} {
		f.Add([]byte(text))
	}
	for _, path := range cases(f) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		var c struct {
			Config json.RawMessage `json:"config"`
		}
		if json.Unmarshal(data, &c) == nil && len(data) < 100_000 {
			f.Add([]byte(c.Config))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := loop.ParseModel(data); err != nil {
			namesThePlace(t, err, data)
		}
		c, err := loop.ParseConfig(data)
		if err != nil {
			namesThePlace(t, err, data)
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("what was read is not valid: %v", err)
		}
		again, err := loop.ParseConfig(data)
		if err != nil || encoded(t, again) != encoded(t, c) {
			t.Errorf("a second reading differs: %v", err)
		}
	})
}

func cases(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/loop/cases/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return paths
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// namesThePlace checks that an error says where in the data it is.
func namesThePlace(t *testing.T, err error, data []byte) {
	t.Helper()
	bad, ok := errors.AsType[*loop.FieldError](err)
	switch {
	case !ok:
		t.Errorf("%T: %v", err, err)
	case bad.Line == 0 && bad.Path == "":
		t.Errorf("no place: %v", err)
	case bad.Line > strings.Count(string(data), "\n")+1 || bad.Column > len(data)+1:
		t.Errorf("line %d, column %d of %d bytes", bad.Line, bad.Column, len(data))
	}
}

func TestAMegabyteOfConfigurationIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"deep lists":     hostile.Nest("[", "", "]"),
		"deep objects":   hostile.Nest(`{"a":`, "1", "}"),
		"deep and cut":   hostile.Repeat("["),
		"deep in place":  `{"group":{"boot_s":` + hostile.Nest("[", "1", "]") + "}}",
		"numbers":        `{"group":{"boot_s":[` + hostile.Repeat("0,") + "0]}}",
		"gaps":           `{"metric":{"gaps_s":[` + hostile.Repeat("[0,1],") + "[0,1]]}}",
		"gaps backwards": `{"metric":{"gaps_s":[` + hostile.Repeat("[9,1],") + "[0,1]]}}",
		"policies":       `{"policies":[` + hostile.Repeat(`{"type":"keda"},`) + `{"type":"keda"}]}`,
		"objects":        `{"policies":[` + hostile.Repeat(`{},`) + `{}]}`,
		"fields":         "{" + numbered(`"%":0,`) + `"a":0}`,
		"lists":          hostile.Repeat("[],"),
		"a list of them": "[" + hostile.Repeat("[],") + "1]",
		"one string":     `{"policies":[{"type":"` + hostile.Repeat("x") + `"}]}`,
		"one name":       `{"` + hostile.Repeat("x") + `":1}`,
		"one number":     `{"slo_wait_s":` + hostile.Repeat("9") + "}",
		"line ends":      hostile.Repeat("\n"),
		"escapes":        `{"` + hostile.Repeat(`\u0000`) + `":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, func() {
				if _, err := loop.ParseConfig([]byte(text)); err != nil {
					namesThePlace(t, err, []byte(text))
					if len(err.Error()) > 1000 {
						t.Errorf("an error of %d bytes", len(err.Error()))
					}
				}
			})
		})
	}
}

// numbered is a megabyte of a unit with a number of its own in each.
func numbered(unit string) string {
	var b strings.Builder
	for i := 0; b.Len() < hostile.Megabyte; i++ {
		b.WriteString(strings.Replace(unit, "%", string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676%26))+string(rune('a'+i/17576%26)), 1))
	}
	return b.String()
}

func FuzzCSV(f *testing.F) {
	for _, text := range []string{"time_s,service_s\n0.5,40\n2,1.5\n", "t,count\n0,2\n60,1\n", "time_s\n2\n0.5\n", "time_s\n-1\n", "time_s\n\"1\"\n", "t,count\n0,1000000000\n", "t    ,count\n0,10"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		trace, err := loop.CSV{Name: "jobs.csv", Arrivals: loop.Arrivals{Service: 1}}.Read(strings.NewReader(text))
		switch {
		case err != nil && !strings.HasPrefix(err.Error(), "jobs.csv: "):
			t.Error(err)
		case err == nil && (trace.Len() < 1 || trace.Last() < 0):
			t.Errorf("%d jobs, the last at %d", trace.Len(), trace.Last())
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(text, "\uFEFF"), ",")
		if counts := strings.Trim(strings.TrimSpace(first), " \t\"") == "t"; counts || trace == nil {
			return
		}
		_, strict := loop.CSV{Strict: true, Arrivals: loop.Arrivals{Service: 1}}.Read(strings.NewReader(text))
		_, short := loop.CSV{Most: int(trace.Len()) - 1, Arrivals: loop.Arrivals{Service: 1}}.Read(strings.NewReader(text))
		if trace.Len() > 1 && short == nil {
			t.Errorf("%d messages were taken, with one less allowed (%v)", trace.Len(), strict)
		}
	})
}
