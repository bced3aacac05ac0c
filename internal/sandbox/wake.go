package sandbox

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// tickEvery is how often Run looks whether something happened in the world: about as often as a person
// sees a difference, or a worker process can be started.
const tickEvery = 200 * time.Millisecond

// wake brings the world up to date with its file, and up to a real time, and returns the world's time
// then. It reports whether the world must be saved.
func (s *Sandbox) wake(wall time.Time) (now time.Time, changed bool, err error) {
	if err := s.store.load(wall); err != nil {
		return now, false, err
	}
	clock := &s.store.clock
	now = clock.at(wall)
	changed = s.store.current.advance(clock.Ran, now)
	clock.Ran = now
	if !s.begun || s.store.isNew() { // from now on, and not for the time that has passed
		s.begun = true
		changed = s.begin(wall) || changed
	}
	return now, changed, nil
}

// begin applies the options to the world, and reports whether that made a difference.
func (s *Sandbox) begin(wall time.Time) bool {
	changed := s.store.current.employ(s.options.employment)
	if speed := s.options.Speed; speed > 0 && speed != s.store.clock.Speed {
		s.store.clock.anchor(wall, speed)
		return true
	}
	return changed
}

// Run lets the world's time pass, and Instances be told, also while nobody asks, until the context ends.
// Then the world's clock goes on as fast as the real one. Its error is the first of the world's file.
func (s *Sandbox) Run(ctx context.Context) error {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := s.tick(ctx, 0); err != nil && ctx.Err() == nil {
				return err
			}
		case <-ctx.Done():
			return s.tick(context.WithoutCancel(ctx), 1)
		}
	}
}

// tick looks after the world once. A speed other than 0 is the clock's from then on.
func (s *Sandbox) tick(ctx context.Context, speed float64) error {
	defer s.tell()
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.store.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	wall := s.options.Now()
	now, changed, err := s.wake(wall)
	if err != nil {
		return err
	}
	if speed > 0 {
		s.store.clock.anchor(wall, speed)
	}
	s.notice(now)
	// The file must not stay behind for so long that its clock would slow down.
	if stale := wall.Sub(s.store.clock.Real) > fastFor/2; stale {
		s.store.content = nil
		changed = true
	}
	if changed || speed > 0 || s.store.isNew() {
		return s.store.save(wall)
	}
	return nil
}

// placement is an instance that has work: it is in service, and its group is wired to a queue.
type placement struct{ region, account, group, instance, queue string }

// notice compares the instances that have work with those that had it, for Instances to be told. Those
// that lost it come first, because an instance may have lost it to another queue.
func (s *Sandbox) notice(now time.Time) {
	if s.options.Instances == nil {
		return
	}
	have, is := s.store.current.working(), map[placement]bool{}
	var events []InstanceEvent
	for _, p := range have {
		is[p] = true
	}
	for p := range s.told {
		if !is[p] {
			events = append(events, s.event(now, p, Terminating))
		}
	}
	slices.SortFunc(events, func(a, b InstanceEvent) int { return cmp.Compare(a.InstanceID, b.InstanceID) })
	for _, p := range have {
		if !s.told[p] {
			events = append(events, s.event(now, p, InService))
		}
	}
	s.told = is
	s.telling.Lock()
	defer s.telling.Unlock()
	s.news = append(s.news, events...)
}

func (s *Sandbox) event(now time.Time, p placement, kind InstanceEventKind) InstanceEvent {
	base := cmp.Or(s.options.Endpoint, "https://sqs."+p.region+".amazonaws.com")
	return InstanceEvent{
		Time: now, Region: p.region, Group: p.group, InstanceID: p.instance, Kind: kind,
		QueueURL: base + "/" + p.account + "/" + p.queue,
	}
}

// tell passes the news on, in order, without any lock: whoever is told may use the sandbox.
func (s *Sandbox) tell() {
	s.telling.Lock()
	defer s.telling.Unlock()
	if s.speaking {
		return
	}
	s.speaking = true
	for len(s.news) > 0 {
		event := s.news[0]
		s.news = s.news[1:]
		s.telling.Unlock()
		s.options.Instances(event)
		s.telling.Lock()
	}
	s.speaking = false
}
