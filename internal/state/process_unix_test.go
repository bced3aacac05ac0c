//go:build !windows

package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// saveWithoutPermission saves to a folder that may not be written, as a user who is not root.
func saveWithoutPermission(dir string) error {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			return err
		}
	}
	store := Open(dir)
	if err := store.CheckWritable("workers"); !unwritable(err, fs.ErrPermission) {
		return fmt.Errorf("checking: %w", err)
	}
	return carries(store.Save(snapshot(5)), fs.ErrPermission)
}

// saveOnFullDisk saves where no file can grow beyond some bytes.
func saveOnFullDisk(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: 100}); err != nil {
		return err
	}
	store := Open(dir)
	if err := store.CheckWritable("workers"); !unwritable(err, syscall.EFBIG) {
		return fmt.Errorf("checking: %w", err)
	}
	return carries(store.Save(snapshot(5)), syscall.EFBIG)
}

func unwritable(err, cause error) bool {
	_, ok := errors.AsType[*UnwritableError](err)
	return ok && errors.Is(err, cause)
}

// carries returns an error where err is not a SaveError of that cause with the bytes of the snapshot.
func carries(err, cause error) error {
	save, ok := errors.AsType[*SaveError](err)
	if !ok || !errors.Is(err, cause) {
		return fmt.Errorf("saving: %w", err)
	}
	if s, err := Decode(save.Data); err != nil || s.Serial != 6 {
		return fmt.Errorf("the error carries %s", save.Data)
	}
	return nil
}

func TestASaveThatFailsLeavesTheFileAsItWas(t *testing.T) {
	for _, c := range []struct {
		helper string
		mode   os.FileMode
	}{{"save without permission", 0o555}, {"save on a full disk", 0o700}} {
		t.Run(c.helper, func(t *testing.T) {
			dir := t.TempDir()
			store := Open(dir)
			if err := store.Save(snapshot(1)); err != nil {
				t.Fatal(err)
			}
			before := read(t, store.Path("workers"))
			open(t, dir, c.mode)
			cmd, said := process(t, c.helper, dir)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, said)
			}
			if after := read(t, store.Path("workers")); string(after) != string(before) {
				t.Errorf("the file is now\n%s", after)
			}
			only(t, dir, "workers.json")
		})
	}
}

// open lets other users into a folder of the test, and gives it the mode.
func open(t *testing.T, dir string, mode os.FileMode) {
	t.Helper()
	for _, err := range []error{os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, mode)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
}

func TestOnlyTheUserCanRead(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0)) // nothing but the program takes rights away
	store := Open(filepath.Join(t.TempDir(), "new", "folder"))
	defer release(t, acquire(t, store, 0))
	if err := store.Save(snapshot(1)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{
		filepath.Dir(store.Dir()): 0o700, store.Dir(): 0o700,
		store.Path("workers"): 0o600, filepath.Join(store.Dir(), "workers.lock"): 0o600,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, err, info.Mode())
		}
	}
}

// usualUmask is the one under which test folders are not for others to write, whatever the developer's is.
func usualUmask() { syscall.Umask(0o022) }
