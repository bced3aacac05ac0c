package stack

import (
	"cmp"
	"context"
	"math"
	"time"
)

// packer puts jobs together to batches, and lets each go when it is due.
type packer struct {
	jobs  <-chan job
	held  *job      // taken, and left for the next batch
	rate  float64   // jobs a second; 0 means no bound
	most  int       // jobs in a batch
	bytes int       // in a batch
	due   time.Time // when the next batch may go
}

const (
	// linger is how long a batch waits for more jobs: those of a slow source shall not wait for the tenth.
	linger = 50 * time.Millisecond

	// slot: jobs that are due within it go in one call. It is short enough that nobody sees the steps.
	slot = 100 * time.Millisecond

	// mostBehind is how far a sending that was held up may hurry to reach its rate again.
	mostBehind = time.Second
)

func newPacker(ctx context.Context, d *delivery) *packer {
	p := &packer{rate: d.Rate}
	p.most, p.bytes = d.most()
	if d.Rate > 0 {
		p.most = min(p.most, int(max(1, math.Ceil(d.Rate*slot.Seconds()))))
	}
	p.jobs = numbered(ctx, d.Sending)
	return p
}

// numbered reads the bodies in a goroutine of its own: a read cannot be stopped, but it can be left alone.
func numbered(ctx context.Context, o Sending) <-chan job {
	jobs := make(chan job)
	go func() {
		defer close(jobs)
		n := 0
		for body, err := range o.Bodies {
			n++
			select {
			case jobs <- job{n, body, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return jobs
}

// next returns the jobs of the next call when they are due; none when there are no more.
func (p *packer) next(ctx context.Context) ([]job, error) {
	batch, err := p.gather(ctx)
	if err != nil || len(batch) == 0 {
		return nil, err
	}
	return batch, p.pace(ctx, len(batch))
}

func (p *packer) gather(ctx context.Context) ([]job, error) {
	first, err := p.first(ctx)
	if err != nil || first == nil {
		return nil, err
	}
	batch, size := []job{*first}, len(first.body)
	late := time.NewTimer(linger)
	defer late.Stop()
	for len(batch) < p.most {
		select {
		case j, ok := <-p.jobs:
			if !ok {
				return batch, nil
			}
			if size += len(j.body); size > p.bytes || j.err != nil {
				p.held = &j
				return batch, nil
			}
			batch = append(batch, j)
		case <-late.C:
			return batch, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return batch, nil
}

// first waits for a job; nil when there are no more.
func (p *packer) first(ctx context.Context) (*job, error) {
	if j := p.held; j != nil {
		p.held = nil
		return j, cmp.Or(j.err, ctx.Err())
	}
	select {
	case j, ok := <-p.jobs:
		if !ok {
			return nil, nil
		}
		return &j, cmp.Or(j.err, ctx.Err())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pace waits until the next jobs may go, so many of them.
func (p *packer) pace(ctx context.Context, n int) error {
	if p.rate <= 0 {
		return ctx.Err()
	}
	now := time.Now()
	if p.due.IsZero() {
		p.due = now
	} else if earliest := now.Add(-mostBehind); p.due.Before(earliest) {
		p.due = earliest
	}
	wait := p.due.Sub(now)
	p.due = p.due.Add(time.Duration(float64(n) / p.rate * float64(time.Second)))
	return sleep(ctx, wait)
}

// sleep lasts d, or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
