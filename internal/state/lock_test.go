package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// holdForever holds the lock until it is killed.
func holdForever(dir string) error {
	if _, err := Open(dir).Acquire(context.Background(), "workers", 0); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "locked")
	for {
		pause(time.Hour)
	}
}

func acquire(t *testing.T, store *Store, wait time.Duration) *Lock {
	t.Helper()
	lock, err := store.Acquire(t.Context(), "workers", wait)
	if err != nil {
		t.Fatal(err)
	}
	return lock
}

func release(t *testing.T, lock *Lock) {
	t.Helper()
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

func TestTheHolderIsNamed(t *testing.T) {
	store := Open(t.TempDir())
	cmd, said := process(t, "hold", store.Dir())
	defer kill(t, cmd)
	if said != "locked" {
		t.Fatal(said)
	}
	_, err := store.Acquire(t.Context(), "workers", 0)
	locked, ok := errors.AsType[*LockedError](err)
	if !ok || locked.Holder.PID != cmd.Process.Pid || locked.Holder.Since.IsZero() || locked.Hint() == "" {
		t.Fatalf("the error is %v", err)
	}
	host, _ := os.Hostname()
	for _, part := range []string{`stack "workers" is locked by`, filepath.Base(os.Args[0]), "@" + host, fmt.Sprint(cmd.Process.Pid)} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
	// Another stack of the same folder is free.
	other, err := store.Acquire(t.Context(), "others", 0)
	if err != nil {
		t.Fatal(err)
	}
	release(t, other)
}

// Between the lock and its signature the file still names a process that was killed, which holds nothing.
func TestADeadHolderIsNotNamed(t *testing.T) {
	dir := t.TempDir()
	cmd, _ := process(t, "hold", dir)
	kill(t, cmd)
	synctest.Test(t, func(t *testing.T) {
		store := Open(dir)
		next, err := tryLock(store.lockPath("workers"))
		if err != nil || next == nil {
			t.Fatalf("%v, %v", next, err)
		}
		defer release(t, next)
		time.AfterFunc(signTime/2, next.sign)
		_, err = store.Acquire(t.Context(), "workers", 0)
		if locked, ok := errors.AsType[*LockedError](err); !ok || locked.Holder.PID != os.Getpid() {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestTheLockOfAKilledProcessIsFree(t *testing.T) {
	store := Open(t.TempDir())
	cmd, _ := process(t, "hold", store.Dir())
	kill(t, cmd)
	lock := acquire(t, store, 0)
	defer release(t, lock)
	if h := holder(filepath.Join(store.Dir(), "workers.lock")); h.PID != os.Getpid() {
		t.Errorf("the holder is %s", h)
	}
}

func TestAHolderThatCannotBeReadIsAnotherProcess(t *testing.T) {
	store := Open(t.TempDir())
	lock := acquire(t, store, 0)
	defer release(t, lock)
	if err := os.WriteFile(filepath.Join(store.Dir(), "workers.lock"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Acquire(t.Context(), "workers", 0); err == nil || err.Error() != `stack "workers" is locked by another process` {
		t.Errorf("the error is %v", err)
	}
}

func TestAcquireWaits(t *testing.T) {
	store := Open(t.TempDir())
	lock := acquire(t, store, 0)
	time.AfterFunc(150*time.Millisecond, func() { release(t, lock) })
	release(t, acquire(t, store, time.Minute))
	only(t, store.Dir())
}

func TestAcquireWaitsNoLongerThanAsked(t *testing.T) {
	store := Open(t.TempDir())
	defer release(t, acquire(t, store, 0))
	start := time.Now()
	_, err := store.Acquire(t.Context(), "workers", 150*time.Millisecond)
	if _, ok := errors.AsType[*LockedError](err); !ok {
		t.Errorf("the error is %v", err)
	}
	if took := time.Since(start); took < 150*time.Millisecond || took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAcquireObeysTheContext(t *testing.T) {
	store := Open(t.TempDir())
	defer release(t, acquire(t, store, 0))
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(50*time.Millisecond, func() { cancel(interrupted) })
	_, err := store.Acquire(ctx, "workers", time.Hour)
	if !errors.Is(err, interrupted) {
		t.Errorf("the error is %v", err)
	}
	if locked, ok := errors.AsType[*LockedError](err); !ok || locked.Holder.PID != os.Getpid() {
		t.Errorf("who was waited for is not told: %v", err)
	}
}

// Who comes in the moment in which the lock is taken and not yet signed waits for the name.
func TestAHolderThatHasJustCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := Open(t.TempDir())
		lock := acquire(t, store, 0)
		defer release(t, lock)
		if err := os.Truncate(lock.file.Path(), 0); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(lockPoll/2, lock.sign)
		_, err := store.Acquire(t.Context(), "workers", 0)
		if locked, ok := errors.AsType[*LockedError](err); !ok || locked.Holder.PID != os.Getpid() {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestAcquireNeedsAWritableFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path).Acquire(t.Context(), "workers", time.Hour)
	if _, ok := errors.AsType[*UnwritableError](err); !ok {
		t.Errorf("the error is %v", err)
	}
}

// The lock's file is removed by each holder: whoever had opened it before must not take it for the lock.
func TestNeverTwoHolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "workers.lock")
	var holders, rounds atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for rounds.Load() < 2000 {
				lock, err := tryLock(path)
				if err != nil {
					t.Error(err)
					return
				}
				if lock == nil {
					continue
				}
				rounds.Add(1)
				if n := holders.Add(1); n > 1 {
					t.Errorf("%d holders", n)
				}
				holders.Add(-1)
				release(t, lock)
			}
		})
	}
	all.Wait()
}

// holdBriefly holds the lock many times, and checks each time that it is alone.
func holdBriefly(dir string) error {
	fmt.Fprintln(os.Stdout, "begun")
	sole := filepath.Join(dir, "sole")
	for range 200 {
		lock, err := tryLock(filepath.Join(dir, "workers.lock"))
		if err != nil {
			return err
		}
		if lock == nil {
			continue
		}
		if err := os.Mkdir(sole, 0o700); err != nil {
			return err // somebody else is there
		}
		if err := errors.Join(os.Remove(sole), lock.Release()); err != nil {
			return err
		}
	}
	return nil
}

func TestNeverTwoHoldingProcesses(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for range 4 {
		cmd, _ := process(t, "hold briefly", dir)
		all.Go(func() {
			if err := cmd.Wait(); err != nil {
				t.Errorf("a process was not alone: %v", err)
			}
		})
	}
	all.Wait()
}

// A process killed between writing and renaming leaves a temporary file; the next one clears it away.
func TestLeftoversOfAKilledSaveAreSwept(t *testing.T) {
	dir := t.TempDir()
	left, other := filepath.Join(dir, ".jobs.123.tmp"), filepath.Join(dir, ".jobs-2.123.tmp")
	for _, path := range []string{left, other} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lock, err := Open(dir).Acquire(t.Context(), "jobs", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Release() }()
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another stack's is gone: %v", err)
	}
}

// The name of a folder is no pattern: its own leftovers go, and those of a folder that it would match stay.
func TestAFolderIsNoPattern(t *testing.T) {
	parent := t.TempDir()
	odd, other := filepath.Join(parent, "jobs[1]"), filepath.Join(parent, "jobs1")
	for _, dir := range []string{odd, other} {
		if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, ".workers.1.tmp"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	release(t, acquire(t, Open(odd), 0))
	only(t, odd)
	only(t, other, ".workers.1.tmp")
}
