package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// cloud is a sandbox over HTTP that remembers what it was asked.
type cloud struct {
	url     string
	sandbox *sandbox.Sandbox
	server  *http.Server

	mu   sync.Mutex
	seen traffic
}

// traffic is what a server saw of one command.
type traffic struct {
	calls       []span
	mutating    int
	connections int
}

// span is the time from the arrival of a request to its answer.
type span struct{ start, end time.Time }

// serve starts a sandbox of its own: in memory, without any delay but the one added to every request.
func serve(ctx context.Context, delay time.Duration) (*cloud, error) {
	c := &cloud{}
	var err error
	c.sandbox, err = sandbox.Open(sandbox.Options{Latency: delay, Log: c.saw})
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	c.url = "http://" + listener.Addr().String()
	c.server = &http.Server{Handler: c, ConnState: c.connected, ReadHeaderTimeout: time.Minute}
	go func() { _ = c.server.Serve(listener) }()
	return c, nil
}

func (c *cloud) close() { _ = c.server.Close() }

// ServeHTTP answers a request and notes how long that took.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := span{start: time.Now()}
	c.sandbox.ServeHTTP(w, r)
	s.end = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen.calls = append(c.seen.calls, s)
}

func (c *cloud) saw(call sandbox.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.Mutating {
		c.seen.mutating++
	}
}

func (c *cloud) connected(_ net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == http.StateNew {
		c.seen.connections++
	}
}

// take returns the traffic since the last take.
func (c *cloud) take() traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.seen
	c.seen = traffic{}
	return t
}

// makeGroup makes an Auto Scaling group as any client would, but without its signature's digest, which
// the sandbox does not look at.
func (c *cloud) makeGroup(ctx context.Context, name string, minSize int) error {
	form := url.Values{
		"Action": {"CreateAutoScalingGroup"}, "Version": {"2011-01-01"},
		"AutoScalingGroupName": {name}, "MinSize": {strconv.Itoa(minSize)}, "MaxSize": {"20"},
		"AvailabilityZones.member.1": {"us-east-1a"}, "LaunchConfigurationName": {name},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("making a group: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/autoscaling/aws4_request")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("making a group: %w", err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New("making a group: the sandbox answered " + answer.Status)
	}
	return nil
}
