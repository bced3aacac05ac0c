package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// fileVersion is the version of the file that this program writes, and the newest it reads. In version 1
// no time passed.
const fileVersion = 2

// tempSuffix ends the name of a file that is being written.
const tempSuffix = ".tmp"

// lockPoll is how often a lock held by another process is tried again. The holder keeps it for one
// request, which takes about a millisecond.
const lockPoll = 2 * time.Millisecond

// source makes a backend: a fresh one, or an empty one to be filled from the file.
type source struct {
	fresh func(now time.Time) backend
	empty func() backend
}

// store holds the backend and keeps it equal to the file, which other processes may write too.
// The caller holds the sandbox's mutex.
type store struct {
	path   string // "" means memory only
	source source

	current    backend
	clock      clock
	operations map[string]map[string]operation // by service and name
	swept      bool                            // see sweep
	seen       os.FileInfo                     // the file as we last read or wrote it
	content    []byte                          // and the world that was in it
	speed      float64                         // and its clock's speed
}

type file struct {
	Version int             `json:"version"`
	Clock   clock           `json:"clock"`
	World   json.RawMessage `json:"world"`
}

// lock takes the lock beside the file, so that no other process comes between reading and writing.
// It is a file of its own: the world's file is replaced on every write, and a lock on it would
// guard a file that is no longer there.
func (s *store) lock(ctx context.Context) (unlock func(), err error) {
	if s.path == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return nil, fmt.Errorf("making the sandbox's folder: %w", err)
	}
	lock := flock.New(s.path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return nil, fmt.Errorf("locking the sandbox's file: %w", err)
	}
	s.sweep()
	return func() { _ = lock.Close() }, nil
}

// sweep removes, once, the temporary files that a process has left which was killed in the middle of a save: with
// the lock, nobody else writes here.
func (s *store) sweep() {
	if s.swept {
		return
	}
	s.swept = true
	dir, name := filepath.Split(s.path)
	entries, _ := os.ReadDir(cmp.Or(dir, ".")) // what cannot be listed is left
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), name+".") && strings.HasSuffix(e.Name(), tempSuffix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// load brings the backend up to date with the file.
func (s *store) load(now time.Time) error {
	if s.path == "" {
		return s.begin(now)
	}
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.begin(now)
	}
	if err != nil {
		return fmt.Errorf("reading the sandbox's file: %w", err)
	}
	if s.current != nil && s.unchanged(info) {
		return nil
	}
	return s.read(info, now)
}

// begin starts a new world: there is no file, be it that there never was or that someone deleted it
// to start anew. It is to be saved even if nothing changes it, because a new world has new IDs in it,
// and the next process must see the same ones.
func (s *store) begin(now time.Time) error {
	if s.current == nil || s.seen != nil {
		s.use(s.source.fresh(now.Round(0)))
		s.seen, s.content, s.clock = nil, nil, newClock(now)
	}
	return nil
}

// unchanged reports whether the file is the one we know. Every write makes a new file, so that two
// writes within the clock's grain still differ.
func (s *store) unchanged(info os.FileInfo) bool {
	return s.seen != nil && os.SameFile(s.seen, info) &&
		s.seen.ModTime().Equal(info.ModTime()) && s.seen.Size() == info.Size()
}

func (s *store) read(info os.FileInfo, now time.Time) error {
	content, err := os.ReadFile(s.path)
	if err != nil {
		return fmt.Errorf("reading the sandbox's file: %w", err)
	}
	b, clock, err := s.parse(content, now)
	if err != nil {
		return noWorldError{fmt.Errorf("reading the sandbox's file %s: %w", s.path, err)}
	}
	s.use(b)
	s.seen, s.clock, s.content, s.speed = info, clock, nil, clock.Speed
	return nil
}

// noWorldError is about what is in the file: it does not help to try again, but to delete it.
type noWorldError struct{ error }

// Unwrap returns the error without what it means.
func (e noWorldError) Unwrap() error { return e.error }

func (s *store) parse(content []byte, now time.Time) (backend, clock, error) {
	var f file
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, clock{}, err
	}
	if f.Version < 1 || f.Version > fileVersion {
		return nil, clock{}, fmt.Errorf("it has version %d, and this program knows version %d", f.Version, fileVersion)
	}
	b := s.source.empty()
	if err := json.Unmarshal(f.World, b); err != nil {
		return nil, clock{}, err
	}
	if f.Version == 1 {
		f.Clock = newClock(now)
		b.upgrade(now.Round(0))
	}
	return b, f.Clock, firstError(b.check(), f.Clock.check())
}

func (s *store) use(b backend) {
	s.current = b
	s.operations = operationsOf(b)
}

// operationsOf returns a backend's operations by service and name.
func operationsOf(b backend) map[string]map[string]operation {
	all := map[string]map[string]operation{}
	for service, list := range b.services() {
		byName := make(map[string]operation, len(list))
		for _, operation := range list {
			byName[operation.name] = operation
		}
		all[service] = byName
	}
	return all
}

// isNew reports whether the backend has never been in the file.
func (s *store) isNew() bool { return s.path != "" && s.seen == nil }

// save writes the backend to the file, unless nothing of it changed: that its time went on is told by the
// clock. A reader sees the old file or the new one. It is not synced to the disk: a sandbox lost in a
// power cut costs nobody anything, and a sync would be most of the time of a call.
func (s *store) save(wall time.Time) error {
	if s.path == "" {
		s.clock.anchor(wall, 0)
		return nil
	}
	world, err := json.Marshal(s.current)
	if err != nil {
		return fmt.Errorf("encoding the sandbox's world: %w", err)
	}
	if bytes.Equal(world, s.content) && s.speed == s.clock.Speed {
		return nil
	}
	s.clock.anchor(wall, 0)
	clock, err := json.Marshal(s.clock)
	if err != nil {
		return fmt.Errorf("encoding the sandbox's clock: %w", err)
	}
	// A file, put together by hand: json would read the world once more.
	content := fmt.Appendf(nil, `{"version":%d,"clock":%s,"world":%s}`+"\n", fileVersion, clock, world)
	info, err := replace(s.path, content)
	if err != nil {
		// What the handler did is in memory only: the next request must not build on it.
		s.current, s.seen, s.content = nil, nil, nil
		return fmt.Errorf("writing the sandbox's file: %w", err)
	}
	s.seen, s.content, s.speed = info, world, s.clock.Speed
	return nil
}

// replace puts a new file of this content in the place of path. os.CreateTemp makes it 0600.
func replace(path string, content []byte) (_ os.FileInfo, err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+tempSuffix)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(content)
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	if err = os.Rename(temp.Name(), path); err != nil {
		return nil, err
	}
	return os.Stat(path)
}
