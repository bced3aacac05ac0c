package loop

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// readAhead is how many jobs are read from a source at once.
const readAhead = 512

// queue is the FIFO of messages that wait. What has not been received before waits in the window
// between the source and the workers, where it was read into; the few that were received are apart,
// each with its place.
type queue struct {
	source Source
	ended  bool  // the source is
	lent   bool  // jobs belong to a trace
	err    error // why it is, if not because it was at its end
	jobs   []Job // jobs[head:] were not yet received; jobs[:come] have arrived, as far as was looked
	base   int64 // the id of jobs[0]
	head   int
	come   int
	due    Millis // when there is something to take; never where nothing is known of
	last   Millis // the newest arrival that was read
	back   []letter
	first  int // back[first:] wait
}

// letter is a message that was received before.
type letter struct {
	running
	place int64 // it waits before the fresh message of this id
}

// newQueue waits for the jobs of a source. Those of a trace in memory are used where they are.
func newQueue(source Source) queue {
	q := queue{source: source, ended: source == nil}
	if r, ok := source.(*rows); ok && len(r.left) > 0 {
		q.jobs, q.ended, q.lent = r.left, true, true
		q.last = q.jobs[len(q.jobs)-1].Arrival
	}
	q.look()
	return q
}

// take receives the message at the head, which is due.
func (q *queue) take(to *running) {
	if q.first < len(q.back) && q.back[q.first].place <= q.base+int64(q.head) {
		*to = q.back[q.first].running
		q.forget()
	} else {
		to.id, to.job, to.receives = q.base+int64(q.head), q.jobs[q.head], 0
		q.head++
	}
	if q.head < len(q.jobs) && q.first == len(q.back) {
		q.due = q.jobs[q.head].Arrival
		return
	}
	q.look()
}

// look finds out when there is something to take.
func (q *queue) look() {
	switch {
	case q.first < len(q.back):
		q.due = 0
	case q.head < len(q.jobs) || q.read():
		q.due = q.jobs[q.head].Arrival
	default:
		q.due = never
	}
}

// forget drops the first of the returned messages.
func (q *queue) forget() {
	q.first++
	if q.first == len(q.back) {
		q.back, q.first = q.back[:0], 0
	} else if q.first >= 64 && q.first > len(q.back)/2 {
		q.back, q.first = q.back[:copy(q.back, q.back[q.first:])], 0
	}
}

// put appends a message that was received before, behind what arrived before t.
func (q *queue) put(m running, t Millis) {
	q.arrive(t - 1)
	q.back = append(q.back, letter{m, q.base + int64(q.come)})
	q.due = 0
}

// arrive looks for what has arrived up to t.
func (q *queue) arrive(t Millis) {
	q.come = max(q.come, q.head)
	for (q.come < len(q.jobs) || q.read()) && q.jobs[q.come].Arrival <= t {
		q.come++
	}
}

// visible is how many messages wait at t.
func (q *queue) visible(t Millis) int {
	q.arrive(t)
	return q.come - q.head + len(q.back) - q.first
}

// arrived is how many messages have arrived up to t, and whether they are all there will be.
func (q *queue) arrived(t Millis) (int64, bool) {
	q.arrive(t)
	return q.base + int64(q.come), q.ended && q.come == len(q.jobs)
}

// oldest is the earliest arrival among the messages that wait at t, or never.
func (q *queue) oldest(t Millis) Millis {
	q.arrive(t)
	at := never
	if q.come > q.head {
		at = q.jobs[q.head].Arrival
	}
	for _, m := range q.back[q.first:] {
		at = min(at, m.job.Arrival)
	}
	return at
}

// push appends a job that arrives no earlier than all before it.
func (q *queue) push(job Job) int64 {
	if q.lent {
		q.jobs, q.lent = slices.Clone(q.jobs), false
	}
	q.makeRoom()
	q.jobs = append(q.jobs, job)
	q.last = job.Arrival
	q.look()
	return q.base + int64(len(q.jobs)) - 1
}

// read gets more from the source; false where there is no more.
func (q *queue) read() bool {
	if q.ended {
		return false
	}
	q.makeRoom()
	have := len(q.jobs)
	q.jobs = append(q.jobs, make([]Job, readAhead)...)
	n, err := q.source.Read(q.jobs[have:])
	q.jobs = q.jobs[:have+n]
	if err != nil || n == 0 {
		q.stop(err)
	}
	for i := have; i < len(q.jobs); i++ {
		if q.jobs[i].Arrival < q.last || q.jobs[i].Service < 1 {
			q.jobs = q.jobs[:i]
			q.stop(fmt.Errorf("message %d of the source arrives before the one before it, or takes no time", q.base+int64(i)))
			break
		}
		q.last = q.jobs[i].Arrival
	}
	return len(q.jobs) > have
}

func (q *queue) stop(err error) {
	q.ended = true
	if !errors.Is(err, io.EOF) {
		q.err = err
	}
}

// makeRoom drops what was received, where that is worth the move.
func (q *queue) makeRoom() {
	if q.head < readAhead || q.head < len(q.jobs)/2 {
		return
	}
	n := copy(q.jobs, q.jobs[q.head:])
	q.base += int64(q.head)
	q.come = max(q.come-q.head, 0)
	q.jobs, q.head = q.jobs[:n], 0
}
