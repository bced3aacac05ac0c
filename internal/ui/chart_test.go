package ui

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// burst is a report on 60 jobs that come within four minutes, and on two policies: one that kills at
// scale-in, and one whose workers are protected. The metric has a gap, so that all states occur.
func burst(t *testing.T) *simulation.Report {
	t.Helper()
	var jobs []loop.Job
	for i := range 60 {
		jobs = append(jobs, loop.Job{Arrival: 6*loop.Minute + loop.Millis(i)*4*loop.Second, Service: 8 * loop.Minute})
	}
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		t.Fatal(err)
	}
	r := &simulation.Report{
		SchemaVersion: simulation.SchemaVersion,
		Workload: simulation.Workload{
			Name: "burst.csv", Messages: 60, SpanSeconds: 236, BusySeconds: 28800, ServiceP50: 480, ServiceP95: 480, PeakPerMinute: 15,
		},
		Group: simulation.Group{
			Max: 16, Slots: 1, LaunchSeconds: 100, BootSeconds: 160, WarmupSeconds: 60, ScaleIn: "kill",
		},
		NotModelled: []string{"The jitter of an alarm's evaluation."},
	}
	for name, scaleIn := range []loop.ScaleIn{loop.Kill, loop.Protect} {
		r.Outcomes = append(r.Outcomes, outcomeOf(t, []string{"classic", "safe"}[name], scaleIn, trace))
	}
	price := 1.5
	r.Outcomes[1].Cost = &price
	r.Outcomes[0].Findings = []simulation.Finding{{Text: "scale-in killed running jobs: it does not see messages in flight", Hint: "use `--preset safe`"}}
	return r
}

