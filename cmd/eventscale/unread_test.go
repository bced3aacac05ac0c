package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"
)

// That nobody reads us any more is nothing to be told. That AWS does not is.
func TestABrokenConnectionIsNoBrokenPipe(t *testing.T) {
	for _, stream := range []*os.File{os.Stdout, os.Stderr} {
		for _, errno := range []syscall.Errno{syscall.EPIPE, syscall.EIO} {
			if !unread(fmt.Errorf("showing the plan: %w", &fs.PathError{Op: "write", Path: stream.Name(), Err: errno})) {
				t.Errorf("%s: %v is taken for a failure", stream.Name(), errno)
			}
		}
	}
	for _, err := range []error{
		nil,
		&net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)},
		&fs.PathError{Op: "read", Path: "eventscale.yaml", Err: syscall.EIO},
		&fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.ENOSPC},
		errors.New("broken pipe"),
	} {
		if unread(err) {
			t.Errorf("%v: nobody would be told", err)
		}
	}
}
