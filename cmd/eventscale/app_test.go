package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
)

func TestNobodyReadsAClosedPipeOrTerminal(t *testing.T) {
	failed := func(path string, errno syscall.Errno) error {
		return fmt.Errorf("printing: %w", &fs.PathError{Op: "write", Path: path, Err: errno})
	}
	for _, tt := range []struct {
		name string
		err  error
		want bool
	}{
		{"no error", nil, false},
		{"a pipe", failed(os.Stdout.Name(), syscall.EPIPE), true},
		{"a terminal", failed(os.Stdout.Name(), syscall.EIO), true},
		{"the terminal of errors", failed(os.Stderr.Name(), syscall.EIO), true},
		{"a disk that is broken", &state.SaveError{Err: failed("workers.json", syscall.EIO)}, false},
		{"standard output on a full disk", failed(os.Stdout.Name(), syscall.ENOSPC), false},
	} {
		if got := unread(tt.err); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// TestTimeoutIsNamed: of a call that --timeout kept from being made the SDK says what nobody has typed.
func TestTimeoutIsNamed(t *testing.T) {
	limit := &timeoutError{after: time.Second, locked: &atomic.Bool{}}
	over, cancel := context.WithTimeoutCause(t.Context(), 0, limit)
	defer cancel()
	<-over.Done()
	hung := fmt.Errorf("reading the group: %w", context.DeadlineExceeded)
	told := &provision.RunError{Failures: []error{hung}, Stopped: limit}
	wait := fmt.Errorf("reading the role: %w", &provision.StoppedError{Waiting: "waiting for IAM: Throttling", Cause: context.DeadlineExceeded})
	other := errors.New("AccessDenied")
	for _, tt := range []struct {
		name      string
		ctx       context.Context
		err, want error
	}{
		{"a call that was not made", over, hung, limit},
		{"a run that says so itself", over, told, told},
		{"another failure", over, other, other},
		{"an attempt that hung", t.Context(), hung, hung},
		{"no failure", over, nil, nil},
	} {
		if got := timedOut(tt.ctx, tt.err); !errors.Is(got, tt.want) {
			t.Errorf("%s: the error is %v", tt.name, got)
		}
	}
	if got := timedOut(over, wait).Error(); got != "stopped by --timeout 1s while waiting for IAM: Throttling" {
		t.Errorf("a wait that was stopped: %q", got)
	}
}
