package ui

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/eventscale/eventscale/internal/provision"
)

// Plan shows what a run will do: each resource that it will touch, property by property where one is
// changed, and a summary. Resources that are kept are only counted.
func Plan(o *Output, plan *provision.Plan) error {
	var b strings.Builder
	items, adopted := touched(plan)
	for _, s := range plan.Steps {
		symbol, verb, r := mark(s)
		if verb == "" {
			continue
		}
		o.item(&b, r, symbol, verb, Item{s.LogicalID, s.Type, s.Name}, items)
		o.remark(&b, s)
		for _, c := range s.Changes {
			o.change(&b, c)
		}
	}
	if len(items) > 0 {
		b.WriteByte('\n')
	}
	switch {
	case plan.Empty() && adopted > 0:
		o.paragraph(&b, fmt.Sprintf("No changes on AWS: %s will be taken into the stack as found.", count(adopted, "resource")))
	case plan.Empty():
		fmt.Fprintln(&b, "No changes: the stack is as wanted.")
	default:
		o.summary(&b, plan)
	}
	return o.flush(&b)
}

// touched returns the resources that are listed, and how many are adopted as they are.
func touched(plan *provision.Plan) (items []Item, adopted int) {
	for _, s := range plan.Steps {
		if _, verb, _ := mark(s); verb != "" {
			items = append(items, Item{s.LogicalID, s.Type, s.Name})
		}
		if s.Adopt && s.Action == provision.Keep {
			adopted++
		}
	}
	return items, adopted
}

// mark returns how a step is listed; no verb for one that is not.
func mark(s provision.Step) (symbol, verb string, r role) {
	switch s.Action {
	case provision.Create:
		return "+", "create", add
	case provision.Update:
		return "~", "update", change
	case provision.Replace:
		return "-/+", "replace", replace
	case provision.Delete:
		return "-", "delete", remove
	}
	if s.Adopt {
		return "=", "adopt", accent
	}
	return "", "", muted
}

const (
	itemLead   = len("-/+ replace  ")
	leastTail  = 20 // a name of ours that is cut to less is not told from the others
	itemIndent = "      "
)

// item writes one resource: on one line if there is room, the type without its "AWS::" if need be, the
// name without its beginning, or on a second line.
func (o *Output) item(b *strings.Builder, r role, symbol, verb string, item Item, all []Item) {
	ids := widest(all, func(i Item) string { return i.LogicalID })
	types := widest(all, func(i Item) string { return i.Type })
	names := widest(all, func(i Item) string { return i.Name })
	typeName, name := item.Type, item.Name
	w := o.Width()
	left := w - itemLead - ids - gap
	fmt.Fprintf(b, "%s %s", o.paint(r, padLeft(symbol, 3)+" "+pad(verb, len("replace"))), pad("", 1))
	b.WriteString(o.paint(heading, item.LogicalID))
	if w > 0 && left < types+gap+names {
		typeName = strings.TrimPrefix(typeName, typePrefix)
		types = widest(all, func(i Item) string { return strings.TrimPrefix(i.Type, typePrefix) })
	}
	if w > 0 && left < types+gap+min(names, leastTail) {
		fmt.Fprintf(b, "\n%s%s\n", itemIndent, o.paint(muted, o.fitEnd(name, w-len(itemIndent))))
		return
	}
	if w > 0 {
		name = o.fitEnd(name, left-types-gap)
	}
	fmt.Fprintf(b, "%s  %s  %s\n", strings.Repeat(" ", ids-cells(item.LogicalID)), pad(typeName, types), o.paint(muted, name))
}

// remark says what is peculiar about a step.
func (o *Output) remark(b *strings.Builder, s provision.Step) {
	var text string
	switch {
	case s.Foreign:
		text = "exists already and is not ours: it is used, and destroy will leave it"
	case s.Adopt:
		text = "exists already: it is taken into the stack"
	case s.Gone:
		text = "was deleted by somebody else: it is made again"
	default:
		return
	}
	for _, line := range wrap(text, max(o.Width()-len(itemIndent), 0)) {
		fmt.Fprintf(b, "%s%s\n", itemIndent, o.paint(warn, line))
	}
}

// unset stands for a property without a value.
const unset = "(not set)"

// change writes one property: have -> want on one line if there is room, differing parts of documents
// line by line, and else the two values below each other.
func (o *Output) change(b *strings.Builder, c provision.Change) {
	have, want := cmp.Or(c.Have, unset), cmp.Or(c.Want, unset)
	suffix := ""
	if c.Replaces {
		suffix = "  (requires replacement)"
	}
	if c.Have == c.Want {
		have, want = have+" (old)", want+" (new)" // a secret
	}
	room := o.Width()
	if room <= 0 {
		room = readable
	}
	inline := clean(c.Property) + "  " + clean(have) + " -> " + clean(want)
	if len(itemIndent)+cells(inline+suffix) <= room {
		fmt.Fprintf(b, "%s%s  %s -> %s%s\n", itemIndent, clean(c.Property),
			o.paint(remove, have), o.paint(add, want), o.paint(replace, suffix))
		return
	}
	fmt.Fprintf(b, "%s%s%s\n", itemIndent, clean(c.Property), o.paint(replace, suffix))
	if lines, ok := documentDiff(c.Have, c.Want); ok {
		o.diffLines(b, lines)
		return
	}
	o.diffLines(b, []diffLine{{'-', have}, {'+', want}})
}

// readable is the width of a line that the eye still follows, for a place without bounds.
const readable = 120

// diffLines writes what goes and what comes, each wrapped under itself.
func (o *Output) diffLines(b *strings.Builder, lines []diffLine) {
	indent := itemIndent + "  "
	for _, line := range lines {
		r := add
		if line.sign == '-' {
			r = remove
		}
		bound := 0
		if w := o.Width(); w > 0 {
			bound = max(w-len(indent)-2, leastWrap)
		}
		sign := string(line.sign)
		for _, part := range chop(line.text, bound) {
			fmt.Fprintf(b, "%s%s %s\n", indent, o.paint(r, sign), o.paint(r, part))
			sign = " "
		}
	}
}

// summary writes the counts. Those that are zero stay grey.
func (o *Output) summary(b *strings.Builder, plan *provision.Plan) {
	parts := []cell{{add, "to create"}, {change, "to update"}, {replace, "to replace"}, {remove, "to delete"}, {muted, "unchanged"}}
	actions := []provision.Action{provision.Create, provision.Update, provision.Replace, provision.Delete, provision.Keep}
	used := len("Plan:")
	b.WriteString(o.paint(heading, "Plan:"))
	for i, part := range parts {
		n := plan.Count(actions[i])
		if n == 0 {
			part.role = muted
		}
		part.text = fmt.Sprintf("%d %s", n, part.text)
		if i > 0 {
			b.WriteByte(',')
			used++
		}
		if w := o.Width(); w > 0 && used+1+len(part.text)+1 > w {
			fmt.Fprintf(b, "\n%s", strings.Repeat(" ", len("Plan:")))
			used = len("Plan:")
		}
		fmt.Fprintf(b, " %s", o.paint(part.role, part.text))
		used += 1 + len(part.text)
	}
	b.WriteByte('\n')
}
