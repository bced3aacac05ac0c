package tune

import (
	"fmt"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

// Grammar is what an objective looks like.
const Grammar = `FIGURE OF < TIME, for example "p95 wait < 5m"; several joined with "and" or commas
FIGURE is one of p50, p90, p95, p99, max, mean
OF     is wait (from arrival to the last start of work) or sojourn (from arrival to the end)
<      is < or <=
TIME   is a duration above 0 such as 90s, 5m or 1h30m`

// SLOError is an objective that cannot be read.
type SLOError struct {
	Text    string
	Column  int    // of what is wrong, from 1
	Problem string // "minutes" is not a duration
}

func (e *SLOError) Error() string {
	return fmt.Sprintf("--slo %q: column %d: %s", e.Text, e.Column, e.Problem)
}

// Hint shows the grammar.
func (e *SLOError) Hint() string { return "an objective is " + Grammar }

// maxSLO is several times the length of an objective that limits all figures.
const maxSLO = 1000

// ParseSLO reads an objective. Its errors are *[SLOError].
func ParseSLO(text string) (SLO, error) {
	if len(text) > maxSLO {
		shown := strings.ToValidUTF8(text[:20], "") + "..."
		return nil, &SLOError{shown, maxSLO + 1, fmt.Sprintf("it goes on for %d bytes; an objective has at most %d", len(text), maxSLO)}
	}
	p := &sloParser{text: text, words: sloWords(text)}
	var s SLO
	for {
		begin := p.words[0]
		l, err := p.limit()
		if err != nil {
			return nil, err
		}
		for _, other := range s {
			if other.Figure() == l.Figure() {
				return nil, p.wrong(begin, "%s is limited twice", l.Figure())
			}
		}
		s = append(s, l)
		switch w := p.next(); strings.ToLower(w.text) {
		case "":
			return s, nil
		case "and", ",":
		default:
			return nil, p.wrong(w, `%s, where "and", a comma or the end must be`, w.shown())
		}
	}
}

// sloWord is a word of an objective and the column that it begins at.
type sloWord struct {
	text   string
	column int
}

func (w sloWord) shown() string {
	if w.text == "" {
		return "it ends"
	}
	return fmt.Sprintf("%q", w.text)
}

// sloWords parts a text at blanks; comparisons and commas stand for themselves.
func sloWords(text string) []sloWord {
	var words []sloWord
	begun := -1 // where the word under way begins
	end := func(i int) {
		if begun >= 0 {
			words = append(words, sloWord{text[begun:i], begun + 1})
		}
		begun = -1
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			end(i)
		case c == ',' || c == '<' || c == '>' || c == '=':
			end(i)
			n := 1
			if c != ',' && i+1 < len(text) && text[i+1] == '=' {
				n = 2
			}
			words = append(words, sloWord{text[i : i+n], i + 1})
			i += n - 1
		case begun < 0:
			begun = i
		}
	}
	end(len(text))
	return append(words, sloWord{"", len(text) + 1})
}

type sloParser struct {
	text  string
	words []sloWord
}

func (p *sloParser) next() sloWord {
	w := p.words[0]
	if len(p.words) > 1 {
		p.words = p.words[1:]
	}
	return w
}

func (p *sloParser) wrong(w sloWord, format string, values ...any) error {
	return &SLOError{p.text, w.column, fmt.Sprintf(format, values...)}
}

func (p *sloParser) limit() (Limit, error) {
	var l Limit
	var err error
	if l.Statistic, err = oneOf(p, P50, P90, P95, P99, Max, Mean); err != nil {
		return l, err
	}
	if l.Measure, err = oneOf(p, Wait, Sojourn); err != nil {
		return l, err
	}
	sign, err := oneOf(p, "<", "<=")
	if err != nil {
		return l, err
	}
	l.Strict = sign == "<"
	w := p.next()
	d, err := time.ParseDuration(w.text)
	switch {
	case err != nil:
		return l, p.wrong(w, "%s, where a duration such as 5m must be", w.shown())
	case d < time.Millisecond || d > longestBound:
		return l, p.wrong(w, "%s must be from 1ms to 8760h", w.text)
	}
	l.Bound = loop.Millis(d.Milliseconds())
	return l, nil
}

// longestBound is a year: a slip of the pen, and far from what overflows.
const longestBound = 8760 * time.Hour

// oneOf reads one of some words.
func oneOf[T ~string](p *sloParser, allowed ...T) (T, error) {
	w := p.next()
	names := make([]string, len(allowed))
	for i, a := range allowed {
		if strings.EqualFold(w.text, string(a)) {
			return a, nil
		}
		names[i] = string(a)
	}
	return "", p.wrong(w, "%s, where one of %s must be", w.shown(), strings.Join(names, ", "))
}
