package loop

import "math/bits"

// instance is one of the group that is not terminated.
type instance struct {
	id        int64
	launched  Millis
	inService Millis
	ready     Millis // to poll
	warm      Millis
	giveUp    Millis // draining: when its jobs are killed
	busy      int32  // jobs it runs
	place     int32  // among the live ones
	polls     bool
	draining  bool
	awaited   bool // by AwaitDrain
	gone      bool
}

// fleet holds instances in the order of their ids, and knows the first with a free slot.
type fleet struct {
	all   []instance // storage; its places are kept, so that jobs can name their instance
	spare []int32    // places in all that are not used
	live  []int32    // places in all, by ascending id
	slots int32
	free  []uint64 // by place among the live ones: polls and has a free slot
	low   int      // no word of free below this one has a bit
	idle  int      // bits in free
}

// add appends an instance, which has the highest id.
func (f *fleet) add(in instance) int32 {
	in.place = int32(len(f.live))
	at := int32(len(f.all))
	if n := len(f.spare); n > 0 {
		at, f.spare = f.spare[n-1], f.spare[:n-1]
		f.all[at] = in
	} else {
		f.all = append(f.all, in)
	}
	f.live = append(f.live, at)
	if len(f.live) > 64*len(f.free) {
		f.free = append(f.free, 0)
	}
	f.mark(&f.all[at])
	return at
}

// takes is whether an instance can take a job.
func (f *fleet) takes(in *instance) bool { return in.polls && !in.draining && in.busy < f.slots }

// mark brings the free slots up to date with an instance that changed.
func (f *fleet) mark(in *instance) {
	word, bit := int(in.place>>6), uint64(1)<<(in.place&63)
	had, has := f.free[word]&bit != 0, f.takes(in)
	if had == has {
		return
	}
	f.free[word] ^= bit
	if has {
		f.idle++
		f.low = min(f.low, word)
	} else {
		f.idle--
	}
}

// lowest is the first instance with a free slot. There is one.
func (f *fleet) lowest() int32 {
	for f.free[f.low] == 0 {
		f.low++
	}
	return f.live[f.low<<6|bits.TrailingZeros64(f.free[f.low])]
}

// sweep forgets the instances that are gone.
func (f *fleet) sweep() {
	kept := f.live[:0]
	for _, at := range f.live {
		if f.all[at].gone {
			f.spare = append(f.spare, at)
		} else {
			kept = append(kept, at)
		}
	}
	f.live = kept
	clear(f.free)
	f.low, f.idle = 0, 0
	for place, at := range f.live {
		f.all[at].place = int32(place)
		f.mark(&f.all[at])
	}
}
