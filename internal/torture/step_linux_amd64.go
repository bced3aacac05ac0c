package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// step is what a system call does to the state folder: "write new state", "sync folder".
type step struct{ op, what string }

func (s step) String() string { return s.op + " " + s.what }

// disk follows what a program does to its state folder, and what of that a loss of power would leave.
type disk struct {
	dir  string         // absolute
	fds  map[int]string // open files of the folder, by their paths
	seen map[step]int   // steps so far

	rootless bool            // the folder itself is in memory only
	unsynced map[string]bool // files with content that is in memory only
	torn     bool            // the state file is such a one
	durable  []byte          // the state file after a loss of power; nil: there would be none

	harm  *diskHarm
	spent bool // the harm is done, or goes on
}

// diskHarm is done at the k-th step of a kind: the program is killed before it, or it fails, and with it all
// that write after it.
type diskHarm struct {
	step  step
	k     int
	fails syscall.Errno // 0: it is killed
	power bool          // and so is the machine
}

func newDisk(dir string, h *diskHarm) *disk {
	d := &disk{dir: dir, fds: map[int]string{}, seen: map[step]int{}, unsynced: map[string]bool{}, harm: h}
	d.durable = d.state()
	return d
}

// state is the state file as it is now.
func (d *disk) state() []byte {
	data, err := os.ReadFile(filepath.Join(d.dir, stackName+".json"))
	if err != nil {
		return nil
	}
	return data
}

// enter decides what becomes of a system call.
func (d *disk) enter(s *syscallStop) verdict {
	now, ok := d.stepOf(s)
	if !ok {
		return goOn
	}
	d.seen[now]++
	switch {
	case d.harm == nil:
		return goOn
	case d.spent && d.harm.fails != 0 && now.writes(), now == d.harm.step && d.seen[now] == d.harm.k:
		d.spent = true
	default:
		return goOn
	}
	if d.harm.fails == 0 {
		return killAll
	}
	s.fail = d.harm.fails
	return refuse
}

// writes tells whether a step needs room or a sound disk.
func (s step) writes() bool { return s.op == "create" || s.op == "write" || s.op == "sync" }

// stepOf returns the step that a system call is, if it changes the state folder.
func (d *disk) stepOf(s *syscallStop) (step, bool) {
	op, path := "", ""
	switch s.regs.Orig_rax {
	case syscall.SYS_OPENAT:
		if s.regs.Rdx&syscall.O_CREAT != 0 {
			op, path = "create", s.text(s.regs.Rsi)
		}
	case syscall.SYS_WRITE:
		op, path = "write", d.fds[int(s.regs.Rdi)]
	case syscall.SYS_FSYNC:
		op, path = "sync", d.fds[int(s.regs.Rdi)]
	case syscall.SYS_RENAMEAT:
		op, path = "rename", s.text(s.regs.Rsi)
	case syscall.SYS_UNLINKAT:
		op, path = "remove", s.text(s.regs.Rsi)
	case syscall.SYS_MKDIRAT:
		op, path = "make", s.text(s.regs.Rsi)
	case syscall.SYS_FLOCK:
		op, path = "lock", d.fds[int(s.regs.Rdi)]
	}
	what := d.what(path)
	return step{op, what}, op != "" && what != ""
}

// what names a file of the state folder; "" for another.
func (d *disk) what(path string) string {
	path = d.absolute(path)
	name := filepath.Base(path)
	switch {
	case path == d.dir:
		return "folder"
	case path == filepath.Dir(d.dir):
		return "folder above"
	case filepath.Dir(path) != d.dir:
		return ""
	case name == stackName+".json":
		return "state"
	case name == stackName+".lock":
		return "lock"
	case strings.HasPrefix(name, "."+stackName+".probe-"):
		return "probe"
	case strings.HasPrefix(name, "."+stackName+"."):
		return "new state"
	}
	return "file " + name
}

// absolute: the program runs in the folder above.
func (d *disk) absolute(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(d.dir), path)
}

// leave keeps track of open files, and of what is durable.
func (d *disk) leave(s *syscallStop) {
	if s.value < 0 {
		return
	}
	fd := int(s.regs.Rdi)
	switch s.regs.Orig_rax {
	case syscall.SYS_OPENAT:
		if path := s.text(s.regs.Rsi); d.what(path) != "" {
			d.fds[int(s.value)] = d.absolute(path)
		}
	case syscall.SYS_CLOSE:
		delete(d.fds, fd)
	case syscall.SYS_WRITE:
		d.unsynced[d.fds[fd]] = true
	case syscall.SYS_FSYNC:
		d.synced(d.fds[fd])
	case syscall.SYS_RENAMEAT:
		if d.what(s.text(s.regs.R10)) == "state" {
			d.torn = d.unsynced[d.absolute(s.text(s.regs.Rsi))]
		}
	case syscall.SYS_MKDIRAT:
		d.rootless = d.rootless || d.what(s.text(s.regs.Rsi)) == "folder"
	}
}

// synced: a rename and a removal are durable when their folder is. A file renamed before its own content is
// durable is there and empty. A folder that is not durable in the one above takes all that is in it along.
func (d *disk) synced(path string) {
	delete(d.unsynced, path)
	if path == filepath.Dir(d.dir) {
		d.rootless = false
	}
	if path != d.dir {
		return
	}
	d.durable = d.state()
	if d.torn {
		d.durable = []byte{}
	}
}

// losePower makes the state file what a loss of power would have left, and the temporary files empty. It
// reports whether that is another file than a killed program leaves.
func (d *disk) losePower() (bool, error) {
	if temporary, _ := filepath.Glob(filepath.Join(d.dir, ".*.tmp")); len(temporary) > 0 {
		for _, path := range temporary {
			if err := os.Truncate(path, 0); err != nil {
				return false, err
			}
		}
	}
	if d.rootless {
		d.durable = nil
	}
	now := d.state()
	if (now == nil) == (d.durable == nil) && bytes.Equal(now, d.durable) {
		return false, nil
	}
	path := filepath.Join(d.dir, stackName+".json")
	if d.durable == nil {
		return true, os.Remove(path)
	}
	return true, os.WriteFile(path, d.durable, 0o600)
}
