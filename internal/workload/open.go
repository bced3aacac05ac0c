package workload

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/eventscale/eventscale/internal/loop"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// Open reads a trace from a file, or from stdin for "-": CSV with the columns time_s,service_s or time_s
// or t,count, or JSON lines with these as fields, either as it is or compressed with gzip. What it is, the
// content decides and not the name. Its errors are *[InputError].
func Open(path string, stdin io.Reader, o Options) (*Loaded, error) {
	name, r := "stdin", stdin
	if path != Stdin {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(path, err)
		}
		defer f.Close()
		name, r = filepath.Base(path), f
	}
	jobs, err := read(r, name, o)
	if err != nil {
		return nil, err
	}
	return New(name, jobs)
}

func unreadable(path string, err error) error {
	reason := err.Error()
	if at, ok := errors.AsType[*os.PathError](err); ok {
		reason = at.Err.Error()
	}
	return &InputError{Problem: fmt.Sprintf("--trace %s: cannot be read: %s", path, reason), Advice: "give the path of a trace, or - for standard input"}
}

// read tells the content apart by its first bytes.
func read(r io.Reader, name string, o Options) ([]loop.Job, error) {
	b := bufio.NewReaderSize(r, readSize)
	if start, _ := b.Peek(2); string(start) == "\x1f\x8b" {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, &InputError{Problem: fmt.Sprintf("%s: is not gzip, though it begins so: %v", name, err)}
		}
		b = bufio.NewReaderSize(z, readSize)
	}
	if isJSON(b) {
		return readJSON(b, name, o)
	}
	return readCSV(b, name, o)
}

// readSize is that of the buffer: larger than that of a pipe, and small beside what is read.
const readSize = 256 << 10
