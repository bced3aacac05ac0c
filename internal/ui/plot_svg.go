package ui

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// svg writes the scene as an SVG document of its own, on white paper.
func (s *scene) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]s" height="%[2]s" viewBox="0 0 %[1]s %[2]s">`+"\n", number(s.width), number(s.height))
	fmt.Fprintf(&b, "<style>text{font-family:system-ui,sans-serif}%s</style>\n", styles(func(i ink) string { return i.light }))
	fmt.Fprintf(&b, `<path class="paper" d="M0 0H%sV%sH0Z"/>`+"\n", number(s.width), number(s.height))
	s.body(&b)
	b.WriteString("</svg>\n")
	return b.String()
}

// body writes the groups.
func (s *scene) body(b *strings.Builder) {
	for _, g := range s.groups {
		fmt.Fprintf(b, "<g role=\"group\" aria-label=\"%s\">\n", escaped(g.name))
		for _, h := range g.shapes {
			h.svg(b)
		}
		b.WriteString("</g>\n")
	}
}

func (h *shape) svg(b *strings.Builder) {
	ink := inks()[h.pen]
	if h.text == "" {
		fmt.Fprintf(b, `<path class="%s" d="%s"/>`+"\n", ink.class, pathData(h.paths, ink.stroke == 0))
		return
	}
	fmt.Fprintf(b, `<text class="%s" x="%s" y="%s"`, ink.class, number(h.at.x), number(h.at.y))
	if h.anchor != start {
		fmt.Fprintf(b, ` text-anchor="%s"`, [...]string{middle: "middle", end: "end"}[h.anchor])
	}
	fmt.Fprintf(b, ">%s</text>\n", escaped(h.text))
}

// escaped is clean text as XML has it, and as HTML reads it the same.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(clean(text))) // a Builder takes everything
	return b.String()
}

// pathData writes level and upright lines in few letters.
func pathData(paths [][]point, closed bool) string {
	var b strings.Builder
	for _, path := range paths {
		x, y := number(path[0].x), number(path[0].y)
		b.WriteString("M" + x + " " + y)
		for _, p := range path[1:] {
			if next := number(p.x); next != x {
				x = next
				b.WriteString("H" + x)
			}
			if next := number(p.y); next != y {
				y = next
				b.WriteString("V" + y)
			}
		}
		if closed {
			b.WriteString("Z")
		}
	}
	return b.String()
}

// number writes a length to a tenth of a pixel.
func number(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// styles are the rules of CSS for all pens, in the colours of one kind of paper.
func styles(color func(ink) string) string {
	var b strings.Builder
	for _, i := range inks() {
		switch {
		case i.stroke > 0:
			fmt.Fprintf(&b, ".%s{fill:none;stroke:%s;stroke-width:%s}", i.class, color(i), number(i.stroke))
		case i.size > 0:
			fmt.Fprintf(&b, ".%s{fill:%s;font-size:%spx;font-weight:%d}", i.class, color(i), number(i.size), weightOf(i))
		default:
			fmt.Fprintf(&b, ".%s{fill:%s}", i.class, color(i))
		}
	}
	return b.String()
}

func weightOf(i ink) int {
	if i.bold {
		return 600
	}
	return 400
}
