package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

// Recovery is what was found of a stack by names and tags, and what becomes of its state.
type Recovery struct {
	Stack     string
	ASG       string
	Account   string
	Region    string
	Findings  []provision.Finding
	Carried   []Item          // recorded, and not looked for
	Command   string          // the `up` that asks for what was found
	Settings  json.RawMessage // as the state records them
	Unknown   []string        // what AWS does not show, each a sentence
	StateFile string
	Before    string // what the state was: Lost, Broken or Readable
	Problem   string // of a broken one
	Kept      string // where the file that was there is kept; "" before it is
	Recorded  bool   // the state was written
}

// What the state was before.
const (
	Lost     = "lost"
	Broken   = "broken"
	Readable = "readable"
)

// RecoveryText shows what was found, whose it is, and the settings that follow from it.
func RecoveryText(o *Output, r *Recovery) error {
	var b strings.Builder
	title := fmt.Sprintf("Stack %s on group %s in account %s, region %s", r.Stack, r.ASG, r.Account, r.Region)
	for _, line := range wrap(title, o.Width()) {
		fmt.Fprintf(&b, "%s\n", o.paint(heading, line))
	}
	all := append(foundItems(r.Findings), r.Carried...)
	for _, f := range r.Findings {
		look := claimLooks[f.Claim]
		o.item(&b, look.role, look.symbol, string(f.Claim), itemOf(f), all)
		o.note(&b, claimNote(f))
	}
	for _, item := range r.Carried {
		o.item(&b, muted, "=", "kept", item, all)
		o.note(&b, "recorded, and of another name than was looked for: its record is kept")
	}
	fmt.Fprintf(&b, "\n%s\n", o.paint(heading, "Its settings, as AWS shows them:"))
	fmt.Fprintf(&b, "  %s\n", o.paint(accent, r.Command))
	for _, sentence := range r.Unknown {
		o.labelled(&b, warn, "not known:", sentence)
	}
	b.WriteByte('\n')
	o.paragraph(&b, r.counts())
	if text := r.before(); text != "" {
		o.paragraph(&b, text)
	}
	return o.flush(&b)
}

// claimLooks are how findings are listed.
var claimLooks = map[provision.Claim]struct {
	symbol string
	role   role
}{
	provision.Found:   {"=", good},
	provision.Adopted: {"=", accent},
	provision.Foreign: {"!", warn},
	provision.Missing: {"-", muted},
}

func itemOf(f provision.Finding) Item { return Item{f.LogicalID, f.Type, f.Name} }

func foundItems(findings []provision.Finding) []Item {
	var items []Item
	for _, f := range findings {
		items = append(items, itemOf(f))
	}
	return items
}

// claimNote says what becomes of what is not simply the stack's own.
func claimNote(f provision.Finding) string {
	switch {
	case f.Claim == provision.Foreign:
		return "not this stack's: " + f.Reason + "; it is left alone"
	case f.Claim == provision.Adopted && f.Reason != "":
		return f.Reason + ": destroy leaves it, unless with --delete-adopted"
	case f.LogicalID == stack.GroupMetrics && f.Claim == provision.Adopted:
		return "who turned it on is not known: destroy leaves it on"
	case f.Claim == provision.Adopted:
		return "it was there before the stack: destroy leaves it"
	case provision.IsSuperseded(f.LogicalID):
		return "another was made in its place: the next up deletes it"
	}
	return ""
}

// note writes a remark below an item; nothing where there is none.
func (o *Output) note(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	for _, line := range wrap(text, max(o.Width()-len(itemIndent), 0)) {
		fmt.Fprintf(b, "%s%s\n", itemIndent, o.paint(warn, line))
	}
}

// counts sums up.
func (r *Recovery) counts() string {
	counts := map[provision.Claim]int{}
	for _, f := range r.Findings {
		counts[f.Claim]++
	}
	text := fmt.Sprintf("%d found, %d adopted, %d foreign, %d missing.", counts[provision.Found], counts[provision.Adopted], counts[provision.Foreign], counts[provision.Missing])
	if counts[provision.Missing] > 0 {
		text += " The next `eventscale up` makes what is missing."
	}
	return text
}

// before says what becomes of the state that was there.
func (r *Recovery) before() string {
	switch r.Before {
	case Broken:
		return fmt.Sprintf("The state file %s cannot be read: %s. It is kept beside the new one.", r.StateFile, r.Problem)
	case Readable:
		return fmt.Sprintf("The state file %s can be read: this takes its place, and it is kept beside the new one.", r.StateFile)
	}
	return ""
}

// RecoveryJSON writes what was found as a document.
func RecoveryJSON(w io.Writer, r *Recovery) error {
	type resource struct {
		LogicalID string          `json:"logical_id"`
		Type      string          `json:"type"`
		Name      string          `json:"name"`
		Claim     provision.Claim `json:"claim"`
		Reason    string          `json:"reason,omitempty"`
	}
	resources := []resource{}
	for _, f := range r.Findings {
		resources = append(resources, resource{f.LogicalID, f.Type, f.Name, f.Claim, f.Reason})
	}
	for _, i := range r.Carried {
		resources = append(resources, resource{i.LogicalID, i.Type, i.Name, "kept", ""})
	}
	return writeDocument(w, struct {
		SchemaVersion int             `json:"schema_version"`
		Stack         string          `json:"stack"`
		ASG           string          `json:"asg"`
		Account       string          `json:"account"`
		Region        string          `json:"region"`
		Resources     []resource      `json:"resources"`
		Settings      json.RawMessage `json:"settings"`
		Command       string          `json:"command"`
		Unknown       []string        `json:"unknown"`
		StateFile     string          `json:"state_file"`
		Before        string          `json:"before"`
		Kept          string          `json:"kept,omitempty"`
		Recorded      bool            `json:"recorded"`
	}{
		stack.SchemaVersion, r.Stack, r.ASG, r.Account, r.Region, resources, r.Settings, r.Command,
		filled(r.Unknown), r.StateFile, r.Before, r.Kept, r.Recorded,
	})
}
