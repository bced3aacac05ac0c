package sandbox

import (
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// Workers says how instances come into service, and how the workers on them behave that the sandbox
// plays. They take jobs from the queue that the alarms of the group's policies watch.
type Workers struct {
	// JobTime is how long a job takes. 0 means that instances take no jobs: the user's own workers do.
	JobTime time.Duration
	// Slots is how many jobs an instance works on at once.
	Slots int
	// LaunchTime is the time from launch until an instance is InService.
	LaunchTime time.Duration
	// BootTime is the time from launch until its worker asks for the first job. It does so no earlier
	// than the instance is InService.
	BootTime time.Duration
	// ScaleIn says what becomes of an instance that works on a job when the group wants fewer. With
	// loop.Protect, the default, the worker protects its instance from scale-in while it works, as a
	// well-behaved one does; with loop.Kill it goes, and its jobs come back when their visibility timeout
	// ends; with loop.Drain it takes no new job and goes after its last, as with a lifecycle hook.
	ScaleIn loop.ScaleIn
	// DrainTimeout is how long an instance drains; then the rest of its jobs is lost.
	DrainTimeout time.Duration
	// NoHeartbeat workers do not extend the visibility timeout of their jobs. A job of a live worker is
	// not given to another all the same; it only comes back sooner when the worker is killed.
	NoHeartbeat bool
	// MetricDelay is the time from the end of a minute until alarms see its datapoints (AWS: 1 to 3
	// minutes).
	MetricDelay time.Duration
}

// DefaultWorkers are those of a new world. The times are what EC2 and CloudWatch take at their best.
func DefaultWorkers() Workers {
	return Workers{
		JobTime: 40 * time.Second, Slots: 1, LaunchTime: 30 * time.Second, BootTime: 90 * time.Second,
		ScaleIn: loop.Protect, DrainTimeout: time.Hour, MetricDelay: 30 * time.Second,
	}
}

// employment changes workers as the options want it.
func (o *Options) employment(w *Workers) {
	if o.Workers != nil {
		*w = *o.Workers
	}
	if o.Adjust != nil {
		o.Adjust(w)
	}
}

// InstanceEvent tells that an instance began or ended to have work.
type InstanceEvent struct {
	Time       time.Time // the world's
	Region     string
	Group      string
	InstanceID string
	QueueURL   string // whose jobs it is for
	Kind       InstanceEventKind
}

// InstanceEventKind says what happened to an instance.
type InstanceEventKind string

// InService: the instance is in service, and its group is wired to a queue. Terminating: one of both is
// no longer so; or the wiring is to another queue, and an InService follows.
const (
	InService   InstanceEventKind = "InService"
	Terminating InstanceEventKind = "Terminating"
)
