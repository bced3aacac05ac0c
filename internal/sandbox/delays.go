package sandbox

import "time"

// Delays says how long the sandbox takes for what AWS does not do at once. Zero means at once.
type Delays struct {
	// RoleAssumable is the time from CreateRole or UpdateAssumeRolePolicy until Lambda may assume the role (AWS: 5 to 15 s).
	RoleAssumable time.Duration
	// RoleVisible is the time from CreateRole until other calls find the role (AWS: mostly at once, at times some seconds).
	RoleVisible time.Duration
	// FunctionPending is the time from CreateFunction until the function is Active (AWS: 1 to 5 s).
	FunctionPending time.Duration
	// FunctionUpdate is the time for which a function's last update stays InProgress.
	FunctionUpdate time.Duration
	// QueueNameCooldown is the time for which DeleteQueue bars the queue's name (AWS: 60 s).
	QueueNameCooldown time.Duration
	// QueueDeleted is the time for which a deleted queue still answers (AWS: up to 60 s). Its name is barred all along.
	QueueDeleted time.Duration
	// QueueVisible is the time from CreateQueue until other calls find the queue (AWS advises 1 s, and most calls find it sooner).
	QueueVisible time.Duration
}

// DefaultDelays returns AWS's delays made short: long enough that a client which does not wait
// fails, short enough that nobody minds.
func DefaultDelays() Delays {
	return Delays{
		RoleAssumable:     time.Second,
		FunctionPending:   500 * time.Millisecond,
		FunctionUpdate:    300 * time.Millisecond,
		QueueNameCooldown: 2 * time.Second,
	}
}

// DelayKeys returns the words by which users name the delays, sorted.
func DelayKeys() []string { return sortedKeys(new(Delays).byKey()) }

// Set changes the delay of a key. It reports whether there is one.
func (d *Delays) Set(key string, value time.Duration) bool {
	field, ok := d.byKey()[key]
	if ok {
		*field = value
	}
	return ok
}

func (d *Delays) byKey() map[string]*time.Duration {
	return map[string]*time.Duration{
		"role":          &d.RoleAssumable,
		"role-visible":  &d.RoleVisible,
		"function":      &d.FunctionPending,
		"update":        &d.FunctionUpdate,
		"queue":         &d.QueueVisible,
		"queue-deleted": &d.QueueDeleted,
		"queue-name":    &d.QueueNameCooldown,
	}
}
