package tune

import (
	"context"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// Workload is the jobs of a trace under a name.
type Workload struct {
	Name  string
	Trace *loop.Trace
	Jobs  []loop.Job // the trace's, by arrival
}

// Problem is what a policy is sought for.
type Problem struct {
	Workload
	Config     loop.Config // group, metric and horizon; the policies are what is sought
	OpenMax    bool        // the group's maximum is not known: the search takes as much as it needs
	Spec       stack.Spec  // the settings that are not sought
	SLO        SLO
	Kills      int64     // jobs that may be killed
	Margin     float64   // of the objective that is tuned for; 0: DefaultMargin, or more where detection and boot need it
	Families   []string  // to be searched
	Validation *Workload // on which the winner must hold too; nil: there is none
	Top        int       // candidates in the report
	Most       int       // candidates that are tried; 0: as many as it takes

	Budget   time.Duration        // the search ends when it is used up; 0: it goes on to its end
	Elapsed  func() time.Duration // since the beginning; needed with a budget
	Workers  int                  // 0: one a core
	Progress func(Progress)       // told after every batch of candidates; may be nil

	tuned SLO // the objective with the margin
	ctx   context.Context
}

// DefaultMargin leaves three tenths of the objective for days that are worse than the trace.
const DefaultMargin = 0.7

// Progress is how far a search has come.
type Progress struct {
	Tried int
	Best  float64 // instance-hours of the best that holds; 0 while there is none
}

// group is the problem's.
func (p *Problem) group() *loop.GroupConfig { return &p.Config.Group }

// fixed is the configuration with so many instances all the time.
func (p *Problem) fixed(n int) *loop.Config {
	config := p.Config
	config.Group.Min, config.Group.Max, config.Group.Initial = n, n, n
	config.Policies = nil
	return &config
}

// reaction is how long a job waits at most that finds no free instance, if an instance is asked for at once:
// until the next sample, until the alarm sees it, and until the instance works.
func (p *Problem) reaction() Reaction {
	boot := loop.Millis(0)
	for _, b := range p.group().Boot {
		boot = max(boot, b)
	}
	return Reaction{Detection: loop.Minute + p.Config.Metric.Delay, Boot: max(boot, p.group().Launch)}
}

// Reaction is the time from a job's arrival to the first work of an instance that is launched for it.
type Reaction struct {
	Detection loop.Millis `json:"detection_s"`
	Boot      loop.Millis `json:"boot_s"`
}

// Sum is both.
func (r Reaction) Sum() loop.Millis { return r.Detection + r.Boot }

// tightest is the least bound of the objective.
func (s SLO) tightest() loop.Millis {
	least := s[0].Bound
	for _, l := range s {
		least = min(least, l.Bound)
	}
	return least
}
