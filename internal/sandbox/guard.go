package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// guard stands before a sandbox that is served. It keeps off web pages, which run in the browser of the same
// machine: they come with an Origin, or by a name of their own that was made to mean this machine (DNS
// rebinding). And it ends connections that stall.
type guard struct {
	sandbox *Sandbox
	public  bool
	address net.Addr
	large   chan struct{} // holds an entry for each large body that is held
}

// ServeHTTP lets a request pass or refuses it.
func (g guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	control := http.NewResponseController(w)
	w = &stallingWriter{ResponseWriter: w, control: control}
	_ = control.SetReadDeadline(time.Now().Add(stallTime)) // also for what is read of a request that is refused
	if err := g.refuse(r); err != nil {
		g.sandbox.reject(w, r, err)
		return
	}
	body := &waitingBody{ReadCloser: &stallingBody{ReadCloser: r.Body, control: control}, ctx: r.Context(), large: g.large}
	defer body.release()
	r.Body = body
	g.sandbox.ServeHTTP(w, r)
}

// refuse says why a request may not pass; nil if it may.
func (g guard) refuse(r *http.Request) error {
	if origin := r.Header.Get("Origin"); origin != "" {
		return foreign(fmt.Sprintf("web pages may not use the sandbox: the request has the Origin %q", origin))
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" {
		return foreign(fmt.Sprintf("web pages may not use the sandbox: the request has the Sec-Fetch-Site %q", site))
	}
	if !g.public && !g.knows(r.Host) {
		return foreign(fmt.Sprintf("the sandbox is not known as %q: use localhost or its address, or serve it with --public", r.Host))
	}
	return nil
}

func foreign(message string) error {
	return &apiError{code: "SandboxRequestRefused", message: message, status: http.StatusForbidden}
}

// knows reports whether a host is this machine's by a name that nobody else can give it: DNS has nothing to say of
// localhost, of the names by which containers know their host, and of AWS's own names, by which a client may have
// been led here.
func (g guard) knows(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if ip := net.ParseIP(name); ip != nil {
		own, _ := g.address.(*net.TCPAddr)
		return ip.IsLoopback() || own != nil && own.IP.Equal(ip)
	}
	if slices.Contains([]string{"localhost", "host.docker.internal", "host.containers.internal"}, name) {
		return true
	}
	return slices.ContainsFunc([]string{".localhost", ".amazonaws.com", ".amazonaws.com.cn"}, func(domain string) bool {
		return strings.HasSuffix(name, domain)
	})
}

// reject refuses a request in the protocol that it seems to speak, without reading its body.
func (s *Sandbox) reject(w http.ResponseWriter, r *http.Request, err error) {
	a := s.route(r, nil).fail(err)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Connection", "close")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// waitingBody reads beyond what is small when it has one of the few places for large bodies.
type waitingBody struct {
	io.ReadCloser
	ctx   context.Context //nolint:containedctx // of the request that it is the body of
	large chan struct{}
	read  int
	holds bool
}

func (b *waitingBody) Read(p []byte) (int, error) {
	if b.read > smallBody && !b.holds {
		select {
		case b.large <- struct{}{}:
			b.holds = true
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), smallBody)])
	b.read += n
	return n, err
}

func (b *waitingBody) release() {
	if b.holds {
		<-b.large
	}
}

// stallingBody gives each part of a body its time. When the body has been read there is no limit: the handler
// may take long, and the server watches meanwhile whether the client is still there. When it could not be read
// the limit stays, for the server tries to read the rest.
type stallingBody struct {
	io.ReadCloser
	control *http.ResponseController
}

func (b *stallingBody) Read(p []byte) (int, error) {
	_ = b.control.SetReadDeadline(time.Now().Add(stallTime)) // the tests' recorders have none
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// stallingWriter gives the answer its time, from when it begins.
type stallingWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *stallingWriter) WriteHeader(status int) {
	_ = w.control.SetWriteDeadline(time.Now().Add(stallTime))
	w.ResponseWriter.WriteHeader(status)
}
