package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"
)

// hungUp closes the terminal that the program runs on, at the n-th call.
func (s *story) hungUp(n int32) func(context.Context, *trial) error {
	return func(ctx context.Context, t *trial) error {
		ours, theirs, err := terminal()
		if err != nil {
			return err
		}
		hangUp := func() {
			_ = ours.Close()
			pause(settleTime)
		}
		defer hangUp()
		return s.stopped(ctx, t, &harm{at: n, answer: true, do: hangUp}, exitInterrupted, func(ctx context.Context, t *trial) (outcome, error) {
			return t.printing(ctx, s.args, ours, theirs, func(cmd *exec.Cmd) {
				cmd.Stdin = theirs
				cmd.Env = append(cmd.Env, "TERM=xterm")
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			})
		})
	}
}

// terminal opens a pseudo terminal.
func terminal() (ours, theirs *os.File, err error) {
	ours, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	var number, unlocked int32
	for request, argument := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &number} {
		if err := control(ours, request, argument); err != nil {
			_ = ours.Close()
			return nil, nil, err
		}
	}
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	return ours, theirs, err
}

// control asks the terminal's driver, without taking the file out of the poller: a read must end when it is closed.
func control(f *os.File, request uintptr, argument *int32) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var errno syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(argument)))
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return err
}
