package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// queryCodec is AWS Query: a form in, XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type queryCodec struct{}

func (queryCodec) decode(c *call, input any) error {
	f, err := parseForm(c.form)
	if err != nil {
		return err
	}
	if c.wire.flat && f["QueueUrl"] == nil && c.http.URL.Path != "/" {
		f["QueueUrl"] = c.baseURL + c.http.URL.Path // old clients post to the queue itself
	}
	return filler{c.wire.queryName}.fill(reflect.ValueOf(input).Elem(), f)
}

func (queryCodec) encode(c *call, output any) (answer, error) {
	w := newXMLWriter(c.wire)
	w.open(c.operation + "Response")
	w.structure(c.operation+"Result", reflect.ValueOf(output).Elem())
	w.open("ResponseMetadata")
	w.text("RequestId", c.id)
	w.close("ResponseMetadata")
	w.close(c.operation + "Response")
	return answer{status: http.StatusOK, header: xmlHeader(), body: w.bytes()}, nil
}

func (queryCodec) encodeError(c *call, f failure) answer {
	w := newXMLWriter(c.wire)
	w.open("ErrorResponse")
	w.open("Error")
	w.text("Type", f.fault())
	w.text("Code", f.code)
	w.text("Message", f.message)
	w.close("Error")
	w.text("RequestId", c.id)
	w.close("ErrorResponse")
	return answer{status: f.status, header: xmlHeader(), body: w.bytes()}
}

func xmlHeader() http.Header { return http.Header{"Content-Type": {"text/xml"}} }

// form is what the dotted names of a Query come to: a tree whose leaves are strings. It is a type of
// its own because lists and maps are written differently in it than in JSON.
type form map[string]any

// A form is larger in memory than it was on the wire, each part of a name a map of its own, so there are bounds.
// The longest name of the APIs here has 13 parts, and 500 metric queries have some 6,000 names.
const (
	maxParameters = 10_000
	maxParts      = 16
)

func parseForm(values url.Values) (form, error) {
	if len(values) > maxParameters {
		return nil, fmt.Errorf("the request has %d parameters, and the sandbox takes %d", len(values), maxParameters)
	}
	root := form{}
	for name, value := range values {
		if strings.Count(name, ".") >= maxParts {
			return nil, fmt.Errorf("the name of a parameter has more than %d parts: %.60q", maxParts, name)
		}
		if len(value) > 0 {
			root.set(strings.Split(name, "."), value[0])
		}
	}
	return root, nil
}

func (f form) set(path []string, value string) {
	name, rest := path[0], path[1:]
	child, isForm := f[name].(form)
	switch {
	case len(rest) > 0 && !isForm:
		child = form{}
		f[name] = child
		fallthrough
	case len(rest) > 0:
		child.set(rest, value)
	case !isForm: // an empty "Name=" beside "Name.1=" means nothing
		f[name] = value
	}
}

// list returns the items of Name.member.N or, where the service is flat, of Name.N. What the element
// between is called does not matter.
func (f form) list() ([]any, bool) {
	var indices []int
	for key, value := range f {
		index, err := strconv.Atoi(key)
		if inner, ok := value.(form); err != nil && ok && len(f) == 1 {
			return inner.list()
		}
		if err != nil {
			return nil, false
		}
		indices = append(indices, index)
	}
	slices.Sort(indices)
	items := make([]any, len(indices))
	for i, index := range indices {
		items[i] = f[strconv.Itoa(index)]
	}
	return items, true
}

// entries returns the entries of Name.entry.N.key and .value. SQS calls them Key and Value, or Name
// and Value.
func (f form) entries() (map[string]any, bool) {
	items, ok := f.list()
	if !ok {
		return nil, false
	}
	found := make(map[string]any, len(items))
	for _, item := range items {
		entry, _ := item.(form)
		key, ok := entry.first("key", "Key", "Name").(string)
		if !ok {
			return nil, false
		}
		found[key] = entry.first("value", "Value")
	}
	return found, true
}

func (f form) first(names ...string) any {
	for _, name := range names {
		if value, ok := f[name]; ok {
			return value
		}
	}
	return nil
}
