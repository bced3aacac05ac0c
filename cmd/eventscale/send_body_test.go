package main

import (
	"io"
	"slices"
	"strings"
	"testing"
)

// endless is a file without a line end, as /dev/zero is.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestALineWithoutEndIsNoJob(t *testing.T) {
	var jobs []string
	var last error
	for job, err := range linesOf(io.MultiReader(strings.NewReader("one\n\r\ntwo\r\n"), endless{}), 0) {
		if last = err; err == nil {
			jobs = append(jobs, job)
		}
	}
	if !slices.Equal(jobs, []string{"one", "two"}) || last == nil || !strings.Contains(last.Error(), "a line is longer than") {
		t.Errorf("%d jobs, and %v", len(jobs), last)
	}
}

func TestTheLastLineNeedsNoEnd(t *testing.T) {
	var jobs []string
	for job := range linesOf(strings.NewReader("one\ntwo\nthree"), 0) {
		jobs = append(jobs, job)
	}
	if !slices.Equal(jobs, []string{"one", "two", "three"}) {
		t.Errorf("%q", jobs)
	}
}
