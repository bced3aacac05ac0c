package tune

import (
	"fmt"
	"math/rand/v2"
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
		{"azure_code_4h", 4, 4.54, 1}, {"azure_code_4h", 4, 4.54, .7}, {"mooncake_4h", 4, 14.7, 1}, {"mooncake_4h", 4, 14.7, .7}, {"synth_nightly", 1, 35.4, 1}, {"synth_nightly", 1, 35.4, .7},
		{"azure_code_2023", 4, 4.54, .7}, {"mooncake_conv", 4, 14.7, .7},
	} {
		f, err := os.Open("/work/shared/loop/traces/" + tt.file + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		trace, err := loop.CSV{Name: tt.file}.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		var jobs []loop.Job
		buf := make([]loop.Job, trace.Len())
		src := trace.Source()
		for {
			n, err := src.Read(buf)
			jobs = append(jobs, buf[:n]...)
			if err != nil || n == 0 {
				break
			}
		}
		slo, _ := ParseSLO("p95 wait <= 5m")
		c := loop.DefaultConfig()
		c.Group = loop.GroupConfig{Max: 200, Slots: tt.slots, Launch: 30 * loop.Second, Boot: loop.Boots{180 * loop.Second}, Warmup: 150 * loop.Second, ScaleIn: loop.Protect, DrainTimeout: loop.Hour, Victim: loop.Oldest}
		c.Metric.Delay = 30 * loop.Second
		c.Queue.Heartbeat = true
		if tt.file == "azure_code_4h" || tt.file == "mooncake_4h" {
			c.Horizon = 14400 * loop.Second
		}
		p := &Problem{Config: c, Trace: trace, Jobs: jobs, SLO: slo, Margin: tt.margin, Spec: stack.Defaults()}
		p.tuned = slo.scaled(tt.margin)
		p.more = func(n int) bool { return n < 4000 }
		var sum loop.Millis
		for _, j := range jobs {
			sum += j.Service
		}
		mean := float64(sum) / float64(len(jobs))
		lo, hi := 1, 200
		for lo < hi {
			m := (lo + hi) / 2
			cc := c
			cc.Group.Min, cc.Group.Max, cc.Group.Initial = m, m, m
			r, err := loop.Run(&cc, trace, loop.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if p.tuned.Holds(&r.Totals) {
				hi = m
			} else {
				lo = m + 1
			}
		}
		sc := scale{spec: p.Spec, most: 200, jobs: 300000 * float64(tt.slots) / mean, fleet: lo}
		fmt.Printf("== %s margin %v: fixed %d, jobs/inst %.1f\n", tt.file, tt.margin, lo, sc.jobs)
		fams := sc.families(Families())
		for i := range fams {
			begin := time.Now()
			s := &search{problem: p, seen: map[string]*trial{}, families: []hunt{{family: &fams[i], random: rand.New(rand.NewPCG(1, uint64(i)))}}}
			if err := s.run(); err != nil {
				t.Fatal(err)
			}
			b := s.families[0].pool[0]
			fmt.Printf("  %-7s tried %4d %5.1fs feasible %v h %.3f ratio %.3f p95 %.0f actions %d at %v %s\n", fams[i].name, len(s.seen), time.Since(begin).Seconds(), b.trial.feasible, b.trial.totals.InstanceHours, b.trial.totals.InstanceHours/tt.best,
				float64(b.trial.totals.Wait.P95)/1000, b.trial.totals.ScaleOutActions+b.trial.totals.ScaleInActions, b.at, b.trial.key())
		}
	}
}
