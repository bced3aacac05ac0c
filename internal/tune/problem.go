package tune

import (
	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// Problem is what a policy is sought for.
type Problem struct {
	Config  loop.Config // group, metric and horizon; the policies are what is sought
	Trace   *loop.Trace
	Jobs    []loop.Job // the trace's
	Spec    stack.Spec // the settings that are not sought
	SLO     SLO
	Kills   int64   // jobs that may be killed
	Margin  float64 // of the objective that is tuned for: 0.7 leaves three tenths for days worse than this one
	Workers int     // 0: one a core

	tuned SLO // the objective with the margin
	more  func(tried int) bool
}
