package loop_test

import (
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

// dense is a million messages in four hours, 70 a second, of 2 to 90 s each.
func dense(tb testing.TB, n int) *loop.Trace {
	tb.Helper()
	jobs := make([]loop.Job, n)
	x := uint64(1)
	for i := range jobs {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		jobs[i] = loop.Job{Arrival: loop.Millis(x % uint64(4*loop.Hour)), Service: 2000 + loop.Millis(x>>32%88000)}
	}
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		tb.Fatal(err)
	}
	return trace
}

// simple is the reference design's pair of policies, on a group of up to most instances.
func simple(most, out, in int) *loop.Config {
	c := loop.DefaultConfig()
	c.Group.Max, c.Group.Min, c.Group.Initial = most, 1, 1
	c.Group.Boot = loop.Boots{180 * loop.Second}
	c.Group.Slots = 4
	alarm := loop.DefaultAlarm()
	alarm.EvaluationPeriods, alarm.DatapointsToAlarm, alarm.Threshold = 2, 2, 10
	low := alarm
	low.Comparison, low.Threshold = loop.AtMost, 2
	c.Policies = []loop.Policy{
		&loop.Simple{Name: "out", Alarm: alarm, AdjustmentType: loop.ChangeInCapacity, Adjustment: out, Cooldown: 300 * loop.Second},
		&loop.Simple{Name: "in", Alarm: low, AdjustmentType: loop.ChangeInCapacity, Adjustment: in, Cooldown: 300 * loop.Second},
	}
	return &c
}

func benchmark(b *testing.B, config *loop.Config, trace *loop.Trace, options loop.Options) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := loop.Run(config, trace, options); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(trace.Len())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mmsg/s")
}

func BenchmarkSimpleDense(b *testing.B) {
	benchmark(b, simple(2000, 100, -10), dense(b, 1_000_000), loop.Options{})
}

func BenchmarkSimpleOverloaded(b *testing.B) {
	benchmark(b, simple(20, 2, -1), dense(b, 1_000_000), loop.Options{})
}

func BenchmarkSimpleCounts(b *testing.B) {
	model, err := loop.ParseModel([]byte(`{"trace": {"counts": [[0, 250000], [3600, 500000], [7200, 250000]], "bin_s": 3600, "service_values_s": [1, 2, 5], "pick": "hash"}}`))
	if err != nil {
		b.Fatal(err)
	}
	benchmark(b, simple(200, 20, -1), model.Trace, loop.Options{})
}

func BenchmarkSimplePerMessage(b *testing.B) {
	benchmark(b, simple(2000, 100, -10), dense(b, 1_000_000), loop.Options{Series: true, PerMessage: true})
}

func BenchmarkTenThousand(b *testing.B) {
	benchmark(b, simple(20, 2, -1), dense(b, 10_000), loop.Options{})
}
