package stack

import (
	"fmt"
	"strconv"
	"strings"
)

// FieldError is a value that cannot be used. It names the setting by the word that flag and config key
// have in common.
type FieldError struct {
	Field   string
	Value   string
	Allowed string // what would do
	Advice  string // what to type next; may be ""
}

func (e *FieldError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("--%s: %s", e.Field, e.Allowed)
	}
	return fmt.Sprintf("--%s %s: %s", e.Field, quoted(e.Value), e.Allowed)
}

// Hint says what to do.
func (e *FieldError) Hint() string { return e.Advice }

// quoted is a value as one would type it.
func quoted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' || r == 0x7f }) {
		return strconv.Quote(s)
	}
	return s
}
