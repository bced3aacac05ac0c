// Package sandbox is an AWS inside the process: it answers the real clients in the wire protocols
// they speak, from a world kept in memory or in one file.
//
// It knows the operations listed in world.services and nothing else: an operation or a service
// outside that list is refused with an error that says so. It knows the protocols of those services
// (AWS JSON, RPC v2 CBOR, Query, REST-JSON) and picks one by the request, not by the service,
// because clients differ. It reads a request's signature only to learn service and region: any
// credentials will do, and no policy is evaluated.
package sandbox

import (
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
	// Now is the clock; nil means time.Now.
	Now func() time.Time
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
}

// Sandbox is an http.Handler and an http.RoundTripper. It is safe for concurrent use.
type Sandbox struct {
	options Options
	wires   map[string]*wire

	mu    sync.Mutex // guards what follows; handlers run under it, one at a time
	store *store
}

var (
	_ http.Handler      = (*Sandbox)(nil)
	_ http.RoundTripper = (*Sandbox)(nil)
)

// backend is what answers requests: the world, or a test's own.
type backend interface {
	services() map[string][]operation
	home() (account, region string)
}

// home returns the account and the region of requests that do not name one.
func (w *world) home() (account, region string) { return w.Account, w.Region }

// Open returns a sandbox. It does not touch the file: the first request reads it, so that a command
// that makes no call costs nothing.
func Open(options Options) (*Sandbox, error) {
	return open(options, source{
		fresh: func(now time.Time) backend {
			w := newWorld(defaultAccount, defaultRegion, now)
			w.delays = options.Delays
			return w
		},
		empty: func() backend { return &world{delays: options.Delays} },
	})
}

func open(options Options, source source) (*Sandbox, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Sandbox{
		options: options,
		wires:   wires(),
		store:   &store{path: options.Path, source: source},
	}, nil
}
