package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LockFile is what there is of a stack's lock.
type LockFile struct {
	Path   string
	There  bool   // the file is
	Held   bool   // and a process holds it, by the word of the kernel
	Holder Holder // who signed it last; zero where nobody did
}

// Unlock removes the lock file of a stack where no process holds it: one that was left over. Where a process
// does, it says so and touches nothing.
func (s *Store) Unlock(stack string) (LockFile, error) {
	l := LockFile{Path: s.lockPath(stack)}
	if err := s.checkFile(l.Path); err != nil {
		return l, err
	}
	if _, err := os.Lstat(l.Path); errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	l.There, l.Holder = true, holder(l.Path)
	lock, err := tryLock(l.Path)
	if err != nil {
		return l, s.lockFault(err)
	}
	if l.Held = lock == nil; l.Held {
		return l, nil
	}
	return l, lock.Release()
}

// ForceUnlock removes the lock file of a stack though a process holds it. That process saves nothing any more
// if it lives: see SaveUnder. The error is a *LockedError where it is another's lock by now than the holder's: the
// next one may have come while the user was asked.
func (s *Store) ForceUnlock(stack string, held Holder) error {
	if now := holder(s.lockPath(stack)); now != (Holder{}) && now != held {
		return &LockedError{Stack: stack, Holder: now}
	}
	if err := os.Remove(s.lockPath(stack)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the lock: %w", err)
	}
	return syncDir(s.dir)
}

func (s *Store) lockPath(stack string) string { return filepath.Join(s.dir, stack+".lock") }

// Here reports whether the holder is a process of this host, as far as names tell.
func (h Holder) Here() bool {
	host, err := os.Hostname()
	return err == nil && host != "" && host == h.Host
}

// Alive reports whether a process of the holder's number runs on this host.
func (h Holder) Alive() bool { return h.PID > 0 && alive(h.PID) }

// ErrLockLost is the cause of a save that was not made, because the lock was taken away by force.
var ErrLockLost = errors.New("its lock was taken away by `eventscale unlock --force`, and another run may be at work")

// SaveUnder saves as Save does, as long as the lock is held: a run whose lock was taken away must not write
// over what its successor saves. The error is then a *SaveError of ErrLockLost.
func (s *Store) SaveUnder(lock *Lock, snapshot *Snapshot) error {
	if lock.held() {
		return s.Save(snapshot)
	}
	snapshot.Serial++
	data, err := snapshot.Encode()
	if err != nil {
		return err
	}
	return &SaveError{Path: s.Path(snapshot.Stack), Data: data, Err: ErrLockLost}
}

// held reports whether the file that is locked is still the one that others would lock.
func (l *Lock) held() bool {
	ours, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.file.Path())
	return err == nil && os.SameFile(ours, there)
}
