package workload

import (
	"bytes"
	"strconv"

	"github.com/eventscale/eventscale/internal/loop"
)

// Count is how many jobs came in a bin of time.
type Count struct {
	Time float64 // when the bin begins, in seconds since the start
	Jobs int64
}

// Counts makes a workload of counted jobs, each bin's spread evenly over it. The options must have a job
// time.
func Counts(name string, bins []Count, o Options) (*Loaded, error) {
	jobs, err := spread(name, bins, o)
	if err != nil {
		return nil, err
	}
	return New(name, jobs)
}

// spread lets the model's own reader make jobs of counts: there is one definition of when they come.
func spread(name string, bins []Count, o Options) ([]loop.Job, error) {
	text := []byte("t,count\n")
	for _, b := range bins {
		text = strconv.AppendFloat(text, b.Time, 'f', -1, 64)
		text = append(text, ',')
		text = strconv.AppendInt(text, b.Jobs, 10)
		text = append(text, '\n')
	}
	c := loop.CSV{Name: name, Strict: true, Arrivals: loop.Arrivals{Bin: o.Bin, Service: 1}}
	trace, err := c.Read(bytes.NewReader(text))
	if err != nil {
		return nil, &InputError{Problem: err.Error(), Advice: csvAdvice(err)}
	}
	return jobsOf(trace, name, o)
}
