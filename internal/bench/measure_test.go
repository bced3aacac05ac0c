package main

import (
	"testing"
	"time"
)

// calls makes spans of pairs of milliseconds.
func calls(pairs ...[2]int) []span {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	var all []span
	for _, p := range pairs {
		all = append(all, span{at(p[0]), at(p[1])})
	}
	return all
}

func TestHopsAreTheLongestChain(t *testing.T) {
	for _, tt := range []struct {
		name string
		of   []span
		want int
	}{
		{"nothing", nil, 0},
		{"side by side", calls([2]int{0, 100}, [2]int{5, 105}, [2]int{90, 190}), 1},
		{"one after another", calls([2]int{0, 100}, [2]int{101, 201}, [2]int{202, 302}), 3},
		{"a slow one beside a chain", calls([2]int{0, 300}, [2]int{1, 100}, [2]int{110, 210}), 2},
		{"in the order of their ends", calls([2]int{110, 210}, [2]int{0, 100}), 2},
	} {
		if got := hops(tt.of); got != tt.want {
			t.Errorf("%s: %d hops, want %d", tt.name, got, tt.want)
		}
	}
}
