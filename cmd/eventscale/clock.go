package main

import (
	"net/http"
	"sync"
	"time"
)

// serverClock is AWS's clock, as its answers show it. Ages are told by it: that of the user's machine may be
// wrong, and that of a sandbox may be far ahead of both.
type serverClock struct {
	mu    sync.Mutex
	ahead time.Duration // of the machine's
}

// nearEnough is a difference of clocks that is none: the header tells whole seconds, and answers take time.
const nearEnough = 5 * time.Second

// note reads the clock off an answer.
func (c *serverClock) note(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return // no answer of AWS
	}
	ahead := time.Until(date)
	if ahead.Abs() < nearEnough {
		ahead = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
}

// now is the time by the newest answer.
func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}
