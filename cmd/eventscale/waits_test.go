package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// A command that waits while it reads AWS says on what: each thing once, and not all at a time.
func TestWaitsOfACommandAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		a := &app{stderr: &said, env: func(string) string { return "" }}
		for _, reason := range []string{"waiting for IAM", "waiting for SQS", "waiting for IAM", "waiting for SQS"} {
			a.waiting(reason, time.Now().Add(time.Minute))
			time.Sleep(2 * time.Second)
		}
		if want := "waiting for IAM (at most 1m00s more)\nwaiting for SQS (at most 1m00s more)\n"; said.String() != want {
			t.Errorf("it said %q", said.String())
		}
	})
}

// What reads the events of a command reads JSON, whatever is told.
func TestNotesAreJSONWhereAllIs(t *testing.T) {
	var said bytes.Buffer
	a := &app{stderr: &said, env: func(string) string { return "" }, global: globals{output: formatJSON}}
	a.note("waiting for joe")
	var line struct{ Type, Message string }
	if err := json.Unmarshal(said.Bytes(), &line); err != nil || line.Type != "note" || line.Message != "waiting for joe" {
		t.Errorf("%q: %v", said.String(), err)
	}
}

// How a run that --timeout stopped goes on is said once.
func TestATimeoutAdvisesOnce(t *testing.T) {
	var said bytes.Buffer
	a := &app{stderr: &said, env: func(string) string { return "" }}
	locked := &atomic.Bool{}
	locked.Store(true)
	a.show(&provision.RunError{Skipped: []string{"JobQueue"}, Recorded: 1, Total: 2, Stopped: &timeoutError{after: time.Second, locked: locked}})
	if n := strings.Count(said.String(), "to continue"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, said.String())
	}
}
