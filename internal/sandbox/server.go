package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxBody is the largest request taken: Lambda's limit for a whole request, 70,167,211 bytes, is the
// largest of the services here.
const maxBody = 70_167_211

// pollEvery is how often a handler that said notYet is asked again. Another process may bring what it
// waits for, so there is nothing to be woken by.
const pollEvery = 50 * time.Millisecond

// answer is a response before it is written.
type answer struct {
	status int
	header http.Header
	body   []byte
	code   string // of the error, as Call.Code
	cut    bool   // the connection is cut, and nothing of it arrives
	torn   bool   // the connection is cut when half of the body has arrived
}

// ServeHTTP answers a request that came over the network. Where there is no answer it panics with
// http.ErrAbortHandler, for the server to close the connection.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := s.answer(r)
	if err != nil || a.cut {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	if a.torn { // the server closes a connection on which fewer bytes were written than it announced
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.arriving())
}

// RoundTrip answers a request in process. Like a network it returns the context's error when the
// context ends first.
func (s *Sandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	a, err := s.answer(r)
	if err != nil {
		return nil, err
	}
	if a.cut {
		return nil, reset()
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.header,
		Body:          a.reader(),
		ContentLength: int64(len(a.body)),
		Request:       r,
	}, nil
}

// answer reads a request, waits the latency and answers. The only error is the context's.
func (s *Sandbox) answer(r *http.Request) (answer, error) {
	ctx := r.Context()
	body, err := readBody(r)
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	c := s.route(r, body)
	if err != nil {
		c.refusal = err
	}
	if err := wait(ctx, s.options.Latency); err != nil {
		return answer{}, err
	}
	a, err := s.respond(ctx, c)
	if s.options.Log != nil && (err == nil || c.fault == DoHang) {
		s.options.Log(Call{
			Service: c.service, Operation: c.operation, Region: c.region,
			Status: a.status, Code: a.code, Mutating: mutating(c.operation), Fault: c.fault,
		})
	}
	return a, err
}

// respond makes the answer to a call, as far as the fault rules let it.
func (s *Sandbox) respond(ctx context.Context, c *call) (answer, error) {
	cut, err := s.disturb(ctx, c)
	if err != nil || cut {
		return answer{cut: cut}, err
	}
	a, err := s.patiently(ctx, c)
	if err != nil {
		return answer{}, err
	}
	a.header.Set("X-Amzn-Requestid", c.id)
	if !c.time.IsZero() {
		a.header.Set("Date", c.time.UTC().Format(http.TimeFormat)) // the clock by which a client tells ages
	}
	a.mangle(c.spoiled)
	return a, nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, &apiError{code: "IncompleteBody", message: "Reading the request: " + err.Error(), status: http.StatusBadRequest}
	}
	if len(body) > maxBody {
		return nil, &apiError{
			code:    "RequestEntityTooLargeException",
			message: fmt.Sprintf("Request must be smaller than %d bytes.", maxBody),
			status:  http.StatusRequestEntityTooLarge,
		}
	}
	return body, nil
}

// wait lasts d, or until the context ends.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patiently dispatches the call until its handler is content to answer.
func (s *Sandbox) patiently(ctx context.Context, c *call) (answer, error) {
	for {
		a, err := s.dispatch(ctx, c)
		if !errors.Is(err, notYet{}) {
			return a, err
		}
		if err := wait(ctx, pollEvery); err != nil {
			return answer{}, err
		}
	}
}

// dispatch runs the operation under the locks. The answer is encoded under them too, because an
// output may share memory with the world. The only errors are the context's and notYet.
func (s *Sandbox) dispatch(ctx context.Context, c *call) (answer, error) {
	if c.refusal != nil {
		return c.fail(c.refusal), nil
	}
	defer s.tell()
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.store.lock(ctx)
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	if err != nil {
		return c.fail(fileError(err)), nil
	}
	defer unlock()

	output, err := s.run(ctx, c)
	if errors.Is(err, notYet{}) {
		c.waited += time.Duration(float64(pollEvery) * max(c.speed, 1)) // by the world's clock
		return answer{}, err
	}
	if err != nil {
		return c.fail(err), nil
	}
	s.spoil(c, output)
	if !c.wire.leavesOutEmpty && collects(c.operation) {
		emptyLists(output)
	}
	a, err := c.codec.encode(c, output)
	if err != nil {
		return c.fail(err), nil
	}
	return a, nil
}

