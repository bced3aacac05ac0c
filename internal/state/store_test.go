package state

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// snapshot is one of a size that takes more than one block.
func snapshot(serial uint64) *Snapshot {
	s := New("workers", "123456789012", "eu-central-1", "gpu-workers")
	s.Serial = serial
	for i := range 50 {
		s.Put(Record{LogicalID: fmt.Sprintf("R%d", i), Type: "T", Name: strings.Repeat("n", 200), Status: "S"})
	}
	return s
}

// only checks that a folder holds these files and no others.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, not %v", names, want)
	}
}

func TestWhatIsSavedIsLoaded(t *testing.T) {
	store := Open(t.TempDir())
	s := snapshot(0)
	for want := uint64(1); want <= 3; want++ {
		if err := store.Save(s); err != nil {
			t.Fatal(err)
		}
		loaded, err := store.Load("workers")
		if err != nil || loaded.Serial != want || loaded.Lineage != s.Lineage || len(loaded.Resources) != 50 {
			t.Fatalf("%v: loaded %+v", err, loaded)
		}
	}
	only(t, store.Dir(), "workers.json")
}

func TestThereIsNoFileYet(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := Open(dir).Load("workers"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestABrokenFileIsNamedAndLeftAsItIs(t *testing.T) {
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			store := Open(t.TempDir())
			path := store.Path("workers")
			if err := os.WriteFile(path, []byte(b.data), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.Load("workers")
			fault, ok := errors.AsType[*BrokenError](err)
			if !ok || err.Error() != "state file "+path+": "+b.message || fault.Hint() == "" {
				t.Errorf("the error is %v", err)
			}
			if got := string(read(t, path)); got != b.data {
				t.Errorf("the file is now %q", got)
			}
			only(t, store.Dir(), "workers.json")
		})
	}
}

func TestTheHintOfANewerFileIsNotToRemoveIt(t *testing.T) {
	store := Open(t.TempDir())
	if err := os.WriteFile(store.Path("workers"), []byte(`{"version": 2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Load("workers")
	if fault, ok := errors.AsType[*BrokenError](err); !ok || strings.Contains(fault.Hint(), "move it away") {
		t.Errorf("the error is %v", err)
	}
}

func TestAFileOfAnotherStackIsRefused(t *testing.T) {
	store := Open(t.TempDir())
	if err := store.Save(snapshot(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(store.Path("workers"), store.Path("others")); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Load("others"); err == nil || !strings.Contains(err.Error(), `field stack: "workers", in a file named for stack "others"`) {
		t.Errorf("the error is %v", err)
	}
}

func TestListNamesTheStacks(t *testing.T) {
	store := Open(t.TempDir())
	for _, name := range []string{"b.json", "a.json", "sandbox.json", "a.lock", ".hidden.json", ".a-123.tmp", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(store.Dir(), name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(store.Dir(), "folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if stacks, err := store.List(); err != nil || !slices.Equal(stacks, []string{"a", "b"}) {
		t.Errorf("%v, %v", stacks, err)
	}
	if stacks, err := Open(filepath.Join(store.Dir(), "none")).List(); err != nil || len(stacks) > 0 {
		t.Errorf("without a folder: %v, %v", stacks, err)
	}
}

func TestRemove(t *testing.T) {
	store := Open(t.TempDir())
	if err := store.Save(snapshot(1)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := store.Remove("workers"); err != nil {
			t.Error(err)
		}
	}
	only(t, store.Dir())
}

func TestCheckWritableLeavesNothing(t *testing.T) {
	store := Open(t.TempDir())
	for range 2 {
		if err := store.CheckWritable("workers"); err != nil {
			t.Fatal(err)
		}
	}
	only(t, store.Dir())
}

func TestAFileWhereTheFolderShouldBe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	unwritable, ok := errors.AsType[*UnwritableError](Open(path).CheckWritable("workers"))
	if !ok || unwritable.Dir != path || !strings.Contains(unwritable.Hint(), "--state-dir") {
		t.Errorf("the error is %v", unwritable)
	}
	save, ok := errors.AsType[*SaveError](Open(path).Save(snapshot(1)))
	if !ok || len(save.Data) == 0 {
		t.Errorf("the error is %v", save)
	}
}

// saveForever saves one snapshot after the other.
func saveForever(dir string) error {
	s := snapshot(0)
	for {
		if err := Open(dir).Save(s); err != nil {
			return err
		}
		if s.Serial == 1 {
			fmt.Fprintln(os.Stdout, "begun")
		}
	}
}

// Whenever a process is killed, the file is whole, and no older than the one before.
func TestKilledDuringASaveTheFileIsWhole(t *testing.T) {
	store := Open(t.TempDir())
	for range 20 {
		cmd, _ := process(t, "save", store.Dir())
		var serial uint64
		for range rand.IntN(20) {
			s, err := store.Load("workers")
			if err != nil || s.Serial < serial {
				t.Fatalf("%v: %+v after serial %d", err, s, serial)
			}
			serial = s.Serial
			pause(time.Millisecond)
		}
		kill(t, cmd)
		if s, err := store.Load("workers"); err != nil || s.Serial < serial || len(s.Resources) != 50 {
			t.Fatalf("%v: %+v", err, s)
		}
	}
	if stacks, err := store.List(); err != nil || !slices.Equal(stacks, []string{"workers"}) {
		t.Errorf("what killed saves left is listed: %v, %v", stacks, err)
	}
}
