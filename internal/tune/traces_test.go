package tune

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// traceEnv names a folder with traces that are not ours to keep here.
const traceEnv = "EVENTSCALE_TRACES"

// read returns a trace of the folder as a workload.
func read(t testing.TB, folder, name string) Workload {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, name+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	trace, err := loop.CSV{Name: name}.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	jobs := make([]loop.Job, trace.Len())
	for source, n := trace.Source(), 0; n < len(jobs); {
		k, err := source.Read(jobs[n:])
		if n += k; err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	return Workload{Name: name, Trace: trace, Jobs: jobs}
}

// workers is the group that the figures of the traces are for.
func workers(slots int) loop.Config {
	config := loop.DefaultConfig()
	config.Group = loop.GroupConfig{
		Max: 200, Slots: slots, Launch: 30 * loop.Second, Boot: loop.Boots{180 * loop.Second}, Warmup: 150 * loop.Second,
		ScaleIn: loop.Protect, DrainTimeout: loop.Hour, Victim: loop.Oldest,
	}
	config.Metric.Delay = 30 * loop.Second
	return config
}

// hours are the instance-hours of the best schedule that is known, made with hindsight.
func TestWinnersComeNearTheBestScheduleOnTheTraces(t *testing.T) {
	for _, tt := range []struct {
		trace   string
		given   bool
		slots   int
		horizon loop.Millis
		hours   float64
		ratio   float64
	}{
		{"synth_nightly", true, 1, 0, 35.4, 1.25},
		{"azure_code_4h", false, 4, 4 * loop.Hour, 4.54, 1.10},
		{"mooncake_4h", false, 4, 4 * loop.Hour, 14.7, 1.10},
	} {
		t.Run(tt.trace, func(t *testing.T) {
			folder := "../../testdata/loop/traces"
			if !tt.given {
				if folder = os.Getenv(traceEnv); folder == "" {
					t.Skip(traceEnv + " is not set")
				}
			}
			p := Problem{
				Workload: read(t, folder, tt.trace), Config: workers(tt.slots), Spec: stack.Defaults(), SLO: SLO{{P95, Wait, false, 300 * loop.Second}},
				Families: []string{Table}, Top: 3, Most: 500,
			}
			p.Config.Horizon = tt.horizon
			r, err := Run(context.Background(), p)
			if err != nil {
				t.Fatal(err)
			}
			w := r.Winner()
			if w == nil {
				t.Fatal("nothing holds")
			}
			t.Logf("%s %s: %.2f h, %.3f times the schedule, %.3f times the bound; %d candidates", w.Name, w.Settings, w.Hours, w.Hours/tt.hours, w.Ratio, r.Tried)
			if w.Hours > tt.ratio*tt.hours {
				t.Errorf("%.2f instance-hours, more than %.2f times %.2f", w.Hours, tt.ratio, tt.hours)
			}
			if w.Figures[0].Seconds > 300*loop.Second || w.Totals.JobsKilled > 0 || w.Totals.Unfinished > 0 || !w.Holds {
				t.Errorf("it does not hold the objective: %+v", w.Totals)
			}
			if r.BoundHours <= 0 || w.Ratio < 1 {
				t.Errorf("the bound is %.2f instance-hours", r.BoundHours)
			}
		})
	}
}
