package ui

import (
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// Item is a resource that a run will touch, or that it has touched.
type Item struct {
	LogicalID string
	Type      string // "AWS::SQS::Queue"
	Name      string // the physical name
}

// Progress shows a run while it goes on. Begin, then Event and Note as things happen, then End, once
// all is said. All four are safe to be called from several goroutines, and fast: the engine waits.
type Progress interface {
	// Begin starts a run that will touch these resources, in the order in which they are to be shown.
	// A resource that appears later, in an event, is shown after them.
	Begin(title string, items []Item)

	// Event tells what happened to a resource.
	Event(provision.Event)

	// Note says something about the run as a whole ("finishing the calls in flight"). While a run goes
	// on, nothing else may write to a terminal.
	Note(text string)

	// End leaves what was reached on the screen, and frees the terminal. Ending twice does no harm.
	End()
}

// NewProgress returns a live view where the output is a terminal that can show one, and else lines.
func NewProgress(o *Output) Progress {
	if o.Interactive() {
		return NewLiveProgress(o)
	}
	return NewPlainProgress(o)
}

// PlanItems returns the resources that the run of a plan will touch.
func PlanItems(plan *provision.Plan) []Item {
	var items []Item
	for _, s := range plan.Steps {
		if s.Action != provision.Keep {
			items = append(items, Item{s.LogicalID, s.Type, s.Name})
		}
	}
	return items
}

// Waiting is what is waited for, and for how much longer at most, if that is known.
func Waiting(reason string, until time.Time) string { return patience(reason, until, time.Now()) }

// patience is what is waited for, and for how much longer at most.
func patience(reason string, until, now time.Time) string {
	if reason == "" || until.IsZero() {
		return reason
	}
	return reason + " (at most " + span(until.Sub(now)) + " more)"
}

// look returns how a status is shown: its word and its role. A delete that says a reason left the
// object alone, so that "deleted" would not be true.
func look(s provision.Status, reason string) (string, role) {
	switch s {
	case provision.CreateInProgress:
		return "creating", accent
	case provision.UpdateInProgress:
		return "updating", accent
	case provision.DeleteInProgress:
		return "deleting", accent
	case provision.CreateComplete:
		return "created", good
	case provision.UpdateComplete:
		return "updated", good
	case provision.DeleteComplete:
		if reason != "" {
			return "done", good
		}
		return "deleted", good
	case provision.CreateFailed, provision.UpdateFailed, provision.DeleteFailed:
		return "failed", bad
	case provision.Skipped:
		return "skipped", warn
	}
	return "pending", muted
}
