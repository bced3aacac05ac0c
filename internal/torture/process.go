//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/eventscale/eventscale/internal/state"
)

// stackName and groupName are those of the stack that is tormented.
const (
	stackName = "gpu-workers"
	groupName = "gpu-workers"
)

// patience ends a run that hangs. No run takes so long by itself, on however busy a machine.
const patience = 5 * time.Minute

// program is the eventscale under torture.
type program struct {
	path string
	dir  string // a home without AWS files, which holds the folders of the trials
}

// build makes the program.
func (p *program) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", p.path, "github.com/eventscale/eventscale/cmd/eventscale")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building eventscale: %w", err)
	}
	return nil
}

// environment is that of every run: nothing of the machine's AWS configuration.
func (p *program) environment(endpoint string) []string {
	return []string{
		"HOME=" + p.dir, "PATH=" + os.Getenv("PATH"), "USER=torture",
		"AWS_ACCESS_KEY_ID=torture", "AWS_SECRET_ACCESS_KEY=torture", "AWS_REGION=" + region,
		"AWS_ENDPOINT_URL=" + endpoint,
	}
}

// trial is one account, one state folder, and what was run on them.
type trial struct {
	*cloud
	program *program
	home    string  // the working directory, with the state folder in it
	base    account // what was there at the start
	left    int     // the objects that were left at the end
	reached bool    // the harm was done

	mu     sync.Mutex
	runs   int
	log    strings.Builder
	victim atomic.Pointer[os.Process]
}

// outcome is how a run ended.
type outcome struct {
	code   int // -1 where a signal ended it
	signal syscall.Signal
	output string // stdout and stderr
}

// stateDir is where the program keeps its state by itself.
func (t *trial) stateDir() string { return filepath.Join(t.home, ".eventscale") }

func (t *trial) store() *state.Store { return state.Open(t.stateDir()) }

// command prepares a run, in a process group of its own.
func (t *trial) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.program.path, args...)
	cmd.Dir = t.home
	cmd.Env = t.program.environment(t.url)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// running is a run under way.
type running struct {
	t      *trial
	ctx    context.Context
	cancel context.CancelFunc
	cmd    *exec.Cmd
	said   bytes.Buffer
}

// prepared is a run that has not begun.
func (t *trial) prepared(ctx context.Context, args []string) *running {
	r := &running{t: t}
	ctx, r.cancel = context.WithTimeout(ctx, patience)
	r.ctx, r.cmd = ctx, t.command(ctx, args...)
	r.cmd.Stdout, r.cmd.Stderr = &r.said, &r.said
	return r
}

// start starts a run.
func (t *trial) start(ctx context.Context, args ...string) (*running, error) {
	r := t.prepared(ctx, args)
	err := r.begin()
	return r, err
}

func (r *running) begin() error {
	if err := r.cmd.Start(); err != nil {
		r.cancel()
		return err
	}
	r.t.victim.Store(r.cmd.Process)
	return nil
}

// wait waits for the run's end, whatever that is, and for that of what it has sent: it takes its effect, or not,
// before anything else happens.
func (r *running) wait() (outcome, error) {
	defer r.cancel()
	err := r.cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return outcome{}, err
	}
	o := outcome{code: r.cmd.ProcessState.ExitCode(), output: r.said.String()}
	if status, ok := r.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		o.signal = status.Signal()
	}
	r.t.note(r.cmd.Args[1:], o)
	if r.ctx.Err() != nil {
		return o, fmt.Errorf("eventscale %s: it hung", strings.Join(r.cmd.Args[1:], " "))
	}
	return o, nil
}

// run runs the program to its end.
func (t *trial) run(ctx context.Context, args ...string) (outcome, error) {
	r, err := t.start(ctx, args...)
	if err != nil {
		return outcome{}, err
	}
	defer t.settle()
	return r.wait()
}

// note keeps what a run said, for the case that the trial fails.
func (t *trial) note(args []string, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.runs++
	fmt.Fprintf(&t.log, "$ eventscale %s\n%s[exit code %d %s]\n", strings.Join(args, " "), o.output, o.code, o.signal)
}

// must runs the program, which must end with the exit code.
func (t *trial) must(ctx context.Context, code int, args ...string) error {
	o, err := t.run(ctx, args...)
	if err == nil && o.code != code {
		err = fmt.Errorf("eventscale %s: exit code %d, want %d", strings.Join(args, " "), o.code, code)
	}
	return err
}

// kill ends the run under way, with all that it has started, as a loss of power would.
func (t *trial) kill() { t.signal(syscall.SIGKILL) }

func (t *trial) signal(s syscall.Signal) {
	if p := t.victim.Load(); p != nil {
		_ = syscall.Kill(-p.Pid, s)
	}
}

// audit lists the account.
func (t *trial) audit(ctx context.Context) (account, error) { return audit(ctx, t.url) }
