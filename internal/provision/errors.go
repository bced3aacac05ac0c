package provision

import (
	"errors"
	"fmt"
	"strings"
)

// Failure is one resource on which something did not work.
type Failure struct {
	Doing     string // "creating", "updating", "deleting", "reading"
	Type      string
	LogicalID string
	Err       error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s %s %s: %v", f.Doing, f.Type, f.LogicalID, f.Err)
}
func (f *Failure) Unwrap() error { return f.Err }

// RunError is a run that did not do all it set out to do. Each cause is named once; what was not
// touched because of it is in Skipped.
type RunError struct {
	Failures []error  // *Failure
	Skipped  []string // logical IDs
	Recorded int      // objects in the state
	Total    int      // members of the list, or of the state for a destroy; 0 before anything was tried
	Stopped  error    // why no more was started: the context's cause, or a state that could not be saved
}

func (e *RunError) Error() string {
	var lines []string
	for _, f := range e.Unwrap() {
		lines = append(lines, f.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the causes. One that several resources of a type failed of is among them once, under all their
// logical IDs: they may share the call.
func (e *RunError) Unwrap() []error {
	var causes []error
	if e.Stopped != nil {
		causes = append(causes, e.Stopped)
	}
	shared := map[Failure]*Failure{} // by what they have in common, the cause as text
	for _, err := range e.Failures {
		f, ok := errors.AsType[*Failure](err)
		if !ok {
			causes = append(causes, err)
			continue
		}
		common := Failure{Doing: f.Doing, Type: f.Type, LogicalID: f.Err.Error()}
		if first := shared[common]; first != nil {
			first.LogicalID += ", " + f.LogicalID
			continue
		}
		one := *f
		shared[common] = &one
		causes = append(causes, &one)
	}
	return causes
}

// errSkipped ends the work on a resource that was not begun.
var errSkipped = errors.New("not begun")
