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

// elsewhere is the way out of a folder that cannot be used.
const elsewhere = "name another folder with --state-dir (EVENTSCALE_STATE_DIR)"

// checkFolder refuses a state folder that is a symbolic link, that others can write, or that another user owns. Its
// parents may be links. One that is not there yet will be made as it should be.
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
			fmt.Sprintf("`chmod go-w %s` takes that away; or %s", path, elsewhere),
		}
	case othersOwn(info, path):
		return ownedByOthers(path, "a state folder")
	}
	return nil
}

func ownedByOthers(path, what string) error {
	return &InsecureError{path, "belongs to another user, and " + what + " must not", fmt.Sprintf("make it your own, as by `sudo chown -R $USER %s`, where you know what is in it; or %s", path, elsewhere)}
}

// Check refuses what every use of the folder does: for a file of it that is no state, by its name.
func (s *Store) Check(name string) error { return s.checkFile(filepath.Join(s.dir, name)) }

// checkFile refuses a file of the folder that is a symbolic link, since what is read is not what is replaced; one
// that others can change, in a folder that is in order; and what is no file at all, on which reading can wait for
// ever or have no end.
func (s *Store) checkFile(path string) error {
	if err := s.checkFolder(); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	there := err == nil
	switch {
	case !there: // or what is wrong shows when it is opened
		return nil
	case info.Mode()&fs.ModeSymlink != 0:
		return &InsecureError{path, "is a symbolic link, and a state folder holds none", "put the file itself there, or " + elsewhere}
	case !info.Mode().IsRegular():
		return &InsecureError{path, fmt.Sprintf("is no regular file (%s), and a state folder holds nothing else", info.Mode()), "move it away, or " + elsewhere}
	case othersWrite(info):
		return &InsecureError{
			path, fmt.Sprintf("can be written by others (%s), and a file of a state folder must not be", info.Mode()),
			fmt.Sprintf("look at what is in it, and `chmod go-w %s`", path),
		}
	case othersOwn(info, s.dir):
		return ownedByOthers(path, "a file of a state folder")
	}
	return nil
}
