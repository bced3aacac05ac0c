package sandbox

import (
	"cmp"
	"slices"
	"sort"
	"time"
)

// The messages of a standard queue lie in the order in which they are, or will be, visible: SQS promises
// none, and the model's is that a message which comes back goes to the end. Those of a FIFO queue lie in
// the order in which they were sent.

// put adds a message. Of those that come back at the same time the one that was sent first is the first.
func (q *queue) put(m *message) {
	at := len(q.Messages)
	if !q.isFIFO() {
		at = q.firstAfter(m.VisibleAt)
		for at > 0 && q.Messages[at-1].VisibleAt.Equal(m.VisibleAt) && m.isBefore(q.Messages[at-1]) {
			at--
		}
	}
	q.Messages = slices.Insert(q.Messages, at, m)
}

// isBefore is whether a message was sent before another.
func (m *message) isBefore(other *message) bool {
	return cmp.Or(m.Sent.Compare(other.Sent), cmp.Compare(m.Number, other.Number)) < 0
}

// firstAfter is the place of the first message of a standard queue that is visible after a time.
func (q *queue) firstAfter(t time.Time) int {
	return sort.Search(len(q.Messages), func(i int) bool { return q.Messages[i].VisibleAt.After(t) })
}

// hide makes a message visible at a time and not before.
func (q *queue) hide(m *message, until time.Time) {
	if q.isFIFO() {
		m.VisibleAt = until
		return
	}
	q.remove(m)
	m.VisibleAt = until
	q.put(m)
}

// remove takes a message out; one that is not there does no harm.
func (q *queue) remove(gone *message) {
	if i := slices.Index(q.Messages, gone); i >= 0 {
		q.Messages = slices.Delete(q.Messages, i, i+1)
	}
}

// sort brings the messages of a file of an older program into the queue's order.
func (q *queue) sort() {
	if !q.isFIFO() {
		slices.SortStableFunc(q.Messages, func(a, b *message) int { return a.VisibleAt.Compare(b.VisibleAt) })
	}
}

// nextVisible is when the next hidden message is visible; zero where none is hidden.
func (q *queue) nextVisible(now time.Time) time.Time {
	if !q.isFIFO() {
		if i := q.firstAfter(now); i < len(q.Messages) {
			return q.Messages[i].VisibleAt
		}
		return time.Time{}
	}
	var next time.Time
	for _, m := range q.Messages {
		next = earlier(next, m.VisibleAt, now)
	}
	return next
}

// earlier is the earlier of next, where that is one, and t, where that is after now.
func earlier(next, t, now time.Time) time.Time {
	if t.After(now) && (next.IsZero() || t.Before(next)) {
		return t
	}
	return next
}

// counts are what happened to a queue since its last datapoint.
type counts struct{ Sent, Received, Deleted, Empty int }
