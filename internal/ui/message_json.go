package ui

import (
	"io"

	"github.com/eventscale/eventscale/internal/stack"
)

type messageLine struct {
	SchemaVersion int      `json:"schema_version"`
	Type          string   `json:"type"` // error, hint
	Message       string   `json:"message"`
	Hints         []string `json:"hints,omitempty"`
}

// ErrorJSON writes an error and what to do about it as one line.
func ErrorJSON(w io.Writer, text string, hints ...string) error {
	return writeLine(w, messageLine{stack.SchemaVersion, "error", text, hints})
}

// HintJSON writes advice that belongs to no single error.
func HintJSON(w io.Writer, text string) error {
	return writeLine(w, messageLine{stack.SchemaVersion, "hint", text, nil})
}
