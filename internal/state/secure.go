package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// InsecureError says that others could put a state before us that is not ours: what it records would be changed
// and deleted in the user's name. Or that there is something else than a state folder and its files.
type InsecureError struct {
	Path    string
	Problem string
	Advice  string
}

func (e *InsecureError) Error() string { return fmt.Sprintf("%s %s", e.Path, e.Problem) }

// Hint says what to do.
func (e *InsecureError) Hint() string { return e.Advice }

// checkFolder refuses a state folder that is a symbolic link, or that others can write. Its parents may be
// links. One that is not there yet will be made as it should be.
func (s *Store) checkFolder() error {
	path := filepath.Clean(s.dir) // with a slash at the end a link would be followed
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("reading the state folder: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return &InsecureError{path, "is a symbolic link, and a state folder must be none", "name the folder itself with --state-dir (EVENTSCALE_STATE_DIR)"}
	case !info.IsDir():
		return &InsecureError{path, "is no folder, and the state folder must be one", "name another with --state-dir (EVENTSCALE_STATE_DIR)"}
	case othersWrite(info):
		return &InsecureError{
			path, fmt.Sprintf("can be written by others (%s), and a state folder must not be", info.Mode()),
			fmt.Sprintf("`chmod go-w %s` takes that away; or name another folder with --state-dir (EVENTSCALE_STATE_DIR)", path),
		}
	}
	return nil
}

// Check refuses what every use of the folder does: for a file of it that is no state, by its name.
func (s *Store) Check(name string) error { return s.checkFile(filepath.Join(s.dir, name)) }

// checkFile refuses a file of the folder that is a symbolic link: what is read is not what is replaced. And what is
// no file at all: to open a named pipe would take for ever.
func (s *Store) checkFile(path string) error {
	if err := s.checkFolder(); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	there := err == nil
	switch {
	case !there || info.Mode().IsRegular():
		return nil // what else is wrong shows when it is opened
	case info.Mode()&fs.ModeSymlink != 0:
		return &InsecureError{path, "is a symbolic link, and a state folder holds none", "put the file itself there, or name another folder with --state-dir (EVENTSCALE_STATE_DIR)"}
	}
	return &InsecureError{path, "is no regular file, and a state folder holds nothing else", "take it away, or name another folder with --state-dir (EVENTSCALE_STATE_DIR)"}
}
