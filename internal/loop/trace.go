package loop

import (
	"cmp"
	"errors"
	"slices"
)

// Job is one message as it arrives.
type Job struct {
	Arrival Millis // since the start, 0 or later
	Service Millis // that a worker takes for it, at least 1
}

// Source yields jobs in the order of their arrival. Read fills the front of dst and returns how many
// it filled; with none it returns io.EOF, or why it can not go on.
type Source interface {
	Read(dst []Job) (int, error)
}

// Trace is a list of jobs, held as it was written: one by one, or as counts of which only the bins
// are held. It does not change, and any number of runs can use it at once.
type Trace struct {
	jobs  []Job // sorted by arrival
	bins  []bin // sorted by time; of a trace of counts
	width Millis
	serve service
	count int64
	last  Millis
}

// errNoJobs is a trace without a message.
var errNoJobs = errors.New("the trace has no messages")

// NewTrace sorts jobs by arrival, equals in the given order, and takes what is before 0 to be at 0
// and a service of no length to be a millisecond. It keeps the slice.
func NewTrace(jobs []Job) (*Trace, error) {
	if len(jobs) == 0 {
		return nil, errNoJobs
	}
	for i := range jobs {
		jobs[i] = Job{max(0, jobs[i].Arrival), max(1, jobs[i].Service)}
	}
	byArrival := func(a, b Job) int { return cmp.Compare(a.Arrival, b.Arrival) }
	if !slices.IsSortedFunc(jobs, byArrival) {
		slices.SortStableFunc(jobs, byArrival)
	}
	return &Trace{jobs: jobs, count: int64(len(jobs)), last: jobs[len(jobs)-1].Arrival}, nil
}

// Len is the number of messages.
func (t *Trace) Len() int64 { return t.count }

// Last is the arrival of the last message.
func (t *Trace) Last() Millis { return t.last }

// Source starts at the first message.
func (t *Trace) Source() Source {
	if t.bins != nil {
		return newCounts(t.bins, t.width, t.serve)
	}
	return &rows{t.jobs}
}
