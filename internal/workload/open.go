package workload

import (
	"bufio"
	"bytes"
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
	if path == Stdin {
		return load(stdin, "stdin", "stdin", o)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	return load(f, path, filepath.Base(path), o)
}

func unreadable(path string, err error) error {
	reason := err.Error()
	if at, ok := errors.AsType[*os.PathError](err); ok {
		reason = at.Err.Error()
	}
	return &InputError{Problem: fmt.Sprintf("--trace %s: cannot be read: %s", path, reason), Advice: "give the path of a trace, or - for standard input"}
}

// load reads a trace; errors call it by its path.
func load(r io.Reader, path, name string, o Options) (*Loaded, error) {
	source := &source{Reader: r}
	jobs, err := read(source, path, o)
	if err != nil {
		return nil, source.blame(path, err)
	}
	if len(jobs) == 0 {
		return nil, &InputError{Problem: path + ": the trace has no messages", Advice: adviceEmpty}
	}
	if span := jobs[len(jobs)-1].Arrival; span > maxSpan {
		return nil, &InputError{Problem: fmt.Sprintf("%s: the last job comes at %s s, after more than a year", path, plain(span.Seconds())), Advice: adviceStart}
	}
	return New(name, jobs)
}

// maxSpan: every minute is a row of the result, and who has more than a year has most likely another unit.
const maxSpan = 366 * 24 * loop.Hour

// OpenModel reads a trace as the model has it, to the letter: CSV, whose rows need not be in order and may
// have times before 0, and which the model's own arrivals turn into messages; gzip too.
func OpenModel(path string, stdin io.Reader, arrivals loop.Arrivals) (*loop.Trace, error) {
	name, r := "stdin", stdin
	if path != Stdin {
		f, err := os.Open(path)
		if err != nil {
			return nil, unreadable(path, err)
		}
		defer func() { _ = f.Close() }() // nothing was written
		name, r = path, f
	}
	text, err := unzipped(r, name)
	if err != nil {
		return nil, err
	}
	trace, err := loop.CSV{Name: name, Arrivals: arrivals}.Read(text)
	if err != nil {
		return nil, &InputError{Problem: err.Error(), Advice: packedAdvice(err)}
	}
	return trace, nil
}

// read tells the content apart by its first bytes.
func read(r io.Reader, path string, o Options) ([]loop.Job, error) {
	b, err := unzipped(r, path)
	if err != nil {
		return nil, err
	}
	start, _ := b.Peek(sniffed)
	switch text := trimmed(start); {
	case bytes.IndexByte(start, 0) >= 0:
		return nil, &InputError{Problem: path + ": is not text", Advice: adviceForm}
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return readJSON(b, path, o)
	}
	return readCSV(b, path, o)
}

// unzipped reads what is compressed with gzip as what it was, and all else as it is.
func unzipped(r io.Reader, path string) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, readSize)
	if start, _ := b.Peek(2); string(start) != "\x1f\x8b" {
		return b, nil
	}
	packed := &counting{Reader: b}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, &InputError{Problem: fmt.Sprintf("%s: begins like gzip, but: %v", path, err), Advice: adviceGzip}
	}
	return bufio.NewReaderSize(&unpacking{packed: packed, text: z}, readSize), nil
}

// adviceGzip is for compressed files that are cut or damaged.
const adviceGzip = "the compressed file is cut or damaged: copy it again, and test it with gzip -t"

// unpacking ends with errBomb where a text is far longer than what it was compressed to: no recorded trace
// repeats itself so, and a megabyte could else fill a machine's memory.
type unpacking struct {
	packed       *counting
	text         io.Reader
	bytes, lines int64
}

var errBomb = errors.New("the compressed file unpacks to far more than a trace would")

// What unpacks to no more than this is taken, however small it was.
const (
	freeBytes = 64 << 20
	freeLines = 1 << 19
)

// The most that one compressed byte may become, and the least that a row of a trace takes of them.
const (
	bytesOfByte = 64
	bytesOfLine = 2
)

func (u *unpacking) Read(p []byte) (int, error) {
	n, err := u.text.Read(p)
	u.bytes += int64(n)
	u.lines += int64(bytes.Count(p[:n], []byte("\n")))
	if u.bytes > max(freeBytes, bytesOfByte*u.packed.n) || u.lines > max(freeLines, u.packed.n/bytesOfLine) {
		return 0, errBomb
	}
	return n, err
}

// counting counts what is read. It reads no single bytes of its own accord: gzip puts a buffer before it.
type counting struct {
	io.Reader
	n int64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// source remembers why it could not be read: what then looks like a wrong row is none.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// blame is the error of reading a path where there was one, and else the content's.
func (s *source) blame(path string, err error) error {
	if s.err != nil {
		return unreadable(path, s.err)
	}
	return err
}

// trimmed is a text without the white space around it, and without the mark that some editors put first.
func trimmed(text []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
}

// Sizes of reading.
const (
	readSize = 256 << 10 // larger than a pipe's, and small beside what is read
	sniffed  = 512       // bytes that tell text from what is none
)
