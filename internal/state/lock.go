package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
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
	return "wait until it is done, or let --lock-timeout 5m wait for it; the lock of a process that died is free: `eventscale unlock` looks into it"
}

// Lock is held on a stack from Acquire to Release.
type Lock struct {
	file *flock.Flock
}

// lockPoll is how often a waiting process looks: often enough to feel immediate to a user.
const lockPoll = 100 * time.Millisecond

// signTime is how long a process that has just got the lock may take to say so. Who else wants it then is told
// by whom it is held, and not that it is by somebody.
const signTime = 300 * time.Millisecond

// Acquire locks the stack for this process, waiting for another one at most so long. The kernel
// drops the lock of a process that dies, so a lock is never stale. The error is a *LockedError
// where another process has it, an *UnwritableError where the folder takes no file, an *InsecureError where it is
// not the user's alone, and a *LocklessError where its file system has no locks.
//
// The lock is a file beside the state file, never that file itself, which is replaced at each save.
func (s *Store) Acquire(ctx context.Context, stack string, wait time.Duration) (*Lock, error) {
	path := s.lockPath(stack)
	if err := s.make(path); err != nil {
		return nil, err
	}
	deadline := time.Now().Add(wait)
	named := time.Now().Add(signTime)
	for {
		lock, err := tryLock(path)
		if err != nil {
			return nil, s.lockFault(err)
		}
		if lock != nil {
			return s.take(lock, stack)
		}
		if h := holder(path); !time.Now().Before(deadline) && (h.signed() || !time.Now().Before(named)) {
			return nil, &LockedError{Stack: stack, Holder: h}
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), &LockedError{Stack: stack, Holder: holder(path)})
		case <-time.After(lockPoll):
		}
	}
}

// signed reports whether it is who has the lock that has signed it: a process of this host that is dead had it before.
func (h Holder) signed() bool { return h.PID != 0 && (!h.Here() || h.Alive()) }

// make makes the folder, where it is not there yet, and refuses one that is not the user's alone.
func (s *Store) make(lock string) error {
	if err := makeFolder(filepath.Clean(s.dir)); err != nil {
		return &UnwritableError{Dir: s.dir, Err: err}
	}
	return s.checkFile(lock)
}

// makeFolder makes a folder and those above it that are not there yet, each durable in the one above: what is
// saved for good in a folder is lost with it.
func makeFolder(dir string) error {
	if isFolder(dir) {
		return nil
	}
	above := filepath.Dir(dir)
	if above != dir {
		if err := makeFolder(above); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !isFolder(dir) { // another run may have been faster
		return err
	}
	return syncDir(above)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// lockFault says why no lock could be tried. A file system without locks, such as NFS without its lock daemon,
// is refused: without a lock two runs would overwrite each other's state.
func (s *Store) lockFault(err error) error {
	if errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported) {
		return &LocklessError{Dir: s.dir, Err: err}
	}
	return &UnwritableError{Dir: s.dir, Err: err}
}

// LocklessError says that the state folder is on a file system without locks.
type LocklessError struct {
	Dir string
	Err error
}

func (e *LocklessError) Error() string {
	return fmt.Sprintf("the file system of the state folder %s has no locks: %v", e.Dir, e.Err)
}
func (e *LocklessError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *LocklessError) Hint() string {
	return "name a folder on a local disk with --state-dir (EVENTSCALE_STATE_DIR), or mount the network's with locks"
}

// take makes the lock this process's own, which then clears up after the last one.
func (s *Store) take(lock *Lock, stack string) (*Lock, error) {
	lock.sign()
	s.sweep(stack)
	if err := s.CheckWritable(stack); err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	return lock, nil
}

// sweep removes the temporary files that a killed process has left: with the lock, nobody else writes here. It looks
// for them in this folder alone, whatever characters its name has: a pattern could mean others.
func (s *Store) sweep(stack string) {
	entries, _ := os.ReadDir(s.dir)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "."+stack+".") && strings.HasSuffix(e.Name(), ".tmp") {
			_ = os.Remove(filepath.Join(s.dir, e.Name()))
		}
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

// maxHolder is more than what a holder signs with.
const maxHolder = 64 << 10

func holder(path string) Holder {
	var h Holder
	if data, err := readAtMost(path, maxHolder); err == nil {
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
