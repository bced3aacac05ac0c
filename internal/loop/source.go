package loop

import (
	"cmp"
	"io"
	"slices"
)

// rows is a source of jobs that are there.
type rows struct{ left []Job }

func (r *rows) Read(dst []Job) (int, error) {
	if len(r.left) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, r.left)
	r.left = r.left[n:]
	return n, nil
}

// service says how long a message takes, by its index.
type service struct {
	values []Millis // at least one; one is for all
	hash   bool     // drawn, not in turn
	seed   uint64
}

func (s *service) of(i uint64) Millis {
	n := uint64(len(s.values))
	switch {
	case n == 1:
		return s.values[0]
	case s.hash:
		return s.values[Splitmix64(s.seed^i)%n]
	default:
		return s.values[i%n]
	}
}

// bin is a number of messages spread over a time of the trace's width.
type bin struct {
	at    Millis
	count int64
}

// newBins sorts bins, drops the empty ones, and makes a trace of them.
func newBins(bins []bin, width Millis, serve service) (*Trace, error) {
	bins = slices.DeleteFunc(bins, func(b bin) bool { return b.count == 0 })
	if len(bins) == 0 {
		return nil, errNoJobs
	}
	slices.SortStableFunc(bins, func(a, b bin) int { return cmp.Compare(a.at, b.at) })
	t := &Trace{bins: bins, width: width, serve: serve}
	for _, b := range bins {
		t.count += b.count
		// floor(w*(2*count-1)/(2*count)) without the product: w less a part of it, rounded up
		t.last = max(t.last, b.at+width-Millis(ceilDiv(int64(width), 2*b.count)))
	}
	return t, nil
}

// counts is a source of the messages of bins, made one by one. Bins may overlap.
type counts struct {
	bins  []bin // not begun
	open  []spread
	width Millis
	serve service
	index uint64
}

func newCounts(bins []bin, width Millis, serve service) *counts {
	return &counts{bins: bins, width: width, serve: serve}
}

func (c *counts) Read(dst []Job) (int, error) {
	for n := range dst {
		s := 0
		if len(c.open) != 1 || len(c.bins) > 0 && c.bins[0].at <= c.open[0].at {
			s = c.earliest()
		}
		if s < 0 {
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		dst[n] = Job{c.open[s].at, c.serve.of(c.index)}
		c.index++
		if !c.open[s].advance() {
			c.open = slices.Delete(c.open, s, s+1)
		}
	}
	return len(dst), nil
}

// earliest is the open bin with the next message, or -1. Which of two at the same instant comes first
// makes no difference: a service belongs to an index, not to a bin.
func (c *counts) earliest() int {
	best := -1
	for i := range c.open {
		if best < 0 || c.open[i].at < c.open[best].at {
			best = i
		}
	}
	for len(c.bins) > 0 && (best < 0 || c.bins[0].at <= c.open[best].at) {
		c.open = append(c.open, newSpread(c.bins[0], c.width))
		c.bins = c.bins[1:]
		if last := len(c.open) - 1; best < 0 || c.open[last].at < c.open[best].at {
			best = last
		}
	}
	return best
}

// spread is the next message of a bin: message j is at floor(width*(2j+1)/(2*count)), which is
// followed by adding, quotient and remainder apart, because the product may not fit.
type spread struct {
	at                     Millis
	left                   int64
	rest, step, more, over int64 // remainder; quotient and remainder of a step; divisor
}

func newSpread(b bin, width Millis) spread {
	over := 2 * b.count
	return spread{
		at: b.at + Millis(int64(width)/over), left: b.count, rest: int64(width) % over,
		step: 2 * int64(width) / over, more: 2 * int64(width) % over, over: over,
	}
}

// advance goes to the next message; false where that was the last.
func (s *spread) advance() bool {
	s.at += Millis(s.step)
	if s.rest += s.more; s.rest >= s.over {
		s.rest -= s.over
		s.at++
	}
	s.left--
	return s.left > 0
}
