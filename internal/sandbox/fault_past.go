package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// past keeps the world as it was before each write of late, for reads that are to see it so. Writes of other
// processes are not in it. The caller holds the sandbox's mutex.
type past struct {
	keep   time.Duration // for how long; 0 where no rule asks for it
	worlds []pastWorld   // the oldest first
}

// pastWorld is a world before a write.
type pastWorld struct {
	until time.Time // when the write was; real time
	json  []byte
}

func newPast(rules []Fault) *past {
	p := &past{}
	for _, rule := range rules {
		if rule.Do == DoStale {
			p.keep = max(p.keep, rule.For)
		}
	}
	return p
}

// note keeps the world as it is, before a write.
func (p *past) note(current backend, now time.Time) error {
	if p.keep == 0 {
		return nil
	}
	for len(p.worlds) > 0 && !p.worlds[0].until.After(now.Add(-p.keep)) {
		p.worlds = p.worlds[1:]
	}
	world, err := json.Marshal(current)
	if err != nil {
		return fmt.Errorf("keeping the sandbox's past: %w", err)
	}
	if last := len(p.worlds) - 1; last >= 0 && bytes.Equal(p.worlds[last].json, world) {
		p.worlds[last].until = now // the write before changed nothing
		return nil
	}
	p.worlds = append(p.worlds, pastWorld{now, world})
	return nil
}

// before returns the world as it was before the first write after a time; nil where there was none since.
func (p *past) before(after time.Time, empty func() backend) (backend, error) {
	for _, world := range p.worlds {
		if !world.until.After(after) {
			continue
		}
		b := empty()
		if err := json.Unmarshal(world.json, b); err != nil {
			return nil, fmt.Errorf("reading the sandbox's past: %w", err)
		}
		return b, nil
	}
	return nil, nil
}