func outcomeOf(t *testing.T, name string, scaleIn loop.ScaleIn, trace *loop.Trace) simulation.Outcome {
	t.Helper()
	out, in := loop.DefaultAlarm(), loop.DefaultAlarm()
	out.Threshold = 1
	in.Threshold, in.Comparison, in.EvaluationPeriods, in.DatapointsToAlarm = 0, loop.AtMost, 2, 2
	c := loop.DefaultConfig()
	c.Group.Max, c.Group.ScaleIn = 16, scaleIn
	c.Group.Launch, c.Group.Boot, c.Group.Warmup = 100*loop.Second, loop.Boots{160 * loop.Second}, loop.Minute
	c.Metric.Gaps = []loop.Gap{{From: 66 * loop.Minute, To: 72 * loop.Minute}}
	c.Horizon, c.DrainLimit = 80*loop.Minute, loop.Hour
	c.Policies = []loop.Policy{
		&loop.Simple{Name: "scale-out", Alarm: out, AdjustmentType: loop.ChangeInCapacity, Adjustment: 5, Cooldown: loop.Minute},
		&loop.Simple{Name: "scale-in", Alarm: in, AdjustmentType: loop.ChangeInCapacity, Adjustment: -6, Cooldown: loop.Minute},
	}
	result, err := loop.Run(&c, trace, loop.Options{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	return simulation.Outcome{
		Name: name, Settings: "--preset " + name, Command: "eventscale up --asg NAME --preset " + name, Totals: result.Totals, Series: result.Series, Actions: result.Actions,
	}
}

func TestChart(t *testing.T) {
	r := burst(t)
	for i := range r.Outcomes {
		goldens(t, "chart-"+r.Outcomes[i].Name, false, func(o *Output) error { return Chart(o, &r.Outcomes[i]) })
	}
	for name, fixed := range map[string]Fixed{
		"120": {Width: 120, Unicode: true}, "120.color": {Width: 120, Unicode: true, Color: true},
	} {
		var b bytes.Buffer
		if err := Chart(NewFixedOutput(&b, fixed), &r.Outcomes[1]); err != nil {
			t.Fatal(err)
		}
		golden(t, "chart-safe."+name+".golden", b.String())
		noWiderThan(t, 120, b.String())
	}
}

func TestAPipedChartIsEightyColumnsOfASCII(t *testing.T) {
	var b bytes.Buffer
	if err := Chart(NewFixedOutput(&b, Fixed{}), &burst(t).Outcomes[0]); err != nil {
		t.Fatal(err)
	}
	noWiderThan(t, 80, b.String())
	if i := strings.IndexFunc(b.String(), func(r rune) bool { return r > '~' }); i >= 0 {
		t.Errorf("not ASCII: %q", b.String()[i:i+4])
	}
	if !strings.Contains(b.String(), "INSUFFICIENT_DATA") {
		t.Errorf("the states are not explained:\n%s", b.String())
	}
}

// oddSeries are series that a chart could break on.
func oddSeries() map[string][]loop.Row {
	alarms := map[string]loop.State{"the-alarm-with-the-longest-name-of-all": loop.StateUnknown}
	huge := make([]loop.Row, 5000)
	for i := range huge {
		huge[i] = loop.Row{Minute: i + 1, Visible: 1_000_000 - i, Inflight: i, InService: 1_000_000, Desired: i, Alarms: alarms}
	}
	zeros := make([]loop.Row, 90)
	for i := range zeros {
		zeros[i] = loop.Row{Minute: i + 1, Alarms: alarms}
	}
	return map[string][]loop.Row{
		"none": nil, "one minute": {{Minute: 1, Visible: 3, Inflight: 1, Desired: 2, InService: 1, Alarms: alarms}},
		"one minute, no alarms": {{Minute: 1}}, "zeros": zeros, "huge": huge,
	}
}

func TestAChartFitsWhatEverItShows(t *testing.T) {
	for name, rows := range oddSeries() {
		for _, unicode := range []bool{false, true} {
			for _, width := range []int{1, 12, 20, 40, 80, 200} {
				t.Run(fmt.Sprintf("%s/%d", name, width), func(t *testing.T) {
					var b bytes.Buffer
					o := NewFixedOutput(&b, Fixed{Width: width, Unicode: unicode})
					if err := Chart(o, &simulation.Outcome{Name: "x", Series: rows}); err != nil {
						t.Fatal(err)
					}
					for height := range 30 {
						view := ChartView(width, height, o, rows)
						if n := strings.Count(view, "\n"); n > height || height >= 9 && n != height {
							t.Errorf("%d lines, not %d:\n%s", n, height, view)
						}
						if width >= 20 {
							noWiderThan(t, width, view)
						}
					}
					if len(rows) > 0 && width >= 40 {
						noWiderThan(t, width, b.String())
					}
				})
			}
		}
	}
}

func TestNoPeakIsLostInALongRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]loop.Row, rapid.IntRange(1, 3000).Draw(t, "minutes"))
		for i := range rows {
			rows[i] = loop.Row{Minute: i + 1, Visible: 1, Alarms: map[string]loop.State{"out": loop.StateOK}}
		}
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "peak")
		rows[(at+1)%len(rows)].Visible = 750 // more of them wait, and yet there are fewer
		rows[at].Visible, rows[at].Inflight, rows[at].Desired, rows[at].InService = 700, 77, 9, 8
		rows[at].Alarms = map[string]loop.State{"out": loop.StateAlarm}
		peak := bin{}
		alarms := 0
		all := bins(rows, []string{"out"}, 0, rapid.IntRange(1, 300).Draw(t, "columns"))
		for _, b := range all {
			if b.jobs() > peak.jobs() {
				peak = b
			}
			if b.states[0] == loop.StateAlarm {
				alarms++
			}
		}
		if peak.waiting != 700 || peak.running != 77 || peak.desired != 9 || peak.inService != 8 || alarms == 0 {
			t.Fatalf("%+v, %d columns in ALARM", peak, alarms)
		}
		if alarms > len(all)/len(rows)+1 {
			t.Fatalf("one minute in ALARM became %d of %d columns", alarms, len(all))
		}
	})
}

func TestAGrowingSeriesKeepsItsColumns(t *testing.T) {
	rows := burst(t).Outcomes[0].Series
	o := NewFixedOutput(nil, Fixed{Unicode: true})
	before := strings.Split(ChartView(120, 17, o, rows[:40]), "\n")
	after := strings.Split(ChartView(120, 17, o, rows[:41]), "\n")
	for y, line := range before {
		if !strings.Contains(line, "│") && !strings.Contains(line, "┤") {
			continue
		}
		if !strings.HasPrefix(after[y], strings.TrimRight(line, " ")) {
			t.Errorf("%q became %q", line, after[y])
		}
	}
}

