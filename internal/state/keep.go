package state

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// Keep copies the file of a stack to one beside it, named for why and when, before another takes its place:
// STACK.json.broken-20260801T120000.000Z. It returns the path when the copy survives a loss of power.
func (s *Store) Keep(stack, why string, now time.Time) (string, error) {
	path := fmt.Sprintf("%s.%s-%s", s.Path(stack), why, now.UTC().Format("20060102T150405.000Z"))
	data, err := os.ReadFile(s.Path(stack))
	if err == nil {
		err = writeNew(path, data)
	}
	if err == nil {
		err = syncDir(s.dir)
	}
	if err != nil {
		return "", fmt.Errorf("keeping the state file %s as %s: %w", s.Path(stack), path, err)
	}
	return path, nil
}

// writeNew writes a file that is not there yet.
func writeNew(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
