package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// Limits of a sandbox that is served. The size of a body is maxBody's.
const (
	// smallBody is the size to which any body is read at once, and largeBodies how many larger ones are held at a
	// time: those of all connections would take more memory than there is. Further ones wait.
	smallBody   = 64 << 10
	largeBodies = 4
	// maxConnections is far more than the tools and workers of one machine keep open. Further ones wait.
	maxConnections = 1000
	// maxHeader is many times what AWS's clients send.
	maxHeader = 64 << 10
	// headerTime and idleTime end connections on which nobody speaks.
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	// stallTime ends a connection whose other end neither sends its request nor takes the answer: for so long
	// no byte came, or as long not all was taken. There is no limit to the request as a whole, which may be a
	// large upload, and none to the time until the answer begins, which may be a long poll.
	stallTime = 30 * time.Second
	// shutdownTime is how long calls under way have at the end. Those that hang, or poll, would take longer.
	shutdownTime = 2 * time.Second
)

// Serve answers HTTP requests on a listener, and lets the world's time pass, until the context ends or either of
// both fails. Unless it is public, it refuses requests that were not sent to this machine by its own names or
// by the listener's address. The caller sees to it that the listener is where it should be: see IsLocal.
func (s *Sandbox) Serve(ctx context.Context, listener net.Listener, public bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	passed := make(chan error, 1)
	go func() {
		defer cancel()
		passed <- s.Run(ctx)
	}()
	server := newServer(guard{sandbox: s, public: public, address: listener.Addr(), large: make(chan struct{}, largeBodies)})
	shut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(shut)
		shutDown(context.WithoutCancel(ctx), server)
	})
	err := server.Serve(netutil.LimitListener(listener, maxConnections))
	cancel()
	if !stop() {
		<-shut
	}
	if ran := <-passed; ran != nil {
		return fmt.Errorf("letting the sandbox's time pass: %w", ran)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the sandbox: %w", err)
	}
	return nil
}

func newServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime,
	}
}

// shutDown lets the calls under way end, and cuts off those that do not.
func shutDown(ctx context.Context, server *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, shutdownTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close()
	}
}

// IsLocal reports whether only programs of this machine reach an address.
func IsLocal(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback()
}
