package main

import (
	"context"
	"io"
)

// patientReader reads standard input until the context ends: a read from a terminal or a pipe may never
// come back by itself.
type patientReader struct {
	ctx context.Context
	io.Reader
}

// Read reads into a buffer of its own, which a read that is given up may still fill.
func (r *patientReader) Read(p []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	own, answers := make([]byte, len(p)), make(chan answer, 1)
	go func() {
		n, err := r.Reader.Read(own)
		answers <- answer{n, err}
	}()
	select {
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	case got := <-answers:
		return copy(p, own[:got.n]), got.err
	}
}
