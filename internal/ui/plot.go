package ui

import (
	"fmt"
	"io"

	"github.com/eventscale/eventscale/internal/simulation"
)

// Plot draws a report as a picture, a panel a policy. The format is "svg" or "png".
func Plot(w io.Writer, format string, r *simulation.Report) error {
	return fmt.Errorf("%q is no format of a picture: it must be svg or png", format)
}
