package loop_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

func sortInts(v []int64) { slices.Sort(v) }

func TestPercentilesAreExact(t *testing.T) {
	for _, tt := range []struct {
		name string
		n    int
		of   func(x uint64) int64
	}{
		{"one", 1, func(uint64) int64 { return 5 }},
		{"none but zero", 70_000, func(uint64) int64 { return 0 }},
		{"few", 100, func(x uint64) int64 { return int64(x % 1000) }},
		{"a full buffer", 1 << 15, func(x uint64) int64 { return int64(x % 1e7) }},
		{"one more", 1<<15 + 1, func(x uint64) int64 { return int64(x % 1e7) }},
		{"pages that are counted", 1_000_000, func(x uint64) int64 { return int64(x % 200_000) }},
		{"far apart", 50_000, func(x uint64) int64 { return int64(x % 1e12) }},
	} {
		o, x, want := &loop.Order{}, uint64(88172645463325252), []int64(nil)
		for range tt.n {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			want = append(want, tt.of(x))
			o.Add(loop.Millis(tt.of(x)))
		}
		if got, want := o.Distribution(), spread(want); got != want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, want)
		}
	}
}

func TestMeansDoNotOverflow(t *testing.T) {
	o := &loop.Order{}
	for range 100 {
		o.Add(1 << 62)
	}
	if got := o.Distribution(); got.Mean != 1<<62 || got.P50 != 1<<62 {
		t.Errorf("%+v", got)
	}
}

func TestTheCalendarIsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &loop.Calendar{}
		ends := map[int32]loop.Millis{}
		now, id := loop.Millis(0), int32(0)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			for range rapid.IntRange(0, 3).Draw(t, "add") {
				ends[id] = now + 1 + loop.Millis(rapid.Int64Range(0, 1).Draw(t, "far")*rapid.Int64Range(0, 1<<40).Draw(t, "long")) + loop.Millis(rapid.Int64Range(0, 9000).Draw(t, "short"))
				c.Add(id, ends[id])
				id++
			}
			if len(ends) > 0 && rapid.IntRange(0, 5).Draw(t, "remove") == 0 {
				i := rapid.SampledFrom(keys(ends)).Draw(t, "which")
				c.Remove(i)
				delete(ends, i)
			}
			limit := now + loop.Millis(rapid.Int64Range(0, 20_000).Draw(t, "limit"))
			now = step(t, c, ends, limit)
		}
	})
}

// step asks for the first end up to limit, removes what ends then, and returns how far time went.
func step(t *rapid.T, c *loop.Calendar, ends map[int32]loop.Millis, limit loop.Millis) loop.Millis {
	first := loop.Millis(1 << 62)
	for _, end := range ends {
		first = min(first, end)
	}
	got, ok := c.First(limit)
	if ok != (first <= limit) || ok && got != first {
		t.Fatalf("first up to %d: %d, %v, want %d", limit, got, ok, first)
	}
	if !ok {
		return limit
	}
	for _, i := range c.Take(got) {
		if ends[i] != got {
			t.Fatalf("job %d ends at %d, not %d", i, ends[i], got)
		}
		delete(ends, i)
	}
	for i, end := range ends {
		if end == got {
			t.Fatalf("job %d ends at %d and was not taken", i, got)
		}
	}
	return got
}

func keys(m map[int32]loop.Millis) (list []int32) {
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
