package sandbox

import (
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// judge counts calls and says which rule acts on which. It is safe for concurrent use.
type judge struct {
	rules []Fault

	mu     sync.Mutex // guards what follows
	counts map[tally]int
	levels map[tally]level
}

// tally is what is counted together: a rule, and what its Each tells apart.
type tally struct {
	rule int
	what string
}

// level is how full a token bucket was at some time.
type level struct {
	tokens float64
	at     time.Time
}

func newJudge(rules []Fault) *judge {
	return &judge{rules: rules, counts: map[tally]int{}, levels: map[tally]level{}}
}

// request says what becomes of a call before it takes effect: for how long it is delayed, and which rule acts
// on it, nil for none.
func (j *judge) request(c *call, now time.Time) (delay time.Duration, acts *Fault) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.rules {
		rule := &j.rules[i]
		if rule.Do.onAnswers() || !j.applies(i, c, now) {
			continue
		}
		if rule.Do == DoDelay {
			delay += rule.For
		} else if acts == nil {
			acts = rule
		}
	}
	return delay, acts
}

// answer says which rule acts on the answer of a call that succeeded, nil for none.
func (j *judge) answer(c *call) (acts *Fault) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.rules {
		if j.rules[i].Do.onAnswers() && j.applies(i, c, time.Time{}) && acts == nil {
			acts = &j.rules[i]
		}
	}
	return acts
}

// applies counts a call, if the rule is for it, and reports whether the rule acts on it.
func (j *judge) applies(i int, c *call, now time.Time) bool {
	rule := &j.rules[i]
	if !rule.matches(c.service, c.operation) {
		return false
	}
	if rule.Do == DoRate {
		return !j.take(tally{i, c.told(rule.Each)}, rule, now)
	}
	if rule.Probability > 0 { // drawn by operation, so that what runs beside it makes no difference
		key := tally{i, c.told(EachOperation)}
		j.counts[key]++
		return rule.fires(0, draw(rule.Seed, key.what, j.counts[key]))
	}
	key := tally{i, c.told(rule.Each)}
	j.counts[key]++
	return rule.fires(j.counts[key], 0)
}

// take takes a token out of a bucket, and reports whether there was one.
func (j *judge) take(key tally, rule *Fault, now time.Time) bool {
	bucket, known := j.levels[key]
	if !known {
		bucket = level{rule.burst(), now}
	}
	if passed := now.Sub(bucket.at); passed > 0 {
		bucket = level{min(bucket.tokens+passed.Seconds()*rule.Rate, rule.burst()), now}
	}
	enough := bucket.tokens >= 1
	if enough {
		bucket.tokens--
	}
	j.levels[key] = bucket
	return enough
}

// told names a call as far as a count tells calls apart.
func (c *call) told(each Each) string {
	switch each {
	case EachOperation:
		return c.service + "/" + c.operation
	case EachCall:
		return c.service + "/" + c.operation + "/" + strconv.FormatUint(hashOf(c.http.URL.RequestURI(), string(c.body)), 36)
	}
	return ""
}

// draw returns a number of at least 0 and below 1: the nth of those of a name.
func draw(seed uint64, name string, n int) float64 {
	return float64(loop.Splitmix64(seed^hashOf(name)+uint64(n))>>11) / (1 << 53)
}

func hashOf(words ...string) uint64 {
	h := fnv.New64a()
	for _, word := range words {
		_, _ = h.Write([]byte(word)) // a hash does not fail
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}
