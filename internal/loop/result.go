package loop

import "math/bits"

// Result is what a run comes to. Its JSON is that of the model's conformance cases.
type Result struct {
	Totals   Totals    `json:"totals"`
	Series   []Row     `json:"series"`  // where asked for; row i is minute i+1
	Actions  []Action  `json:"actions"` // by time
	Messages []Message `json:"-"`       // where asked for; by id
}

// Totals are a run's sums. A message that is dead-lettered or unfinished counts as waiting until then.
type Totals struct {
	Messages            int64        `json:"messages"`
	Completed           int64        `json:"completed"`
	DeadLettered        int64        `json:"dead_lettered"`
	Unfinished          int64        `json:"unfinished"`
	JobsKilled          int64        `json:"jobs_killed"`
	Redelivered         int64        `json:"redelivered"`
	Wait                Distribution `json:"wait_ms"`    // from arrival to completion, less the service
	Sojourn             Distribution `json:"sojourn_ms"` // from arrival to completion
	InstanceMillis      int64        `json:"instance_ms"`
	InstanceHours       float64      `json:"instance_hours"`
	BusyMillis          int64        `json:"busy_ms"`   // service of completed messages
	WastedMillis        int64        `json:"wasted_ms"` // service that was lost by kills
	InstancesLaunched   int64        `json:"instances_launched"`
	InstancesTerminated int64        `json:"instances_terminated"` // before the end
	PeakInstances       int          `json:"peak_instances"`
	ScaleOutActions     int          `json:"scale_out_actions"`
	ScaleInActions      int          `json:"scale_in_actions"`
	End                 float64      `json:"end_s"`
	DrainMillis         int64        `json:"drain_ms"`             // from the last arrival until all was done
	WithinSLO           *int64       `json:"within_slo,omitempty"` // where one is set
}

// Distribution is that of a number of milliseconds over all messages, with exact percentiles.
type Distribution struct {
	P50  int64 `json:"p50"`
	P90  int64 `json:"p90"`
	P95  int64 `json:"p95"`
	P99  int64 `json:"p99"`
	Max  int64 `json:"max"`
	Mean int64 `json:"mean"` // rounded down
}

// Row is a minute of the series, as its sample was taken; the alarms as they were left at that instant.
type Row struct {
	Minute    int              `json:"minute"`
	Visible   int              `json:"visible"`
	Inflight  int              `json:"inflight"`
	Desired   int              `json:"desired"`
	Active    int              `json:"active"`
	Draining  int              `json:"draining"`
	InService int              `json:"in_service"`
	Ready     int              `json:"ready"`
	Done      int64            `json:"done"`
	Alarms    map[string]State `json:"alarms"`
}

// Action is an applied change of the desired capacity.
type Action struct {
	Time   float64 `json:"t_s"`
	Policy string  `json:"policy"`
	From   int     `json:"from"`
	To     int     `json:"to"`
}

// Message is what became of one message.
type Message struct {
	Arrival, Service Millis
	End              Millis // of the run, if unfinished
	Wait             Millis
	Receives         int
	Outcome          Outcome
}

// Outcome is how a message ended.
type Outcome uint8

// A message is completed, dead-lettered, or still there at the end.
const (
	OutcomeDone Outcome = iota
	OutcomeDead
	OutcomeUnfinished
)

// distribution is empty where there is no message.
func (o *order) distribution() Distribution {
	o.tally()
	n := o.count
	if n == 0 {
		return Distribution{}
	}
	place := func(p int64) int64 { return (p*n+99)/100 - 1 }
	v := o.at([]int64{place(50), place(90), place(95), place(99)})
	mean, _ := bits.Div64(o.sum[0], o.sum[1], uint64(n))
	return Distribution{P50: v[0], P90: v[1], P95: v[2], P99: v[3], Max: o.max, Mean: int64(mean)}
}
