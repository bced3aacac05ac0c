package provision

import (
	"maps"
	"slices"

	"github.com/eventscale/eventscale/internal/state"
)

// intend saves that an object is about to be made. The record of one in whose place it is made is kept
// under a name of its own, so that it is deleted when the new one is in place, by this run or a later one. One
// that must go first is found by the name of the intent, as long as it is there.
func (r *run) intend(s Step, tags Tags, had *state.Record) error {
	return r.Journal.Record(func(snapshot *state.Snapshot) {
		if have := snapshot.Record(s.LogicalID); have != nil && s.leavesBehind(*have) {
			have.LogicalID = supersededID(snapshot, s.LogicalID)
			have.Status = string(DeletePending)
		}
		r.put(snapshot, s, object{}, tags, CreateInProgress)
		snapshot.Record(s.LogicalID).TagsBefore = unlike(tags, had)
	})
}

// leavesBehind reports whether the object of a record is to be deleted when another is in its place. One of
// another name that was not found is no exception: it may have been made so lately that it was not shown.
func (s Step) leavesBehind(have state.Record) bool {
	return s.Action == Replace && !s.inPlace() || s.Action == Create && have.Name != s.Name
}

// applied is a record of the tags that any of the records says were applied; nil where none does.
func applied(records []state.Record) *state.Record {
	if len(records) == 0 {
		return nil
	}
	all := state.Record{Tags: Tags{}}
	for _, r := range records {
		maps.Copy(all.Tags, r.Tags)
	}
	return &all
}

// either returns the tags of before and those to come: a crash during an update can leave any of them.
func either(tags Tags, record *state.Record) Tags {
	if record == nil || tags == nil {
		return tags
	}
	all := Tags{}
	maps.Copy(all, record.Tags)
	maps.Copy(all, tags)
	return all
}

// unlike returns the tags of ours that an object had, or may have had, with other values than it is to have: a crash
// during the change can leave either. Nil where there are none.
func unlike(tags Tags, had *state.Record) Tags {
	if had == nil || tags == nil {
		return nil
	}
	var before Tags
	for key, value := range had.Tags {
		if marks(key) && tags[key] != value {
			if before == nil {
				before = Tags{}
			}
			before[key] = value
		}
	}
	return before
}

// underway saves that an object is about to change: it may go on having the tags that it had, and depending on what
// it depended on.
func (r *run) underway(s Step, live object, tags Tags, had *state.Record, status Status) error {
	return r.Journal.Record(func(snapshot *state.Snapshot) {
		var dependsOn []string
		if have := snapshot.Record(s.LogicalID); have != nil {
			dependsOn = have.DependsOn
		}
		r.put(snapshot, s, live, tags, status)
		record := snapshot.Record(s.LogicalID)
		record.TagsBefore = unlike(tags, had)
		for _, id := range dependsOn {
			if !slices.Contains(record.DependsOn, id) {
				record.DependsOn = append(slices.Clone(record.DependsOn), id)
			}
		}
	})
}

// record saves what is known of a resource.
func (r *run) record(s Step, live object, tags Tags, status Status) error {
	return r.Journal.Record(func(snapshot *state.Snapshot) { r.put(snapshot, s, live, tags, status) })
}

func (r *run) put(snapshot *state.Snapshot, s Step, live object, tags Tags, status Status) {
	have := snapshot.Record(s.LogicalID)
	adopted := have != nil && have.Adopted && s.Action != Create // what is made anew is our own
	adopted = restore(snapshot, s, live) || adopted
	snapshot.Put(state.Record{
		LogicalID: s.LogicalID, Type: s.Type, Name: s.Name,
		PhysicalID: live.physicalID, ARN: live.arn,
		DependsOn: s.resource.DependsOn, Status: string(status),
		Adopted: s.Foreign || adopted, Tags: tags,
	})
	snapshot.Arrange(r.place)
}

// restore forgets that an object was replaced, when it is in use again: the user took the change back
// before the old object was deleted. So it does where it was never known whether there was one of that name: now
// there is, and it must not be deleted as the old. It reports whether that had been adopted.
func restore(snapshot *state.Snapshot, s Step, live object) (adopted bool) {
	if live.physicalID == "" {
		return false
	}
	snapshot.Resources = slices.DeleteFunc(snapshot.Resources, func(r state.Record) bool {
		same := r.PhysicalID == live.physicalID || r.PhysicalID == "" && r.Type == s.Type && r.Name == s.Name
		again := r.LogicalID != s.LogicalID && logicalIDOf(r.LogicalID) == s.LogicalID && same
		adopted = adopted || again && r.Adopted
		return again
	})
	return adopted
}

// place is the position of a logical ID in the list: the state keeps its order, whoever came first.
func (e *Engine) place(logicalID string) int {
	i := slices.IndexFunc(e.Resources, func(r Resource) bool { return r.LogicalID == logicalIDOf(logicalID) })
	if i < 0 {
		return len(e.Resources)
	}
	return i
}
