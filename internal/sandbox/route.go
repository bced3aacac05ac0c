package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// call is one request on its way: who is asked for what, and in which protocol.
type call struct {
	service   string // signing name
	operation string
	region    string // "" where the request does not say
	baseURL   string
	id        string

	wire    *wire // nil for a service that the sandbox does not have
	codec   codec
	http    *http.Request
	body    []byte
	form    url.Values  // Query only
	binding *binding    // REST only
	labels  []pathLabel // REST only
	refusal error       // why the request is not even looked at
	waited  time.Duration
	time    time.Time // the world's, at which the call was answered; zero where it was not
	speed   float64   // of the world's clock
	fault   Effect    // what a rule did to the call, "" for nothing
	spoiled *Fault    // the rule about the answer, nil for none
	stale   time.Duration
}

// codec is one wire protocol. It knows no service beyond what the call's wire and binding say.
type codec interface {
	decode(c *call, input any) error
	encode(c *call, output any) (answer, error)
	encodeError(c *call, f failure) answer
}

// fail answers with an error in the caller's protocol.
func (c *call) fail(err error) answer {
	f := describe(c.wire, err)
	a := c.codec.encodeError(c, f)
	a.code = f.code
	return a
}

// route finds out what a request asks for. It never fails: what is wrong with the request is told
// in the protocol that the request seems to speak.
func (s *Sandbox) route(r *http.Request, body []byte) *call {
	c := &call{http: r, body: body, id: newRequestID(), baseURL: baseURL(r)}
	scope, signed := credentialScope(r)
	c.region = scope.region
	c.choose()
	c.service = s.serviceOf(c, scope.service)
	c.wire = s.wires[c.service]
	if c.wire != nil && c.wire.bindings != nil && c.codec == (queryCodec{}) {
		c.chooseBinding()
	}
	if !signed {
		c.refusal = &apiError{code: "MissingAuthenticationToken", message: "Missing Authentication Token", status: http.StatusForbidden}
	}
	return c
}

// choose picks the protocol by the marks that each leaves on a request, and with it the operation.
func (c *call) choose() {
	header := c.http.Header
	if strings.EqualFold(header.Get("Smithy-Protocol"), "rpc-v2-cbor") {
		c.codec = cborCodec{}
		_, c.operation, _ = strings.Cut(c.http.URL.Path, "/operation/")
		return
	}
	if target := header.Get("X-Amz-Target"); target != "" {
		c.codec = jsonCodec{}
		c.operation = target[strings.LastIndex(target, ".")+1:]
		return
	}
	c.codec = queryCodec{}
	c.form = c.http.URL.Query()
	if strings.HasPrefix(header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		fields, err := url.ParseQuery(string(c.body)) // keeps what it can read
		if err != nil {
			c.refusal = &apiError{code: "MalformedQueryString", message: "Reading the form: " + err.Error()}
		}
		for name, values := range fields {
			c.form[name] = values
		}
	}
	c.operation = c.form.Get("Action")
}

// chooseBinding picks the operation of a REST protocol by method and path.
func (c *call) chooseBinding() {
	c.codec = restCodec{}
	path := c.http.URL.EscapedPath()
	for _, b := range c.wire.bindings {
		if labels, ok := b.match(c.http.Method, path); ok {
			c.binding, c.labels, c.operation = &b, labels, b.name()
			return
		}
	}
	c.refusal = unknown(c, fmt.Sprintf("the operation %s %s of the service %q", c.http.Method, path, c.service))
}

type scope struct{ region, service string }

// credentialScope reads region and service from a signature of version 4, in the header or in a
// presigned URL: AKID/20261123/us-east-1/sqs/aws4_request. Version 4A has no region in it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
func credentialScope(r *http.Request) (scope, bool) {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, fields, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(fields, ",")
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	n := len(parts)
	if n < 4 || parts[n-1] != "aws4_request" {
		return scope{}, false
	}
	if n == 4 {
		return scope{service: parts[2]}, true
	}
	return scope{region: parts[n-3], service: parts[n-2]}, true
}

// serviceOf returns the signing name of the service asked: the signature's, else what the rest of
// the request tells. A service the sandbox does not have keeps the name the signature gave it.
func (s *Sandbox) serviceOf(c *call, signed string) string {
	if s.wires[signed] != nil {
		return signed
	}
	for name, w := range s.wires {
		if w.recognises(c) {
			return name
		}
	}
	if host := hostService(c.http.Host); signed == "" && s.wires[host] != nil {
		return host
	}
	return signed
}

// recognises reports whether the request names the service in its target, its path or its version.
func (w *wire) recognises(c *call) bool {
	target, _, _ := strings.Cut(c.http.Header.Get("X-Amz-Target"), ".")
	if target != "" {
		return target == w.target
	}
	path := c.http.URL.Path
	if w.target != "" && strings.HasPrefix(path, "/service/"+w.target+"/") {
		return true
	}
	for _, b := range w.bindings {
		if _, ok := b.match(c.http.Method, c.http.URL.EscapedPath()); ok {
			return true
		}
	}
	return w.version != "" && c.form.Get("Version") == w.version
}

// hostService returns the service in AWS's host names: sqs.us-east-1.amazonaws.com, and the old
// us-east-1.queue.amazonaws.com.
func hostService(host string) string {
	if strings.HasSuffix(host, "queue.amazonaws.com") {
		return "sqs"
	}
	first, _, _ := strings.Cut(host, ".")
	return first
}

func baseURL(r *http.Request) string {
	scheme := r.URL.Scheme // only a client's request has one
	if scheme == "" {
		scheme = "http"
		if r.TLS != nil {
			scheme = "https"
		}
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	return scheme + "://" + host
}

// unknown refuses what the sandbox does not have, in the code that AWS has for it.
func unknown(c *call, what string) error {
	e := &apiError{
		code:    "UnknownOperationException",
		message: "The sandbox does not have " + what + ".",
		status:  http.StatusNotFound,
	}
	if _, ok := c.codec.(queryCodec); ok {
		e.code, e.status = "InvalidAction", http.StatusBadRequest
	}
	return e
}
