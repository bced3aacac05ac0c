package provision

import (
	"fmt"
	"sync"

	"github.com/eventscale/eventscale/internal/state"
)

// Journal keeps the snapshot of a run and its file in step. Those who record at the same time share
// one write, so that saving around every call costs little more than one save a round trip.
type Journal struct {
	save func(*state.Snapshot) error

	mu       sync.Mutex
	written  sync.Cond
	snapshot *state.Snapshot
	changes  uint64 // made so far
	durable  uint64 // of these, saved
	saving   bool
	err      error // the first save that failed; nothing is recorded after it
}

// NewJournal records into the snapshot, and saves it through save.
func NewJournal(snapshot *state.Snapshot, save func(*state.Snapshot) error) *Journal {
	j := &Journal{snapshot: snapshot, save: save}
	j.written.L = &j.mu
	return j
}

// Snapshot returns a copy of what is recorded.
func (j *Journal) Snapshot() *state.Snapshot {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.snapshot.Clone()
}

// Record changes the snapshot, and returns when the change is durable. After a save that failed it
// returns that failure at once: no call must be made that could not be recorded.
func (j *Journal) Record(change func(*state.Snapshot)) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	change(j.snapshot)
	j.changes++
	mine := j.changes
	for j.durable < mine && j.err == nil {
		if j.saving {
			j.written.Wait()
			continue
		}
		j.write()
	}
	return j.err
}

// write saves all changes made so far, without the mutex, so that more can gather meanwhile.
func (j *Journal) write() {
	copied, upTo := j.snapshot.Clone(), j.changes
	j.saving = true
	j.mu.Unlock()
	err := j.save(copied)
	j.mu.Lock()
	j.saving, j.durable, j.err = false, upTo, err
	j.snapshot.Serial = copied.Serial
	j.written.Broadcast()
}

// Err returns the save that failed, after which nothing is recorded any more.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Rescue tries once more to save all that is recorded, when a save has failed and the run is at its end. It
// returns what to tell the user: a save error that carries the newest snapshot, or that it worked now.
func (j *Journal) Rescue() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.save(j.snapshot); err != nil {
		return err
	}
	return fmt.Errorf("the state could not be saved for a while, and the run was stopped; it is saved now: %s", j.err.Error())
}
