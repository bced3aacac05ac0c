package tune

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// A day of 10,000 jobs, most of them in bursts, in which a search must try 2,000 candidates within its budget.
func BenchmarkTwoThousandCandidates(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	jobs := make([]loop.Job, 10_000)
	for i := range jobs {
		jobs[i] = loop.Job{Arrival: loop.Millis(random.Int64N(int64(24 * loop.Hour))), Service: loop.Second + loop.Millis(random.ExpFloat64()*20_000)}
		if i%4 > 0 { // of some hour, within its first five minutes
			jobs[i].Arrival = jobs[i].Arrival / (3 * loop.Hour) * (3 * loop.Hour)
			jobs[i].Arrival += loop.Millis(random.Int64N(int64(5 * loop.Minute)))
		}
	}
	p := usual(b)
	p.Workload, p.Config, p.Most = workloadOf(b, "a day", jobs), workers(1), 2000
	p.Workers = 0
	for b.Loop() {
		begin := time.Now()
		r, err := Run(context.Background(), p)
		if err != nil || r.Tried != 2000 {
			b.Fatalf("%d candidates: %v", r.Tried, err)
		}
		b.ReportMetric(2000/time.Since(begin).Seconds(), "candidates/s")
		b.Logf("%s for %.2f instance-hours, %.3f times the bound", r.Winner().Settings, r.Winner().Hours, r.Winner().Ratio)
	}
}
