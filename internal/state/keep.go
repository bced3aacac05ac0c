package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Keep copies the file of a stack to one beside it, named for why and when, before another takes its place:
// STACK.json.broken-20260801T120000.000Z. It returns the path when the copy survives a loss of power.
func (s *Store) Keep(stack, why string, now time.Time) (string, error) {
	path := fmt.Sprintf("%s.%s-%s", s.Path(stack), why, now.UTC().Format("20060102T150405.000Z"))
	err := copyNew(path, s.Path(stack))
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil {
		return "", fmt.Errorf("keeping the state file %s as %s: %w", s.Path(stack), path, err)
	}
	return path, nil
}

// copyNew writes a copy that is not there yet. What is broken can be of any size, so it is not read whole.
func copyNew(path, from string) error {
	old, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = old.Close() }() // nothing was written
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, old)
	return errors.Join(err, f.Sync(), f.Close())
}
