package stack

import (
	"strings"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// took wants the time since start, of a synctest bubble's clock, to be within bounds.
func took(t *testing.T, start time.Time, least, most time.Duration) {
	t.Helper()
	if d := time.Since(start); d < least || d > most {
		t.Errorf("took %s, want %s to %s", d, least, most)
	}
}

// told wants the user to have been told, in the last run, what a resource waited for.
func (p *project) told(logicalID string, patience provision.Patience) {
	p.Helper()
	for _, e := range p.eventsOf(logicalID) {
		if strings.Contains(e.Reason, patience.Reason) {
			return
		}
	}
	p.Errorf("nobody was told that %s waits for %s", logicalID, patience.Reason)
}

// atOnce wants a call to fail with the code, without any wait and at the first try.
func (c *cloud) atOnce(operation, code string, call func() error) {
	c.Helper()
	c.asked()
	start := time.Now()
	if err := call(); !hasCode(err, code) {
		c.Errorf("%s: %v, want %s", operation, err, code)
	}
	took(c.T, start, 0, 0)
	if n := timesCalled(c.asked(), operation); n != 1 {
		c.Errorf("%s was called %d times", operation, n)
	}
}
