package ui

import (
	"io"
	"strconv"
	"strings"

	"github.com/eventscale/eventscale/internal/stack"
)

// StackRow is one stack of the state folder.
type StackRow struct {
	Name      string `json:"name"`
	ASG       string `json:"asg"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Resources int    `json:"resources"` // that are recorded
	Path      string `json:"path"`      // of the state file
	Problem   string `json:"problem,omitempty"`
}

// List shows the stacks of a state folder, one a line under a head. A stack whose file cannot be read
// has only a name, a path and the problem.
func List(o *Output, rows []StackRow) error {
	var b strings.Builder
	if len(rows) == 0 {
		o.paragraph(&b, "There are no stacks in the state folder.")
		return o.flush(&b)
	}
	table := listTable(rows)
	if !o.aligns(table, o.Width()) { // the folder is known: the path goes first
		for i, line := range table {
			table[i] = line[:len(line)-1]
		}
	}
	if !o.aligns(table, o.Width()) { // a head without columns says nothing
		table = table[1:]
	}
	for _, line := range o.table(table, o.Width()) {
		b.WriteString(line + "\n")
	}
	for _, r := range rows {
		if r.Problem != "" {
			o.labelled(&b, warn, "warning:", r.Path+": "+r.Problem)
		}
	}
	return o.flush(&b)
}

// listTable is a head and a row for each stack.
func listTable(rows []StackRow) [][]cell {
	var head []cell
	for _, h := range []string{"STACK", "GROUP", "ACCOUNT", "REGION", "RESOURCES", "STATE FILE"} {
		head = append(head, cell{muted, h})
	}
	table := [][]cell{head}
	for _, r := range rows {
		line := []cell{
			{heading, r.Name}, {body, r.ASG}, {body, r.Account}, {body, r.Region},
			{body, strconv.Itoa(r.Resources)}, {muted, r.Path},
		}
		if r.Problem != "" {
			line[4] = cell{bad, "unreadable"}
		}
		table = append(table, line)
	}
	return table
}

// ListJSON writes the stacks of a state folder as a document.
func ListJSON(w io.Writer, rows []StackRow) error {
	if rows == nil {
		rows = []StackRow{}
	}
	return writeDocument(w, struct {
		SchemaVersion int        `json:"schema_version"`
		Stacks        []StackRow `json:"stacks"`
	}{stack.SchemaVersion, rows})
}
