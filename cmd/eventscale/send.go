package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

// sendOptions are the flags of `send`.
type sendOptions struct {
	stack.Sending
	count   int
	counted bool   // --count was given
	body    string // --body as it was typed
	bodied  bool   // --body was given
	grouped bool   // --group was given
}

func newSend(a *app) *cobra.Command {
	o := &sendOptions{count: 1, Sending: stack.Sending{Via: stack.ViaQueue}}
	cmd := a.command("send", "Put jobs into the stack's queue", upTo(0), func(ctx context.Context, cmd *cobra.Command, _ []string) error {
		given := cmd.Flags().Changed
		o.counted, o.bodied, o.grouped = given("count"), given("body"), given("group")
		return a.send(ctx, o)
	})
	cmd.Long = `Put jobs into the stack's queue: to try the loop, to measure it, or to feed it from a file.

A body is any text; the default is a small JSON object with an ID and a number. Ctrl-C stops after the
calls in flight, and says how many jobs were sent. On a FIFO queue the jobs keep their order, and SQS hands out
one batch of them at a time; with --group-per-job workers take them side by side.

A call whose answer is lost is repeated, so a job can come twice when the network is bad; only a FIFO queue,
sent to straight, knows it again. Workers of any SQS queue must bear that.`
	cmd.Example = `  eventscale send --count 60
  eventscale send --count 1000 --rate 600/m --body '{"input": "s3://bucket/key"}'
  jq -c '.[]' jobs.json | eventscale send --body -
  eventscale send --via function --body @event.json`
	f := cmd.Flags()
	f.SortFlags = false
	intVar(f, &o.count, "count", "`jobs` to send; of --body -, the most to read")
	f.StringVar(&o.body, "body", "", "a job's text, @`FILE`, or - for one job a line from stdin (default: {\"id\": ..., \"job\": 1})")
	rateVar(f, &o.Rate, "rate", "`jobs` a second at most: 10, 10/s, 600/m or 3600/h (default: as fast as AWS takes them)")
	f.StringVar(&o.Via, "via", o.Via, "queue, or function: as events of the stack's function, which makes jobs of them")
	f.BoolVar(&o.Async, "async", false, "with --via function: do not wait for what becomes of each event")
	f.StringVar(&o.Group, "group", "", "message group (default: of a FIFO queue "+stack.DefaultGroup+", else none)")
	f.BoolVar(&o.GroupPerJob, "group-per-job", false, "of a FIFO queue: each job alone in its message group, so that none waits for another")
	return cmd
}

func (a *app) send(ctx context.Context, o *sendOptions) error {
	if err := a.prepare(o); err != nil {
		return err
	}
	snapshot, err := a.recorded()
	if err != nil {
		return err
	}
	s, err := a.open(ctx, snapshot)
	if err != nil {
		return err
	}
	d := delivery(snapshot, o)
	if err := a.checkGroup(&d, o); err != nil {
		return err
	}
	if a.showsSending() {
		p := ui.NewSendProgress(a.err(), d)
		a.screen.show(p)
		o.Progress = p.Update
	}
	d.Sent, err = s.Send(ctx, o.Sending)
	a.end()
	return a.sent(&d, o, err)
}

// delivery is what a sending is shown as.
func delivery(snapshot *state.Snapshot, o *sendOptions) ui.Delivery {
	d := ui.Delivery{Stack: snapshot.Stack, Via: o.Via, Count: o.count}
	if o.body == fromStdin {
		d.Count = 0
	}
	id := stack.JobQueue
	if o.Via == stack.ViaFunction {
		id = stack.IngestFunction
	}
	if r := snapshot.Record(id); r != nil {
		d.To = r.Name
	}
	return d
}

// showsSending reports whether somebody watches: the log's lines would tear a live view apart.
func (a *app) showsSending() bool {
	return a.err().Interactive() && !a.json() && !a.global.verbose
}

// sent prints what was reached, and says why it is not all.
func (a *app) sent(d *ui.Delivery, o *sendOptions, err error) error {
	if err == nil && d.Tried() == 0 {
		return &usageError{text: "--body -: there was no line on stdin", hint: "one job a line, for example: echo '{\"job\": 1}' | eventscale send --body -"}
	}
	if shown := a.showSent(d, err); shown != nil {
		return shown
	}
	switch {
	case interrupted(err), is[*timeoutError](err):
		return &stoppedError{d, o.rest(d), err}
	case err != nil:
		return err
	case d.Refused > 0:
		return &refusedError{d}
	}
	return nil
}

func (a *app) showSent(d *ui.Delivery, err error) error {
	switch {
	case a.json():
		return ui.SentJSON(a.stdout, d)
	case err != nil && d.Tried() == 0:
		return nil // the error says it all
	}
	return ui.Sent(a.out(), d)
}

// rest is the command that sends what is left, where one can be typed.
func (o *sendOptions) rest(d *ui.Delivery) string {
	if left := d.Count - d.Tried(); left > 0 {
		return fmt.Sprintf("the same command with --count %d sends the rest", left)
	}
	return ""
}

// allowedRate says what a rate is.
const allowedRate = "must be jobs a second above 0, such as 10 or 0.5, or 10/s, 600/m, 3600/h"

func rateVar(f *pflag.FlagSet, at *float64, name, usage string) {
	format := func(rate float64) string {
		if rate == 0 {
			return ""
		}
		return strconv.FormatFloat(rate, 'g', -1, 64)
	}
	f.Var(&flagValue[float64]{at, "rate", allowedRate, parseRate, format}, name, usage)
}

// parseRate reads "10", "10/s", "600/m", and returns jobs a second.
func parseRate(s string) (float64, error) {
	number, unit, given := strings.Cut(s, "/")
	if !given {
		unit = "s"
	}
	rate, err := strconv.ParseFloat(number, 64)
	seconds := map[string]float64{"s": 1, "m": 60, "h": 3600}[unit]
	if err != nil || seconds == 0 || !(rate > 0) || math.IsInf(rate, 0) {
		return 0, errors.New(allowedRate)
	}
	return rate / seconds, nil
}
