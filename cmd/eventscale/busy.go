package main

import (
	"fmt"
	"sync"
	"time"
)

// patience is how long a command may take without a word.
const patience = time.Second

// busy tells somebody at a terminal what takes so long, once it does. The function that it returns takes
// the line away again.
func (a *app) busy(what string) (done func()) {
	err := a.err()
	if !err.Interactive() || a.json() {
		return func() {}
	}
	var mu sync.Mutex
	shown, over := false, false
	timer := time.AfterFunc(patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if !over {
			shown = true
			fmt.Fprintf(err, "%s ...", what)
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if shown {
			fmt.Fprint(err, "\r\x1b[K")
		}
	}
}
