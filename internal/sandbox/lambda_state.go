package sandbox

import (
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// configurationOf returns a function's configuration as it stands now: Pending and then Active, and
// its last update InProgress and then Successful. A function that is still being created has no
// last update.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
func (w *world) configurationOf(f *function, now time.Time) types.FunctionConfiguration {
	c := f.Configuration
	switch {
	case w.isPending(f, now):
		c.State, c.StateReasonCode = types.StatePending, types.StateReasonCodeCreating
		c.StateReason = aws.String("The function is being created.")
	case w.isUpdating(f, now):
		c.State, c.LastUpdateStatus = types.StateActive, types.LastUpdateStatusInProgress
		c.LastUpdateStatusReasonCode = types.LastUpdateStatusReasonCode("Creating")
		c.LastUpdateStatusReason = aws.String("The function is being created.") // AWS's words for an update too
	default:
		c.State, c.LastUpdateStatus = types.StateActive, types.LastUpdateStatusSuccessful
	}
	return c
}

func (w *world) isPending(f *function, now time.Time) bool {
	return now.Before(f.Created.Add(w.delays.FunctionPending))
}

func (w *world) isUpdating(f *function, now time.Time) bool {
	return !f.Updated.IsZero() && now.Before(f.Updated.Add(w.delays.FunctionUpdate))
}

// checkIdle refuses an update while the function is busy with an earlier one, or with its creation.
func (w *world) checkIdle(f *function, now time.Time) error {
	switch {
	case w.isPending(f, now):
		return lambdaConflict("The operation cannot be performed at this time. The function is currently in the following state: Pending")
	case w.isUpdating(f, now):
		return lambdaConflict("The operation cannot be performed at this time. An update is in progress for resource: " + *f.Configuration.FunctionArn)
	}
	return nil
}

// checkRevision compares the revision that a caller believes in, if it names one.
func checkRevision(believed *string, actual string) error {
	if believed == nil || *believed == "" || *believed == actual {
		return nil
	}
	return &types.PreconditionFailedException{Type: aws.String("User"), Message: aws.String(
		"The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId for your resource.")}
}

// changed stamps a change of code or configuration.
func (f *function) changed(now time.Time) {
	f.Configuration.LastModified = aws.String(now.UTC().Format("2006-01-02T15:04:05.000-0700"))
	f.Configuration.RevisionId = aws.String(newUUID())
}

// configurationAs turns a configuration into the output of an operation that answers with one: the
// SDK gives each its own type with the same fields.
func configurationAs[T any](c types.FunctionConfiguration) T {
	var out T
	from, to := reflect.ValueOf(c), reflect.ValueOf(&out).Elem()
	for _, field := range reflect.VisibleFields(from.Type()) {
		if target := to.FieldByName(field.Name); field.IsExported() && target.IsValid() {
			target.Set(from.FieldByIndex(field.Index))
		}
	}
	return out
}
