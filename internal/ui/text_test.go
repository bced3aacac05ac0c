package ui

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/simulation"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
)

// plainWidth is the width on the screen of a line that may hold colours.
func plainWidth(line string) int { return ansi.StringWidth(line) }

func TestCleanShowsWhatSteersATerminal(t *testing.T) {
	for in, want := range map[string]string{
		"eventscale-jobs":     "eventscale-jobs",
		"größe ✓":             "größe ✓",
		"\x1b[2J\x1b]0;x\x07": `\x1b[2J\x1b]0;x\x07`,
		"a\r\nb\tc":           "a  b c",
		"\u009b31m":           `\x9b31m`,
		"abc\u202edef":        `abc\u202edef`,
		"\U000e0041":          `\U000e0041`,
		"\xff\x9b":            "\uFFFD",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, not %q", in, got, want)
		}
	}
}

func TestWhatIsCleanStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := clean(rapid.String().Draw(t, "text"))
		if strings.ContainsFunc(once, steers) || clean(once) != once {
			t.Fatalf("%q", once)
		}
	})
}

// evil is what a stranger could put into any name or message.
const evil = "evil\x1b]0;title\x07\x1b[2J\u009b2J\u202e\r\nnext"

// poison fills every string that can be reached.
func poison(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.CanSet() && v.Type() == reflect.TypeFor[string]() {
			v.SetString(evil)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poison(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i))
		}
	case reflect.Map:
		if v.Type().Key() == reflect.TypeFor[string]() && v.Type().Elem() == reflect.TypeFor[string]() && v.CanSet() {
			m := reflect.MakeMap(v.Type())
			m.SetMapIndex(reflect.ValueOf(evil), reflect.ValueOf(evil))
			v.Set(m)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem())
		}
	}
}

func poisoned[T any](v T) T {
	poison(reflect.ValueOf(&v).Elem())
	return v
}

func poisonedReport() *simulation.Report {
	return &simulation.Report{Outcomes: []simulation.Outcome{{Name: evil, Series: []loop.Row{{Alarms: map[string]loop.State{evil: loop.StateAlarm}}}}}}
}

func TestNothingFromOutsideSteersTheTerminal(t *testing.T) {
	status, plan := poisoned(unhealthyStatus()), poisoned(mixedPlan())
	outputs := &stack.Outputs{Values: []stack.Output{{Key: "key", Value: evil}}}
	removal := poisoned(Removal{Items: make([]Item, 1), Left: make([]Item, 1), Foreign: make([]Item, 1), Losses: make([]string, 1)})
	found := poisoned(*recovery())
	snapshot := poisoned(*recorded())
	snapshot.Spec = json.RawMessage(`{"asg":"evil\u001b[2J","tag":{"evil\u001b[2J":"\u202e"}}`)
	lock := poisoned(state.LockFile{Holder: state.Holder{PID: 1}})
	rows := poisoned(make([]StackRow, 2))
	event := poisoned(provision.Event{Status: provision.CreateInProgress})
	run := func(p Progress) {
		p.Begin(evil, poisoned(make([]Item, 2)))
		p.Event(event)
		p.Note(evil)
		p.End()
	}
	for name, render := range map[string]func(*Output) error{
		"Plan":         func(o *Output) error { return Plan(o, plan) },
		"PlanJSON":     func(o *Output) error { return PlanJSON(o, evil, plan) },
		"Status":       func(o *Output) error { return Status(o, status) },
		"StatusJSON":   func(o *Output) error { return StatusJSON(o, status) },
		"Outputs":      func(o *Output) error { return Outputs(o, outputs) },
		"OutputsJSON":  func(o *Output) error { return OutputsJSON(o, outputs) },
		"OutputsShell": func(o *Output) error { return OutputsShell(o, outputs) },
		"OutputValue":  func(o *Output) error { return OutputValue(o, evil) },
		"List":         func(o *Output) error { return List(o, rows) },
		"ListJSON":     func(o *Output) error { return ListJSON(o, rows) },
		"RemovalText":  func(o *Output) error { return RemovalText(o, removal) },
		"RecoveryText": func(o *Output) error { return RecoveryText(o, &found) },
		"RecoveryJSON": func(o *Output) error { found.Settings = nil; return RecoveryJSON(o, &found) },
		"State":        func(o *Output) error { return State(o, evil, &snapshot) },
		"StateJSON":    func(o *Output) error { return StateJSON(o, &snapshot) },
		"UnlockedJSON": func(o *Output) error { return UnlockedJSON(o, evil, lock) },
		"FileChange":   func(o *Output) error { return FileChange(o, evil, evil+"\nx\n", evil+"\ny\n") },
		"Sent":         func(o *Output) error { d := poisoned(Delivery{Count: 1}); return Sent(o, &d) },
		"SentJSON":     func(o *Output) error { d := poisoned(Delivery{Count: 1}); return SentJSON(o, &d) },
		"Act":          func(o *Output) error { return Act(o, evil) },
		"CSV":          func(o *Output) error { return SimulationCSV(o, poisonedReport()) },
		"Error":        func(o *Output) error { return Error(o, evil, evil) },
		"Warning":      func(o *Output) error { return Warning(o, evil) },
		"Hint":         func(o *Output) error { return Hint(o, evil) },
		"Next":         func(o *Output) error { return Next(o, evil) },
		"ErrorJSON":    func(o *Output) error { return ErrorJSON(o, evil, evil) },
		"HintJSON":     func(o *Output) error { return HintJSON(o, evil) },
		"Done":         func(o *Output) error { return Done(o, evil, evil) },
		"Confirm":      func(o *Output) error { _, err := Confirm(strings.NewReader(""), o, evil); return err },
		"plain":        func(o *Output) error { run(NewPlainProgress(o)); return nil },
		"JSON":         func(o *Output) error { run(NewJSONProgress(o)); return nil },
		"view": func(o *Output) error {
			v := newView(o, evil, poisoned(make([]Item, 2)), noon)
			v.event(event, noon)
			v.notes = []string{evil}
			lines := append(v.frame(o.Width(), 40, noon), v.final(o.Width(), noon)...)
			_, err := o.Write([]byte(strings.Join(lines, "\n")))
			return err
		},
	} {
		for _, width := range []int{40, 120} {
			var b bytes.Buffer
			if err := render(NewFixedOutput(&b, Fixed{Width: width, Interactive: true})); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			text := strings.ReplaceAll(b.String(), "\n", "")
			if !strings.Contains(text, "evil") {
				t.Errorf("%s says nothing: %q", name, text)
			}
			if i := strings.IndexFunc(text, steers); i >= 0 {
				t.Errorf("%s at %d: %q", name, width, text[max(0, i-20):i+20])
			}
		}
	}
}

