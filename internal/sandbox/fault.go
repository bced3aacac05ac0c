package sandbox

import (
	"cmp"
	"slices"
	"time"
)

// Fault is a rule by which calls go wrong: which calls, how many of them, and what is done to them. A rule
// without Nth, First, Every and Probability is for all calls that match.
//
// Every rule sees every call that matches it, and counts it. Of the rules that have something to do to a call
// the first does it; delays of several add up. Rules about answers (cut-after, truncate, shorten and omit)
// count only calls that succeeded. The counts are the process's: they are not kept in the world's file.
type Fault struct {
	Service    string   // signing name: "sqs"; "" means all
	Operations []string // "CreateQueue"; none means all
	Calls      Calls

	Nth         int     // the nth call that matches, from 1
	First       int     // each of the first so many
	Every       int     // every so many-th
	Probability float64 // between 0 and 1; which calls follows from Seed, the operation and the count
	Seed        uint64
	Each        Each // what is counted together

	Do      Effect
	Status  int           // DoError: the HTTP status; 0 means what Code has in the service, or 500
	Code    string        // DoError: "AccessDenied"; "" means what the status says
	Message string        // DoError
	For     time.Duration // DoDelay, DoStale; of the real clock
	Field   string        // DoOmit: a member of the answer, as the SDK for Go names it
	Rate    float64       // DoRate: calls a second
	Burst   int           // DoRate: calls at once; 0 means a second's
}

// Calls says which calls a rule is for, by whether their operation changes something.
type Calls string

// The calls of a rule.
const (
	AllCalls      Calls = ""
	MutatingCalls Calls = "mutating"
	ReadingCalls  Calls = "reading"
)

// Each says what a rule counts together.
type Each string

// What a rule counts.
const (
	EachMatch     Each = ""          // all calls that match
	EachOperation Each = "operation" // the calls of each operation by themselves
	EachCall      Each = "call"      // calls that ask for the same by themselves: a call and its repetitions
)

// Effect is what a rule does to a call.
type Effect string

// The effects.
const (
	DoThrottle  Effect = "throttle"   // the service's own throttling error
	DoError     Effect = "error"      // an error in the protocol's form
	DoCutBefore Effect = "cut-before" // the connection is cut, and nothing has happened
	DoCutAfter  Effect = "cut-after"  // the call takes effect, and the connection is cut
	DoTruncate  Effect = "truncate"   // the call takes effect, and half of the answer arrives
	DoShorten   Effect = "shorten"    // the same, and Content-Length is that of the half
	DoDelay     Effect = "delay"      // the call waits before it takes effect
	DoHang      Effect = "hang"       // nothing happens until the client gives up
	DoStale     Effect = "stale"      // a read is answered as it was before the writes of late
	DoOmit      Effect = "omit"       // a member of the answer is left out
	DoRate      Effect = "rate"       // calls beyond a rate are throttled
)

// effects lists all of them.
func effects() []Effect {
	return []Effect{
		DoThrottle, DoError, DoCutBefore, DoCutAfter, DoTruncate, DoShorten, DoDelay, DoHang, DoStale, DoOmit, DoRate,
	}
}

// onAnswers reports whether the effect is on the answer of a call that succeeded.
func (e Effect) onAnswers() bool {
	return slices.Contains([]Effect{DoCutAfter, DoTruncate, DoShorten, DoOmit}, e)
}

// matches reports whether the rule is for calls of an operation.
func (f *Fault) matches(service, operation string) bool {
	if f.Service != "" && f.Service != service {
		return false
	}
	if len(f.Operations) > 0 && !slices.Contains(f.Operations, operation) {
		return false
	}
	reads := operation != "" && !mutating(operation)
	if (f.Calls == ReadingCalls || f.Do == DoStale) && !reads {
		return false
	}
	return f.Calls != MutatingCalls || mutating(operation)
}

// fires reports whether the rule acts on the nth call of its count.
func (f *Fault) fires(n int, draw float64) bool {
	switch {
	case f.Nth > 0:
		return n == f.Nth
	case f.First > 0:
		return n <= f.First
	case f.Every > 0:
		return n%f.Every == 0
	case f.Probability > 0:
		return draw < f.Probability
	}
	return true
}

// burst is how many calls a rate lets pass at once.
func (f *Fault) burst() float64 {
	return cmp.Or(float64(f.Burst), max(f.Rate, 1))
}
