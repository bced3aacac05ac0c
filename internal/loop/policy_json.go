package loop

import "encoding/json"

// typed is a policy's type, written before its fields.
type typed struct {
	Type string `json:"type"`
}

// MarshalJSON writes what [ParseConfig] reads.
func (p *Simple) MarshalJSON() ([]byte, error) {
	type plain Simple
	return json.Marshal(struct {
		typed
		*plain
	}{typed{p.kind()}, (*plain)(p)})
}

// MarshalJSON writes what [ParseConfig] reads.
func (p *Step) MarshalJSON() ([]byte, error) {
	type plain Step
	return json.Marshal(struct {
		typed
		*plain
	}{typed{p.kind()}, (*plain)(p)})
}

// MarshalJSON writes what [ParseConfig] reads.
func (p *Target) MarshalJSON() ([]byte, error) {
	type plain Target
	return json.Marshal(struct {
		typed
		*plain
	}{typed{p.kind()}, (*plain)(p)})
}

// MarshalJSON writes what [ParseConfig] reads.
func (p *KEDA) MarshalJSON() ([]byte, error) {
	type plain KEDA
	return json.Marshal(struct {
		typed
		*plain
	}{typed{p.kind()}, (*plain)(p)})
}

// MarshalJSON writes what [ParseConfig] reads.
func (p *Schedule) MarshalJSON() ([]byte, error) {
	type plain Schedule
	return json.Marshal(struct {
		typed
		*plain
	}{typed{p.kind()}, (*plain)(p)})
}
