package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
)

// State shows all that is recorded of a stack. Values of the function's environment are kept as digests, and
// these are not shown either: a short secret can be guessed from its digest.
func State(o *Output, path string, s *state.Snapshot) error {
	r := &report{Output: o}
	r.bound = o.Width()
	if r.stacked = r.bound > 0 && r.bound < stackedBelow; r.stacked {
		r.bound -= len(stackedIndent)
	} else if r.bound > 0 {
		r.bound -= labelWidth
	}
	r.section("Stack", r.facts([][2]string{
		{"name", s.Stack}, {"account", s.Account}, {"region", s.Region}, {"asg", s.ASG}, {"asg_arn", s.ASGARN},
		{"file", path}, {"version", fmt.Sprint(s.Version)}, {"serial", fmt.Sprint(s.Serial)}, {"lineage", s.Lineage},
	}))
	r.section("Settings", r.facts(settingsOf(s.Spec)))
	for i, record := range s.Resources {
		label := ""
		if i == 0 {
			label = "Resources"
		}
		r.section(label, r.record(record))
	}
	if len(s.Resources) == 0 {
		r.section("Resources", []string{"none are recorded"})
	}
	return o.flush(&r.text)
}

// record is one resource: what it is on a line, and below it the rest.
func (r *report) record(record state.Record) []string {
	words := record.Status
	if record.Adopted {
		words += ", adopted"
	}
	lines := r.table([][]cell{{{heading, record.LogicalID}, {body, record.Type}, {muted, words}}}, r.bound)
	indent := "  "
	bound := r.bound
	r.bound = max(bound-len(indent), 0)
	defer func() { r.bound = bound }()
	id := record.PhysicalID
	if id == record.Name {
		id = ""
	}
	for _, line := range r.facts([][2]string{
		{"name", record.Name}, {"physical_id", id}, {"arn", record.ARN},
		{"depends_on", strings.Join(record.DependsOn, ", ")}, {"tags", pairsText(record.Tags)},
	}) {
		lines = append(lines, indent+line)
	}
	return lines
}

// facts are keys and values, those without a value left out.
func (r *report) facts(pairs [][2]string) []string {
	var rows [][]cell
	for _, p := range pairs {
		if p[1] != "" {
			rows = append(rows, []cell{{muted, p[0]}, {body, p[1]}})
		}
	}
	return r.table(rows, r.bound)
}

func pairsText(tags map[string]string) string {
	var words []string
	for _, key := range sortedNames(tags) {
		words = append(words, key+"="+tags[key])
	}
	return strings.Join(words, ", ")
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// secretSetting is the setting whose values are secrets.
const secretSetting = "env"

// settingsOf are the settings of a spec, in the order in which they are recorded.
func settingsOf(spec json.RawMessage) [][2]string {
	d := json.NewDecoder(bytes.NewReader(spec))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return [][2]string{{"spec", string(spec)}}
	}
	var pairs [][2]string
	for d.More() {
		key, err := d.Token()
		var value any
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return [][2]string{{"spec", string(spec)}}
		}
		pairs = append(pairs, [2]string{fmt.Sprint(key), settingText(fmt.Sprint(key), value)})
	}
	return pairs
}

func settingText(key string, value any) string {
	switch v := value.(type) {
	case map[string]any:
		var words []string
		for _, name := range sortedNames(v) {
			text := fmt.Sprint(v[name])
			if key == secretSetting {
				text = "(sensitive)"
			}
			words = append(words, name+"="+text)
		}
		return strings.Join(words, ", ")
	case []any:
		var words []string
		for _, word := range v {
			words = append(words, fmt.Sprint(word))
		}
		return strings.Join(words, ",")
	}
	return fmt.Sprint(value)
}

// StateJSON writes the state file's own content as a document.
func StateJSON(w io.Writer, snapshot *state.Snapshot) error {
	s := snapshot.Clone()
	s.Resources = filled(s.Resources)
	return writeDocument(w, struct {
		SchemaVersion int `json:"schema_version"`
		*state.Snapshot
	}{stack.SchemaVersion, s})
}
