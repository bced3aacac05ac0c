package ui

import (
	"bytes"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/simulation"
)

// twoPolicies is a report on two policies, one of which does everything wrong.
func twoPolicies() *simulation.Report {
	row := loop.Row{Minute: 1, Visible: 3, Inflight: 2, Desired: 2, Active: 2, InService: 1, Ready: 1, Done: 7, Alarms: map[string]loop.State{"scale-out": loop.StateOK, "scale-in": loop.StateAlarm}}
	return &simulation.Report{
		SchemaVersion: simulation.SchemaVersion,
		Workload:      simulation.Workload{Name: "trace-of-monday.csv", Messages: 357, SpanSeconds: 14_400, BusySeconds: 14_280, ServiceP50: 38.5, ServiceP95: 130, PeakPerMinute: 42},
		Group:         simulation.Group{Min: 0, Max: 20, Initial: 1, Slots: 2, LaunchSeconds: 30, BootSeconds: 240, WarmupSeconds: 210, ScaleIn: "kill"},
		Outcomes: []simulation.Outcome{
			{
				Name: "safe", Settings: "--preset safe --scale-out-at 20",
				Totals:   loop.Totals{Messages: 357, Completed: 357, Wait: loop.Distribution{P50: 12_000, P95: 250_000, P99: 302_499, Max: 400_000}, InstanceHours: 9.8765, ScaleOutActions: 7, ScaleInActions: 12, DrainMillis: 90_000},
				Series:   []loop.Row{row},
				Findings: []simulation.Finding{},
			},
			{
				Name: "classic", Settings: "--preset classic",
				Totals: loop.Totals{Messages: 357, Completed: 350, Unfinished: 7, JobsKilled: 31, Redelivered: 30, Wait: loop.Distribution{P50: 75_000, P95: 1_250_000, P99: 7_500_000, Max: 86_400_000}, InstanceHours: 134.5, ScaleOutActions: 112, ScaleInActions: 110, DrainMillis: 86_400_000},
				Findings: []simulation.Finding{
					{Text: "scale-in killed 31 of 357 running jobs: it does not see messages in flight", Hint: "use --preset safe"},
					{Text: "7.0 of 18.4 instance-hours went by without a single job in the system, above the minimum of 0: scale-in never fired"},
				},
			},
		},
		NotModelled: []string{"Warm pools.", "Latency and batches of ReceiveMessage.", "Jitter in when CloudWatch evaluates an alarm."},
	}
}

func TestSimulation(t *testing.T) {
	goldens(t, "simulation", false, func(o *Output) error { return Simulation(o, twoPolicies()) })
	priced := twoPolicies()
	priced.Price(1.25)
	goldens(t, "simulation-priced", false, func(o *Output) error { return Simulation(o, priced) })
}

// A name and a finding come from files and settings of strangers.
func TestASimulationSteersNoTerminal(t *testing.T) {
	r := twoPolicies()
	r.Workload.Name, r.Outcomes[0].Name = "a\x1b[2Jb", "c\x1b]0;d"
	for _, width := range []int{0, 40, 80} {
		var b bytes.Buffer
		if err := Simulation(NewFixedOutput(&b, Fixed{Width: width}), r); err != nil || strings.ContainsAny(b.String(), "\x1b\x07") {
			t.Errorf("%v: %q", err, b.String())
		}
	}
}

func TestSimulationDocuments(t *testing.T) {
	for name, write := range map[string]func(*bytes.Buffer, *simulation.Report) error{
		"simulation.json": func(b *bytes.Buffer, r *simulation.Report) error { return SimulationJSON(b, r) },
		"simulation.csv":  func(b *bytes.Buffer, r *simulation.Report) error { return SimulationCSV(b, r) },
	} {
		var b bytes.Buffer
		if err := write(&b, twoPolicies()); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
}
