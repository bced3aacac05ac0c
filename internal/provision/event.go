package provision

import (
	"context"
	"time"
)

// Status is CloudFormation's status of a resource.
type Status string

// The statuses. CreateInProgress and the like are recorded before the call that they speak of.
const (
	CreateInProgress Status = "CREATE_IN_PROGRESS"
	CreateComplete   Status = "CREATE_COMPLETE"
	CreateFailed     Status = "CREATE_FAILED"
	UpdateInProgress Status = "UPDATE_IN_PROGRESS"
	UpdateComplete   Status = "UPDATE_COMPLETE"
	UpdateFailed     Status = "UPDATE_FAILED"
	DeleteInProgress Status = "DELETE_IN_PROGRESS"
	DeleteComplete   Status = "DELETE_COMPLETE"
	DeleteFailed     Status = "DELETE_FAILED"

	// DeletePending is recorded of an object that was replaced, until the new one is in place.
	DeletePending Status = "DELETE_PENDING"

	// Skipped is never recorded: a resource was not touched because one that it depends on failed, or
	// because the run was stopped.
	Skipped Status = "SKIPPED"
)

// Done reports whether nothing more will be said of the resource in this run.
func (s Status) Done() bool {
	switch s {
	case CreateComplete, CreateFailed, UpdateComplete, UpdateFailed, DeleteComplete, DeleteFailed, Skipped:
		return true
	}
	return false
}

// Failed reports whether the status is the end of something that did not work.
func (s Status) Failed() bool {
	return s == CreateFailed || s == UpdateFailed || s == DeleteFailed
}

// Event is one thing that happened to a resource. The engine prints nothing: it emits these, one at a
// time, in the order in which they happened.
type Event struct {
	Time      time.Time
	LogicalID string
	Type      string // "AWS::SQS::Queue"
	Name      string // the physical name
	Status    Status
	Reason    string        // what it waits for and why, why it was skipped, or the error's text
	Left      bool          // of a deletion that is complete: the object was not the stack's to delete, and is there
	Until     time.Time     // when a wait is given up; zero where nothing is waited for
	Elapsed   time.Duration // since the resource was started
}

type waitingKey struct{}

// Waiting tells the user that the resource under work in ctx, or else the command, waits, for what, and until
// when at the longest; zero where nobody can say.
func Waiting(ctx context.Context, reason string, until time.Time) {
	if tell, ok := ctx.Value(waitingKey{}).(func(string, time.Time)); ok {
		tell(reason, until)
	}
}

// WithWaiting returns a context whose Waiting calls tell, which is called from several goroutines.
func WithWaiting(ctx context.Context, tell func(reason string, until time.Time)) context.Context {
	return context.WithValue(ctx, waitingKey{}, tell)
}
