package main

import (
	"fmt"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

// checkGroupFlags refuses what no queue would understand.
func (o *sendOptions) checkGroupFlags() error {
	switch {
	case o.grouped && o.Group == "":
		return &stack.FieldError{Field: "group", Allowed: "must not be empty", Advice: "for example --group a; leave it out for the queue's default"}
	case o.grouped && o.GroupPerJob:
		return &usageError{text: "--group and --group-per-job exclude each other: a job is in one group", hint: "leave one of them out"}
	case (o.grouped || o.GroupPerJob) && o.Via == stack.ViaFunction:
		return &usageError{
			text: "--group, --group-per-job: go with --via queue only: the function takes the group from the event, and gives a job without one its own",
			hint: `for example --via function --body '{"group": "a"}'`,
		}
	}
	return nil
}

// checkGroup refuses a group for each job where the queue knows none, and warns where all jobs go into one that
// nobody asked for: the loop would bring instances that have nothing to do. Who names a group wants the order.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
func (a *app) checkGroup(d *ui.Delivery, o *sendOptions) error {
	fifo := o.Via == stack.ViaQueue && strings.HasSuffix(d.To, ".fifo")
	switch {
	case o.GroupPerJob && d.To != "" && !fifo:
		return &usageError{
			text: fmt.Sprintf("--group-per-job: goes with a FIFO queue only, and %s is none: its jobs do not wait for each other anyway", d.To),
			hint: "leave --group-per-job out",
		}
	case fifo && !o.grouped && !o.GroupPerJob && d.Count != 1:
		_ = ui.Warning(a.err(), fmt.Sprintf("all jobs go into the one message group %s: SQS hands out its next batch when the one before is done, so more instances do not get them done sooner", stack.DefaultGroup))
		a.hint("--group-per-job lets workers take the jobs side by side; --group NAME says that the order is wanted")
	}
	return nil
}
