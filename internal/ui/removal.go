package ui

import (
	"fmt"
	"slices"
	"strings"
)

// Removal is what a destroy is about to do.
type Removal struct {
	Stack   string
	ASG     string
	Account string
	Region  string
	Items   []Item   // what will be removed, in the order of the list
	Left    []Item   // what was adopted from others, and is only forgotten
	Foreign []Item   // what has a name of the stack's and is somebody else's
	Losses  []string // what goes with them, each a sentence
}

// RemovalText says what will be removed and what will not, before the user is asked.
func RemovalText(o *Output, r Removal) error {
	var b strings.Builder
	all := slices.Concat(r.Items, r.Left, r.Foreign)
	title := fmt.Sprintf("Stack %s in account %s, region %s", r.Stack, r.Account, r.Region)
	for _, line := range wrap(title, o.Width()) {
		fmt.Fprintf(&b, "%s\n", o.paint(heading, line))
	}
	for _, item := range r.Items {
		o.item(&b, remove, "-", "delete", item, all)
	}
	for _, item := range slices.Concat(r.Left, r.Foreign) {
		o.item(&b, muted, "=", "leave", item, all)
	}
	b.WriteByte('\n')
	stays := fmt.Sprintf("The Auto Scaling group %s and its instances stay as they are.", r.ASG)
	for _, sentence := range append(slices.Clone(r.Losses), stays) {
		o.paragraph(&b, sentence)
	}
	return o.flush(&b)
}
