//go:build !windows

package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestOnlyTheUserCanReadWhatIsKept: state, lock and sandbox, whatever the umask is.
func TestOnlyTheUserCanReadWhatIsKept(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("sh", "-c", "umask 0; exec eventscale up --asg gpu-workers --sandbox")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+programs(t)+string(os.PathListSeparator)+os.Getenv("PATH"), "EVENTSCALE_SANDBOX_DELAYS=0", slowWorld)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := 0
	err := filepath.WalkDir(filepath.Join(dir, ".eventscale"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", path, info.Mode())
		}
		found++
		return err
	})
	if err != nil || found < 3 {
		t.Errorf("%v; %d files and folders", err, found)
	}
}
