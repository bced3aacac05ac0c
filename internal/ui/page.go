package ui

import (
	"io"

	"github.com/eventscale/eventscale/internal/simulation"
)

// Page writes a report as one HTML page that needs nothing else.
func Page(w io.Writer, r *simulation.Report) error { return nil }
