// Package hostile makes inputs that are meant to hurt whoever reads them, and measures what the reading
// costs. It is for tests, and knows nothing of what is read.
package hostile

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"
)

// Megabyte is the size of every input here, give or take a unit.
const Megabyte = 1 << 20

// What reading a megabyte may take, in bytes.
const (
	mostMemory = 100 << 20
	mostStack  = 32 << 20 // the runtime ends the program beyond it
)

// Within fails the test where a function takes too much memory: where all that it allocated is too much, and
// at some moment too much of that was there at once. The time is logged and not judged: it depends on the
// machine.
func Within(t testing.TB, read func()) {
	t.Helper()
	defer debug.SetMaxStack(debug.SetMaxStack(mostStack))
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := watch()
	begun := time.Now()
	read()
	took := time.Since(begun)
	atOnce := peak() - min(peak(), before.HeapAlloc)
	runtime.ReadMemStats(&after)
	used := after.TotalAlloc - before.TotalAlloc
	t.Logf("%.1f MB, %s", float64(min(used, atOnce))/Megabyte, took.Round(time.Millisecond))
	if used > mostMemory && atOnce > mostMemory {
		t.Errorf("%d MB were in use at once, with %d allowed", atOnce/Megabyte, mostMemory/Megabyte)
	}
}

// watch samples the heap until it is asked for the most that it saw.
func watch() (most func() uint64) {
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		var most uint64
		for {
			metrics.Read(heap)
			most = max(most, heap[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-stop:
				result <- most
				return
			}
		}
	}()
	return sync.OnceValue(func() uint64 { close(stop); return <-result })
}

// Repeat returns a megabyte of one unit.
func Repeat(unit string) string { return strings.Repeat(unit, Megabyte/len(unit)) }

// Nest returns a megabyte of brackets in brackets: the openings, what is within all, the closings.
func Nest(opening, within, closing string) string {
	n := (Megabyte - len(within)) / (len(opening) + len(closing))
	return strings.Repeat(opening, n) + within + strings.Repeat(closing, n)
}

// Gzip returns a megabyte that unpacks to a head and very many units.
func Gzip(head, unit string) []byte {
	first, more := packed(head+Repeat(unit)), packed(Repeat(unit))
	return append(first, bytes.Repeat(more, (Megabyte-len(first))/len(more))...)
}

func packed(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(text)) // to memory: it cannot fail
	_ = z.Close()
	return b.Bytes()
}
