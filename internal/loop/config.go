package loop

import "encoding/json"

// Config is one run's settings. [ParseConfig] reads it from JSON and fills in what is left out; a
// program starts from [DefaultConfig].
type Config struct {
	Group      GroupConfig  `json:"group"`
	Queue      QueueConfig  `json:"queue"`
	Metric     MetricConfig `json:"metric"`
	Horizon    Millis       `json:"horizon_s"`            // run at least to here, and at least to the last arrival
	DrainLimit Millis       `json:"drain_limit_s"`        // stop that long after the horizon, whatever is unfinished
	SLOWait    *Millis      `json:"slo_wait_s,omitempty"` // count the messages that waited no longer than this
	Arrivals   *Arrivals    `json:"arrivals,omitempty"`   // how a trace of counts becomes messages
	Policies   []Policy     `json:"policies"`             // none: the capacity stays as it is
}

// GroupConfig is the Auto Scaling group and its workers.
type GroupConfig struct {
	Min          int     `json:"min"`
	Max          int     `json:"max"`
	Initial      int     `json:"initial"`  // instances that are there, ready and warm, at 0
	Slots        int     `json:"slots"`    // jobs an instance runs at once
	Launch       Millis  `json:"launch_s"` // from launch to InService
	Boot         Boots   `json:"boot_s"`   // from launch to the first poll
	Warmup       Millis  `json:"warmup_s"` // from InService until it counts as capacity
	ScaleIn      ScaleIn `json:"scale_in"`
	DrainTimeout Millis  `json:"drain_timeout_s"` // with "drain": then the remaining jobs are killed; 0 kills at once
	Victim       Victim  `json:"victim"`
}

// QueueConfig is the job queue.
type QueueConfig struct {
	VisibilityTimeout Millis `json:"visibility_timeout_s"`
	Heartbeat         bool   `json:"heartbeat"`    // a live worker extends the timeout until it is killed
	MaxReceives       int    `json:"max_receives"` // then to the dead-letter queue; 0: there is none
}

// MetricConfig is the way from the queue to the alarms.
type MetricConfig struct {
	Delay Millis `json:"delay_s"` // from a sample to the evaluation that sees it
	Gaps  []Gap  `json:"gaps_s"`  // times without datapoints
}

// Gap is a stretch of time, its start included and its end not.
type Gap struct{ From, To Millis }

// MarshalJSON writes [from, to].
func (g Gap) MarshalJSON() ([]byte, error) { return json.Marshal([2]Millis{g.From, g.To}) }

// Boots are boot times: instance i has entry i modulo their number.
type Boots []Millis

// MarshalJSON writes a lone boot time as a number.
func (b Boots) MarshalJSON() ([]byte, error) {
	if len(b) == 1 {
		return json.Marshal(b[0])
	}
	return json.Marshal([]Millis(b))
}

// ScaleIn says what becomes of an instance that the group no longer wants.
type ScaleIn string

// Kill takes busy instances like others, Protect waits until they are idle, Drain gives them no new
// job and takes them after the last.
const (
	Kill    ScaleIn = "kill"
	Protect ScaleIn = "protect"
	Drain   ScaleIn = "drain"
)

// Victim says which instances go first.
type Victim string

// The order of removal, by launch.
const (
	Oldest Victim = "oldest"
	Newest Victim = "newest"
)

// DefaultConfig is what an empty JSON object means.
func DefaultConfig() Config {
	return Config{
		Group: GroupConfig{
			Max: 10, Slots: 1, Boot: Boots{0}, ScaleIn: Kill, DrainTimeout: Hour, Victim: Oldest,
		},
		Queue:      QueueConfig{VisibilityTimeout: 30 * Second, Heartbeat: true},
		DrainLimit: 24 * Hour,
	}
}
