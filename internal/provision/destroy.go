package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/eventscale/eventscale/internal/state"
)

// Inspect reads the tags of all that is recorded, at once, so that Destroy leaves alone what has come to be
// somebody else's: an object deleted behind our back and made anew has the same name, and so the same
// physical ID. The error is a *RunError.
func (e *Engine) Inspect(ctx context.Context) error {
	e.strangers = map[string]bool{}
	var mu sync.Mutex
	var readers sync.WaitGroup
	var failed []error
	for _, record := range e.Journal.Snapshot().Resources {
		t := e.typeOf(record)
		if t == nil || !t.taggable || e.leaves(record) || record.PhysicalID == "" {
			continue
		}
		readers.Go(func() {
			tags, err := t.readTags(ctx, recorded(record))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				e.strangers[record.LogicalID] = tags[StackTag] != e.Stack || tags[LogicalIDTag] != logicalIDOf(record.LogicalID)
			case !errors.Is(err, ErrNotFound):
				failed = append(failed, &Failure{"reading the tags of", record.Type, record.LogicalID, err})
			}
		})
	}
	readers.Wait()
	if len(failed) > 0 {
		return &RunError{Failures: failed}
	}
	return nil
}

// leaves reports whether Destroy forgets an object and does not touch it. What is borrowed is never the
// stack's to delete.
func (e *Engine) leaves(record state.Record) bool {
	t := e.typeOf(record)
	return record.Adopted && (!e.DeleteAdopted || t != nil && t.borrowed)
}

// typeOf returns the type of a record, or nil.
func (e *Engine) typeOf(record state.Record) *Type {
	i := slices.IndexFunc(e.Types, func(t Type) bool { return t.Name == record.Type })
	if i < 0 {
		return nil
	}
	return &e.Types[i]
}

// Destroy deletes all that is recorded, each object after those that depend on it, independent ones at
// once. It walks the snapshot, not the list: what an older program made goes too. It goes on after an
// error, and forgets a record only when AWS has confirmed that the object is gone. What was adopted
// from others is forgotten and left as it is, unless DeleteAdopted is set, and so is what Inspect found to be
// theirs. The error is a *RunError.
func (e *Engine) Destroy(ctx context.Context) error {
	r := &run{Engine: e}
	records := e.Journal.Snapshot().Resources
	r.deleteAll(ctx, records)
	return r.result(ctx, len(records))
}

// deleteAll deletes the records' objects, dependents first.
func (r *run) deleteAll(ctx context.Context, records []state.Record) {
	byID := map[string][]*node{} // of a resource, and of what it replaced
	recordOf := map[string]state.Record{}
	var nodes []*node
	for _, record := range records {
		n := newNode(record.LogicalID, func(ctx context.Context, free func()) error { return r.delete(ctx, record, free) })
		id := logicalIDOf(record.LogicalID)
		byID[id], recordOf[record.LogicalID] = append(byID[id], n), record
		nodes = append(nodes, n)
	}
	for i, record := range records {
		for _, id := range record.DependsOn {
			for _, before := range byID[id] {
				if !nodes[i].waitsFor(before) { // a file edited by hand must not make a run wait for ever
					before.after = append(before.after, nodes[i])
				}
			}
		}
	}
	r.walk(ctx, nodes, func(n *node, reason string) {
		record := recordOf[n.id]
		r.skip(record.LogicalID, record.Type, record.Name, reason)
	})
}

// delete deletes one object and forgets its record. What depends on its being gone need not wait until that
// is saved: an object recorded too long is deleted twice, which does no harm.
func (r *run) delete(ctx context.Context, record state.Record, free func()) error {
	w := r.begin(record.LogicalID, record.Type, record.Name)
	w.tell(DeleteInProgress, "")
	ctx = withWaiting(ctx, w.waiting(DeleteInProgress))
	left, err := r.remove(ctx, record)
	if err != nil {
		return r.fail(ctx, w, DeleteFailed, "deleting", err)
	}
	free()
	if err := r.Journal.Record(func(s *state.Snapshot) { s.Forget(record.LogicalID) }); err != nil {
		return err
	}
	w.tell(DeleteComplete, left)
	return nil
}

// remove makes sure that the object is gone, or is not ours; left says why it was left alone.
func (r *run) remove(ctx context.Context, record state.Record) (left string, err error) {
	t := r.typeOf(record)
	if t == nil {
		return "", fmt.Errorf("this eventscale does not know the type %s: delete it with the version that made it", record.Type)
	}
	id := recorded(record)
	switch {
	case r.strangers[record.LogicalID]:
		return "left as it is: by its tags it is not this stack's any more", nil
	case r.leaves(record):
		return "left as it is: it was there before the stack", nil
	case id.PhysicalID == "":
		id, left, err = r.found(ctx, *t, record)
		if err != nil || left != "" {
			return left, err
		}
	}
	err = r.Journal.Record(func(s *state.Snapshot) {
		if have := s.Record(record.LogicalID); have != nil {
			have.Status = string(DeleteInProgress)
		}
	})
	if err != nil {
		return "", err
	}
	return "", t.delete(ctx, id)
}

// found looks for the object of an intent: a create whose answer never reached us. It may have had its
// effect, or not, or the name may be somebody else's.
func (r *run) found(ctx context.Context, t Type, record state.Record) (id Identity, left string, err error) {
	live, err := t.read(ctx, Identity{Name: record.Name})
	switch {
	case errors.Is(err, ErrNotFound):
		return id, "it was never made", nil
	case err != nil:
		return id, "", err
	case t.taggable && !r.owns(t.tags(live.properties), logicalIDOf(record.LogicalID)):
		return id, "left as it is: it belongs to somebody else", nil
	}
	return Identity{Name: record.Name, PhysicalID: live.physicalID, ARN: live.arn}, "", nil
}
