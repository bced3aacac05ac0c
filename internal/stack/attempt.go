package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

const (
	// quiet is how long nothing may move on a connection before the attempt is given up for another.
	quiet = 15 * time.Second

	// slowLine, in bytes a second, is the slowest on which a package is sent; and unseen is how many bytes the
	// system may have taken from us that are still on their way.
	slowLine = 32 << 10
	unseen   = 4 << 20

	// longestFunction is how long Lambda lets a function run. Invoke answers when it has ended.
	// https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
	longestFunction = 15 * time.Minute

	// longestPoll is how long SQS waits for a message.
	longestPoll = 20 * time.Second
)

// finishing lets a request in flight end when its context is cancelled, so that its effect is known and
// can be recorded: the first Ctrl-C stops what comes next, not what has been sent. It begins no request
// for a cancelled context, and ends one that hangs.
type finishing struct{ next aws.HTTPClient }

// Do sends a request.
func (f finishing) Do(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	w := watch(patienceOf(r), cancel)
	answer, err := f.next.Do(w.request(r.WithContext(ctx)))
	if err != nil {
		err = hung(ctx, err)
		w.end()
		return nil, err
	}
	answer.Body = &moving{answer.Body, ctx, w, w.end}
	return answer, nil
}

// patienceOf is how long nothing may move on a request's connection.
func patienceOf(r *http.Request) time.Duration {
	switch awsmiddleware.GetOperationName(r.Context()) {
	case "Invoke":
		return longestFunction + quiet
	case "ReceiveMessage":
		return longestPoll + quiet
	}
	return quiet + time.Duration(min(max(r.ContentLength, 0), unseen))*time.Second/slowLine
}

// watchdog ends a request on whose connection nothing moves any more.
type watchdog struct {
	timer    *time.Timer
	patience time.Duration
	cancel   context.CancelCauseFunc
}

func watch(patience time.Duration, cancel context.CancelCauseFunc) *watchdog {
	bark := func() { cancel(&hungError{patience}) }
	return &watchdog{time.AfterFunc(patience, bark), patience, cancel}
}

// moved says that something did.
func (w *watchdog) moved() {
	if w.timer.Stop() { // a request that was ended stays so
		w.timer.Reset(w.patience)
	}
}

// end frees what watches a request that is over.
func (w *watchdog) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// request makes what is sent tell that it moves.
func (w *watchdog) request(r *http.Request) *http.Request {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &moving{r.Body, r.Context(), w, func() {}}
	}
	return r
}

// hungError is why an attempt was ended.
type hungError struct{ after time.Duration }

func (e *hungError) Error() string {
	return fmt.Sprintf("nothing came for %s", e.after.Round(time.Second))
}

// Timeout makes net/http and the SDK take it for what it is.
func (e *hungError) Timeout() bool { return true }

// hung returns why an attempt was ended in the place of the error that came of it: nobody cancelled anything.
func hung(ctx context.Context, err error) error {
	if cause, ok := errors.AsType[*hungError](context.Cause(ctx)); ok && !errors.Is(err, cause) {
		return cause
	}
	return err
}

// moving is a body that says when it moves.
type moving struct {
	io.ReadCloser
	ctx      context.Context // of the request
	watchdog *watchdog
	closed   func()
}

// Read reads, and says so.
func (m *moving) Read(p []byte) (int, error) {
	n, err := m.ReadCloser.Read(p)
	m.watchdog.moved()
	if err != nil && !errors.Is(err, io.EOF) {
		err = hung(m.ctx, err)
	}
	return n, err
}

// Close closes the body.
func (m *moving) Close() error {
	defer m.closed()
	return m.ReadCloser.Close()
}
