//go:build unix

package fleet

import (
	"os"
	"os/exec"
	"syscall"
)

// guarded runs the command that is its $0 beside a guard of the same process group, which kills the group
// when file 4 ends: that is when we close our end, or die, however that comes. The guard does not hold
// file 3, which ends with the last of the others. PR_SET_PDEATHSIG would not do: it reaches the shell
// alone and not what the shell started.
const guarded = `(trap "" HUP INT TERM; read x <&4; kill -KILL 0) 3>&- >/dev/null 2>&1 & exec sh -c "$0" 4<&-`

func shell(command string) *exec.Cmd { return exec.Command("sh", "-c", guarded, command) } //nolint:noctx // it is asked to stop before it is killed

// startGroup starts a command in a process group of its own, so that signals reach all that it starts,
// and Ctrl-C at our terminal does not. The file life ends with the last process of them, and closing
// leash kills what is left.
func startGroup(cmd *exec.Cmd) (life, leash *os.File, err error) {
	life, theirLife, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = theirLife.Close() }()
	theirLeash, leash, err := os.Pipe()
	if err != nil {
		_ = life.Close()
		return nil, nil, err
	}
	defer func() { _ = theirLeash.Close() }()
	cmd.ExtraFiles = []*os.File{theirLife, theirLeash} // 3 and 4
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		_, _ = life.Close(), leash.Close()
		return nil, nil, err
	}
	return life, leash, nil
}

// terminate asks all processes of the group to stop.
func (p *process) terminate() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM) }

// kill ends them.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }
