package workload

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/loop"
)

func readCSV(r *bufio.Reader, name string, o Options) ([]loop.Job, error) {
	c := loop.CSV{Name: name, Strict: true, Most: MaxJobs, Arrivals: loop.Arrivals{Bin: o.Bin}}
	if o.JobTime.Given() {
		c.Arrivals.Service = 1 // of what has none: all are given theirs below
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

// Advice that stands at more than one place.
const (
	adviceBomb    = "if it is one, unpack it first: gunzip -c FILE | eventscale simulate --trace -"
	adviceJobTime = "give the time of a job: --job-time 40s, or --job-time lognormal:30s,2m"
	adviceStart   = "this looks like Unix time or milliseconds; times are seconds since the start of the trace: subtract the first from all"
	adviceEmpty   = "a trace needs at least one job"
	adviceRows    = "rows are such as 0.5,40 below time_s,service_s, or 0,3 below t,count, by time"
	adviceLines   = "lines are such as {\"time_s\":0.5,\"service_s\":40} or {\"t\":0,\"count\":3}, by time"
	adviceForm    = "for example a first line time_s,service_s and below it 0.5,40: a job that comes after half a second and takes 40"
)

// packedAdvice is for what is compressed and cannot be unpacked; "" for all else.
func packedAdvice(err error) string {
	switch text := err.Error(); {
	case strings.HasSuffix(text, errBomb.Error()):
		return adviceBomb
	case strings.HasSuffix(text, io.ErrUnexpectedEOF.Error()), strings.HasSuffix(text, gzip.ErrChecksum.Error()), strings.Contains(text, "flate: "):
		return adviceGzip
	}
	return ""
}

// csvAdvice is for what the model's reader says.
func csvAdvice(err error) string {
	if advice := packedAdvice(err); advice != "" {
		return advice
	}
	switch text := err.Error(); {
	case strings.HasSuffix(text, "must be given"):
		return adviceJobTime
	case strings.HasSuffix(text, "no messages"):
		return adviceEmpty
	case strings.Contains(text, "the header"), strings.Contains(text, "is empty"):
		return adviceForm
	case strings.Contains(text, "is above 1e+09 s"):
		return adviceStart
	case strings.Contains(text, "row above"):
		return "sort the rows by time: a trace out of order is most often two logs in one"
	}
	return adviceRows
}
