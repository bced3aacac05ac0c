package workload

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/eventscale/eventscale/internal/loop"
)

// line is one JSON line. What else it has is the user's own.
type line struct {
	Time    *float64 `json:"time_s"`
	Service *float64 `json:"service_s"`
	Bin     *float64 `json:"t"`
	Count   *float64 `json:"count"`
}

// lines are JSON lines being read.
type lines struct {
	name    string
	options Options
	number  int // of the line
	jobs    []loop.Job
	bins    []Count
	last    float64 // the time of the line above
}

// maxLine is the longest line: a row has two numbers, and who logs more beside them logs not that much.
const maxLine = 1 << 20

func readJSON(r *bufio.Reader, name string, o Options) ([]loop.Job, error) {
	l := &lines{name: name, options: o, last: math.Inf(-1)}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, readSize), maxLine)
	for scanner.Scan() {
		l.number++
		if err := l.read(trimmed(scanner.Bytes())); err != nil && scanner.Err() == nil {
			return nil, err
		}
	}
	if err := scanner.Err(); err != nil {
		l.number++
		return nil, &InputError{Problem: fmt.Sprintf("%s: line %d: %v", name, l.number, err), Advice: cmp.Or(packedAdvice(err), adviceLines)}
	}
	if len(l.bins) > 0 {
		return spread(name, l.bins, o)
	}
	if o.JobTime.Given() {
		serve(l.jobs, o)
	}
	return l.jobs, nil
}

// read reads a line, which may be empty.
func (l *lines) read(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	if text[0] == '[' {
		return l.wrong("", "is a list: there must be one object a line")
	}
	var v line
	if err := json.Unmarshal(text, &v); err != nil {
		return l.broken(err)
	}
	switch {
	case v.Time != nil && len(l.bins) == 0:
		return l.job(v)
	case v.Time != nil:
		return l.wrong("time_s", "stands in a trace of t and count")
	case v.Bin == nil && v.Count == nil:
		return l.wrong("time_s", "is missing")
	case v.Bin == nil:
		return l.wrong("t", "is missing")
	case len(l.jobs) > 0:
		return l.wrong("t", "stands in a trace of time_s")
	}
	return l.bin(v)
}

func (l *lines) job(v line) error {
	if err := l.time("time_s", *v.Time); err != nil {
		return err
	}
	job := loop.Job{Arrival: loop.FromSeconds(*v.Time)}
	switch {
	case l.options.JobTime.Given():
	case v.Service == nil:
		return &InputError{Problem: fmt.Sprintf("%s: line %d: service_s is missing", l.name, l.number), Advice: adviceJobTime}
	case !(*v.Service > 0):
		return l.wrong("service_s", plain(*v.Service)+" is not above 0")
	case *v.Service > maxSeconds:
		return l.wrong("service_s", fmt.Sprintf("%s is above %v s", plain(*v.Service), maxSeconds))
	default:
		job.Service = loop.FromSeconds(*v.Service)
	}
	if len(l.jobs) == MaxJobs {
		return l.wrong("", fmt.Sprintf("is one message too many: there must be at most %d", MaxJobs))
	}
	l.jobs = append(l.jobs, job)
	return nil
}

func (l *lines) bin(v line) error {
	if err := l.time("t", *v.Bin); err != nil {
		return err
	}
	switch {
	case v.Count == nil:
		return l.wrong("count", "is missing")
	case !(*v.Count >= 0 && *v.Count <= MaxJobs) || *v.Count != math.Trunc(*v.Count):
		return l.wrong("count", fmt.Sprintf("%s is not an integer from 0 to %d", plain(*v.Count), MaxJobs))
	case !l.options.JobTime.Given():
		return &InputError{Problem: fmt.Sprintf("%s: line %d: a count says nothing of how long a job takes", l.name, l.number), Advice: adviceJobTime}
	}
	l.bins = append(l.bins, Count{Time: *v.Bin, Jobs: int64(*v.Count)})
	return nil
}

// maxSeconds is the longest time that the model holds.
const maxSeconds = 1e9

// time checks the time of a line, and that it is not before the line above.
func (l *lines) time(field string, at float64) error {
	switch {
	case at < 0:
		return l.wrong(field, plain(at)+" is before the start, which is 0")
	case at > maxSeconds:
		return &InputError{Problem: fmt.Sprintf("%s: line %d: %s %s is above %v s", l.name, l.number, field, plain(at), maxSeconds), Advice: adviceStart}
	case at < l.last:
		return l.wrong(field, fmt.Sprintf("%s is before the line above, which is at %s", plain(at), plain(l.last)))
	}
	l.last = at
	return nil
}

// plain is a number as people write it, without an exponent.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// broken says what of a line is not as it must be.
func (l *lines) broken(err error) error {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return l.wrong(kind.Field, fmt.Sprintf("a %s is not a number", kind.Value))
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &InputError{Problem: fmt.Sprintf("%s: line %d, column %d: %v", l.name, l.number, syntax.Offset, err), Advice: adviceLines}
	}
	return l.wrong("", err.Error())
}

// wrong says what is wrong with which field, or with the line.
func (l *lines) wrong(field, problem string) error {
	if field != "" {
		problem = field + " " + problem
	}
	return &InputError{Problem: fmt.Sprintf("%s: line %d: %s", l.name, l.number, problem), Advice: adviceLines}
}
