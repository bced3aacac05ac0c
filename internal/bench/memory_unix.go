//go:build !windows

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the peak resident memory of a process that has ended, in bytes. Linux counts from
// before the process became another program, so it is at least what this one, its parent, took itself.
func peakMemory(s *os.ProcessState) int {
	used, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int(used.Maxrss) // bytes there, kilobytes elsewhere
	}
	return int(used.Maxrss) << 10
}
