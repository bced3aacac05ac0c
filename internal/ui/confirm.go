package ui

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Confirm asks a question and reads one line. Only y and yes mean yes; the end of the input means no.
func Confirm(in io.Reader, o *Output, question string) (bool, error) {
	if _, err := fmt.Fprintf(o, "%s [y/N] ", o.paint(heading, question)); err != nil {
		return false, err
	}
	answer, err := readLine(in)
	if errors.Is(err, io.EOF) {
		_, err = fmt.Fprintln(o) // the answer's own line end is missing
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return err == nil, err
	}
	return false, err
}

// readLine reads up to the end of a line, and not one byte more: the rest is not ours.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		n, err := in.Read(one)
		switch {
		case n > 0 && one[0] == '\n':
			return string(line), nil
		case n > 0:
			line = append(line, one[0])
		}
		if err != nil {
			return string(line), err
		}
	}
}
