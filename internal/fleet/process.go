package fleet

import (
	"io"
	"os"
	"os/exec"
	"time"
)

// process is a running command, with all that it started.
type process struct {
	cmd     *exec.Cmd
	output  *os.File // what it prints, stdout and stderr together
	life    *os.File // ends when the last of its processes has; nil where the system cannot tell
	leash   *os.File // kills those that are left when it is closed; nil where the system cannot do that
	exited  chan struct{}
	reason  string        // how it exited; set before exited is closed
	gone    chan struct{} // closed when it has exited, and all that it started
	printed chan struct{} // closed when all its output is passed on
}

// start runs a command. Its output goes to a pipe of ours, not to a writer: os/exec would wait for
// whoever holds the pipe.
func start(command string, env []string) (*process, error) {
	output, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	cmd := shell(command)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, theirs, theirs
	life, leash, err := startGroup(cmd)
	if err != nil {
		_ = output.Close()
		return nil, err
	}
	return &process{
		cmd: cmd, output: output, life: life, leash: leash,
		exited: make(chan struct{}), gone: make(chan struct{}), printed: make(chan struct{}),
	}, nil
}

// wait closes exited, and gone, when it is so.
func (p *process) wait() {
	p.reason = exitText(p.cmd.Wait())
	close(p.exited)
	if p.life != nil {
		_, _ = io.Copy(io.Discard, p.life) // nobody writes: it lasts until the last holder has gone
		_ = p.life.Close()
	}
	close(p.gone)
}

// exitText is how a process ended, as the system says it.
func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// print passes the output on.
func (p *process) print(instance string, to *lines) {
	defer close(p.printed)
	to.copy(instance, p.output)
}

// lastWords is how long the output of a process that has gone is waited for: one that it started, and that
// left the group, may hold it for ever.
const lastWords = time.Second

// close frees what the process held, once it has exited.
func (p *process) close() {
	if p.leash != nil {
		_ = p.leash.Close()
	}
	timer := time.NewTimer(lastWords)
	defer timer.Stop()
	select {
	case <-p.printed:
	case <-timer.C:
	}
	_ = p.output.Close()
	<-p.printed
}
