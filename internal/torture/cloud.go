//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// cloud is a sandbox over HTTP whose requests can be counted and met with harm.
type cloud struct {
	url       string
	sandbox   atomic.Pointer[sandbox.Sandbox]
	options   sandbox.Options
	server    *http.Server
	requests  atomic.Int32
	mutations atomic.Int32
	harm      atomic.Pointer[harm]

	mu     sync.Mutex
	active int // requests that are being answered
	idle   sync.Cond
}

// harm is what is done at one request.
type harm struct {
	at     int32
	effect bool   // whether the request takes effect before
	do     func() // and then
	answer bool   // whether the request is answered all the same
	done   atomic.Bool
}

// serve starts a sandbox of its own. Its world is in memory where the path is empty.
func serve(ctx context.Context, path string) (*cloud, error) {
	c := &cloud{}
	c.idle.L = &c.mu
	c.options = sandbox.Options{Path: path, Log: c.saw}
	if err := c.under(&sandbox.Profile{}); err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	c.url = "http://" + listener.Addr().String()
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go func() { _ = c.server.Serve(listener) }()
	return c, nil
}

func (c *cloud) saw(call sandbox.Call) {
	if call.Mutating {
		c.mutations.Add(1)
	}
}

// under makes the cloud behave as the profile says, and in no other way. Only a world that is in a file stays.
func (c *cloud) under(profile *sandbox.Profile) error {
	options := c.options
	profile.Apply(&options)
	next, err := sandbox.Open(options)
	if err != nil {
		return fmt.Errorf("opening the sandbox: %w", err)
	}
	c.sandbox.Store(next)
	return nil
}

func (c *cloud) close() { _ = c.server.Close() }

// ServeHTTP answers a request, or does the harm that is due at it.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.count(1)
	defer c.count(-1)
	n, h := c.requests.Add(1), c.harm.Load()
	if h == nil || n != h.at {
		c.sandbox.Load().ServeHTTP(w, r)
		return
	}
	if h.effect && !h.answer {
		c.sandbox.Load().ServeHTTP(discard{}, r)
	}
	h.do()
	h.done.Store(true)
	if !h.answer {
		panic(http.ErrAbortHandler) // no answer
	}
	c.sandbox.Load().ServeHTTP(w, r)
}

func (c *cloud) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.active += n
	c.idle.Broadcast()
}

// settle waits until every request that came has had its effect, or has not.
func (c *cloud) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.active > 0 {
		c.idle.Wait()
	}
}

// expect makes the n-th request from now on meet harm; nil takes the last one back.
func (c *cloud) expect(h *harm) {
	c.requests.Store(0)
	c.harm.Store(h)
}

// discard is the answer that nobody gets.
type discard struct{}

// Header returns one that is thrown away.
func (discard) Header() http.Header { return http.Header{} }

// Write does nothing.
func (discard) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader does nothing.
func (discard) WriteHeader(int) {}
