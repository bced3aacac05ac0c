// Package simulation holds scaling policies against a workload: it runs the model of internal/loop once for
// each, and says what came of it in figures and in words.
//
// It calls no AWS, reads no flags and knows no screens. Its advice names the flags by which a user follows it.
package simulation

import "github.com/eventscale/eventscale/internal/loop"

// SchemaVersion is the version of the JSON of a Report.
const SchemaVersion = 1

// Report is what `eventscale simulate` shows: one workload, and what each policy made of it.
type Report struct {
	SchemaVersion int       `json:"schema_version"`
	Workload      Workload  `json:"workload"`
	Group         Group     `json:"group"`
	Outcomes      []Outcome `json:"outcomes"`     // in the order in which they were asked for
	NotModelled   []string  `json:"not_modelled"` // what the model leaves out, a sentence each
}

// Workload is a trace in figures.
type Workload struct {
	Name          string  `json:"name"` // of the file, or of the profile
	Messages      int64   `json:"messages"`
	SpanSeconds   float64 `json:"span_s"`
	BusySeconds   float64 `json:"busy_s"` // service of all messages
	ServiceP50    float64 `json:"service_p50_s"`
	ServiceP95    float64 `json:"service_p95_s"`
	PeakPerMinute int64   `json:"peak_per_minute"` // arrivals in the busiest minute
}

// Group is the group that all policies were given.
type Group struct {
	Min           int     `json:"min"`
	Max           int     `json:"max"`
	Initial       int     `json:"initial"`
	Slots         int     `json:"slots"`
	LaunchSeconds float64 `json:"launch_s"`
	BootSeconds   float64 `json:"boot_s"`
	WarmupSeconds float64 `json:"warmup_s"`
	ScaleIn       string  `json:"scale_in"` // kill, protect or drain
}

// Outcome is what one policy made of the workload.
type Outcome struct {
	Name     string        `json:"name"`              // safe, classic, table, ...
	Settings string        `json:"settings"`          // in the words of the flags: "--policy table --jobs-per-instance 8"
	Command  string        `json:"command,omitempty"` // that makes it: "eventscale up ..."; "" where up does not make it
	Cost     *float64      `json:"cost,omitempty"`    // of the instances, where a price was given
	Totals   loop.Totals   `json:"totals"`
	Series   []loop.Row    `json:"series,omitempty"`
	Actions  []loop.Action `json:"actions,omitempty"`
	Findings []Finding     `json:"findings"` // what went wrong, the worst first
}

// Finding is one thing that went wrong, in words.
type Finding struct {
	Text string `json:"text"`           // "scale-in killed 31 of 357 running jobs: it does not see messages in flight"
	Hint string `json:"hint,omitempty"` // "use --preset safe"
}
