package tune

import (
	"cmp"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/eventscale/eventscale/internal/loop"
)

// trial is a candidate and what became of it.
type trial struct {
	candidate Candidate
	totals    loop.Totals
	excess    float64 // of the objective with the margin: 1 or less is good
	feasible  bool
}

// better orders trials: what holds before what does not; then the fewest instance-hours, the fewest actions,
// the simpler family; what does not hold by how near it is.
func better(a, b *trial) int {
	if a.feasible != b.feasible {
		if a.feasible {
			return -1
		}
		return 1
	}
	if !a.feasible {
		if c := cmp.Compare(a.penalty(), b.penalty()); c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(a.totals.InstanceMillis, b.totals.InstanceMillis),
		cmp.Compare(a.totals.ScaleOutActions+a.totals.ScaleInActions, b.totals.ScaleOutActions+b.totals.ScaleInActions),
		cmp.Compare(a.candidate.simplicity(), b.candidate.simplicity()),
		cmp.Compare(a.key(), b.key()),
	)
}

// penalty is how far a trial is from holding: every job killed and every message left counts as much as half
// of the bound.
func (t *trial) penalty() float64 {
	lost := t.totals.JobsKilled + t.totals.Unfinished + t.totals.DeadLettered
	return max(1, t.excess) + float64(lost)/2
}

// score makes what hardly fails comparable with what holds: its cost, raised by what it fails by.
func (t *trial) score() float64 {
	return float64(t.totals.InstanceMillis) * (1 + 2*(t.penalty()-1))
}

// key tells candidates apart.
func (t *trial) key() string { return t.candidate.key() }

func (c *Candidate) key() string {
	if c.Family == Target {
		return fmt.Sprintf("target %v %v %d", c.Target.Target, c.Target.CountInflight, c.Least)
	}
	s := &c.Spec
	var b strings.Builder
	fmt.Fprint(&b, c.Family, " ", c.Least, " ", s.ScaleInAt, s.ScaleInBy, s.Periods)
	switch c.Family {
	case Simple:
		fmt.Fprint(&b, " ", s.ScaleOutAt, s.ScaleOutBy, int64(s.Cooldown))
	case Step:
		fmt.Fprint(&b, s.Steps)
	case Table:
		fmt.Fprint(&b, s.Table)
	}
	return b.String()
}

// judge runs a candidate.
func (p *Problem) judge(c Candidate) (*trial, error) {
	result, err := loop.Run(c.config(&p.Config), p.Trace, loop.Options{})
	if err != nil {
		return nil, fmt.Errorf("simulating %s: %w", c.key(), err)
	}
	t := &trial{candidate: c, totals: result.Totals, excess: p.tuned.excess(&result.Totals)}
	t.feasible = p.complete(&t.totals) && p.tuned.Holds(&t.totals)
	return t, nil
}

// complete is whether all messages are done, and no more jobs killed than may be.
func (p *Problem) complete(t *loop.Totals) bool {
	return t.Unfinished == 0 && t.DeadLettered == 0 && t.JobsKilled <= p.Kills
}

// judgeAll runs candidates on all cores and returns the trials in their order.
func (p *Problem) judgeAll(candidates []Candidate) ([]*trial, error) {
	trials, errs := make([]*trial, len(candidates)), make([]error, len(candidates))
	var next atomic.Int64
	var wg sync.WaitGroup
	workers := p.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range min(workers, len(candidates)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(candidates); i = int(next.Add(1)) - 1 {
				trials[i], errs[i] = p.judge(candidates[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return trials, nil
}
