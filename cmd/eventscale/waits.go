package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/ui"
)

// waits is what the user has been told that a command waits for, where no resource is under work: while AWS is
// read, searched or asked who we are.
type waits struct {
	mu   sync.Mutex
	told map[string]bool
	last time.Time
}

// betweenWaits: when a service is out of order all calls to it wait, and one line says enough at a time.
const betweenWaits = 3 * time.Second

// waiting tells what a command waits for, each thing once.
func (a *app) waiting(reason string, until time.Time) {
	if a.waits.repeats(reason, time.Now()) {
		return
	}
	if a.err().Interactive() && a.screen.shown() == nil {
		fmt.Fprint(a.stderr, "\r\x1b[K") // what busy has written there
	}
	a.note(ui.Waiting(reason, until))
}

func (w *waits) repeats(reason string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.told[reason] || now.Sub(w.last) < betweenWaits {
		return true
	}
	if w.told == nil {
		w.told = map[string]bool{}
	}
	w.told[reason], w.last = true, now
	return false
}
