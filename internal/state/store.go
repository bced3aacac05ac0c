package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Store is the folder that holds the files of all stacks of a project.
type Store struct{ dir string }

// Open returns the store of a folder, which need not exist yet.
func Open(dir string) *Store { return &Store{dir: dir} }

// Dir returns the folder.
func (s *Store) Dir() string { return s.dir }

// Path returns the file of a stack.
func (s *Store) Path(stack string) string { return filepath.Join(s.dir, stack+".json") }

// BrokenError says that a state file cannot be read as one. The file is left as it is.
type BrokenError struct {
	Path string
	Err  error
}

func (e *BrokenError) Error() string { return fmt.Sprintf("state file %s: %v", e.Path, e.Err) }
func (e *BrokenError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *BrokenError) Hint() string {
	if newer, ok := errors.AsType[*NewerError](e.Err); ok {
		return newer.Hint()
	}
	return "`eventscale recover` rebuilds it from what AWS has, and keeps the broken file beside it; or restore it from a backup or version control"
}

// Load reads the snapshot of a stack. The error is an fs.ErrNotExist where there is none, a *BrokenError where
// the file is not a snapshot, and an *InsecureError where others could have put it there.
func (s *Store) Load(stack string) (*Snapshot, error) {
	path := s.Path(stack)
	if err := s.checkFile(path); err != nil {
		return nil, err
	}
	data, err := readAtMost(path, maxFile+1)
	if err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	if len(data) > maxFile {
		return nil, &BrokenError{Path: path, Err: fmt.Errorf("it has more than %d bytes, as no state has", maxFile)}
	}
	snapshot, err := Decode(data)
	if err == nil && snapshot.Stack != stack {
		err = fmt.Errorf("field stack: %q, in a file named for stack %q", snapshot.Stack, stack)
	}
	if err != nil {
		return nil, &BrokenError{Path: path, Err: err}
	}
	return snapshot, nil
}

// maxFile is some times what a snapshot of maxRecords takes.
const maxFile = 4 << 20

// readAtMost reads a file, or as much of it as shows that it is too large.
func readAtMost(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(f, size))
}

// notStacks are the names in the folder that are not state files of a stack.
var notStacks = []string{"sandbox.json"}

// List returns the names of the stacks in the folder, sorted; none where there is no folder.
func (s *Store) List() ([]string, error) {
	if err := s.checkFolder(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the state folder: %w", err)
	}
	var stacks []string
	for _, e := range entries {
		name, isJSON := strings.CutSuffix(e.Name(), ".json")
		if isJSON && !e.IsDir() && !strings.HasPrefix(name, ".") && !slices.Contains(notStacks, e.Name()) {
			stacks = append(stacks, name)
		}
	}
	return stacks, nil
}

// SaveError says that a snapshot could not be saved, and carries it, so that it is not lost.
type SaveError struct {
	Path string
	Data []byte
	Err  error
}

func (e *SaveError) Error() string { return fmt.Sprintf("saving the state to %s: %v", e.Path, e.Err) }
func (e *SaveError) Unwrap() error { return e.Err }

// Save writes the snapshot with its serial counted up. When it returns nil the snapshot survives a
// loss of power; when it returns an error (a *SaveError) the file is as it was before.
func (s *Store) Save(snapshot *Snapshot) error {
	snapshot.Serial++
	data, err := snapshot.Encode()
	if err != nil {
		return err
	}
	if err := s.write(snapshot.Stack, data); err != nil {
		return &SaveError{Path: s.Path(snapshot.Stack), Data: data, Err: err}
	}
	return nil
}

// Remove deletes the file of a stack that owns nothing any more. It is no error if there is none.
func (s *Store) Remove(stack string) error {
	if err := os.Remove(s.Path(stack)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the state: %w", err)
	}
	return syncDir(s.dir)
}

// probeBytes is more than any snapshot takes, so that a disk about to be full shows itself early.
const probeBytes = 64 << 10

// CheckWritable writes to the folder what a snapshot would take, so that a read-only or full one is found before
// AWS is asked to make anything. The caller holds the stack's lock: whatever a killed process leaves of this is
// swept away by the next one that has it.
func (s *Store) CheckWritable(stack string) error {
	f, err := os.CreateTemp(s.dir, "."+stack+".probe-*.tmp")
	if err != nil {
		return &UnwritableError{Dir: s.dir, Err: err}
	}
	_, err = f.Write(make([]byte, probeBytes))
	if err = errors.Join(err, f.Close(), os.Remove(f.Name())); err != nil {
		return &UnwritableError{Dir: s.dir, Err: err}
	}
	return nil
}

// UnwritableError says that nothing can be saved in the state folder.
type UnwritableError struct {
	Dir string
	Err error
}

func (e *UnwritableError) Error() string {
	return fmt.Sprintf("the state folder %s cannot be written: %v", e.Dir, e.Err)
}
func (e *UnwritableError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *UnwritableError) Hint() string {
	return "make room or give write permission there, or name another folder with --state-dir (EVENTSCALE_STATE_DIR)"
}

// write replaces the file of a stack: a temporary file beside it is filled, synced and renamed over
// it, and the folder is synced, because a rename is not durable before its folder is.
func (s *Store) write(stack string, data []byte) (err error) {
	f, err := os.CreateTemp(s.dir, "."+stack+".*.tmp") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), s.Path(stack)); err != nil {
		return err
	}
	return syncDir(s.dir)
}
