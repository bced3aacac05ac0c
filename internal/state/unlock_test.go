package state

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func unlock(t *testing.T, store *Store) LockFile {
	t.Helper()
	l, err := store.Unlock("workers")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestUnlockOfWhatIsNotLocked(t *testing.T) {
	store := Open(filepath.Join(t.TempDir(), "nowhere"))
	if l := unlock(t, store); l.There || l.Held {
		t.Errorf("the lock is %+v", l)
	}
	if _, err := os.Stat(store.Dir()); err == nil {
		t.Error("it made the folder")
	}
}

func TestUnlockRemovesWhatADeadProcessLeft(t *testing.T) {
	store := Open(t.TempDir())
	cmd, _ := process(t, "hold", store.Dir())
	held := unlock(t, store)
	if !held.There || !held.Held || !held.Holder.Here() || !held.Holder.Alive() {
		t.Errorf("the lock of a process that lives is %+v", held)
	}
	if _, err := os.Stat(held.Path); err != nil {
		t.Errorf("it was removed: %v", err)
	}
	kill(t, cmd)
	left := unlock(t, store)
	if !left.There || left.Held || left.Holder.PID != cmd.Process.Pid || left.Holder.Alive() {
		t.Errorf("the lock of a dead process is %+v", left)
	}
	only(t, store.Dir())
}

func TestAHolderOfAnotherHostIsNotHere(t *testing.T) {
	if (Holder{Host: "elsewhere", PID: os.Getpid()}).Here() || (Holder{}).Here() || (Holder{}).Alive() {
		t.Error("it is taken for a process of this host")
	}
}

// Whoever had the lock before it was taken away by force must neither save nor free the lock of the next.
func TestARunWhoseLockWasTakenAwaySavesNothing(t *testing.T) {
	store := Open(t.TempDir())
	before := acquire(t, store, 0)
	if err := store.SaveUnder(before, snapshot(5)); err != nil {
		t.Fatal(err)
	}
	if err := store.ForceUnlock("workers", unlock(t, store).Holder); err != nil {
		t.Fatal(err)
	}
	err := store.SaveUnder(before, snapshot(6))
	save, ok := errors.AsType[*SaveError](err)
	if !ok || !errors.Is(err, ErrLockLost) || !strings.Contains(string(save.Data), `"serial": 7`) {
		t.Errorf("the error is %v", err)
	}
	after := acquire(t, store, 0)
	if err := store.SaveUnder(before, snapshot(6)); !errors.Is(err, ErrLockLost) {
		t.Errorf("beside the next holder the error is %v", err)
	}
	if s, err := store.Load("workers"); err != nil || s.Serial != 6 {
		t.Errorf("on disk: %+v, %v", s, err)
	}
	release(t, before)
	if err := store.SaveUnder(after, snapshot(6)); err != nil {
		t.Errorf("the next holder: %v", err)
	}
	release(t, after)
	if err := store.ForceUnlock("workers", Holder{}); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}

// While the user is asked the holder may have gone, and the next one come: its lock is not the one that was meant.
func TestTheLockOfTheNextHolderIsNotTakenAway(t *testing.T) {
	store := Open(t.TempDir())
	lock := acquire(t, store, 0)
	err := store.ForceUnlock("workers", Holder{User: "ann", Host: "elsewhere", PID: 1})
	if locked, ok := errors.AsType[*LockedError](err); !ok || locked.Holder.PID != os.Getpid() {
		t.Errorf("the error is %v", err)
	}
	if err := store.SaveUnder(lock, snapshot(5)); err != nil {
		t.Errorf("its holder: %v", err)
	}
	release(t, lock)
}

func TestKeepCopiesTheFile(t *testing.T) {
	store := Open(t.TempDir())
	if err := os.WriteFile(store.Path("workers"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 8, 1, 14, 0, 0, 0, time.FixedZone("", 2*3600))
	path, err := store.Keep("workers", "broken", now)
	if err != nil || filepath.Base(path) != "workers.json.broken-20260801T120000.000Z" {
		t.Fatalf("%s, %v", path, err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "{" {
		t.Errorf("%q, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := store.Keep("workers", "broken", now); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second one at the same moment: %v", err)
	}
	if names, err := store.List(); err != nil || len(names) != 1 {
		t.Errorf("stacks: %v, %v", names, err)
	}
	if _, err := store.Keep("others", "broken", now); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("of no file: %v", err)
	}
}