// run does what the request asks, in the world as it has become by now, and keeps it. A handler that
// fails may have changed something (a batch in part, say), so that too is saved.
func (s *Sandbox) run(ctx context.Context, c *call) (any, error) {
	wall := s.options.Now()
	now, changed, err := s.wake(wall)
	if err != nil {
		return nil, fileError(err)
	}
	c.time, c.speed = now, s.store.clock.Speed
	operation, err := s.find(c, wall)
	if err != nil {
		return nil, err
	}
	input := operation.newInput()
	if err := c.codec.decode(c, input); err != nil {
		return nil, &apiError{code: "SerializationException", message: err.Error()}
	}
	if mutating(c.operation) {
		if err := s.past.note(s.store.current, wall); err != nil {
			return nil, fileError(err)
		}
	}
	output, failure := operation.call(s.request(ctx, c, now), input)
	if mutating(c.operation) && !errors.Is(failure, notYet{}) {
		s.store.current.settle(now)
		changed = true
	}
	s.notice(now)
	if s.store.isNew() || changed {
		if err := s.store.save(wall); err != nil {
			return nil, fileError(err)
		}
	}
	return output, failure
}

// find returns the operation asked, of the world as it is or, for a stale read, as it was.
func (s *Sandbox) find(c *call, wall time.Time) (operation, error) {
	all := s.store.operations
	if c.stale > 0 {
		before, err := s.past.before(wall.Add(-c.stale), s.store.source.empty)
		if err != nil {
			return operation{}, fileError(err)
		}
		if before != nil {
			all = operationsOf(before)
		}
	}
	operations, ok := all[c.service]
	if !ok {
		return operation{}, unknown(c, fmt.Sprintf("the service %q", c.service))
	}
	found, ok := operations[c.operation]
	if !ok {
		return operation{}, unknown(c, fmt.Sprintf("the operation %q of the service %q", c.operation, c.service))
	}
	return found, nil
}

func (s *Sandbox) request(ctx context.Context, c *call, now time.Time) *request {
	account, region := s.store.current.home()
	if c.region != "" {
		region = c.region
	}
	return &request{
		ctx:       ctx,
		now:       now,
		account:   account,
		region:    region,
		partition: partition(region),
		baseURL:   c.baseURL,
		id:        c.id,
		waited:    c.waited,
	}
}

// partition returns the partition of a region.
// https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
func partition(region string) string {
	for prefix, partition := range map[string]string{
		"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc",
		"us-iso-": "aws-iso", "us-isob-": "aws-iso-b", "eu-isoe-": "aws-iso-e", "us-isof-": "aws-iso-f",
	} {
		if strings.HasPrefix(region, prefix) {
			return partition
		}
	}
	return "aws"
}

// mutating tells by its name whether an operation changes something. ReceiveMessage does: it hides
// what it returns.
func mutating(operation string) bool {
	for _, prefix := range []string{"Get", "List", "Describe"} {
		if strings.HasPrefix(operation, prefix) {
			return false
		}
	}
	return operation != ""
}

// fileError is what a client is told when the world cannot be read or kept. The status is 400, not
// 500: clients repeat a 500, and repeating does not mend a file.
func fileError(err error) error {
	var refused *apiError
	if errors.As(err, &refused) {
		return err
	}
	// To delete the file is no advice where the disk is full: that would lose a world which is in order.
	advice := " (the sandbox is as it was before this call)"
	if errors.As(err, new(noWorldError)) {
		advice = " (the file was left as it is; delete it to start with an empty sandbox)"
	}
	return &apiError{
		code:    "SandboxUnavailable",
		message: err.Error() + advice,
		status:  http.StatusBadRequest,
	}
}

// newRequestID returns an ID in the form of AWS's: a UUID of version 4.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	x := hex.EncodeToString(b[:])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}
