package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func put(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// files returns what is in a folder.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	if err := writeFile(path, put("first")); err != nil {
		t.Fatal(err)
	}
	half := func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 100_000)); err != nil {
			return err
		}
		return syscall.ENOSPC
	}
	for _, target := range []string{path, filepath.Join(dir, "new.csv")} {
		err := writeFile(target, half)
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), target) || exitCode(err) != exitFailed || len(hints(err)) == 0 {
			t.Errorf("%v: exit code %d, %q", err, exitCode(err), hints(err))
		}
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != "first" || names(t, dir) != "out.csv" {
		t.Errorf("%q, %v; there is %s", have, err, names(t, dir))
	}
}

func TestAFileKeepsItsModeAndItsLink(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "out.csv"), filepath.Join(dir, "link.csv")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if err := writeFile(link, put("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != 3 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
}

func TestAFullDeviceIsNamedAndKept(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	if err := writeFile("/dev/full", put("x")); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "/dev/full") {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/full"); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
	if err := writeFile(t.TempDir(), put("x")); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Error(err)
	}
}

// A folder in the place of the second makes its renaming fail, when the first is in its place already.
func TestSeveralFilesAreWrittenTogetherOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv")
	err := writeFiles(output{first, put("a")}, output{second, func(io.Writer) error { return syscall.ENOSPC }})
	if !errors.Is(err, syscall.ENOSPC) || names(t, dir) != "" || !strings.HasPrefix(hints(err)[0], "no file was changed") {
		t.Errorf("%v; there is %q", err, names(t, dir))
	}
	err = writeFiles(output{first, put("a")}, output{second, func(w io.Writer) error { return os.Mkdir(second, 0o700) }})
	if err == nil || names(t, dir) != "a.csv b.csv" || !strings.HasPrefix(hints(err)[0], first+" was written before") || strings.Contains(err.Error(), ".b.csv.") {
		t.Errorf("%v (%q); there is %q", err, hints(err), names(t, dir))
	}
}
