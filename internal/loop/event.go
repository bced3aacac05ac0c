package loop

// EventKind says what happened.
type EventKind uint8

// What can happen to a message and to an instance.
const (
	Received        EventKind = iota // the instance takes the message
	Completed                        // the instance is done with it
	Killed                           // the instance goes while it runs the message, which stays in flight for now
	Redelivered                      // the message is visible again
	DeadLettered                     // or it would be, had it not been received too often
	Launched                         // the instance is asked for
	Ready                            // it polls
	DrainBegun                       // it takes no message any more
	InstanceRemoved                  // it is gone
)

// Event is one thing that happened in a plant.
type Event struct {
	Kind     EventKind
	At       Millis
	Message  int64 // -1 where it is about an instance alone
	Instance int64 // -1 where it is about a message alone
}

// tell reports to whoever watches.
func (p *Plant) tell(kind EventKind, at Millis, message, instance int64) {
	if p.Watch != nil {
		p.Watch(Event{kind, at, message, instance})
	}
}
