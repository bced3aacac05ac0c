package loop

import (
	"maps"
	"math/bits"
	"slices"
)

// order keeps numbers for exact order statistics. The newest lie in a buffer as they came. A full
// buffer is spread over pages of 2^16 numbers each, which hold their members' low halves until a count
// of each possible one takes no more room: a number costs two to four bytes until then and nothing
// after, and a range of values has a bound whatever their number.
type order struct {
	recent []int64
	pages  []*page         // by the high part of their members, as far as directMax
	far    map[int64]*page // and beyond
	spread bool            // there are pages
	count  int64           // of what is not recent
	sum    [2]uint64       // high, low
	max    int64
}

const (
	recentMin = 1 << 10
	recentMax = 1 << 15
	pageBits  = 16
	pageSize  = 1 << pageBits
	directMax = 1 << 16      // pages: 50 days
	lowsMax   = 2 * pageSize // as many lows take as much room as the counts
)

// page holds the numbers that differ only in their low halves.
type page struct {
	lows   []uint16
	counts []uint32 // of each low half, instead of lows
	many   int64
}

// add takes a number that is not negative.
func (o *order) add(v Millis) {
	n := len(o.recent)
	if n == cap(o.recent) {
		o.grow()
		n = len(o.recent)
	}
	o.recent = o.recent[:n+1]
	o.recent[n] = int64(v)
}

// grow makes room for more.
func (o *order) grow() {
	if len(o.recent) < recentMax {
		more := make([]int64, len(o.recent), min(max(2*len(o.recent), recentMin), recentMax))
		copy(more, o.recent)
		o.recent = more
		return
	}
	o.tally()
	o.fill()
}

// tally counts what is recent, once.
func (o *order) tally() {
	for _, v := range o.recent {
		o.max = max(o.max, v)
		low, carry := bits.Add64(o.sum[1], uint64(v), 0)
		o.sum = [2]uint64{o.sum[0] + carry, low}
	}
	o.count += int64(len(o.recent))
}

// fill empties the buffer into the pages.
func (o *order) fill() {
	o.spread = true
	last, at := int64(-1), (*page)(nil)
	for _, v := range o.recent {
		if high := v >> pageBits; high != last {
			last, at = high, o.page(high)
		}
		at.add(uint16(v & (pageSize - 1)))
	}
	o.recent = o.recent[:0]
}

func (o *order) page(high int64) *page {
	if high >= directMax {
		if o.far == nil {
			o.far = map[int64]*page{}
		}
		if o.far[high] == nil {
			o.far[high] = &page{}
		}
		return o.far[high]
	}
	for int64(len(o.pages)) <= high {
		o.pages = append(o.pages, nil)
	}
	if o.pages[high] == nil {
		o.pages[high] = &page{}
	}
	return o.pages[high]
}

func (p *page) add(low uint16) {
	p.many++
	if p.counts != nil {
		p.counts[low]++
		return
	}
	p.lows = append(p.lows, low)
	if len(p.lows) == lowsMax {
		p.counts = p.counted()
		p.lows = nil
	}
}

// counted is how often each low half is there.
func (p *page) counted() []uint32 {
	if p.counts != nil {
		return p.counts
	}
	counts := make([]uint32, pageSize)
	for _, low := range p.lows {
		counts[low]++
	}
	return counts
}

// at returns the numbers at ascending places of the sorted sequence, the first place being 0.
func (o *order) at(places []int64) []int64 {
	if !o.spread {
		sortNumbers(o.recent, o.max)
		var found []int64
		for _, place := range places {
			found = append(found, o.recent[place])
		}
		return found
	}
	o.fill()
	return o.walk(places)
}

// walk finds the places in the pages, in their order.
func (o *order) walk(places []int64) []int64 {
	var found []int64
	before := int64(0)
	visit := func(high int64, p *page) {
		if p == nil {
			return
		}
		n := len(found)
		for n < len(places) && places[n] < before+p.many {
			n++
		}
		for _, low := range p.at(places[len(found):n], before) {
			found = append(found, high<<pageBits|low)
		}
		before += p.many
	}
	for high, p := range o.pages {
		visit(int64(high), p)
	}
	for _, high := range slices.Sorted(maps.Keys(o.far)) {
		visit(high, o.far[high])
	}
	return found
}

// at is the same within a page, before which there are some.
func (p *page) at(places []int64, before int64) []int64 {
	if len(places) == 0 {
		return nil
	}
	var found []int64
	for low, n := range p.counted() {
		before += int64(n)
		for len(found) < len(places) && places[len(found)] < before {
			found = append(found, int64(low))
		}
	}
	return found
}

// sortNumbers sorts by digits of 11 bits: a run of ten thousand messages would spend more time on
// comparing its waits than on everything else.
func sortNumbers(v []int64, largest int64) {
	const digit = 11
	from, to := v, make([]int64, len(v))
	for shift := 0; largest>>shift > 0; shift += digit {
		var starts [1 << digit]int32
		for _, x := range from {
			starts[x>>shift&(1<<digit-1)]++
		}
		next := int32(0)
		for i, n := range &starts {
			starts[i] = next
			next += n
		}
		for _, x := range from {
			d := x >> shift & (1<<digit - 1)
			to[starts[d]] = x
			starts[d]++
		}
		from, to = to, from
	}
	copy(v, from)
}
