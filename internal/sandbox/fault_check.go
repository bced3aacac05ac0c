package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// FaultError is a fault rule, or a file of such rules, that can not be used.
type FaultError struct {
	Line    int    // in the file, from 1; 0 where it was not read from there
	Field   string // "do", "delays.role"; "" where it is about the whole
	Value   string
	Allowed string // what would do
	Advice  string // what to type next; may be ""
}

func (e *FaultError) Error() string {
	text := e.Allowed
	if e.Value != "" {
		text = fmt.Sprintf("%q: %s", brief(e.Value), text)
	}
	if e.Field != "" {
		text = brief(e.Field) + ": " + text
	}
	if e.Line > 0 {
		text = fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// brief is a word of the file as an error shows it.
func brief(word string) string {
	const most = 100
	if len(word) <= most {
		return word
	}
	return strings.ToValidUTF8(word[:most], "") + "..."
}

// Hint says what to do.
func (e *FaultError) Hint() string { return e.Advice }

// maxFaultTime is more than any client waits.
const maxFaultTime = 24 * time.Hour

// check refuses a rule that says what can not be, or what would never act.
func (f *Fault) check() error {
	for _, check := range []func() *FaultError{f.checkCalls, f.checkCount, f.checkEffect, f.checkReach} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fault) checkCalls() *FaultError {
	services := (&world{}).services()
	known := services[f.Service]
	if f.Service == "" {
		for _, list := range services {
			known = append(known, list...)
		}
	}
	if len(known) == 0 {
		return &FaultError{Field: "service", Value: f.Service, Allowed: oneOf(sortedKeys(services))}
	}
	for _, name := range f.Operations {
		if !slices.ContainsFunc(known, func(o operation) bool { return o.name == name }) {
			return f.unknownOperation(name, known)
		}
	}
	if !slices.Contains([]Calls{AllCalls, MutatingCalls, ReadingCalls}, f.Calls) {
		return &FaultError{Field: "calls", Value: string(f.Calls), Allowed: "must be mutating or reading, or be left out"}
	}
	return nil
}

func (f *Fault) unknownOperation(name string, known []operation) *FaultError {
	e := &FaultError{Field: "operation", Value: name, Allowed: "the sandbox has no such operation"}
	if f.Service != "" {
		names := make([]string, len(known))
		for i, o := range known {
			names[i] = o.name
		}
		slices.Sort(names)
		e.Advice = f.Service + " has " + strings.Join(names, ", ")
	}
	return e
}

func (f *Fault) checkCount() *FaultError {
	given := 0
	for field, n := range map[string]int{"nth": f.Nth, "first": f.First, "every": f.Every} {
		if n < 0 {
			return &FaultError{Field: field, Value: fmt.Sprint(n), Allowed: "must be 1 or more"}
		}
		given += min(n, 1)
	}
	if !(f.Probability >= 0 && f.Probability <= 1) {
		return &FaultError{Field: "probability", Value: fmt.Sprint(f.Probability), Allowed: "must be above 0 and at most 1"}
	}
	if f.Probability > 0 {
		given++
	}
	switch {
	case given > 1:
		return &FaultError{Allowed: "only one of nth, first, every and probability can be given"}
	case given > 0 && f.Do == DoRate:
		return &FaultError{Field: "do", Value: string(DoRate), Allowed: "counts by itself: nth, first, every and probability must be left out"}
	case !slices.Contains([]Each{EachMatch, EachOperation, EachCall}, f.Each):
		return &FaultError{Field: "each", Value: string(f.Each), Allowed: "must be operation or call, or be left out"}
	}
	return nil
}

func (f *Fault) checkEffect() *FaultError {
	if !slices.Contains(effects(), f.Do) {
		return &FaultError{Field: "do", Value: string(f.Do), Allowed: oneOf(effects())}
	}
	if err := f.checkGiven(); err != nil {
		return err
	}
	switch {
	case f.Status != 0 && (f.Status < 400 || f.Status > 599):
		return &FaultError{Field: "status", Value: fmt.Sprint(f.Status), Allowed: "must be between 400 and 599"}
	case f.For < 0 || f.For > maxFaultTime:
		return &FaultError{Field: "for", Value: f.For.String(), Allowed: "must be above 0s and at most 24h"}
	case !(f.Rate >= 0) || math.IsInf(f.Rate, 0):
		return &FaultError{Field: "rate", Value: fmt.Sprint(f.Rate), Allowed: "must be above 0"}
	case f.Burst < 0:
		return &FaultError{Field: "burst", Value: fmt.Sprint(f.Burst), Allowed: "must be 1 or more"}
	}
	return nil
}

// checkGiven refuses a field that the effect does not have, and the lack of one that it needs.
func (f *Fault) checkGiven() *FaultError {
	for _, field := range []struct {
		name    string
		given   bool
		effects []Effect // which have it
		needed  bool
		example string
	}{
		{"status", f.Status != 0, []Effect{DoError}, false, ""},
		{"code", f.Code != "", []Effect{DoError}, false, ""},
		{"message", f.Message != "", []Effect{DoError}, false, ""},
		{"for", f.For != 0, []Effect{DoDelay, DoStale}, true, "for: 3s"},
		{"field", f.Field != "", []Effect{DoOmit}, true, "field: PolicyARN"},
		{"rate", f.Rate != 0, []Effect{DoRate}, true, "rate: 3"},
		{"burst", f.Burst != 0, []Effect{DoRate}, false, ""},
	} {
		has := slices.Contains(field.effects, f.Do)
		if field.given && !has {
			return &FaultError{Field: field.name, Allowed: fmt.Sprintf("is of no use with do: %s", f.Do), Advice: fmt.Sprintf("leave it out; it is of do: %s", field.effects[0])}
		}
		if !field.given && has && field.needed {
			return &FaultError{Field: field.name, Allowed: fmt.Sprintf("is missing; do: %s needs it", f.Do), Advice: "for example " + field.example}
		}
	}
	return nil
}

// checkReach refuses a rule that no call can meet.
func (f *Fault) checkReach() *FaultError {
	matched, has := false, false
	for service, list := range (&world{}).services() {
		for _, o := range list {
			if f.matches(service, o.name) {
				_, found := o.output.FieldByName(f.Field)
				matched, has = true, has || found
			}
		}
	}
	switch {
	case !matched && f.Do == DoStale:
		return &FaultError{Field: "do", Value: string(DoStale), Allowed: "only calls that read can be stale, and none matches"}
	case !matched:
		return &FaultError{Allowed: "no operation matches service, operation and calls together"}
	case f.Do == DoOmit && !has:
		return &FaultError{Field: "field", Value: f.Field, Allowed: "no answer that matches has such a member", Advice: "name a member of the answer itself as the API's reference has it, such as PolicyARN"}
	}
	return nil
}

// oneOf says which words are allowed.
func oneOf[T ~string](words []T) string {
	text := "must be one of "
	for i, word := range words {
		if i > 0 {
			text += ", "
		}
		text += string(word)
	}
	return text
}
