package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/fleet"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// workerOptions are the flags of `sandbox serve` that run the user's own workers.
type workerOptions struct {
	command string
	grace   time.Duration
}

// defaultGrace is what most service managers and container runtimes give, some more, some less.
const defaultGrace = 30 * time.Second

func (o *workerOptions) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("Workers", pflag.ContinueOnError)
	f.StringVar(&o.command, "worker", "", "run this shell `COMMAND` for each instance in service, as a process of this machine")
	f.DurationVar(&o.grace, "worker-grace", defaultGrace, "`time` that it has, from SIGTERM on, to finish its job when its instance goes; then it is killed")
	return f
}

func (o *workerOptions) check() error { return notNegative("worker-grace", o.grace) }

// employ runs the user's workers, if there are any, in place of those that the sandbox plays. The context that it
// returns ends when they have, after the given one: until then they must reach the sandbox. The function that it
// returns ends them too.
func (a *app) employ(ctx context.Context, o *workerOptions, options *sandbox.Options) (context.Context, func()) {
	if o.command == "" {
		return ctx, func() {}
	}
	c := a.hire(o, options.Endpoint)
	options.Instances = c.told
	playing, adjust := time.Duration(0), options.Adjust
	options.Adjust = func(w *sandbox.Workers) {
		if adjust != nil {
			adjust(w)
		}
		playing, w.JobTime = w.JobTime, 0
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		a.note(fmt.Sprintf("stopping the workers, which have %s; once more leaves at once and kills them", o.grace))
		c.dismiss()
		stop()
	})
	return serving, func() {
		unhook()
		c.dismiss()
		stop()
		resume(options.Path, playing)
	}
}

// resume lets the sandbox's instances take jobs again, as they did before. One that was killed does not come so
// far; then --job-time does it.
func resume(path string, jobTime time.Duration) {
	if path == "" || jobTime == 0 {
		return
	}
	cloud, err := sandbox.Open(sandbox.Options{Path: path, Adjust: func(w *sandbox.Workers) { w.JobTime = jobTime }})
	if err != nil {
		return
	}
	ended, end := context.WithCancel(context.Background())
	end()
	_ = cloud.Run(ended) // saves the world as it is at the end of the context
}

// crew is the user's workers: a process for each instance that has work.
type crew struct {
	fleet    *fleet.Fleet
	endpoint string
	environ  []string
}

// hire returns a crew without workers. They are told where the sandbox answers.
func (a *app) hire(o *workerOptions, endpoint string) *crew {
	out := &whole{to: a.stderr}
	return &crew{
		endpoint: endpoint, environ: os.Environ(),
		fleet: fleet.New(fleet.Options{
			Command: o.command, Grace: o.grace, Output: out,
			Say: func(e fleet.Event) { fmt.Fprintf(out, "%s : %s\n", e.Instance, workerWords(e)) },
		}),
	}
}

// told starts or stops the worker of an instance.
func (c *crew) told(e sandbox.InstanceEvent) {
	switch e.Kind {
	case sandbox.InService:
		c.fleet.Start(e.InstanceID, workerEnv(c.environ, c.endpoint, e))
	case sandbox.Terminating:
		c.fleet.Stop(e.InstanceID)
	}
}

// dismiss stops all workers, and waits for them.
func (c *crew) dismiss() { c.fleet.Close() }

// foreign are variables that could lead a worker's calls elsewhere than to the sandbox, and one by which a
// program of ours would take another sandbox for its own.
var foreign = []string{
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN",
	"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "EVENTSCALE_SANDBOX",
}

// workerEnv is the environment of an instance's worker: ours, with all that leads it to the sandbox and to
// its queue, as it is led on AWS by its instance.
func workerEnv(environ []string, endpoint string, e sandbox.InstanceEvent) []string {
	own := []string{
		"AWS_ENDPOINT_URL=" + endpoint,
		"AWS_REGION=" + e.Region, "AWS_DEFAULT_REGION=" + e.Region,
		"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_EC2_METADATA_DISABLED=true",
		"QUEUE_URL=" + e.QueueURL,
		"INSTANCE_ID=" + e.InstanceID,
		variable("asg") + "=" + e.Group,
	}
	env := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(foreign, name) || strings.HasPrefix(name, "AWS_ENDPOINT_URL_")
	})
	return append(env, own...) // of two of the same name the last counts
}

// workerWords say what happened to a worker.
func workerWords(e fleet.Event) string {
	switch e.What {
	case fleet.Started:
		return fmt.Sprintf("worker %d started", e.PID)
	case fleet.Exited:
		return fmt.Sprintf("worker exited (%s); it is started again in %s", e.Reason, e.After)
	case fleet.Unstartable:
		return fmt.Sprintf("worker cannot be started (%s); tried again in %s", e.Reason, e.After)
	case fleet.Killed:
		return "worker killed: it did not stop in time"
	}
	return "worker " + string(e.What)
}

// whole keeps the lines of many writers apart.
type whole struct {
	mu sync.Mutex
	to io.Writer
}

// Write writes.
func (w *whole) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
