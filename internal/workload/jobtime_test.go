package workload

import (
	"slices"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

func TestJobTimesAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]string{
		"40s": "40s", "120s": "2m", "1h": "1h", "1.5s": "1.5s", "90m": "1h30m",
		"lognormal:30s,2m": "lognormal:30s,2m", "lognormal:1m,1m": "lognormal:1m,1m",
	} {
		j, err := ParseJobTime(text)
		if err != nil || j.String() != want {
			t.Errorf("%s: %s, %v", text, j, err)
		}
	}
	for _, text := range []string{"", "0s", "-5s", "40", "s", "13h", "1us", "lognormal:", "lognormal:30s", "lognormal:2m,30s", "lognormal:0s,30s", "lognormal:30s,0s", "lognormal:1s,2s,3s", "lognormal:1h,13h", "30s,2m", "normal:1s,2s"} {
		if j, err := ParseJobTime(text); err == nil {
			t.Errorf("%q was read as %s", text, j)
		}
	}
}

func TestLognormalHasItsPercentiles(t *testing.T) {
	j, err := ParseJobTime("lognormal:30s,2m")
	if err != nil {
		t.Fatal(err)
	}
	const n = 200_000
	drawn := make([]loop.Millis, n)
	for i := range drawn {
		drawn[i] = j.Of(uint64(i), 7)
	}
	if drawn[5] != j.Of(5, 7) || drawn[5] == j.Of(5, 8) {
		t.Error("the draw does not follow index and seed")
	}
	slices.Sort(drawn)
	for share, want := range map[float64]float64{0.5: 30, 0.95: 120} {
		if got := drawn[int(share*n)].Seconds(); got < want*0.98 || got > want*1.02 {
			t.Errorf("percentile %v is %v s, want %v", share, got, want)
		}
	}
}
