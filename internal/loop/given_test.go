package loop_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/loop"
)

// readTrace reads a trace strictly.
func readTrace(t *testing.T, file string) *loop.Trace {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	trace, err := loop.CSV{Name: file, Strict: true}.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

// classic is the reference design: boot 180 s, launch 30 s, metric delay 30 s.
func classic() *loop.Config {
	c := simple(20, 2, -1)
	c.Group.Slots, c.Group.Launch, c.Group.Warmup = 1, 30*loop.Second, 150*loop.Second
	c.Metric.Delay = 30 * loop.Second
	return c
}

func TestThePlainModelComesToTheSameOnANight(t *testing.T) {
	trace := readTrace(t, "../../testdata/loop/traces/synth_nightly.csv")
	for _, scaleIn := range []loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain} {
		config := classic()
		config.Group.ScaleIn = scaleIn
		got, err := loop.Run(config, trace, loop.Options{Series: true})
		if err != nil {
			t.Fatal(err)
		}
		want := simulate(config, all(t, trace.Source()))
		if diff := cmp.Diff(&loop.Result{Totals: want.totals, Series: want.series, Actions: want.actions}, got); diff != "" {
			t.Errorf("%s: -plain +got:\n%s", scaleIn, diff)
		}
		if got.Totals.Messages != 2864 || (got.Totals.JobsKilled > 0) != (scaleIn == loop.Kill) {
			t.Errorf("%s: %+v", scaleIn, got.Totals)
		}
	}
}

// The folder EVENTSCALE_TRACES holds traces that are not ours to copy.
func TestTracesOfOthersAreServed(t *testing.T) {
	dir := os.Getenv("EVENTSCALE_TRACES")
	if dir == "" {
		t.Skip("EVENTSCALE_TRACES names no folder of traces")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no traces in %s (%v)", dir, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			trace := readTrace(t, file)
			got, err := loop.Run(classic(), trace, loop.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Totals.Completed != trace.Len() || got.Totals.Wait.P99 > got.Totals.Wait.Max {
				t.Errorf("%+v", got.Totals)
			}
			t.Logf("%+v", got.Totals)
		})
	}
}

// A run of a hundred times the messages, of which the same number is in the system at once, needs hardly more
// memory.
func TestMemoryDoesNotGrowWithTheTrace(t *testing.T) {
	config := loop.DefaultConfig()
	config.Group.Min, config.Group.Initial, config.Group.Max = 5, 5, 5
	allocated := func(count string) uint64 {
		trace := model(t, `{"trace": {"counts": [[0, `+count+`]], "service_values_s": [0.3, 0.01, 0.5], "bin_s": `+count+`}}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := loop.Run(&config, trace, loop.Options{}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	small, large := allocated("20000"), allocated("2000000")
	t.Logf("%d bytes for 20,000 messages, %d for 2,000,000", small, large)
	if large > small+(8<<20) {
		t.Errorf("%d bytes for 20,000 messages, %d for 2,000,000", small, large)
	}
}

// Nothing is allocated for a message: what the tables and lists grow to does not depend on their number.
func TestNoAllocationAMessage(t *testing.T) {
	trace := dense(t, 50_000)
	config := simple(100, 20, -1)
	allocations := testing.AllocsPerRun(3, func() {
		if _, err := loop.Run(config, trace, loop.Options{}); err != nil {
			t.Error(err)
		}
	})
	if allocations > 2000 {
		t.Errorf("%v allocations for 50,000 messages", allocations)
	}
}
