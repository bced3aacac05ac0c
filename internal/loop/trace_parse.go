package loop

import (
	"encoding/json"
	"fmt"
	"math"
)

// Bounds of what a trace's row can say.
const (
	maxBin     = 1_000_000_000 // messages of one bin
	maxSeconds = float64(maxMillis / Second)
)

// trace reads {"rows": ...} or {"counts": ...}, the latter with the fields of arrivals.
func (r *reading) trace(n *node, defaults *Arrivals) *Trace {
	f := r.object(n, "trace")
	arrivals := DefaultArrivals()
	if defaults != nil {
		arrivals = *defaults
	}
	f.arrivals(&arrivals)
	rows, counts := f.get("rows"), f.get("counts")
	f.end()
	r.checkArrivals(n, &arrivals)
	switch {
	case r.err != nil:
		return nil
	case rows != nil && counts == nil:
		return r.rows(rows)
	case counts != nil && rows == nil:
		return r.counts(counts, &arrivals)
	}
	r.fail(n, "trace", `it needs either "rows" or "counts"`)
	return nil
}

func (r *reading) checkArrivals(n *node, a *Arrivals) {
	k := &checker{}
	a.check(k, "trace.")
	if k.err == nil {
		return
	}
	if at := r.nodes[k.err.Path]; at != nil {
		n = at
	}
	r.fail(n, k.err.Path, k.err.Problem)
}

func (r *reading) rows(n *node) *Trace {
	jobs := make([]Job, 0, len(n.items))
	r.pairs(n, "trace.rows", "[time_s, service_s]", func(at, took float64) string {
		jobs = append(jobs, Job{FromSeconds(at), FromSeconds(took)})
		return seconds(math.Abs(took))
	})
	return r.made(n, "trace.rows", func() (*Trace, error) { return NewTrace(jobs) })
}

func (r *reading) counts(n *node, a *Arrivals) *Trace {
	if !a.given() {
		r.fail(n, "trace.service_s", "it is missing: counts need service_s or service_values_s")
	}
	var bins []bin
	r.pairs(n, "trace.counts", "[t, count]", func(at, count float64) string {
		bins = append(bins, bin{FromSeconds(at), int64(count)})
		return binCount(count)
	})
	for i, b := range bins {
		if b.at < 0 {
			r.fail(n.items[i].items[0], fmt.Sprintf("trace.counts[%d][0]", i), "it is before the start, which is 0")
		}
	}
	return r.made(n, "trace.counts", func() (*Trace, error) { return newBins(bins, a.Bin, a.service()) })
}

// made makes the trace if all went well.
func (r *reading) made(n *node, path string, trace func() (*Trace, error)) *Trace {
	if r.err != nil {
		return nil
	}
	t, err := trace()
	if err != nil {
		r.fail(n, path, err.Error())
	}
	return t
}

// pairs reads a list of pairs of numbers, the first of which is a time. The function returns what is
// wrong with a pair. There may be a million, so paths are made for errors alone.
func (r *reading) pairs(n *node, path, shape string, do func(a, b float64) string) {
	if !n.list {
		r.wrong(n, path, "a list of "+shape)
	}
	for i, item := range n.items {
		if r.err != nil {
			return
		}
		at := func() string { return fmt.Sprintf("%s[%d]", path, i) }
		a, b, ok := item.pair()
		if !ok {
			r.wrong(item, at(), shape)
			return
		}
		if problem := seconds(math.Abs(a)); problem != "" {
			r.fail(item.items[0], at()+"[0]", fmt.Sprintf("%v %s", a, problem))
		} else if problem := do(a, b); problem != "" {
			r.fail(item.items[1], at()+"[1]", fmt.Sprintf("%v %s", b, problem))
		}
	}
}

func (n *node) pair() (a, b float64, ok bool) {
	if len(n.items) != 2 {
		return 0, 0, false
	}
	first, ok1 := n.items[0].value.(json.Number)
	second, ok2 := n.items[1].value.(json.Number)
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	a, err1 := first.Float64()
	b, err2 := second.Float64()
	return a, b, err1 == nil && err2 == nil
}

// seconds says what is wrong with a time, if anything.
func seconds(s float64) string {
	if s > maxSeconds {
		return fmt.Sprintf("is above %v s", maxSeconds)
	}
	return ""
}

// binCount says what is wrong with a count, if anything.
func binCount(n float64) string {
	if n < 0 || n > maxBin || n != math.Trunc(n) {
		return fmt.Sprintf("is not an integer from 0 to %d", maxBin)
	}
	return ""
}
