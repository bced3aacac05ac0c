package ui

import (
	"fmt"
	"strings"
)

// figure is one figure of the rows of a comparison.
type figure[T any] struct {
	head string // in the table
	word string // in a list
	of   func(*T) string
	look func(*T) role // nil: plain
}

// comparison is rows of figures under their heads: policies, mostly.
type comparison[T any] struct {
	name    func(*T) string
	figures []figure[T]
	rows    []T
}

// policyHead is the head of the first column.
const policyHead = "POLICY"

// write writes the table. Where it does not fit, each row has lines of its own, with the heads before the
// figures.
func (c *comparison[T]) write(o *Output, b *strings.Builder) {
	for _, between := range []string{"  ", " "} {
		if o.Width() == 0 || c.width(len(between)) <= o.Width() {
			c.grid(o, b, between)
			return
		}
	}
	for i := range c.rows {
		c.block(o, b, &c.rows[i])
	}
}

// grid is the table: names to the left, figures to the right of their columns.
func (c *comparison[T]) grid(o *Output, b *strings.Builder, between string) {
	first := c.nameWidth()
	head := pad(policyHead, first)
	for _, f := range c.figures {
		head += between + padLeft(f.head, c.figureWidth(f))
	}
	fmt.Fprintln(b, o.paint(muted, head))
	for i := range c.rows {
		row := &c.rows[i]
		line := o.paint(heading, pad(c.name(row), first))
		for _, f := range c.figures {
			line += between + o.paint(f.role(row), padLeft(f.of(row), c.figureWidth(f)))
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

func (f *figure[T]) role(row *T) role {
	if f.look == nil {
		return body
	}
	return f.look(row)
}

func (c *comparison[T]) nameWidth() int {
	return max(len(policyHead), widest(c.rows, func(row T) string { return c.name(&row) }))
}

func (c *comparison[T]) figureWidth(f figure[T]) int {
	return max(cells(f.head), widest(c.rows, func(row T) string { return f.of(&row) }))
}

func (c *comparison[T]) width(between int) int {
	w := c.nameWidth()
	for _, f := range c.figures {
		w += between + c.figureWidth(f)
	}
	return w
}

// block is a row's figures as a list: "p95 4m10s, max 6m40s, instance-hours 35.4".
func (c *comparison[T]) block(o *Output, b *strings.Builder, row *T) {
	fmt.Fprintln(b, o.paint(heading, c.name(row)))
	var words []string
	for _, f := range c.figures {
		if text := f.of(row); text != "" {
			words = append(words, "`"+f.word+" "+text+"`")
		}
	}
	for _, line := range wrap(strings.Join(words, " "), max(o.Width()-len("  "), leastWrap)) {
		fmt.Fprintln(b, "  "+strings.ReplaceAll(strings.ReplaceAll(line, "` `", ", "), "`", ""))
	}
}
