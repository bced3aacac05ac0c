package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
)

// tracer runs a program under ptrace, and shows each system call on its way in and out. So harm can be done at
// one step of a save without anything in the program that knows of it.
type tracer struct {
	pid      int
	inside   map[int]*syscallStop // threads that are in a system call
	enter    func(*syscallStop) verdict
	leave    func(*syscallStop)
	signaled syscall.Signal
	code     int
}

// syscallStop is a thread at a system call.
type syscallStop struct {
	tid   int
	regs  syscall.PtraceRegs // on entry
	value int64              // on the way out: the result, or minus the errno
	fail  syscall.Errno      // what the call is to fail with; 0: nothing
}

// verdict is what is to become of a system call.
type verdict int

const (
	goOn verdict = iota
	refuse
	killAll
)

// Of ptrace and wait, what the syscall package does not name.
const (
	optionExitKill = 0x100000 // PTRACE_O_EXITKILL: the program does not outlive us
	syscallTrap    = syscall.SIGTRAP | 0x80
)

// run runs the program to its end. It takes the thread for itself, because ptrace knows threads.
func (t *tracer) run(path string, args []string, attr *os.ProcAttr) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	attr.Sys = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	p, err := os.StartProcess(path, append([]string{path}, args...), attr)
	if err != nil {
		return err
	}
	t.pid, t.inside = p.Pid, map[int]*syscallStop{}
	defer func() { _ = p.Release() }()
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(t.pid, &status, syscall.WALL, nil); err != nil {
		return fmt.Errorf("waiting for the program to start: %w", err)
	}
	const options = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | optionExitKill
	if err := syscall.PtraceSetOptions(t.pid, options); err != nil {
		return fmt.Errorf("tracing the program: %w", err)
	}
	_ = syscall.PtraceSyscall(t.pid, 0)
	return t.follow()
}

// follow lets the threads go from stop to stop until all are gone: they are a process group of their own.
func (t *tracer) follow() error {
	for {
		var status syscall.WaitStatus
		tid, err := syscall.Wait4(-t.pid, &status, syscall.WALL, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.ECHILD):
			return nil
		case err != nil:
			return fmt.Errorf("waiting for the program: %w", err)
		case status.Stopped():
			_ = syscall.PtraceSyscall(tid, t.stopped(tid, status)) // a thread that was killed meanwhile is no error
		case tid == t.pid:
			t.code = status.ExitStatus()
			if status.Signaled() {
				t.code, t.signaled = -1, status.Signal()
			}
		}
	}
}

// stopped handles a stop and returns the signal to go on with.
func (t *tracer) stopped(tid int, status syscall.WaitStatus) int {
	switch s := status.StopSignal(); s {
	case syscallTrap:
		t.call(tid)
		return 0
	case syscall.SIGTRAP, syscall.SIGSTOP: // a new thread, on both sides
		return 0
	default:
		return int(s)
	}
}

// call handles a system call's entry, or its exit.
func (t *tracer) call(tid int) {
	if stop, ok := t.inside[tid]; ok {
		delete(t.inside, tid)
		t.leaving(stop)
		return
	}
	stop := &syscallStop{tid: tid}
	if syscall.PtraceGetRegs(tid, &stop.regs) != nil {
		return
	}
	t.inside[tid] = stop
	switch t.enter(stop) {
	case refuse:
		regs := stop.regs
		regs.Orig_rax = ^uint64(0) // no such system call: it does nothing
		_ = syscall.PtraceSetRegs(tid, &regs)
	case killAll:
		_ = syscall.Kill(-t.pid, syscall.SIGKILL)
	}
}

func (t *tracer) leaving(stop *syscallStop) {
	var regs syscall.PtraceRegs
	if syscall.PtraceGetRegs(stop.tid, &regs) != nil {
		return
	}
	if stop.fail != 0 {
		regs.Rax = uint64(-int64(stop.fail)) //nolint:gosec // as the kernel returns an errno
		_ = syscall.PtraceSetRegs(stop.tid, &regs)
	}
	stop.value = int64(regs.Rax) //nolint:gosec // the kernel's result is signed
	t.leave(stop)
}

// text reads a string of the program's.
func (s *syscallStop) text(address uint64) string {
	buffer := make([]byte, 512)
	n, _ := syscall.PtracePeekData(s.tid, uintptr(address), buffer)
	for i, b := range buffer[:n] {
		if b == 0 {
			return string(buffer[:i])
		}
	}
	return string(buffer[:n])
}
