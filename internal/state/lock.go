package state

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Holder says who has the lock of a stack.
type Holder struct {
	User    string    `json:"user"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Since   time.Time `json:"since"`
	Command string    `json:"command"`
}

func (h Holder) String() string {
	if h.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("`%s` of %s@%s, process %d, since %s", h.Command, h.User, h.Host, h.PID, h.Since.Format(time.RFC3339))
}

// LockedError says that somebody else works on the stack.
type LockedError struct {
	Stack  string
	Holder Holder
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("stack %q is locked by %s", e.Stack, e.Holder)
}

// Hint says what to do.
func (e *LockedError) Hint() string {
	return "wait until it is done, or give --lock-timeout; the lock of a process that died is free: `eventscale unlock` looks into it"
}

// Lock is held on a stack from Acquire to Release.
type Lock struct {
	file *flock.Flock
}

// lockPoll is how often a waiting process looks: often enough to feel immediate to a user.
const lockPoll = 100 * time.Millisecond

// Acquire locks the stack for this process, waiting for another one at most so long. The kernel
// drops the lock of a process that dies, so a lock is never stale. The error is a *LockedError
// where another process has it, an *UnwritableError where the folder takes no file.
//
// The lock is a file beside the state file, never that file itself, which is replaced at each save.
func (s *Store) Acquire(ctx context.Context, stack string, wait time.Duration) (*Lock, error) {
	if err := s.CheckWritable(); err != nil {
		return nil, err
	}
	path := s.lockPath(stack)
	deadline := time.Now().Add(wait)
	for {
		lock, err := tryLock(path)
		if err != nil {
			return nil, &UnwritableError{Dir: s.dir, Err: err}
		}
		if lock != nil {
			lock.sign()
			s.sweep(stack)
			return lock, nil
		}
		if !time.Now().Before(deadline) {
			return nil, &LockedError{Stack: stack, Holder: holder(path)}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(lockPoll):
		}
	}
}

// sweep removes the temporary files that a killed process has left: with the lock, nobody else writes here.
func (s *Store) sweep(stack string) {
	left, _ := filepath.Glob(filepath.Join(s.dir, "."+stack+".*.tmp"))
	for _, path := range left {
		_ = os.Remove(path)
	}
}

// tryLock returns nil where somebody else has the lock. A lock on a file that its last holder has
// removed in the meantime is no lock: the next process makes another file of that name.
func tryLock(path string) (*Lock, error) {
	f := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	locked, err := f.TryLock()
	if err != nil || !locked {
		return nil, err
	}
	held, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if there, err := os.Stat(path); err == nil && os.SameFile(held, there) {
		return &Lock{file: f}, nil
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return tryLock(path)
}

// sign writes who holds the lock into it: a courtesy to others, so a failure is no error.
func (l *Lock) sign() {
	h := Holder{PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second), Command: command()}
	h.Host, _ = os.Hostname()
	if u, err := user.Current(); err == nil {
		h.User = u.Username
	}
	if data, err := json.Marshal(h); err == nil {
		_ = os.WriteFile(l.file.Path(), append(data, '\n'), 0o600)
	}
}

// command is what the user typed, without values: flags can hold secrets.
func command() string {
	words := []string{filepath.Base(os.Args[0])}
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		words = append(words, os.Args[1])
	}
	return strings.Join(words, " ")
}

func holder(path string) Holder {
	var h Holder
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, &h)
	}
	return h
}

// Release frees the lock and removes its file, the file first: see tryLock. Where the system does
// not remove open files (Windows) it stays, which does no harm. A file that is not the one which is locked
// is another's lock, and left.
func (l *Lock) Release() error {
	if l.held() {
		_ = os.Remove(l.file.Path())
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("releasing the lock: %w", err)
	}
	return nil
}
