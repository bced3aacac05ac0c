package provision

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// node is one piece of work in a graph.
type node struct {
	id    string
	after []*node // nil entries are of no account
	do    func(ctx context.Context, free func()) error

	freed func()        // called once: dependents may begin
	ready chan struct{} // closed by it
	err   error         // why dependents must not begin; set before ready is closed
}

func newNode(id string, do func(context.Context, func()) error) *node {
	n := &node{id: id, do: do, ready: make(chan struct{})}
	n.freed = sync.OnceFunc(func() { close(n.ready) })
	return n
}

// waitsFor reports whether n is another node or begins after it.
func (n *node) waitsFor(other *node) bool {
	return n == other || slices.ContainsFunc(n.after, func(before *node) bool { return before != nil && before.waitsFor(other) })
}

// blocker returns the first node that keeps n from beginning, once all it is after have spoken.
func (n *node) blocker() *node {
	for _, before := range n.after {
		if before == nil {
			continue
		}
		if <-before.ready; before.err != nil {
			return before
		}
	}
	return nil
}

// walk does every node, each when those it is after have freed it, and returns when all are done.
func (r *run) walk(ctx context.Context, nodes []*node, skip func(n *node, reason string)) {
	var workers sync.WaitGroup
	for _, n := range nodes {
		workers.Go(func() {
			defer n.freed()
			if b := n.blocker(); b != nil {
				n.err = errSkipped
				skip(n, "it depends on "+b.id)
				return
			}
			if r.stopped(ctx) != nil {
				n.err = errSkipped
				skip(n, "stopped")
				return
			}
			if err := n.do(ctx, n.freed); err != nil {
				n.fail(err)
			}
		})
	}
	workers.Wait()
}

// fail keeps dependents from beginning, unless they were freed before.
func (n *node) fail(err error) {
	select {
	case <-n.ready:
	default:
		n.err = err
	}
}

// stopped returns why no more work may be begun, or nil. A state that could not be saved comes first: it
// carries what would be lost.
func (r *run) stopped(ctx context.Context) error {
	if err := r.Journal.Err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// result sums up a run.
func (r *run) result(ctx context.Context, total int) error {
	stopped := r.stopped(ctx)
	if stopped != nil && len(r.failures)+len(r.skipped) == 0 && r.Journal.Err() == nil {
		stopped = nil // it came when all was done
	}
	if stopped == nil && len(r.failures)+len(r.skipped) == 0 {
		return nil
	}
	if r.Journal.Err() != nil {
		stopped = r.Journal.Rescue()
	}
	recorded := 0
	for _, record := range r.Journal.Snapshot().Resources {
		if record.PhysicalID != "" {
			recorded++
		}
	}
	slices.SortStableFunc(r.failures, func(a, b error) int { return r.placeOf(a) - r.placeOf(b) })
	return &RunError{Failures: r.failures, Skipped: r.skipped, Recorded: recorded, Total: max(total, recorded), Stopped: stopped}
}

// placeOf is the place in the list of the resource that failed, so that what a run says does not depend on which
// was the fastest.
func (e *Engine) placeOf(failure error) int {
	f, ok := errors.AsType[*Failure](failure)
	if !ok {
		return len(e.Resources)
	}
	return e.place(f.LogicalID)
}
