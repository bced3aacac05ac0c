package loop

import (
	"fmt"
	"strings"
)

// FieldError is a setting that can not be: which one, where it was read from, and what is allowed.
type FieldError struct {
	Line, Column int    // in the JSON, from 1; 0 where it was not read from there
	Path         string // policies[1].alarm.threshold
	Problem      string
}

func (e *FieldError) Error() string {
	text := e.Problem
	if e.Path != "" {
		text = e.Path + ": " + text
	}
	text = clipped(text)
	if e.Line > 0 {
		text = fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, text)
	}
	return text
}

// longestText is more than any value has that somebody typed, with all that is said about it.
const longestText = 400

// clipped leaves out the middle of a text that is too long to be read: it ends with what is allowed.
func clipped(text string) string {
	if len(text) <= longestText {
		return text
	}
	begin, end := text[:longestText/2], text[len(text)-longestText/2:]
	return strings.ToValidUTF8(begin, "") + " ... " + strings.ToValidUTF8(end, "")
}

// Hint says what could stand there instead; it is "" where the problem says it all.
func (e *FieldError) Hint() string {
	name := e.Path[strings.LastIndexAny(e.Path, ".")+1:]
	name, _, _ = strings.Cut(name, "[")
	if example, ok := examples()[name]; ok {
		return fmt.Sprintf("for example %q: %s", name, example)
	}
	return ""
}

// examples are values that the fields which are most often wrong can have.
func examples() map[string]string {
	return map[string]string{
		"min": "0", "max": "10", "initial": "0", "slots": "1", "launch_s": "30", "boot_s": "180", "warmup_s": "150",
		"scale_in": `"protect"`, "visibility_timeout_s": "900", "service_s": "40", "rows": "[[0.5, 40]]", "counts": "[[0, 3], [60, 1]]",
		"period_s": "60", "evaluation_periods": "2", "threshold": "10", "cooldown_s": "300", "target": "5",
		"steps": `[{"lower": 0, "adjustment": 2}]`, "type": `"simple"`,
	}
}

// checker keeps the first problem of a configuration.
type checker struct{ err *FieldError }

// require notes a problem where something is not as it must be.
func (c *checker) require(ok bool, path, format string, values ...any) {
	if !ok && c.err == nil {
		c.err = &FieldError{Path: path, Problem: fmt.Sprintf(format, values...)}
	}
}

// count requires an integer within bounds.
func (c *checker) count(path string, n, least, most int) {
	c.require(n >= least, path, "%d is below %d", n, least)
	c.require(n <= most, path, "%d is above %d", n, most)
}

// time requires a length of time that the model can hold.
func (c *checker) time(path string, t, least Millis) {
	c.require(t >= least, path, "%v s is below %v s", t.Seconds(), least.Seconds())
	c.require(t <= maxMillis, path, "%v s is above %v s", t.Seconds(), maxMillis.Seconds())
}

// within requires one of some words.
func within[T ~string](c *checker, path string, word T, allowed ...T) {
	for _, a := range allowed {
		if word == a {
			return
		}
	}
	c.require(false, path, "%q is not one of %s", word, list(allowed))
}

// list writes words with commas.
func list[T ~string](words []T) string {
	text := ""
	for i, w := range words {
		if i > 0 {
			text += ", "
		}
		text += string(w)
	}
	return text
}
