package ui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// resources names those that are in sync in one breath, and gives each property of the others a line.
func (r *report) resources(resources []stack.ResourceStatus) []string {
	width := widest(resources, func(s stack.ResourceStatus) string { return string(s.Drift) })
	drifted := func(r role, s stack.ResourceStatus, text string) []cell {
		return []cell{{r, pad(string(s.Drift), width)}, {body, s.LogicalID}, {body, text}}
	}
	var synced []string
	var rows [][]cell
	for _, s := range resources {
		switch {
		case s.Drift == stack.InSync:
			synced = append(synced, s.LogicalID)
		case s.Drift == stack.Modified && len(s.Changes) > 0:
			for _, c := range s.Changes {
				for _, text := range differs(c) {
					rows = append(rows, drifted(warn, s, text))
				}
			}
		case s.Drift == stack.Modified:
			rows = append(rows, drifted(warn, s, s.Name))
		default:
			rows = append(rows, drifted(bad, s, s.Name))
		}
	}
	var lines []string
	if len(synced) > 0 {
		word := pad(string(stack.InSync), width)
		lines = r.table([][]cell{{{good, word}, {body, strings.Join(synced, ", ")}}}, r.bound)
	}
	return append(lines, r.table(rows, r.bound)...)
}

// shortChange is how long a change may be that is told whole.
const shortChange = 60

// differs says how a property differs; of documents, only where.
func differs(c stack.PropertyDrift) []string {
	have, want := cmp.Or(c.Have, unset), cmp.Or(c.Want, unset)
	text := c.Property + " " + have + " -> " + want
	lines, ok := documentDiff(c.Have, c.Want)
	if cells(text) <= shortChange || !ok {
		return []string{text}
	}
	var texts []string
	for _, line := range lines {
		texts = append(texts, fmt.Sprintf("%s %c %s", c.Property, line.sign, line.text))
	}
	return texts
}
