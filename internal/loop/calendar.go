package loop

import "math/bits"

// calendar finds the next end of a job without comparing ends with each other. It is a radix queue:
// a job lies on the level of the highest digit (of 12 bits) in which its end differs from last, in the
// slot of that digit's value. Time only grows, so the lowest level's lowest slot has the next end, and
// a job moves down a level only as often as the time it takes has digits: once, if it takes between 4 s
// and 4 h. The jobs of a slot are a linked list.
type calendar struct {
	last   Millis // no end is earlier
	floor  Millis // nor earlier than this, which is looked at first
	levels uint8  // which have jobs
	level  [calendarLevels]level
	ends   []ending // of the jobs, by their places
}

const (
	digitBits      = 12
	digitSize      = 1 << digitBits
	calendarLevels = 4 // reach for 8,900 years
)

// level is the lists of a digit. A bit of used stands for a slot with jobs, a bit of words for a word
// of used with bits. A head is valid where its bit is set, and -1 ends a list.
type level struct {
	words uint64
	used  [digitSize / 64]uint64
	heads [digitSize]int32
}

// ending is a job's end, and the place of the job that follows it in its list.
type ending struct {
	end  Millis
	next int32
}

// place is the level and the slot of an end.
func (c *calendar) place(end Millis) (depth, slot int) {
	if apart := uint64(end ^ c.last); apart >= digitSize {
		depth = (bits.Len64(apart) - 1) / digitBits
	}
	return depth, int(uint64(end)>>(digitBits*depth)) & (digitSize - 1)
}

// add puts the job of place i, which ends at end.
func (c *calendar) add(i int32, end Millis) {
	for int(i) >= len(c.ends) {
		c.ends = append(c.ends, ending{})
	}
	c.ends[i].end = end
	c.floor = min(c.floor, end)
	c.link(i, end)
}

func (c *calendar) link(i int32, end Millis) {
	depth, slot := c.place(end)
	l := &c.level[depth]
	next := l.heads[slot]
	if bit := uint64(1) << (slot & 63); l.used[slot>>6]&bit == 0 {
		l.used[slot>>6] |= bit
		l.words |= 1 << (slot >> 6)
		c.levels |= 1 << depth
		next = -1
	}
	c.ends[i].next = next
	l.heads[slot] = i
}

// first is the earliest end up to limit. It promises that no job will be added that ends before limit
// or before what it returns, whichever is less.
func (c *calendar) first(limit Millis) (Millis, bool) {
	if limit < c.floor {
		return 0, false
	}
	return c.search(limit)
}

func (c *calendar) search(limit Millis) (Millis, bool) {
	for c.levels != 0 {
		depth := bits.TrailingZeros8(c.levels)
		l := &c.level[depth]
		word := bits.TrailingZeros64(l.words)
		slot := word<<6 | bits.TrailingZeros64(l.used[word])
		shift := digitBits * depth
		start := Millis(uint64(c.last)>>(shift+digitBits)<<(shift+digitBits) | uint64(slot)<<shift)
		if start > limit {
			c.floor = start
			return 0, false
		}
		if depth == 0 {
			return start, true
		}
		head := c.unlink(depth, slot)
		c.last = start
		for i := head; i >= 0; {
			n := c.ends[i]
			c.link(i, n.end)
			i = n.next
		}
	}
	c.floor = never
	return 0, false
}

// unlink empties a slot and returns its list.
func (c *calendar) unlink(depth, slot int) int32 {
	l := &c.level[depth]
	word := slot >> 6
	if l.used[word] &^= 1 << (slot & 63); l.used[word] == 0 {
		if l.words &^= 1 << word; l.words == 0 {
			c.levels &^= 1 << depth
		}
	}
	return l.heads[slot]
}

// take removes the jobs that end at t, which first has returned, and returns their list.
func (c *calendar) take(t Millis) int32 {
	c.last, c.floor = t, t
	return c.unlink(0, int(t)&(digitSize-1))
}

// next is the job after i in a list; -1 at its end.
func (c *calendar) next(i int32) int32 { return c.ends[i].next }

// remove takes one job out.
func (c *calendar) remove(i int32) {
	depth, slot := c.place(c.ends[i].end)
	at := &c.level[depth].heads[slot]
	for *at != i {
		at = &c.ends[*at].next
	}
	*at = c.ends[i].next
	if c.level[depth].heads[slot] < 0 {
		c.unlink(depth, slot)
	}
}