func TestBarsAreAsHighAsTheirValues(t *testing.T) {
	s := &newSymbols(true).chart
	solid, shade := dot{s.solid, waiting}, dot{s.medium, running}
	for _, c := range []struct {
		layers []layer
		top    int
		want   string // from the floor
	}{
		{nil, 10, "    "},
		{[]layer{{10, solid}}, 10, "████"},
		{[]layer{{5, solid}}, 10, "██  "},
		{[]layer{{1, solid}}, 1000, "▁   "},
		{[]layer{{1, shade}}, 1000, "▒   "},
		{[]layer{{9, solid}}, 32, "█▁  "},
		{[]layer{{9, shade}}, 32, "▒   "},
		{[]layer{{12, shade}}, 32, "▒▒  "},
		{[]layer{{8, shade}, {8, solid}}, 32, "▒█  "},
		{[]layer{{8, shade}, {0, dot{s.light, leaving}}, {24, solid}}, 32, "▒███"},
		{[]layer{{32, shade}, {0, solid}}, 32, "▒▒▒▒"},
	} {
		g := newGrid(1, 4)
		g.bar(0, c.top, c.layers, s)
		got := ""
		for y := range g {
			got += g[len(g)-1-y][0].sign
		}
		if got != c.want {
			t.Errorf("%v of %d: %q, not %q", c.layers, c.top, got, c.want)
		}
	}
}

func TestTimesOfAnAxis(t *testing.T) {
	s := &newSymbols(true).chart
	for _, c := range []struct {
		from, minutes, width int
		line, labels         string
	}{
		{0, 30, 30, "├──────────┬─────────┬─────────", "0m        10m       20m"},
		{0, 240, 40, "├──────────┬─────────┬─────────┬─────────", "0:00      1:00      2:00      3:00"},
		{7, 20, 20, "└───┬─────────┬──────", "   10m       20m"},
		{0, 1, 3, "├───", "0m"},
	} {
		line, labels := s.timeAxis(c.from, c.minutes, c.width)
		if line != c.line || labels != c.labels {
			t.Errorf("%+v:\n%q\n%q", c, line, labels)
		}
	}
}

func TestNumbersStayShort(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 9999: "9999", 10_000: "10k", 12_345: "12.3k", 99_949: "99.9k", 123_456: "123k", 999_949: "1000k",
		999_950: "1M", 1_234_567: "1.2M", 45_000_000_000: "45000M",
	} {
		if got := short(n); got != want {
			t.Errorf("%d: %q, not %q", n, got, want)
		}
	}
}

func TestNoNameSteersTheChart(t *testing.T) {
	outcome := poisoned(burst(t).Outcomes[0])
	for i := range outcome.Series {
		outcome.Series[i].Alarms = map[string]loop.State{evil: loop.StateAlarm}
	}
	var b bytes.Buffer
	if err := Chart(NewFixedOutput(&b, Fixed{Width: 200}), &outcome); err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(b.String(), "\n", ""); strings.ContainsFunc(text, steers) || !strings.Contains(text, "evil") {
		t.Errorf("%q", text)
	}
}

func TestColorOnlyRepeatsWhatTheSignsSay(t *testing.T) {
	r := burst(t)
	var plain, colored bytes.Buffer
	for b, color := range map[*bytes.Buffer]bool{&plain: false, &colored: true} {
		if err := Chart(NewFixedOutput(b, Fixed{Width: 80, Unicode: true, Color: color}), &r.Outcomes[1]); err != nil {
			t.Fatal(err)
		}
	}
	if ansi.Strip(colored.String()) != plain.String() {
		t.Errorf("%s\n%s", plain.String(), colored.String())
	}
}

func TestRoundScales(t *testing.T) {
	for _, c := range []struct{ n, most, top, step int }{
		{0, 4, 1, 1}, {1, 4, 1, 1}, {4, 4, 4, 1}, {5, 4, 6, 2}, {20, 2, 20, 10}, {632, 4, 800, 200}, {1_000_000, 4, 1_000_000, 500_000},
	} {
		if top, step := round(c.n, c.most); top != c.top || step != c.step {
			t.Errorf("%+v: %d, %d", c, top, step)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n, most := rapid.IntRange(0, math.MaxInt32).Draw(t, "n"), rapid.IntRange(1, 6).Draw(t, "most")
		if top, step := round(n, most); top < n || top-step >= max(n, 1) || top%step != 0 || top/step > most {
			t.Fatalf("%d: %d by %d", n, top, step)
		}
	})
}
