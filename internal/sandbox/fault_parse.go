package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/eventscale/eventscale/internal/yamltree"
)

// Profile is what a file of faults says.
type Profile struct {
	Faults []Fault
	Delays map[string]time.Duration // by the keys of Delays.Set
}

// Apply makes a sandbox of the options behave as the profile says.
func (p *Profile) Apply(o *Options) {
	o.Faults = append(o.Faults, p.Faults...)
	for key, d := range p.Delays {
		o.Delays.Set(key, d) // it was checked
	}
}

// ParseFaults reads the fault rules of a file. Of its delays, see ParseProfile.
func ParseFaults(content []byte) ([]Fault, error) {
	p, err := ParseProfile(content)
	if err != nil {
		return nil, err
	}
	return p.Faults, nil
}

// ParseProfile reads a file of fault rules and delays, in YAML or JSON. Its errors are *FaultError.
//
//	seed: 1
//	faults:
//	  - {service: sqs, operation: CreateQueue, nth: 1, do: throttle}
//	delays: {role: 15s}
func ParseProfile(content []byte) (*Profile, error) {
	file, err := yamltree.Parse(bytes.TrimPrefix(content, []byte("\uFEFF")), 0)
	if err != nil {
		return nil, syntaxError(err)
	}
	r := &profileReader{profile: &Profile{Delays: map[string]time.Duration{}}}
	for i, doc := range file.Docs {
		if i > 0 {
			return nil, &FaultError{Line: doc.Start.Position.Line, Allowed: "a second document begins; there must be only one"}
		}
		if err := r.read(doc.Body); err != nil {
			return nil, err
		}
	}
	return r.profile, nil
}

func syntaxError(err error) error {
	var bound *yamltree.BoundError
	if errors.As(err, &bound) {
		return &FaultError{Line: bound.Line, Allowed: bound.Problem}
	}
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) {
		return &FaultError{Line: syntax.Token.Position.Line, Allowed: syntax.Message}
	}
	return &FaultError{Allowed: err.Error()}
}

// profileReader reads the file's tree.
type profileReader struct {
	profile *Profile
	seed    uint64
}

func (r *profileReader) read(body ast.Node) error {
	if err := eachField(body, "", map[string]func(ast.Node) error{
		"seed":   func(n ast.Node) error { return wholeNumber(n, &r.seed, 0, math.MaxUint64) },
		"faults": r.readFaults,
		"delays": r.readDelays,
	}); err != nil {
		return err
	}
	for i := range r.profile.Faults { // the seed may stand behind the rules; each rule has draws of its own
		r.profile.Faults[i].Seed = r.seed + uint64(i)<<32
	}
	return nil
}

func (r *profileReader) readFaults(n ast.Node) error {
	if _, none := n.(*ast.NullNode); none {
		return nil
	}
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		return &FaultError{Allowed: "must be a list of rules", Advice: "for example `- {service: sqs, nth: 1, do: throttle}`"}
	}
	for i, item := range list.Values {
		var rule Fault
		path := fmt.Sprintf("[%d]", i)
		if err := eachField(item, path, rule.fields()); err != nil {
			return err
		}
		if err := rule.check(); err != nil {
			return within(err, path, blamed(err, item))
		}
		r.profile.Faults = append(r.profile.Faults, rule)
	}
	return nil
}

// fields are the keys of a rule, each with what reads its value.
func (f *Fault) fields() map[string]func(ast.Node) error {
	return map[string]func(ast.Node) error{
		"service":     func(n ast.Node) error { return word(n, &f.Service) },
		"operation":   func(n ast.Node) error { return wordList(n, &f.Operations) },
		"calls":       func(n ast.Node) error { return word(n, &f.Calls) },
		"nth":         func(n ast.Node) error { return wholeNumber(n, &f.Nth, 1, math.MaxInt32) },
		"first":       func(n ast.Node) error { return wholeNumber(n, &f.First, 1, math.MaxInt32) },
		"every":       func(n ast.Node) error { return wholeNumber(n, &f.Every, 1, math.MaxInt32) },
		"probability": func(n ast.Node) error { return positive(n, &f.Probability, 1) },
		"each":        func(n ast.Node) error { return word(n, &f.Each) },
		"do":          func(n ast.Node) error { return word(n, &f.Do) },
		"status":      func(n ast.Node) error { return wholeNumber(n, &f.Status, 400, 599) },
		"code":        func(n ast.Node) error { return word(n, &f.Code) },
		"message":     func(n ast.Node) error { return word(n, &f.Message) },
		"for":         func(n ast.Node) error { return duration(n, &f.For) },
		"field":       func(n ast.Node) error { return word(n, &f.Field) },
		"rate":        func(n ast.Node) error { return positive(n, &f.Rate, 1e6) },
		"burst":       func(n ast.Node) error { return wholeNumber(n, &f.Burst, 1, math.MaxInt32) },
	}
}

func (r *profileReader) readDelays(n ast.Node) error {
	fields := map[string]func(ast.Node) error{}
	for _, key := range DelayKeys() {
		fields[key] = func(n ast.Node) error {
			var d time.Duration
			if err := duration(n, &d); err != nil {
				return err
			}
			r.profile.Delays[key] = d
			return nil
		}
	}
	return eachField(n, "", fields)
}

// eachField reads each pair of a mapping by what its key has in fields.
func eachField(n ast.Node, path string, fields map[string]func(ast.Node) error) error {
	pairs, ok := pairsOf(n)
	if !ok {
		return &FaultError{Line: lineOf(n), Field: path, Allowed: "must be a mapping with the keys " + strings.Join(sortedKeys(fields), ", ")}
	}
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		read, known := fields[key]
		if !known {
			return within(&FaultError{Allowed: "there is no such key", Advice: "the keys are " + strings.Join(sortedKeys(fields), ", ")}, joined(path, key), pair.Key)
		}
		if err := read(pair.Value); err != nil {
			return within(err, joined(path, key), pair.Key)
		}
	}
	return nil
}

// pairsOf returns the pairs of a mapping, none of nothing.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil, true
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// within tells an error where it is, as far as it does not know.
func within(err error, path string, n ast.Node) error {
	var fault *FaultError
	if !errors.As(err, &fault) {
		return err
	}
	if fault.Line == 0 {
		fault.Line = lineOf(n)
	}
	fault.Field = joined(path, fault.Field)
	return fault
}

// blamed returns the key of a mapping that an error is about, or else the mapping.
func blamed(err error, mapping ast.Node) ast.Node {
	var fault *FaultError
	pairs, _ := pairsOf(mapping)
	for _, pair := range pairs {
		if errors.As(err, &fault) && pair.Key.GetToken().Value == fault.Field {
			return pair.Key
		}
	}
	return mapping
}

// joined is the path of a field: faults[1].do.
func joined(path, field string) string {
	if strings.HasPrefix(field, "[") {
		return path + field
	}
	return strings.Trim(path+"."+field, ".")
}

// lineOf returns where a node begins, 0 where that is not known.
func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil {
		return 0
	}
	return n.GetToken().Position.Line
}
