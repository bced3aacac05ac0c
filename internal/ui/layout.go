package ui

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// paint returns clean text in the look of a role.
func (o *Output) paint(r role, s string) string {
	s = clean(s)
	if r == body || s == "" {
		return s
	}
	return o.theme[r].Render(s)
}

// cells returns how wide a text is.
func cells(s string) int { return ansi.StringWidth(clean(s)) }

// widest returns the cells of the widest of the texts.
func widest[T any](items []T, text func(T) string) int {
	w := 0
	for _, item := range items {
		w = max(w, cells(text(item)))
	}
	return w
}

// pad fills a text with blanks up to a width.
func pad(s string, w int) string {
	s = clean(s)
	return s + strings.Repeat(" ", max(0, w-cells(s)))
}

// padLeft fills a text with blanks before it.
func padLeft(s string, w int) string {
	s = clean(s)
	return strings.Repeat(" ", max(0, w-cells(s))) + s
}

// fit cuts the end of a text that is too wide.
func (o *Output) fit(s string, w int) string {
	if s = clean(s); cells(s) <= w {
		return s
	}
	if w <= 0 {
		return ""
	}
	return ansi.Truncate(s, w, o.symbols.ellipsis)
}

// fitEnd cuts the beginning, since our names differ at their ends; before a word if that leaves enough.
func (o *Output) fitEnd(s string, w int) string {
	s = clean(s)
	if cells(s) <= w {
		return s
	}
	if w <= 0 {
		return ""
	}
	end := ansi.TruncateLeft(s, cells(s)-w+1, "")
	if i := strings.IndexAny(end, "-/"); i >= 0 && cells(end[i+1:]) >= w/3 {
		end = end[i+1:]
	}
	return o.symbols.ellipsis + end
}

// wrap breaks a text at blanks so that no line is wider than w, if that can be: what has no blank, and
// what stands in backquotes to be typed, stays in one piece. A w of 0 means no bound.
func wrap(s string, w int) []string {
	var lines []string
	line, used := "", 0
	for _, word := range words(clean(s)) {
		n := cells(word)
		if used > 0 && w > 0 && used+1+n > w {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	return append(lines, line)
}

// chop is wrap for what is only read, never copied: no line is wider than w, and so long words are cut.
func chop(s string, w int) []string {
	if w <= 0 {
		return wrap(s, w)
	}
	var lines []string
	rest := strings.Fields(clean(s))
	for len(rest) > 0 {
		line := rest[0]
		rest = rest[1:]
		for len(rest) > 0 && cells(line)+1+cells(rest[0]) <= w {
			line, rest = line+" "+rest[0], rest[1:]
		}
		if cells(line) > w {
			head := cut(line, w)
			rest = append([]string{line[len(head):]}, rest...)
			line = head
		}
		lines = append(lines, line)
	}
	return lines
}

// cut returns as much of a word as fits, up to where it may be parted if that leaves enough, and never
// nothing: some characters are wider than any bound.
func cut(word string, w int) string {
	head := ansi.Truncate(word, w, "")
	if head == "" {
		_, size := utf8.DecodeRuneInString(word)
		return word[:size]
	}
	if i := strings.LastIndexAny(head, "-/:,"); i >= len(head)/2 {
		return head[:i+1]
	}
	return head
}

// words splits at blanks outside of backquotes.
func words(s string) []string {
	quoted := false
	if strings.Count(s, "`")%2 != 0 {
		return strings.Fields(s)
	}
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '`' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

// seconds is how long something took: 0.1s, 12.3s, 1m05s, 1h02m.
func seconds(d time.Duration) string {
	if d = max(d, 0); d < time.Minute-50*time.Millisecond {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return span(d)
}

// span is a stretch of time in at most two units: 45s, 4m10s, 2h05m, 3d4h.
func span(d time.Duration) string {
	s := int(max(d, 0).Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%dh", s/86400, s/3600%24)
}

// justNow is as long as nobody cares how long.
const justNow = 5 * time.Second

// ago is when something was, seen from now, in one unit: 42s ago, 3m ago, 2h ago, 5d ago.
func ago(then, now time.Time) string {
	d := now.Sub(then)
	switch {
	case then.IsZero():
		return "unknown"
	case d < justNow:
		return "just now"
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", d/time.Minute)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh ago", d/time.Hour)
	}
	return fmt.Sprintf("%dd ago", d/(24*time.Hour))
}

// count is a number of things: 1 resource, 3 resources.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
