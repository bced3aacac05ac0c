package main

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// fromStdin is the --body that means one job a line from stdin.
const fromStdin = "-"

// prepare checks the flags, and finds the bodies.
func (a *app) prepare(o *sendOptions) error {
	err := errors.Join(o.checkCount(), o.checkVia(), o.checkGroupFlags())
	if err != nil {
		return err
	}
	o.Run = runID()
	switch {
	case !o.bodied:
		o.Bodies = numberedBodies(o.Run, o.count)
	case o.body == fromStdin:
		o.Bodies = linesOf(a.stdin, o.most())
	default:
		return o.fixed()
	}
	return nil
}

func (o *sendOptions) checkCount() error {
	if o.count >= 1 {
		return nil
	}
	return &stack.FieldError{Field: "count", Value: fmt.Sprint(o.count), Allowed: "must be at least 1 job", Advice: "for example --count 60"}
}

func (o *sendOptions) checkVia() error {
	switch {
	case o.Via != stack.ViaQueue && o.Via != stack.ViaFunction:
		ways := []string{stack.ViaQueue, stack.ViaFunction}
		return &stack.FieldError{
			Field: "via", Value: o.Via, Allowed: "must be queue or function",
			Advice: didYouMean("--via ", o.Via, ways) + "leave --via out for the queue",
		}
	case o.Async && o.Via != stack.ViaFunction:
		return &usageError{text: "--async: goes with --via function only: a queue answers at once", hint: "leave --async out, or add --via function"}
	}
	return nil
}

// most is how many lines are read at most; 0 means all.
func (o *sendOptions) most() int {
	if o.counted {
		return o.count
	}
	return 0
}

// fixed takes one body for all jobs, from the command line or a file.
func (o *sendOptions) fixed() error {
	text, err := o.text()
	if err != nil {
		return err
	}
	if fault, advice := o.Fault(text); fault != "" {
		return &stack.FieldError{Field: "body", Value: brief(o.body), Allowed: fault, Advice: advice}
	}
	o.Bodies = func(yield func(string, error) bool) {
		for range o.count {
			if !yield(text, nil) {
				return
			}
		}
	}
	return nil
}

// text returns the body that --body names.
func (o *sendOptions) text() (string, error) {
	path, ok := strings.CutPrefix(o.body, "@")
	if !ok {
		return o.body, nil
	}
	refused := func(reason string) error {
		return &stack.FieldError{Field: "body", Value: o.body, Allowed: reason, Advice: "name a file as in --body @job.json"}
	}
	file, err := os.Open(path)
	if err != nil {
		return "", refused("cannot be read: " + cause(err))
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, mostRead))
	if err != nil {
		return "", refused("cannot be read: " + cause(err))
	}
	return strings.TrimRight(string(data), "\r\n"), nil
}

// mostRead is more than any body may have, so that a file that is too large is known as such.
const mostRead = 16 << 20

// brief shows the beginning of a long body.
func brief(body string) string {
	const most = 40
	if r := []rune(body); len(r) > most {
		return string(r[:most]) + "..."
	}
	return body
}

// numberedBodies are the default jobs: {"id":"5f0c2a91-17","job":17}.
func numberedBodies(run string, count int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for n := 1; n <= count; n++ {
			if !yield(fmt.Sprintf(`{"id":"%s-%d","job":%d}`, run, n, n), nil) {
				return
			}
		}
	}
}

// linesOf reads a job a line, at most so many (0: all). Empty lines are none.
func linesOf(r io.Reader, most int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, mostRead)
		for n := 0; (most == 0 || n < most) && lines.Scan(); {
			if line := strings.TrimRight(lines.Text(), "\r\n"); line != "" {
				n++
				if !yield(line, nil) {
					return
				}
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			yield("", fmt.Errorf("reading the jobs from stdin: a line is longer than %d bytes, and no job may be", mostRead))
		case err != nil:
			yield("", fmt.Errorf("reading the jobs from stdin: %w", err))
		}
	}
}

// runID tells the jobs of this run from those of another.
func runID() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b)
}
