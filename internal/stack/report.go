package stack

import "time"

// SchemaVersion is the version of every JSON document that the commands print. It counts up when a
// field changes its meaning or goes; a new field does not change it.
const SchemaVersion = 1

// Drift is CloudFormation's word for how a resource differs from what was recorded of it.
type Drift string

// The drifts.
const (
	InSync   Drift = "IN_SYNC"
	Modified Drift = "MODIFIED"
	Deleted  Drift = "DELETED"

	// NotCreated is our own word: an `up` did not come so far, or the group needs more than it did.
	NotCreated Drift = "NOT_CREATED"
)

// Status is what `eventscale status` shows: health, drift and the live loop at one moment.
type Status struct {
	SchemaVersion int              `json:"schema_version"`
	Stack         string           `json:"stack"`
	Account       string           `json:"account"`
	Region        string           `json:"region"`
	Time          time.Time        `json:"time"`
	Group         *GroupStatus     `json:"group"` // nil where the group does not exist
	Queue         *QueueStatus     `json:"queue"` // nil where the queue does not exist
	Alarms        []AlarmStatus    `json:"alarms"`
	Policies      []PolicyStatus   `json:"policies"`
	Function      *FunctionStatus  `json:"function"` // nil where it does not exist
	Resources     []ResourceStatus `json:"resources"`
	Activities    []Activity       `json:"activities"` // the last five, newest first
	Healthy       bool             `json:"healthy"`
	Verdict       string           `json:"verdict"` // one sentence
}

// GroupStatus is the Auto Scaling group.
type GroupStatus struct {
	Name               string   `json:"name"`
	Min                int      `json:"min"`
	Max                int      `json:"max"`
	Desired            int      `json:"desired"`
	InService          int      `json:"in_service"`
	Pending            int      `json:"pending"`     // launching, not in service yet
	Terminating        int      `json:"terminating"` //
	SuspendedProcesses []string `json:"suspended_processes"`
}

// QueueStatus is the job queue; all numbers are approximate, as AWS says.
type QueueStatus struct {
	Name             string `json:"name"`
	Visible          int    `json:"visible"`
	InFlight         int    `json:"in_flight"`
	Delayed          int    `json:"delayed"`
	OldestAgeSeconds *int   `json:"oldest_age_seconds"` // nil where CloudWatch has no datapoint
	DeadLetters      *int   `json:"dead_letters"`       // nil where the stack has no dead-letter queue
	Denial           string `json:"denial,omitempty"`   // by a statement that somebody else put into its policy
}

// AlarmStatus is one alarm.
type AlarmStatus struct {
	LogicalID string    `json:"logical_id"`
	Name      string    `json:"name"`
	State     string    `json:"state"` // OK, ALARM, INSUFFICIENT_DATA
	Since     time.Time `json:"since"`
	Rule      string    `json:"rule"` // in words: "visible >= 10 for 2 x 60 s"
	Enabled   bool      `json:"actions_enabled"`
}

// PolicyStatus is one scaling policy.
type PolicyStatus struct {
	LogicalID string `json:"logical_id"`
	Name      string `json:"name"`
	Rule      string `json:"rule"` // in words: "+2 instances, cooldown 5m", "10 jobs: +2, 50 jobs: +5"
	Enabled   bool   `json:"enabled"`
}

// FunctionStatus is the ingest function.
type FunctionStatus struct {
	Name    string `json:"name"`
	State   string `json:"state"` // Active, Pending, Inactive, Failed
	Reason  string `json:"reason,omitempty"`
	Runtime string `json:"runtime"`

	ReservedConcurrency *int `json:"reserved_concurrency,omitempty"` // executions at once; nil where none are reserved
}

// ResourceStatus is one resource against its record.
type ResourceStatus struct {
	LogicalID string          `json:"logical_id"`
	Type      string          `json:"type"`
	Name      string          `json:"name"`
	Drift     Drift           `json:"drift"`
	Changes   []PropertyDrift `json:"changes,omitempty"`
	Foreign   bool            `json:"foreign,omitempty"` // by its tags it is somebody else's: up refuses it
}

// PropertyDrift is one property that is not as the stack wants it.
type PropertyDrift struct {
	Property string `json:"property"`
	Have     string `json:"have"`
	Want     string `json:"want"`
}

// Activity is one scaling activity of the group.
type Activity struct {
	Start       time.Time `json:"start"`
	Status      string    `json:"status"` // Successful, Failed, InProgress, Cancelled, ...
	Description string    `json:"description"`
	Cause       string    `json:"cause"`
	Message     string    `json:"message,omitempty"` // of a failed one: InsufficientInstanceCapacity ...
	Failed      bool      `json:"failed"`
}

// Outputs are the names that the stack's users need, by their keys.
type Outputs struct {
	SchemaVersion int      `json:"schema_version"`
	Stack         string   `json:"stack"`
	Values        []Output `json:"outputs"` // in the order in which they are printed
	Left          []Left   `json:"left"`    // of a destroy: what was not the stack's to delete
}

// Left is an object that a destroy left as it was.
type Left struct {
	LogicalID string `json:"logical_id"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
}

// Output is one of them.
type Output struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
