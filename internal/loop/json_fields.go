package loop

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// reading is a JSON document being read: its first error, and where each setting stands.
type reading struct {
	data  []byte
	err   *FieldError
	nodes map[string]*node // by path
}

// fields reads the fields of one object. Each method that finds its field absent or null leaves what
// it would have set as it is.
type fields struct {
	*reading
	node *node
	path string // with the dot that follows, or empty
	seen []string
}

// fail notes the first error.
func (r *reading) fail(n *node, path, problem string) {
	if r.err == nil {
		line, column := position(r.data, n.offset)
		r.err = &FieldError{line, column, path, problem}
	}
}

// wrong notes that a value is of another kind.
func (r *reading) wrong(n *node, path, want string) {
	r.fail(n, path, n.text()+" is not "+want)
}

// object reads a value that must be an object.
func (r *reading) object(n *node, path string) *fields {
	if n.fields == nil {
		r.wrong(n, path, "an object")
	}
	if path != "" {
		path += "."
	}
	return &fields{reading: r, node: n, path: path}
}

// get is a field's value, or nil.
func (f *fields) get(name string) *node {
	if !slices.Contains(f.seen, name) {
		f.seen = append(f.seen, name)
	}
	n := f.node.fields[name]
	if n == nil || f.err != nil {
		return nil
	}
	f.nodes[f.path+name] = n
	if n.value == nil && n.fields == nil && !n.list {
		return nil
	}
	return n
}

// end refuses the fields that nobody asked for.
func (f *fields) end() {
	for _, name := range f.node.names {
		if !slices.Contains(f.seen, name) {
			f.fail(f.node.fields[name], f.path+name, "there is no such field; there are "+strings.Join(f.seen, ", "))
		}
	}
}

// need refuses the absence of a field.
func (f *fields) need(name string) {
	if f.get(name) == nil {
		f.fail(f.node, f.path+name, "it is missing")
	}
}

func (f *fields) object(name string) (*fields, bool) {
	n := f.get(name)
	if n == nil {
		return nil, false
	}
	return f.reading.object(n, f.path+name), true
}

// maxItems bounds the lists whose entries each have a path, which is all but those of a trace's messages.
const maxItems = 50_000

// each calls a function for every item of a list, with the item's path.
func (f *fields) each(name string, do func(n *node, path string)) {
	if n := f.get(name); n != nil {
		f.items(n, f.path+name, do)
	}
}

func (r *reading) items(n *node, path string, do func(n *node, path string)) {
	if !n.list {
		r.wrong(n, path, "a list")
		return
	}
	if len(n.items) > maxItems {
		r.fail(n, path, fmt.Sprintf("the list has %d entries; there must be at most %d", len(n.items), maxItems))
		return
	}
	for i, item := range n.items {
		at := path + "[" + strconv.Itoa(i) + "]"
		r.nodes[at] = item
		do(item, at)
		if r.err != nil {
			return
		}
	}
}

// pair reads a list of two numbers, the first of which is a time.
func (r *reading) pair(n *node, path, shape string) (Millis, *node) {
	if len(n.items) != 2 {
		r.wrong(n, path, shape)
		return 0, n
	}
	r.nodes[path+"[0]"], r.nodes[path+"[1]"] = n.items[0], n.items[1]
	return r.millis(n.items[0], path+"[0]"), n.items[1]
}

// float reads a finite number.
func (r *reading) float(n *node, path string) float64 {
	number, ok := n.value.(json.Number)
	if !ok {
		r.wrong(n, path, "a number")
		return 0
	}
	v, err := number.Float64()
	if err != nil {
		r.wrong(n, path, "a number that fits")
	}
	return v
}

// whole reads an integer, which may be written as 5.0 or 1e3.
func (r *reading) whole(n *node, path string) int {
	v := r.float(n, path)
	if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		r.wrong(n, path, "an integer")
		return 0
	}
	return int(v)
}

// millis reads seconds.
func (r *reading) millis(n *node, path string) Millis {
	v := r.float(n, path)
	if math.Abs(v) > maxMillis.Seconds() {
		r.fail(n, path, n.text()+" s is more than "+strconv.FormatFloat(maxMillis.Seconds(), 'f', -1, 64)+" s")
		return 0
	}
	return FromSeconds(v)
}

func (f *fields) integer(name string, to *int) {
	if n := f.get(name); n != nil {
		*to = f.whole(n, f.path+name)
	}
}

func (f *fields) number(name string, to *float64) {
	if n := f.get(name); n != nil {
		*to = f.float(n, f.path+name)
	}
}

func (f *fields) seconds(name string, to *Millis) {
	if n := f.get(name); n != nil {
		*to = f.millis(n, f.path+name)
	}
}

func (f *fields) boolean(name string, to *bool) {
	n := f.get(name)
	if n == nil {
		return
	}
	v, ok := n.value.(bool)
	if !ok {
		f.wrong(n, f.path+name, "true or false")
	}
	*to = v
}

// word reads a string of any type.
func word[T ~string](f *fields, name string, to *T) {
	n := f.get(name)
	if n == nil {
		return
	}
	v, ok := n.value.(string)
	if !ok {
		f.wrong(n, f.path+name, "a string")
	}
	*to = T(v)
}
