package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// output is a file that is to be written.
type output struct {
	path  string
	write func(io.Writer) error
}

// writeFile writes a file whole or not at all: beside its place first, and then there. What is no regular
// file, such as /dev/stdout, is written as it is.
func writeFile(path string, write func(io.Writer) error) error {
	return writeFiles(output{path, write})
}

// writeFiles writes several files, and none of them unless all could be written beside their places.
func writeFiles(all ...output) error {
	var staged []*stage
	defer func() {
		for _, s := range staged {
			s.discard()
		}
	}()
	for _, o := range all {
		s, err := prepare(o)
		if err != nil {
			return &fileError{path: o.path, err: err}
		}
		staged = append(staged, s)
	}
	var done []string
	for _, device := range []bool{true, false} { // a device can be full, and a renaming hardly fails
		for i, s := range staged {
			if (s.temporary == "") != device {
				continue
			}
			if err := s.commit(all[i].write); err != nil {
				return &fileError{all[i].path, err, done}
			}
			done = append(done, all[i].path)
		}
	}
	return nil
}

// fileError says which file could not be written.
type fileError struct {
	path string
	err  error
	done []string // that were written before it
}

func (e *fileError) Error() string { return fmt.Sprintf("writing %s: %s", e.path, cause(e.err)) }
func (e *fileError) Unwrap() error { return e.err }
func (e *fileError) Hint() string {
	what := "no file was changed"
	if len(e.done) > 0 {
		what = strings.Join(e.done, " and ") + " was written before"
	}
	return what + "; name a file in a folder that exists, can be written and has room"
}

// stage is a file that is ready to be put in its place.
type stage struct {
	path      string // the place
	temporary string // what is to be put there; "" for what is no regular file
	put       bool   // it is in its place
}

// prepare writes a file beside its place.
func prepare(o output) (*stage, error) {
	info, err := os.Stat(o.path)
	path := o.path
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		return &stage{path: path}, nil
	case err == nil && info.Mode().Perm()&0o222 == 0:
		return nil, errors.New("it is write-protected")
	case err == nil:
		if path, err = filepath.EvalSymlinks(path); err != nil { // a link stays a link
			return nil, err
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return nil, err
	}
	mode := os.FileMode(0o644)
	if info != nil {
		mode = info.Mode().Perm()
	}
	s := &stage{path: path, temporary: f.Name()}
	if err := errors.Join(fill(f, o.write), os.Chmod(f.Name(), mode)); err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// commit puts a file in its place.
func (s *stage) commit(write func(io.Writer) error) error {
	if s.temporary == "" {
		f, err := os.OpenFile(s.path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return fill(f, write)
	}
	err := os.Rename(s.temporary, s.path)
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err // its names are ours, not the user's
	}
	s.put = err == nil
	return err
}

// discard takes away what was not put in its place.
func (s *stage) discard() {
	if s.temporary != "" && !s.put {
		_ = os.Remove(s.temporary) // the error that is told is the one that came before
	}
}

// fill writes and closes a file. A disk that is full may say so only when it must write.
func fill(f *os.File, write func(io.Writer) error) error {
	b := bufio.NewWriter(f)
	err := write(b)
	if err == nil {
		err = b.Flush()
	}
	if info, statErr := f.Stat(); err == nil && statErr == nil && info.Mode().IsRegular() {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}
