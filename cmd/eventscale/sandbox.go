package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

// serveAddress is where `sandbox serve` answers by itself, and so what the sandbox's URLs say.
const serveAddress = "127.0.0.1:4599"

func newSandbox(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "sandbox", Short: "The AWS inside the process",
		Long: `The sandbox is an AWS inside the process, for trying eventscale, and your own workers, without an account.
It knows SQS, IAM, STS, Lambda, CloudWatch, CloudWatch Logs and EC2 Auto Scaling, as far as eventscale
uses them, and holds an Auto Scaling group gpu-workers. Its world is kept in the state folder.

The loop runs in it: messages make the metrics, the metrics the alarms, the alarms the policies, the
policies the group; and its instances take jobs and are done with them after a while. Time passes in it
as it does outside, or faster with --speed, also while no command runs.`,
		Args: subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newServe(a))
	return cmd
}

// serveOptions are the flags of `sandbox serve`.
type serveOptions struct {
	addr    string
	latency time.Duration
	memory  bool
	public  bool
	policy  string // file
	world   worldSettings
	workers workerOptions
}

func newServe(a *app) *cobra.Command {
	o := &serveOptions{}
	cmd := a.command("serve", "Serve the sandbox over HTTP, for any AWS client", upTo(0), func(ctx context.Context, _ *cobra.Command, _ []string) error {
		return a.serve(ctx, o)
	})
	cmd.Example = `  eventscale sandbox serve
  eventscale sandbox serve --speed 60 --job-time 5m
  eventscale sandbox serve --worker 'python3 worker.py'
  eventscale sandbox serve --faults testdata/faults/throttled-twice.yaml
  eventscale sandbox serve --policy policy.json
  aws --endpoint-url http://127.0.0.1:4599 sqs list-queues
  AWS_ENDPOINT_URL=http://127.0.0.1:4599 eventscale up --asg gpu-workers`
	cmd.Flags().StringVar(&o.addr, "addr", serveAddress, "address to listen on")
	cmd.Flags().BoolVar(&o.public, "public", false, "let --addr be one that other machines reach; whoever reaches it may use the sandbox")
	cmd.Flags().DurationVar(&o.latency, "latency", 0, "time added to every request")
	cmd.Flags().BoolVar(&o.memory, "memory", false, "keep the world in memory and not in the state folder")
	cmd.Flags().StringVar(&o.policy, "policy", "", "IAM policy, a JSON `file`, that binds whoever calls; without it everything is allowed")
	cmd.Flags().AddFlagSet(o.world.flags())
	cmd.Flags().AddFlagSet(o.workers.flags())
	return cmd
}

func (a *app) serve(ctx context.Context, o *serveOptions) error {
	options, err := a.sandboxOptions(&o.world)
	policy, unreadable := readPolicy(o.policy)
	if err := errors.Join(err, o.workers.check(), unreadable); err != nil {
		return err
	}
	options.Latency, options.Log, options.Policy = o.latency, a.logServed, policy
	if o.memory {
		options.Path = ""
	} else if err := a.checkWorld(); err != nil {
		return err
	}
	listener, err := o.listen(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	options.Endpoint = "http://" + listener.Addr().String()
	ctx, dismiss := a.employ(ctx, &o.workers, &options)
	defer dismiss()
	cloud, err := sandbox.Open(options)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "serving on %s\n", options.Endpoint)
	fmt.Fprintf(a.stderr, "export AWS_ENDPOINT_URL=%s AWS_REGION=%[2]s AWS_DEFAULT_REGION=%[2]s AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n", options.Endpoint, sandboxRegion)
	return cloud.Serve(ctx, listener, o.public)
}

// maxPolicy is more than a policy may have.
const maxPolicy = 1 << 20

// readPolicy returns the policy document of a file; nil where none is named.
func readPolicy(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	document, err := readAtMost(file, maxPolicy)
	if err == nil {
		_, err = sandbox.ParsePolicy(document)
	}
	if err != nil {
		return nil, &stack.FieldError{
			Field: "policy", Value: file, Allowed: "is no policy for the sandbox: " + err.Error(),
			Advice: "`eventscale iam-policy --asg NAME > policy.json` makes one",
		}
	}
	return document, nil
}

// listen begins to listen, where nobody else can reach it unless that is meant.
func (o *serveOptions) listen(ctx context.Context) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return nil, &stack.FieldError{Field: "addr", Value: o.addr, Allowed: "cannot be listened on: " + err.Error(), Advice: "name a free one, such as --addr 127.0.0.1:0"}
	}
	if !o.public && !sandbox.IsLocal(listener.Addr()) {
		_ = listener.Close()
		return nil, &stack.FieldError{
			Field: "addr", Value: o.addr, Allowed: "is reached from other machines, and must be on loopback unless --public is given",
			Advice: "for example --addr 127.0.0.1:4599; with --public whoever reaches it may use the sandbox",
		}
	}
	return listener, nil
}

// logServed writes a line a call, with --verbose: what was asked and answered, and what a fault rule did to it.
func (a *app) logServed(c sandbox.Call) {
	if a.global.verbose {
		words := []string{c.Service, c.Operation, strconv.Itoa(c.Status), c.Code, string(c.Fault)}
		line := strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
		_ = ui.Line(a.stderr, strings.ReplaceAll(line, "\n", " ")) // an operation is what somebody has sent
	}
}

// delays reads EVENTSCALE_SANDBOX_DELAYS: how long the sandbox takes for what AWS does not do at once.
// "0" means no delays, "role=10s,function=5s" changes two of them.
func (a *app) delays() (sandbox.Delays, error) {
	const name = "EVENTSCALE_SANDBOX_DELAYS"
	d := sandbox.DefaultDelays()
	text := a.env(name)
	if text == "0" {
		return sandbox.Delays{}, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		if word == "" {
			continue
		}
		key, value, _ := strings.Cut(word, "=")
		parsed, err := time.ParseDuration(value)
		if err != nil || parsed < 0 || !d.Set(key, parsed) {
			return d, &usageError{
				text: fmt.Sprintf("%s: %q: must be KEY=DURATION with a key of %s", name, word, strings.Join(sandbox.DelayKeys(), ", ")),
				hint: "for example " + name + "=role=10s,function=5s, or " + name + "=0 for none",
			}
		}
	}
	return d, nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
