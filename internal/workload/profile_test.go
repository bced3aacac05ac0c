package workload

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// between counts the jobs of a stretch of minutes.
func between(jobs []loop.Job, from, to loop.Millis) int {
	n := 0
	for _, j := range jobs {
		if j.Arrival >= from*loop.Minute && j.Arrival < to*loop.Minute {
			n++
		}
	}
	return n
}

func profile(t *testing.T, name string, rate float64) []loop.Job {
	t.Helper()
	l, err := Profile(name, rate, Options{JobTime: seconds(40)})
	if err != nil {
		t.Fatal(err)
	}
	if l.Name != name {
		t.Errorf("%s is named %q", name, l.Name)
	}
	return l.Jobs
}

func TestProfilesHaveTheShapesThatTheyTell(t *testing.T) {
	steady := profile(t, "steady", 6)
	if len(steady) != 1440 || between(steady, 0, 1) != 6 || between(steady, 239, 240) != 6 || steady[0].Service != 40_000 {
		t.Errorf("steady: %d jobs, %v", len(steady), steady[0])
	}
	burst := profile(t, "burst", 10)
	for _, at := range []loop.Millis{30, 90, 180} {
		if n := between(burst, at, at+5); n != 720 {
			t.Errorf("burst: %d jobs from minute %d on", n, at)
		}
	}
	if n := between(burst, 0, 240); n != 2400 || len(burst) != n {
		t.Errorf("burst: %d of %d jobs in 4 hours", n, len(burst))
	}
	day := profile(t, "diurnal", 10)
	if busy, quiet := between(day, 14*60, 15*60), between(day, 4*60, 5*60); len(day) != 14_400 || busy < quiet*19/2 || busy > quiet*21/2 {
		t.Errorf("diurnal: %d jobs, %d in the busiest hour and %d in the quietest", len(day), busy, quiet)
	}
	night := profile(t, "nightly-batch", 1)
	if n := between(night, 120, 125); len(night) != 1440 || n < 958 || n > 962 {
		t.Errorf("nightly-batch: %d of %d jobs at 02:00", n, len(night))
	}
}

func TestProfilesHaveAsManyJobsAsTheRateSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := rapid.SampledFrom(Shapes()).Draw(t, "shape")
		rate := rapid.Float64Range(0.01, 100).Draw(t, "rate")
		var minutes loop.Millis
		for _, p := range shape.parts {
			minutes += loop.Millis(p.minutes)
		}
		l, err := Profile(shape.Name, rate, Options{JobTime: seconds(1)})
		if err != nil {
			t.Fatal(err)
		}
		if want := int(math.Round(rate * float64(minutes))); len(l.Jobs) != want || l.Trace.Len() != int64(want) {
			t.Fatalf("%d jobs, want %d", len(l.Jobs), want)
		}
		if !slices.IsSortedFunc(l.Jobs, func(a, b loop.Job) int { return int(a.Arrival - b.Arrival) }) {
			t.Fatal("not in order")
		}
		if last := l.Jobs[len(l.Jobs)-1].Arrival; last >= minutes*loop.Minute {
			t.Fatalf("a job at %d, after the end", last)
		}
	})
}

func TestImpossibleProfilesAreRefused(t *testing.T) {
	o := Options{JobTime: seconds(1)}
	for _, rate := range []float64{0, -1, 1e-9, 1e9, math.Inf(1), math.NaN()} {
		if _, err := Profile("steady", rate, o); err == nil || !strings.Contains(err.Error(), "jobs a minute") {
			t.Errorf("%v: %v", rate, err)
		}
	}
	_, err := Profile("bursts", 1, o)
	if input, ok := errors.AsType[*InputError](err); !ok || !strings.Contains(input.Hint(), "steady, burst, diurnal, nightly-batch") {
		t.Error(err)
	}
}
