package ui

import (
	"io"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

// jsonProgress writes one JSON object a line.
type jsonProgress struct {
	mu sync.Mutex
	w  io.Writer
}

// NewJSONProgress writes one JSON object a line, for each event one of type "resource" and for each
// note one of type "note".
func NewJSONProgress(w io.Writer) Progress { return &jsonProgress{w: w} }

type resourceLine struct {
	SchemaVersion int              `json:"schema_version"`
	Time          string           `json:"time"`
	Type          string           `json:"type"`
	LogicalID     string           `json:"logical_id"`
	ResourceType  string           `json:"resource_type"`
	Name          string           `json:"name"`
	Status        provision.Status `json:"status"`
	Reason        string           `json:"reason"`
	Until         string           `json:"until,omitempty"` // when a wait is given up
	ElapsedMS     int64            `json:"elapsed_ms"`
}

type noteLine struct {
	SchemaVersion int    `json:"schema_version"`
	Time          string `json:"time"`
	Type          string `json:"type"`
	Message       string `json:"message"`
}

func (p *jsonProgress) Begin(string, []Item) {}

func (p *jsonProgress) Event(e provision.Event) {
	line := resourceLine{
		SchemaVersion: stack.SchemaVersion, Time: stamp(e.Time), Type: "resource",
		LogicalID: e.LogicalID, ResourceType: e.Type, Name: e.Name,
		Status: e.Status, Reason: e.Reason, ElapsedMS: e.Elapsed.Milliseconds(),
	}
	if !e.Until.IsZero() {
		line.Until = stamp(e.Until)
	}
	p.write(line)
}

func (p *jsonProgress) Note(text string) {
	p.write(noteLine{stack.SchemaVersion, stamp(time.Now()), "note", text})
}

func (p *jsonProgress) End() {}

func (p *jsonProgress) write(v any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = writeLine(p.w, v)
}

// stamp is RFC 3339 in UTC, to the millisecond.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
