package loop

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// row goes to the next row and reads its time; io.EOF at the end.
func (t *table) row() (float64, error) {
	if !t.next() {
		return 0, t.end(io.EOF)
	}
	if len(t.values) != len(t.names) {
		return 0, t.wrong(len(t.names), fmt.Sprintf("the row has %d fields and the header %d", len(t.values), len(t.names)))
	}
	at, err := t.float(0)
	if err != nil {
		return 0, err
	}
	switch problem := seconds(math.Abs(at)); {
	case problem != "":
		return 0, t.wrong(0, t.values[0]+" "+problem)
	case t.Strict && at < 0:
		return 0, t.wrong(0, t.values[0]+" is before the start, which is 0")
	case t.Strict && at < t.last:
		return 0, t.wrong(0, fmt.Sprintf("%s is before the row above, which is at %s", t.values[0], strconv.FormatFloat(t.last, 'f', -1, 64)))
	}
	t.last = at
	return at, nil
}

// job reads a row of one message, which has this index.
func (t *table) job(index uint64) (Job, error) {
	at, err := t.row()
	if err != nil {
		return Job{}, err
	}
	job := Job{Arrival: max(0, FromSeconds(at))}
	if t.form == formTimes {
		job.Service = t.serve.of(index)
		return job, nil
	}
	took, err := t.float(1)
	if err != nil {
		return Job{}, err
	}
	if problem := seconds(took); problem != "" {
		return Job{}, t.wrong(1, t.values[1]+" "+problem)
	}
	if t.Strict && took <= 0 {
		return Job{}, t.wrong(1, t.values[1]+" is not above 0")
	}
	job.Service = max(1, FromSeconds(max(took, 0)))
	return job, nil
}

// counts reads the rows of a table of counts.
func (t *table) counts() (*Trace, error) {
	var bins []bin
	for {
		at, err := t.row()
		if errors.Is(err, io.EOF) {
			return t.named(newBins(bins, t.Arrivals.Bin, t.serve))
		}
		if err != nil {
			return nil, err
		}
		if at < 0 {
			return nil, t.wrong(0, t.values[0]+" is before the start, which is 0")
		}
		count, err := t.float(1)
		if err != nil {
			return nil, err
		}
		if problem := binCount(count); problem != "" {
			return nil, t.wrong(1, t.values[1]+" "+problem)
		}
		bins = append(bins, bin{FromSeconds(at), int64(count)})
	}
}

// serveSorted gives messages their service by their place after sorting.
func (t *table) serveSorted(jobs []Job) (*Trace, error) {
	trace, err := t.named(NewTrace(jobs))
	if err != nil {
		return nil, err
	}
	for i := range trace.jobs {
		trace.jobs[i].Service = t.serve.of(uint64(i))
	}
	return trace, nil
}

// named puts the file's name before an error.
func (t *table) named(trace *Trace, err error) (*Trace, error) {
	if err != nil && t.Name != "" {
		err = fmt.Errorf("%s: %w", t.Name, err)
	}
	return trace, err
}
