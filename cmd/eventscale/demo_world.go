package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// demoWorld is the demo's sandbox, in memory. Its clock moves only when it is told to, so that a look at it shows
// one moment, and the same demo goes the same way on any machine.
type demoWorld struct {
	cloud *sandbox.Sandbox

	mu      sync.Mutex
	time    time.Time
	latency time.Duration // of a request, in real time
}

// newDemoWorld makes a world whose time begins with a whole minute, as its metrics do.
func newDemoWorld(scaleIn loop.ScaleIn) (*demoWorld, error) {
	w := &demoWorld{time: time.Now().Truncate(time.Minute)}
	workers := sandbox.DefaultWorkers()
	workers.JobTime, workers.ScaleIn = demoJobTime, scaleIn
	cloud, err := sandbox.Open(sandbox.Options{Workers: &workers, Now: w.now})
	w.cloud = cloud
	return w, err
}

// now is the world's time.
func (w *demoWorld) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

// pass lets time pass.
func (w *demoWorld) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

// slow lets requests take a time.
func (w *demoWorld) slow(latency time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latency = latency
}

// RoundTrip answers a request after its latency.
func (w *demoWorld) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	latency := w.latency
	w.mu.Unlock()
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return w.cloud.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
