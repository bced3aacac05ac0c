// Package sandbox is an AWS inside the process: it answers the real clients in the wire protocols
// they speak, from a world kept in memory or in one file.
//
// It knows the operations listed in world.services and nothing else: an operation or a service
// outside that list is refused with an error that says so. It knows the protocols of those services
// (AWS JSON, RPC v2 CBOR, Query, REST-JSON) and picks one by the request, not by the service,
// because clients differ. It reads a request's signature only to learn service and region: any
// credentials will do. A policy binds all callers alike, if Options has one; and a function may do what its
// role's policies let it. The policies of resources are kept and not evaluated.
//
// Time passes in it. With the pieces of internal/loop, and in the order of that model, metrics are
// taken, alarms judged, policies run, instances launched and jobs done: see course.
package sandbox

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Options says where a sandbox keeps its world and how it behaves.
type Options struct {
	// Path is the file that holds the world between processes; its folder is made when needed.
	// Empty means memory only.
	Path string
	// Delays are those of AWS's eventual consistency; the zero value means none. See DefaultDelays.
	Delays Delays
	// Latency is added to every request. Requests wait side by side and obey their context.
	Latency time.Duration
	// Now is the real clock; nil means time.Now. It need not be: a test may let time pass as it likes.
	Now func() time.Time
	// Speed is how many times as fast as the real clock the world's goes from now on; 0 means as before,
	// and 1 in a new world. All times that a client sees are the world's. Nothing must be called for time
	// to pass: every request finds the world as it has become meanwhile. So a sandbox of Speed 60 in
	// memory, looked at now and then, shows an hour a minute.
	Speed float64
	// Workers, unless nil, replace those that the world has had so far; and Adjust, unless nil, changes some
	// of what they do.
	Workers *Workers
	Adjust  func(*Workers)
	// Instances, unless nil, is told when an instance begins and when it ends to have work, also of those
	// that have work when the sandbox is first used. It is called without locks, one call at a time, in
	// order; it may use the sandbox. It is told what changed when a request or Run looks: see Run.
	Instances func(InstanceEvent)
	// Endpoint begins the queue URLs that Instances is told, such as http://127.0.0.1:4599; empty means
	// SQS's own.
	Endpoint string
	// Faults are rules by which calls go wrong. See ParseProfile for those of a file.
	Faults []Fault
	// Policy, unless nil, is the identity policy of whoever calls, as a JSON document: what it does not allow
	// is denied, as AWS denies it. It is no part of the world.
	Policy []byte
	// Log, unless nil, is told of every call after its answer is made. It may be called
	// concurrently.
	Log func(Call)
}

// Call is one request as an observer sees it.
type Call struct {
	Service   string // the signing name: "sqs", "monitoring"; "" where the request did not tell
	Operation string // "CreateQueue"; "" where the request did not tell
	Region    string
	Status    int    // HTTP
	Code      string // the error code, as the client's ErrorCode() has it; "" where the call succeeded
	Mutating  bool   // by its name the operation changes something
	Fault     Effect // what one of Options.Faults did to it; "" for nothing. Status is 0 where nothing was answered
}

// Sandbox is an http.Handler and an http.RoundTripper. It is safe for concurrent use.
type Sandbox struct {
	options Options
	wires   map[string]*wire
	judge   *judge

	mu    sync.Mutex // guards what follows; handlers run under it, one at a time
	store *store
	past  *past
	begun bool // the options are applied to the world
	told  map[placement]bool

	telling  sync.Mutex // guards what follows
	news     []InstanceEvent
	speaking bool // somebody is telling the news
}

var (
	_ http.Handler      = (*Sandbox)(nil)
	_ http.RoundTripper = (*Sandbox)(nil)
)

// backend is what answers requests: the world, or a test's own.
type backend interface {
	services() map[string][]operation
	home() (account, region string)

	// advance lets all happen that is due from one time of the world to another. It reports whether
	// anything happened that another process, which lets the same time pass, would not find alike.
	advance(from, to time.Time) bool
	// settle lets happen what follows at once from what a handler did.
	settle(now time.Time)
	// employ changes what the workers do, and reports whether that made a difference.
	employ(func(*Workers)) bool
	// working lists the instances that have work.
	working() []placement
	// upgrade makes a world of version 1 one of today.
	upgrade(now time.Time)
	// check says what is missing in a world that was read from a file.
	check() error
}

// home returns the account and the region of requests that do not name one.
func (w *world) home() (account, region string) { return w.Account, w.Region }

// Open returns a sandbox. It does not touch the file: the first request reads it, so that a command
// that makes no call costs nothing.
// The error is a *PolicyError.
func Open(options Options) (*Sandbox, error) {
	gate, err := newGate(options.Policy)
	if err != nil {
		return nil, err
	}
	return open(options, source{
		fresh: func(now time.Time) backend {
			w := newWorld(now)
			w.delays, w.gate = options.Delays, gate
			return w
		},
		empty: func() backend { return &world{delays: options.Delays, gate: gate} },
	})
}

func open(options Options, source source) (*Sandbox, error) {
	for i := range options.Faults {
		if err := options.Faults[i].check(); err != nil {
			return nil, fmt.Errorf("fault rule %d: %w", i+1, err)
		}
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Sandbox{
		options: options,
		wires:   wires(),
		judge:   newJudge(options.Faults),
		past:    newPast(options.Faults),
		store:   &store{path: options.Path, source: source},
	}, nil
}
