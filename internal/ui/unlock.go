package ui

import (
	"io"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
)

// UnlockedJSON writes what became of a stack's lock as a document.
func UnlockedJSON(w io.Writer, name string, l state.LockFile) error {
	document := struct {
		SchemaVersion int           `json:"schema_version"`
		Stack         string        `json:"stack"`
		LockFile      string        `json:"lock_file"`
		Held          bool          `json:"held"`             // by a process, until now
		Removed       bool          `json:"removed"`          // the file
		Holder        *state.Holder `json:"holder,omitempty"` // who signed it last
	}{stack.SchemaVersion, name, l.Path, l.Held, l.There, nil}
	if l.Holder.PID != 0 {
		document.Holder = &l.Holder
	}
	return writeDocument(w, document)
}
