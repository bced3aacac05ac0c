package workload

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
)

func readCSV(r *bufio.Reader, name string, o Options) ([]loop.Job, error) {
	c := loop.CSV{Name: name, Strict: true, Arrivals: loop.Arrivals{Bin: o.Bin}}
	if o.JobTime.Given() {
		c.Arrivals.Service = o.JobTime.Of(0, o.Seed) // of what has none; all are given theirs below
	}
	trace, err := c.Read(r)
	if err != nil {
		return nil, &InputError{Problem: err.Error(), Advice: csvAdvice(err)}
	}
	return jobsOf(trace, name, o)
}

// jobsOf takes a trace apart, and gives its jobs their times where that is asked for.
func jobsOf(trace *loop.Trace, name string, o Options) ([]loop.Job, error) {
	if trace.Len() > MaxJobs {
		return nil, &InputError{Problem: fmt.Sprintf("%s: has %d messages; there must be at most %d", name, trace.Len(), MaxJobs)}
	}
	jobs, err := drain(trace.Source(), trace.Len())
	if err == nil && o.JobTime.Given() {
		serve(jobs, o)
	}
	return jobs, err
}

func csvAdvice(err error) string {
	if strings.Contains(err.Error(), "service") {
		return "give the time of a job: --job-time 40s, or --job-time lognormal:30s,2m"
	}
	return ""
}
