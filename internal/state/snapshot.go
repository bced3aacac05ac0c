// Package state keeps what a stack owns on disk: the snapshot, its file, its lock.
//
// It knows how to save without ever losing a byte, and nothing of AWS, of kinds or of what a record
// means to the engine that writes it.
package state

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Version is the format that this program writes. It reads every older one.
const Version = 1

// Snapshot is all that is recorded of one stack.
type Snapshot struct {
	Version   int             `json:"version"`
	Serial    uint64          `json:"serial"`  // one more at each save
	Lineage   string          `json:"lineage"` // drawn once, when the file is first made
	Stack     string          `json:"stack"`
	Account   string          `json:"account"` // 12 digits
	Region    string          `json:"region"`
	ASG       string          `json:"asg"`
	ASGARN    string          `json:"asg_arn,omitempty"` // names the very group: a new one of the same name has another
	Spec      json.RawMessage `json:"spec,omitempty"`
	Resources []Record        `json:"resources"`
}

// Record is one AWS object that the stack owns, or was about to.
type Record struct {
	LogicalID  string            `json:"logical_id"`
	Type       string            `json:"type"` // CloudFormation's: AWS::SQS::Queue
	Name       string            `json:"name"` // the name asked for; with it an object whose answer was lost is found again
	PhysicalID string            `json:"physical_id,omitempty"`
	ARN        string            `json:"arn,omitempty"`
	DependsOn  []string          `json:"depends_on,omitempty"`
	Status     string            `json:"status"`                // CloudFormation's: CREATE_IN_PROGRESS
	Adopted    bool              `json:"adopted,omitempty"`     // it was there before the stack took it over
	Tags       map[string]string `json:"tags,omitempty"`        // as last applied
	TagsBefore map[string]string `json:"tags_before,omitempty"` // while a call is under way: other values that these tags may have still
}

// New returns an empty snapshot of a lineage of its own.
func New(stack, account, region, asg string) *Snapshot {
	return &Snapshot{
		Version: Version, Lineage: rand.Text(),
		Stack: stack, Account: account, Region: region, ASG: asg,
		Resources: []Record{},
	}
}

// Record returns the record of a logical ID, or nil.
func (s *Snapshot) Record(logicalID string) *Record {
	for i := range s.Resources {
		if s.Resources[i].LogicalID == logicalID {
			return &s.Resources[i]
		}
	}
	return nil
}

// Put adds the record, or overwrites the one of the same logical ID.
func (s *Snapshot) Put(r Record) {
	if have := s.Record(r.LogicalID); have != nil {
		*have = r
		return
	}
	s.Resources = append(s.Resources, r)
}

// Arrange sorts the records by the place of their logical IDs; equals keep their order.
func (s *Snapshot) Arrange(place func(logicalID string) int) {
	slices.SortStableFunc(s.Resources, func(a, b Record) int { return place(a.LogicalID) - place(b.LogicalID) })
}

// Forget removes the record of a logical ID, if there is one.
func (s *Snapshot) Forget(logicalID string) {
	s.Resources = slices.DeleteFunc(s.Resources, func(r Record) bool { return r.LogicalID == logicalID })
}

// Clone returns a copy that shares no record with s.
func (s *Snapshot) Clone() *Snapshot {
	c := *s
	c.Resources = slices.Clone(s.Resources)
	return &c
}

// Encode returns the file's bytes: indented JSON with a line end.
func (s *Snapshot) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("encoding the state of stack %q: %w", s.Stack, err)
	}
	return b.Bytes(), nil
}

// NewerError says that a newer eventscale wrote the file.
type NewerError struct{ Found int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("state version %d is newer than %d, the newest that this eventscale reads", e.Found, Version)
}

// Hint says what to do.
func (e *NewerError) Hint() string { return "install the eventscale that wrote it, or a newer one" }

// Decode reads a file's bytes, of this version or an older one. Unknown fields are refused: a file
// that holds more than we would write back is not ours to rewrite.
func Decode(data []byte) (*Snapshot, error) {
	var head struct {
		Version   int    `json:"version"`
		Resources counts `json:"resources"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, position(data, err)
	}
	switch {
	case head.Version > Version:
		return nil, &NewerError{Found: head.Version}
	case head.Version < 1:
		return nil, fmt.Errorf("field version: %d is not a version: it starts at 1", head.Version)
	case head.Resources > maxRecords:
		return nil, fmt.Errorf("field resources: there are %d; a stack has at most %d", head.Resources, maxRecords)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var s Snapshot
	if err := d.Decode(&s); err != nil {
		return nil, position(data, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more in the file after the snapshot's end")
	}
	return &s, s.check()
}

// maxRecords is far more than any stack has, also while one resource takes another's place.
const maxRecords = 1000

// counts is how many values a list has, whatever they are.
type counts int

func (c *counts) UnmarshalJSON(b []byte) error {
	var values []unread
	if json.Unmarshal(b, &values) == nil { // what is no list is refused with the rest
		*c = counts(len(values))
	}
	return nil
}

// unread is a value that nobody looks at.
type unread struct{}

func (*unread) UnmarshalJSON([]byte) error { return nil }

// check refuses what no eventscale writes.
func (s *Snapshot) check() error {
	switch {
	case s.Stack == "":
		return errors.New("field stack: it is empty")
	case s.Account == "":
		return errors.New("field account: it is empty")
	case s.Region == "":
		return errors.New("field region: it is empty")
	}
	seen := map[string]bool{}
	for i, r := range s.Resources {
		switch {
		case r.LogicalID == "" || r.Type == "" || r.Name == "":
			return fmt.Errorf("field resources[%d]: logical_id, type and name are required", i)
		case seen[r.LogicalID]:
			return fmt.Errorf("field resources[%d]: logical_id %q is there twice", i, r.LogicalID)
		}
		seen[r.LogicalID] = true
	}
	return nil
}

// position adds line and column to an error that has a place in the data.
func position(data []byte, err error) error {
	var offset int64 // the bytes read, that with the error included
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = syntax.Offset
	} else if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset, err = kind.Offset, misplaced(kind)
	} else {
		return clipped(err)
	}
	before := data[:max(0, min(int(offset), len(data))-1)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("line %d, column %d: %w", line, column, clipped(err))
}

// misplaced says in JSON's words, and not in Go's, what stands in the place of what.
func misplaced(e *json.UnmarshalTypeError) error {
	want := "an object"
	switch e.Type.Kind() {
	case reflect.String:
		want = "a string"
	case reflect.Slice:
		want = "an array"
	case reflect.Bool:
		want = "true or false"
	case reflect.Int, reflect.Uint64:
		want = "a whole number"
	}
	have := "a " + e.Value // "string", or "number 1.5"
	if e.Value == "array" || e.Value == "object" {
		have = "an " + e.Value
	}
	if e.Field == "" {
		return fmt.Errorf("it is %s, and must be %s", have, want)
	}
	return fmt.Errorf("field %s: it is %s, and must be %s", e.Field, have, want)
}

// longestError is more than an error has that quotes what a person wrote.
const longestError = 500

// clipped returns an error of which one can read the whole.
func clipped(err error) error {
	text := err.Error()
	if len(text) <= longestError {
		return err
	}
	return errors.New(strings.ToValidUTF8(text[:longestError], "") + " ...")
}
