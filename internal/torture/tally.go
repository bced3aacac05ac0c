//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// tally is what came of one series.
type tally struct {
	series   string
	points   int // at which something went wrong on purpose; fuzz targets
	runs     int // of the program
	inputs   int // of fuzz targets
	failures int
	orphans  int // objects that were left when all should have been gone
	took     time.Duration
}

// point is one thing that goes wrong, and what must be true afterwards.
type point struct {
	name string
	do   func(context.Context, *trial) error
	kept bool // the account must outlast a change of its faults
}

// torturer runs points, several at a time, and counts.
type torturer struct {
	program *program
	workers int
	stride  int       // every so many-th point is proven, counted through all series; 1: each
	seed    uint64    // of the first walk; 0: by the clock
	log     io.Writer // failures, and how far it is

	offered int // points of all series so far
	mu      sync.Mutex
	tallies []tally
}

// short reports whether a sample is enough.
func (t *torturer) short() bool { return t.stride > 1 }

// plus adds what came of the same.
func (s *tally) plus(other tally) {
	s.points, s.runs, s.inputs = s.points+other.points, s.runs+other.runs, s.inputs+other.inputs
	s.failures, s.orphans = s.failures+other.failures, s.orphans+other.orphans
	s.took += other.took
}

// series proves points, each on an account of its own.
func (t *torturer) series(ctx context.Context, name string, points []point) {
	points = t.sampled(points)
	t.timed(name, len(points), func(i int) tally { return t.prove(ctx, name, points[i]) })
}

// timed does n things, several at a time, and adds what came of them to a series.
func (t *torturer) timed(name string, n int, do func(int) tally) {
	sum := tally{series: name}
	start := time.Now()
	var mu sync.Mutex
	t.spread(n, func(i int) {
		one := do(i)
		mu.Lock()
		defer mu.Unlock()
		sum.plus(one)
	})
	sum.took = time.Since(start)
	t.add(sum)
}

// sampled is every so many-th of the points.
func (t *torturer) sampled(points []point) []point {
	var some []point
	for _, p := range points {
		if t.offered%t.stride == 0 {
			some = append(some, p)
		}
		t.offered++
	}
	return some
}

// spread does n things, as many at a time as there are workers.
func (t *torturer) spread(n int, do func(int)) {
	next := make(chan int)
	var workers sync.WaitGroup
	for range t.workers {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
}

// prove does one point. One whose harm never came, because the run made fewer calls this time, is no point.
func (t *torturer) prove(ctx context.Context, series string, p point) tally {
	trial, err := t.program.begin(ctx, p.kept)
	if err != nil {
		return t.failed(series, p.name, err, "")
	}
	defer trial.end()
	err = p.do(ctx, trial)
	if err != nil {
		one := t.failed(series, p.name, err, trial.log.String())
		one.runs, one.orphans = trial.runs, trial.left
		return one
	}
	one := tally{runs: trial.runs}
	if trial.reached {
		one.points = 1
	}
	return one
}

// failed says what went wrong that should not have.
func (t *torturer) failed(series, point string, err error, log string) tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.log, "\nFAILED %s, %s:\n%v\n%s\n", series, point, err, log)
	return tally{points: 1, failures: 1}
}

// add keeps a tally, or adds it to that of the same series, and says how far it is.
func (t *torturer) add(one tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.log, "%s: %d points, %d failures, %s\n", one.series, one.points, one.failures, one.took.Round(time.Second))
	for i := range t.tallies {
		if t.tallies[i].series == one.series {
			t.tallies[i].plus(one)
			return
		}
	}
	t.tallies = append(t.tallies, one)
}
