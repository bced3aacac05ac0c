// Package fleet runs a command once for each instance of a group, as processes of this machine, so that
// a worker can be tried where no instance is.
//
// It starts, stops and restarts processes, and passes on what they print. It knows neither AWS nor why
// an instance comes or goes.
package fleet

import (
	"io"
	"sync"
	"time"
)

// Options say what runs, and how.
type Options struct {
	// Command is given to the shell: sh -c, or cmd.exe /C on Windows.
	Command string

	// Grace is how long a process has, from being asked to stop, until it is killed.
	Grace time.Duration

	// Output takes what the processes print, line by line, each behind the name of its instance.
	Output io.Writer

	// Say is told what happens to the processes. It may be called from several goroutines at once.
	Say func(Event)
}

// Event is something that happened to the process of an instance.
type Event struct {
	Instance string
	What     What
	PID      int           // of Started
	Reason   string        // of Exited and Unstartable: "exit status 3", "signal: killed"
	After    time.Duration // of Exited and Unstartable: the pause before the next start
}

// What happened.
type What string

// What can happen.
const (
	Started     What = "started"
	Exited      What = "exited" // by itself, though its instance is in service: it will be started again
	Unstartable What = "cannot be started"
	Stopped     What = "stopped" // as it was asked to, within its grace
	Killed      What = "killed"  // it did not stop within its grace
)

// Fleet is the processes of a group's instances.
type Fleet struct {
	options Options
	output  *lines

	mu      sync.Mutex
	closed  bool
	workers map[string]*worker
	running sync.WaitGroup
}

// New returns a fleet without processes.
func New(o Options) *Fleet {
	return &Fleet{options: o, output: &lines{to: o.Output}, workers: map[string]*worker{}}
}

// Start runs the command for an instance, until Stop. The environment is the whole of it, as NAME=VALUE.
// Starting one that runs already does nothing.
func (f *Fleet) Start(instance string, env []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.workers[instance] != nil {
		return
	}
	w := &worker{options: f.options, instance: instance, env: env, output: f.output, stop: make(chan struct{})}
	f.workers[instance] = w
	f.running.Go(w.run)
}

// Stop asks the process of an instance to stop, and kills it when its grace is over. It does not wait.
// Stopping one that does not run does nothing.
func (f *Fleet) Stop(instance string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w := f.workers[instance]; w != nil {
		delete(f.workers, instance)
		close(w.stop)
	}
}

// Close stops all, starts no more, and waits until each process has ended.
func (f *Fleet) Close() {
	f.mu.Lock()
	f.closed = true
	for instance, w := range f.workers {
		delete(f.workers, instance)
		close(w.stop)
	}
	f.mu.Unlock()
	f.running.Wait()
}
