package tune

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

func TestScratchBound(t *testing.T) {
	for _, tt := range []struct {
		file  string
		slots int
		best  float64
	}{
		{"azure_code_4h", 4, 4.54}, {"mooncake_4h", 4, 14.7}, {"synth_nightly", 1, 35.4},
		{"azure_code_2023", 4, 4.54}, {"mooncake_conv", 4, 14.7},
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
		for _, o := range []string{"p95 wait <= 5m", "max wait <= 5m"} {
			slo, _ := ParseSLO(o)
			c := loop.DefaultConfig()
			c.Group = loop.GroupConfig{Max: 200, Slots: tt.slots, Launch: 30 * loop.Second, Boot: loop.Boots{180 * loop.Second}, Warmup: 150 * loop.Second, ScaleIn: loop.Protect}
			p := &Problem{Config: c, Trace: trace, Jobs: jobs, SLO: slo, Margin: 1, Spec: stack.Defaults()}
			r := p.relax(slo[0])
			begin := time.Now()
			fl := newFluid(r)
			price, level := fl.worth()
			lp := time.Since(begin)
			for _, w := range weights {
				sc := make([]float64, len(price))
				for i := range sc {
					sc[i] = price[i]
					if level[i] <= 1 {
						sc[i] *= w
					}
				}
				pr := newPrices(fl.from, fl.width, r.boot, sc)
				fmt.Printf("   w %.2f bound %.3f\n", w, pr.bound(r)/3600)
			}
			mid := time.Now()
			b := float64(p.LowerBound(slo)) / 1000
			fmt.Printf("%s %s bins %d width %.0f bound %.4f h of best %.3f; lp %.2fs all %.2fs\n", tt.file, o, fl.bins, fl.width, b/3600, b/3600/tt.best, lp.Seconds(), time.Since(mid).Seconds())
		}
	}
}
