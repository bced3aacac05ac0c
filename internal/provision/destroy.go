package provision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/state"
)

// Inspect reads the tags of all that is recorded, at once, so that Destroy leaves alone what has come to be
// somebody else's: an object deleted behind our back and made anew has the same name, and so the same
// physical ID. One whose tags cannot be read is not deleted, and Destroy says why.
func (e *Engine) Inspect(ctx context.Context) { e.inspect(ctx, e.Journal.Snapshot().Resources) }

func (e *Engine) inspect(ctx context.Context, records []state.Record) {
	e.strangers, e.unseen, e.unread = map[string]bool{}, map[string]bool{}, map[string]error{}
	var mu sync.Mutex
	var readers sync.WaitGroup
	for _, record := range records {
		t := e.typeOf(record)
		if t == nil || !t.taggable || e.Leaves(record) || record.PhysicalID == "" {
			continue
		}
		readers.Go(func() {
			tags, err := t.readTags(ctx, recorded(record))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				e.strangers[record.LogicalID] = e.strange(tags, record)
			case errors.Is(err, ErrNotFound):
				e.unseen[record.LogicalID] = true
			default:
				e.unread[record.LogicalID] = err
			}
		})
	}
	readers.Wait()
}

// Leaves reports whether Destroy forgets an object and does not touch it, because it was there before the
// stack. What is borrowed is never the stack's to delete.
func (e *Engine) Leaves(record state.Record) bool {
	t := e.typeOf(record)
	return record.Adopted && (!e.DeleteAdopted || t != nil && t.borrowed)
}

// strange reports whether an object of these tags must be left alone by a destroy. One without our tags must too,
// though an up puts them back: what is deleted is gone for good.
func (e *Engine) strange(tags Tags, record state.Record) bool {
	return tags[StackTag] != e.Stack || tags[LogicalIDTag] != logicalIDOf(record.LogicalID) || e.claimed(tags, record)
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
	ctx = WithWaiting(ctx, w.waiting(DeleteInProgress))
	left, err := r.remove(ctx, record)
	if err != nil {
		return r.fail(ctx, w, DeleteFailed, "deleting", err)
	}
	free()
	if err := r.Journal.Record(func(s *state.Snapshot) { s.Forget(record.LogicalID) }); err != nil {
		return err
	}
	w.emit(func(e *Event) { e.Status, e.Reason, e.Left = DeleteComplete, left, left != "" && left != neverMade })
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
	case r.unread[record.LogicalID] != nil:
		return "", r.unread[record.LogicalID]
	case r.strangers[record.LogicalID]:
		return "left as it is: by its tags it is not this stack's any more", nil
	case r.Leaves(record):
		return "left as it is: it was there before the stack", nil
	case id.PhysicalID == "":
		id, left, err = r.found(ctx, *t, record)
		if err != nil || left != "" {
			return left, err
		}
	case r.unseen[record.LogicalID]:
		tags, err := appeared(ctx, *t, record, func(ctx context.Context) (Tags, error) { return t.readTags(ctx, id) })
		if err == nil && r.strange(tags, record) {
			return "left as it is: by its tags it is not this stack's any more", nil
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
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

// neverMade is why an intent needs no deletion.
const neverMade = "it was never made"

// found looks for the object of an intent: a create whose answer never reached us. It may have had its
// effect, or not, or the name may be somebody else's.
func (r *run) found(ctx context.Context, t Type, record state.Record) (id Identity, left string, err error) {
	live, err := appeared(ctx, t, record, func(ctx context.Context) (object, error) {
		return t.read(ctx, Identity{Name: record.Name})
	})
	if errors.Is(err, ErrNotFound) {
		return id, neverMade, nil
	}
	if err != nil {
		return id, "", err
	}
	tags := t.tags(live.properties)
	switch {
	case t.taggable && !r.owns(tags, logicalIDOf(record.LogicalID)) && !anyAsRecorded(tags, r.recordsOf(logicalIDOf(record.LogicalID), record.Name)):
		return id, "left as it is: it belongs to somebody else", nil
	case tags[AdoptedTag] == "true" && !r.DeleteAdopted:
		return id, "left as it is: it was there before the stack", nil
	}
	return live.identity(record.Name), "", nil
}

// appeared reads an object until AWS shows it, or can be believed that there is none: a run that was cut off may
// have made it a moment ago. Where we have asked for its deletion, there is nothing to wait for.
func appeared[T any](ctx context.Context, t Type, record state.Record, read func(context.Context) (T, error)) (T, error) {
	patience := Patience{
		Reason: "AWS to show what may have been made a moment ago",
		Cap:    t.appears, First: 500 * time.Millisecond,
		Passing: func(err error) bool { return errors.Is(err, ErrNotFound) },
	}
	if t.appears == 0 || record.Status == string(DeleteInProgress) {
		return read(ctx)
	}
	return Retry(ctx, patience, read)
}
