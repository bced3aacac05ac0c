package fleet

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// shell gives the command to cmd.exe as it was typed: Go would quote it for a program, and cmd.exe reads otherwise.
func shell(command string) *exec.Cmd {
	cmd := exec.Command("cmd.exe") //nolint:noctx // it is asked to stop before it is killed
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /C "` + command + `"`}
	return cmd
}

// startGroup starts a command in a process group of its own, so that Ctrl-Break reaches all of it.
// It cannot tell when the last process of them ends, nor end them when we die.
func startGroup(cmd *exec.Cmd) (life, leash *os.File, err error) {
	cmd.SysProcAttr.CreationFlags = syscall.CREATE_NEW_PROCESS_GROUP
	return nil, nil, cmd.Start()
}

const ctrlBreakEvent = 1

// terminate sends Ctrl-Break, which is as near to SIGTERM as Windows comes: Python raises
// KeyboardInterrupt, or calls its handler of SIGBREAK.
// https://learn.microsoft.com/en-us/windows/console/generateconsolectrlevent
func (p *process) terminate() {
	generate := syscall.NewLazyDLL("kernel32.dll").NewProc("GenerateConsoleCtrlEvent")
	_, _, _ = generate.Call(ctrlBreakEvent, uintptr(p.cmd.Process.Pid))
}

// kill ends the process and those below it.
func (p *process) kill() {
	if exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(p.cmd.Process.Pid)).Run() != nil { //nolint:noctx // it ends at once
		_ = p.cmd.Process.Kill()
	}
}
