package provision

import (
	"context"
	"errors"
	"time"
)

// work is one resource on its way, for those who watch.
type work struct {
	run   *run
	event Event
	start time.Time
}

func (r *run) begin(logicalID, typeName, name string) *work {
	return &work{run: r, start: time.Now(), event: Event{LogicalID: logicalID, Type: typeName, Name: name}}
}

// tell emits what has become of the resource, and why.
func (w *work) tell(status Status, reason string) {
	w.emit(func(e *Event) { e.Status, e.Reason = status, reason })
}

// waiting returns a function that emits what the resource waits for.
func (w *work) waiting(status Status) func(reason string, until time.Time) {
	return func(reason string, until time.Time) {
		w.emit(func(e *Event) { e.Status, e.Reason, e.Until = status, reason, until })
	}
}

// emit sends an event: one at a time, in the order in which they happen.
func (w *work) emit(fill func(*Event)) {
	if w.run.Emit == nil {
		return
	}
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	e := w.event
	e.Time = time.Now()
	e.Elapsed = e.Time.Sub(w.start)
	fill(&e)
	w.run.Emit(e)
}

// fail tells and keeps a failure. It returns the error, so that dependents are skipped. That the state
// could not be saved is told once by the run, not by each resource.
func (r *run) fail(ctx context.Context, w *work, status Status, doing string, err error) error {
	if stopped(ctx, err) {
		r.skip(w.event.LogicalID, w.event.Type, w.event.Name, stopReason(err))
		return errSkipped
	}
	w.tell(status, err.Error())
	if unsaved := r.Journal.Err(); unsaved != nil && errors.Is(err, unsaved) {
		return err
	}
	f := &Failure{doing, w.event.Type, w.event.LogicalID, err}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, f)
	return f
}

// stopped reports whether an error only says that the context has ended.
func stopped(ctx context.Context, err error) bool {
	if ctx.Err() == nil {
		return false
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Cause(ctx))
}

// stopReason is what a resource did when its run was stopped, in few words.
func stopReason(err error) string {
	if wait, ok := errors.AsType[*StoppedError](err); ok {
		return wait.Error()
	}
	return "stopped"
}

// skip tells and keeps that a resource was not touched.
func (r *run) skip(logicalID, typeName, name, reason string) {
	r.begin(logicalID, typeName, name).tell(Skipped, reason)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped = append(r.skipped, logicalID)
}
