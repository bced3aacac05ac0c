package workload

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/eventscale/eventscale/internal/loop"
)

// Loaded is a workload in memory.
type Loaded struct {
	Name  string // of the file, of the profile, or of what else it was made of
	Trace *loop.Trace
	Jobs  []loop.Job // the trace's, by arrival; not to be changed
}

// Options say how arrivals become jobs.
type Options struct {
	JobTime JobTime     // of every job, whatever the trace says; the zero JobTime leaves it to the trace
	Seed    uint64      // of the draw of job times
	Bin     loop.Millis // width of a bin of t,count; 0 is a minute
}

// InputError is a trace, a profile or a job time that cannot be used.
type InputError struct {
	Problem string // names the file, the line and the column where there are any
	Advice  string // what to type next; may be ""
}

func (e *InputError) Error() string { return e.Problem }

// Hint says what to do.
func (e *InputError) Hint() string { return e.Advice }

// MaxJobs is how many jobs a workload can have. They are held in memory, 16 bytes each, and a slip of the
// pen in a count must not take the machine's last byte.
const MaxJobs = 50_000_000

// New makes a workload of jobs, which it sorts and keeps.
func New(name string, jobs []loop.Job) (*Loaded, error) {
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		return nil, &InputError{Problem: fmt.Sprintf("%s: %v", name, err), Advice: adviceEmpty}
	}
	return &Loaded{Name: name, Trace: trace, Jobs: jobs}, nil
}

// MeanService is the mean job time in milliseconds, at least 1.
func (l *Loaded) MeanService() loop.Millis {
	var sum float64
	for _, j := range l.Jobs {
		sum += float64(j.Service)
	}
	return max(1, loop.Millis(math.Round(sum/float64(len(l.Jobs)))))
}

// Split parts jobs by time: those of the first share of the span, and the rest, moved so that the span's
// rest begins at 0. Jobs are sorted by arrival, and a share is between 0 and 1.
func Split(jobs []loop.Job, share float64) (first, rest []loop.Job) {
	if len(jobs) == 0 {
		return nil, nil
	}
	begin, end := jobs[0].Arrival, jobs[len(jobs)-1].Arrival
	at := begin + loop.Millis(math.Round(float64(end-begin)*share))
	for _, j := range jobs {
		if j.Arrival < at {
			first = append(first, j)
			continue
		}
		rest = append(rest, loop.Job{Arrival: j.Arrival - at, Service: j.Service})
	}
	return first, rest
}

// drain reads a source to its end.
func drain(source loop.Source, n int64) ([]loop.Job, error) {
	jobs := make([]loop.Job, n)
	for have := 0; have < len(jobs); {
		read, err := source.Read(jobs[have:])
		have += read
		if errors.Is(err, io.EOF) || err == nil && read == 0 {
			return jobs[:have], nil
		}
		if err != nil {
			return nil, err
		}
	}
	return jobs, nil
}
