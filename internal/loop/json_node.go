package loop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// node is a JSON value that knows where it stands, which encoding/json does not tell.
type node struct {
	offset int64
	value  any // nil, bool, string or json.Number; for others see below
	fields map[string]*node
	names  []string // of the fields, in their order
	items  []*node
	list   bool
}

// treeReader reads nodes.
type treeReader struct {
	data    []byte
	decoder *json.Decoder
	depth   int // of the value being read: how many lists and objects it is in
}

// maxDepth is twice what any document here has.
const maxDepth = 16

// parseTree reads one JSON value and nothing after it.
func parseTree(data []byte) (*node, error) {
	r := &treeReader{data: data, decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber()
	n, err := r.read()
	if err == nil && r.start() < int64(len(data)) {
		err = errors.New("there is more after the end of the value")
	}
	if err != nil {
		return nil, r.broken(err)
	}
	return n, nil
}

// broken says where the JSON ends to be JSON.
func (r *treeReader) broken(err error) error {
	var known *FieldError
	if errors.As(err, &known) {
		return err
	}
	offset := r.start()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err, offset = errors.New("it ends too soon"), int64(len(r.data))
	}
	line, column := position(r.data, offset)
	return &FieldError{Line: line, Column: column, Problem: fmt.Sprintf("this is not JSON: %v", err)}
}

// start is where the next token starts.
func (r *treeReader) start() int64 {
	at := r.decoder.InputOffset()
	for at < int64(len(r.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *treeReader) read() (*node, error) {
	n := &node{offset: r.start()}
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	r.depth++
	defer func() { r.depth-- }()
	switch token {
	case json.Delim('{'), json.Delim('['):
		if r.depth > maxDepth {
			line, column := position(r.data, n.offset)
			return nil, &FieldError{Line: line, Column: column, Problem: fmt.Sprintf("lists and objects stand in each other more than %d deep", maxDepth)}
		}
	}
	switch token {
	case json.Delim('{'):
		return n, r.readFields(n)
	case json.Delim('['):
		return n, r.readItems(n)
	}
	n.value = token
	return n, nil
}

func (r *treeReader) readFields(n *node) error {
	n.fields = map[string]*node{}
	for r.decoder.More() {
		at := r.start()
		token, err := r.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if n.fields[name] != nil {
			line, column := position(r.data, at)
			return &FieldError{Line: line, Column: column, Path: name, Problem: "the field is there twice"}
		}
		if n.fields[name], err = r.read(); err != nil {
			return err
		}
		n.names = append(n.names, name)
	}
	_, err := r.decoder.Token()
	return err
}

func (r *treeReader) readItems(n *node) error {
	n.list = true
	for r.decoder.More() {
		item, err := r.read()
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.decoder.Token()
	return err
}

// position is the line and the column of an offset, both from 1; the column counts bytes.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(offset, int64(len(data)))]
	return bytes.Count(before, []byte("\n")) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// text is a value as it is shown in an error.
func (n *node) text() string {
	switch {
	case n.fields != nil:
		return "an object"
	case n.list:
		return "a list"
	case n.value == nil:
		return "null"
	}
	if s, ok := n.value.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(n.value)
}