func TestWrapKeepsCommandsInOnePiece(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 0, []string{"one two three"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"run `eventscale up` again", 12, []string{"run", "`eventscale up`", "again"}},
		{"one ` two three", 8, []string{"one `", "two", "three"}},
		{"arn:aws:iam::123456789012:role/x is", 10, []string{"arn:aws:iam::123456789012:role/x", "is"}},
	} {
		if diff := cmp.Diff(c.want, wrap(c.text, c.width)); diff != "" {
			t.Errorf("wrap(%q, %d): %s", c.text, c.width, diff)
		}
	}
}

func TestChopIsNeverTooWideAndLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, w := rapid.String().Draw(t, "text"), rapid.IntRange(4, 40).Draw(t, "width")
		lines := chop(text, w)
		for _, line := range lines {
			if cells(line) > w {
				t.Fatalf("%d cells: %q", cells(line), line)
			}
		}
		without := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := without(strings.Join(lines, "")), without(clean(text)); got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}

func TestFit(t *testing.T) {
	o := NewFixedOutput(nil, Fixed{Unicode: true})
	for _, c := range []struct {
		width    int
		fit, end string
	}{
		{40, "eventscale-gpu-workers-jobs-dlq", "eventscale-gpu-workers-jobs-dlq"},
		{12, "eventscale-…", "…jobs-dlq"},
		{4, "eve…", "…dlq"},
		{1, "…", "…"},
		{0, "", ""},
	} {
		if got := o.fit("eventscale-gpu-workers-jobs-dlq", c.width); got != c.fit {
			t.Errorf("fit %d: %q, not %q", c.width, got, c.fit)
		}
		if got := o.fitEnd("eventscale-gpu-workers-jobs-dlq", c.width); got != c.end {
			t.Errorf("fitEnd %d: %q, not %q", c.width, got, c.end)
		}
	}
}

func TestTimesAsText(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0:                           {"0.0s", "0s"},
		149 * time.Millisecond:      {"0.1s", "0s"},
		59940 * time.Millisecond:    {"59.9s", "1m00s"},
		59999 * time.Millisecond:    {"1m00s", "1m00s"},
		250 * time.Second:           {"4m10s", "4m10s"},
		2*time.Hour + 5*time.Minute: {"2h05m", "2h05m"},
		76 * time.Hour:              {"3d4h", "3d4h"},
		-time.Second:                {"0.0s", "0s"},
	} {
		if got := [2]string{seconds(d), span(d)}; got != want {
			t.Errorf("%s: %q, not %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Hour: "just now", 42 * time.Second: "42s ago", 119 * time.Second: "1m ago",
		23 * time.Hour: "23h ago", 50 * time.Hour: "2d ago",
	} {
		if got := ago(noon.Add(-d), noon); got != want {
			t.Errorf("%s: %q, not %q", d, got, want)
		}
	}
}

func TestDocumentsAreComparedValueByValue(t *testing.T) {
	for _, c := range []struct {
		have, want string
		ok         bool
		lines      []diffLine
	}{
		{`{"a":1}`, `{"a":1}`, true, nil},
		{`{"a":1,"b":[1,2]}`, `{"b":[0,1,2],"a":1}`, true, []diffLine{{'+', "b[0] = 0"}}},
		{`{"a":{"b":"<x>"}}`, `{"a":{"b":"y"}}`, true, []diffLine{{'-', `a.b = "<x>"`}, {'+', `a.b = "y"`}}},
		{"", `["x"]`, true, []diffLine{{'+', `[0] = "x"`}}},
		{`["x"]`, "", true, []diffLine{{'-', `[0] = "x"`}}},
		{`{"a":1}`, "text", false, nil},
		{"12", "13", false, nil},
	} {
		lines, ok := documentDiff(c.have, c.want)
		if ok != c.ok || cmp.Diff(c.lines, lines, cmp.AllowUnexported(diffLine{})) != "" {
			t.Errorf("%s -> %s: %v %v", c.have, c.want, lines, ok)
		}
	}
}
