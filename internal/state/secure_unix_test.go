//go:build !windows

package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// everyUse is all by which a program opens a state folder.
func everyUse(store *Store) map[string]error {
	_, acquire := store.Acquire(context.Background(), "workers", 0)
	_, load := store.Load("workers")
	_, list := store.List()
	_, unlock := store.Unlock("workers")
	return map[string]error{"acquire": acquire, "load": load, "list": list, "unlock": unlock, "check": store.Check("workers.json")}
}

// refused checks that every use but these is refused for the reason, with advice.
func refused(t *testing.T, store *Store, reason, advice string, but ...string) {
	t.Helper()
	for use, err := range everyUse(store) {
		if strings.Contains(strings.Join(but, " "), use) {
			continue
		}
		insecure, ok := errors.AsType[*InsecureError](err)
		if !ok || !strings.Contains(err.Error(), reason) || !strings.Contains(insecure.Hint(), advice) {
			t.Errorf("%s: the error is %v", use, err)
		}
	}
}

func TestAFolderThatOthersCanWriteIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o775, 0o720, 0o707, 0o777, 0o777 | fs.ModeSticky} {
		dir := filepath.Join(t.TempDir(), "state")
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode)); err != nil {
			t.Fatal(err)
		}
		refused(t, Open(dir), dir+" can be written by others", "`chmod go-w "+dir+"`")
		only(t, dir)
	}
}

func TestAFolderThatOthersCanReadIsTaken(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	release(t, acquire(t, Open(dir), 0))
}

func TestAFolderInASharedFolderIsTaken(t *testing.T) {
	shared := t.TempDir()
	if err := os.Chmod(shared, 0o777|fs.ModeSticky); err != nil { // as /tmp is
		t.Fatal(err)
	}
	release(t, acquire(t, Open(filepath.Join(shared, "state")), 0))
}

func TestALinkIsNoStateFolder(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, link + "/"} {
		refused(t, Open(path), link+" is a symbolic link", "--state-dir")
	}
	below := Open(filepath.Join(link, "state")) // the parent may be one
	release(t, acquire(t, below, 0))
}

func TestALinkIsNoStateFile(t *testing.T) {
	store, elsewhere := Open(t.TempDir()), t.TempDir()
	if err := Open(elsewhere).Save(snapshot(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(Open(elsewhere).Path("workers"), store.Path("workers")); err != nil {
		t.Fatal(err)
	}
	refused(t, store, store.Path("workers")+" is a symbolic link", "put the file itself there", "acquire", "list", "unlock")
}

// A lock that leads elsewhere would have the holder's name written there.
func TestALinkIsNoLock(t *testing.T) {
	store := Open(t.TempDir())
	target := filepath.Join(t.TempDir(), "mine")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(store.Dir(), "workers.lock")); err != nil {
		t.Fatal(err)
	}
	refused(t, store, "workers.lock is a symbolic link", "put the file itself there", "load", "list", "check")
	if got := string(read(t, target)); got != "mine" {
		t.Errorf("the file it leads to is now %q", got)
	}
}

// What others may write is not the point of a device: to make it safe would harm the system.
func TestWhatIsNoFolderIsNoStateFolder(t *testing.T) {
	refused(t, Open(os.DevNull), os.DevNull+" is no folder", "--state-dir", "acquire")
}

func TestAFileSystemWithoutLocksIsNamed(t *testing.T) {
	store := Open("folder")
	for _, errno := range []syscall.Errno{syscall.ENOLCK, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.ENOSYS} {
		err := store.lockFault(fmt.Errorf("flock: %w", errno))
		lockless, ok := errors.AsType[*LocklessError](err)
		if !ok || !errors.Is(err, errno) || !strings.Contains(err.Error(), "folder has no locks") || !strings.Contains(lockless.Hint(), "local disk") {
			t.Errorf("%v: the error is %v", errno, err)
		}
	}
	if err := store.lockFault(fs.ErrPermission); !unwritable(err, fs.ErrPermission) {
		t.Errorf("the error is %v", err)
	}
}

// What a killed process leaves of a probe or of a save is gone with the next holder of the lock, and what
// another stack has there is not.
func TestTheNextHolderClearsUp(t *testing.T) {
	store := Open(t.TempDir())
	for _, name := range []string{".workers.probe-1.tmp", ".workers.2.tmp", ".others.3.tmp"} {
		if err := os.WriteFile(filepath.Join(store.Dir(), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	release(t, acquire(t, store, 0))
	only(t, store.Dir(), ".others.3.tmp")
}

// Who can write the file can have us change and delete what they like, whatever the folder says.
func TestAFileThatOthersCanWriteIsRefused(t *testing.T) {
	for _, mode := range []os.FileMode{0o660, 0o602, 0o666} {
		store := Open(t.TempDir())
		if err := errors.Join(store.Save(snapshot(1)), os.Chmod(store.Path("workers"), mode)); err != nil {
			t.Fatal(err)
		}
		refused(t, store, store.Path("workers")+" can be written by others", "`chmod go-w "+store.Path("workers")+"`", "acquire", "list", "unlock")
	}
	store := Open(t.TempDir())
	if err := errors.Join(store.Save(snapshot(1)), os.Chmod(store.Path("workers"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load("workers"); err != nil {
		t.Errorf("that others can read it: %v", err)
	}
}

// Reading a pipe waits for ever, and reading a device has no end.
func TestWhatIsNoFileIsRefused(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			store := Open(t.TempDir())
			if err := errors.Join(put(store.Path("workers")), put(store.lockPath("workers"))); err != nil {
				t.Fatal(err)
			}
			refused(t, store, " is no regular file", "move it away", "list")
		})
	}
}

// A folder of another user is one that others can write, whatever its mode says. Root, to whom in a container the
// host's files belong to somebody, takes it where nobody else could have put it.
func TestAFolderOfAnotherUserIsRefused(t *testing.T) {
	own, shared := filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "state")
	if err := errors.Join(os.Mkdir(own, 0o700), os.Mkdir(shared, 0o700), os.Chmod(filepath.Dir(shared), 0o777|fs.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		owner, user uint32
		folder      string
		want        bool
	}{
		{7, 7, shared, false}, {0, 7, shared, false}, {8, 7, own, true}, {8, 7, shared, true},
		{0, 0, shared, false}, {7, 0, own, false}, {7, 0, shared, true},
	} {
		if got := mayBePlanted(c.owner, c.user, c.folder); got != c.want {
			t.Errorf("user %d, a folder of %d in %s: %t", c.user, c.owner, filepath.Dir(c.folder), got)
		}
	}
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	if err := os.Chown(shared, 7, 7); err != nil {
		t.Fatal(err)
	}
	refused(t, Open(shared), shared+" belongs to another user", "sudo chown -R $USER "+shared)
	if err := errors.Join(os.Chown(shared, 0, 0), Open(shared).Save(snapshot(1)), os.Chown(Open(shared).Path("workers"), 7, 7)); err != nil {
		t.Fatal(err)
	}
	refused(t, Open(shared), "workers.json belongs to another user", "sudo chown", "acquire", "list", "unlock")
}

func TestAFileLargerThanAnyStateIsBroken(t *testing.T) {
	store := Open(t.TempDir())
	if err := errors.Join(os.WriteFile(store.Path("workers"), nil, 0o600), os.Truncate(store.Path("workers"), 1<<34)); err != nil {
		t.Fatal(err)
	}
	_, err := store.Load("workers")
	if _, ok := errors.AsType[*BrokenError](err); !ok || !strings.Contains(err.Error(), "more than 4194304 bytes") {
		t.Errorf("the error is %v", err)
	}
}
