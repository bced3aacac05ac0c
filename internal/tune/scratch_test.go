package tune

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

func TestScratch(t *testing.T) {
	for _, tt := range []struct {
		file   string
		slots  int
		best   float64
		margin float64
	}{
		{"synth_nightly", 1, 35.4, 0}, {"synth_nightly", 1, 35.4, 1}, {"azure_code_4h", 4, 4.54, 0}, {"mooncake_4h", 4, 14.7, 0}, {"azure_code_4h", 4, 4.54, .7}, {"azure_code_2023", 4, 4.54, 0}, {"mooncake_conv", 4, 14.7, 0},
	} {
		f, err := os.Open("/work/shared/loop/traces/" + tt.file + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		trace, err := loop.CSV{Name: tt.file}.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		jobs := make([]loop.Job, trace.Len())
		src := trace.Source()
		for n := 0; n < len(jobs); {
			k, err := src.Read(jobs[n:])
			n += k
			if err != nil {
				break
			}
		}
		slo, _ := ParseSLO("p95 wait <= 5m")
		c := loop.DefaultConfig()
		c.Group = loop.GroupConfig{Max: 200, Slots: tt.slots, Launch: 30 * loop.Second, Boot: loop.Boots{180 * loop.Second}, Warmup: 150 * loop.Second, ScaleIn: loop.Protect, DrainTimeout: loop.Hour, Victim: loop.Oldest}
		c.Metric.Delay = 30 * loop.Second
		if tt.file == "azure_code_4h" || tt.file == "mooncake_4h" {
			c.Horizon = 14400 * loop.Second
		}
		begin := time.Now()
		r, err := Run(context.Background(), Problem{Workload: Workload{tt.file, trace, jobs}, Config: c, OpenMax: true, SLO: slo, Margin: tt.margin, Spec: stack.Defaults(), Families: Families(), Top: 6})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("== %s margin %v (%v): %s fixed %d %.2f bound %.3f tried %d in %.1fs\n", tt.file, tt.margin, r.Margin, r.TunedFor, r.Fixed.Min, r.Fixed.Hours, r.BoundHours, r.Tried, time.Since(begin).Seconds())
		for _, b := range append(r.Best, r.Presets...) {
			fmt.Printf("   %-14s %.3f h  of best %.3f  of bound %.3f  min %d p95 %.0f killed %d actions %d holds %v %s\n", b.Name, b.Hours, b.Hours/tt.best, b.Ratio, b.Min, b.Figures[0].Seconds.Seconds(), b.Totals.JobsKilled, b.Actions(), b.Holds, b.Settings)
		}
		for _, n := range r.Notes {
			fmt.Println("   -", n.Text, "|", n.Hint)
		}
	}
}
