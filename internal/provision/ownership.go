package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/state"
)

// ForeignError says that an object of one of our names exists and belongs to somebody else.
type ForeignError struct {
	LogicalID, Type, Name string
	Taggable              bool
	Tags                  Tags
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s %s exists and does not belong to this stack: %s", e.Type, e.Name, e.owner())
}

// owner says what tells that the object is somebody else's.
func (e *ForeignError) owner() string {
	owner := "it has no eventscale tags"
	if !e.Taggable {
		owner = "nothing else of this stack is there"
	}
	if e.Tags[StackTag] != "" {
		var said []string
		for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
			if strings.HasPrefix(key, tagPrefix) && key != VersionTag {
				said = append(said, key+"="+e.Tags[key])
			}
		}
		owner = "its tags say " + strings.Join(said, ", ")
	}
	return owner
}

// Hint says what to do.
func (e *ForeignError) Hint() string {
	return "choose another name with --stack, or take the object over with --adopt; `eventscale plan` with the same flags and --adopt shows what would change"
}

// foreign reports whether an object that is not known to be ours was there before the stack, and whether
// it takes --adopt to use it. With an intent of ours recorded, our call made what cannot be tagged.
// Without, it is ours if other objects of the stack are there: then the state was lost.
func (e *Engine) foreign(r Resource, record *state.Record, reading *Reading) (foreign, refused bool) {
	t := r.Type
	records := e.recordsOf(r.LogicalID, identity(r, record).Name)
	switch {
	case t.taggable:
		tags := t.tags(reading.objects[r.LogicalID].properties)
		owned := e.owns(tags, logicalIDOf(r.LogicalID)) || anyAsRecorded(tags, records)
		return !owned || tags[AdoptedTag] == "true", !owned
	case len(records) > 0:
		return false, false
	case t.borrowed:
		return true, false
	}
	lost := slices.ContainsFunc(e.Resources, func(other Resource) bool {
		o, found := reading.objects[other.LogicalID]
		return found && other.Type.taggable && e.owns(other.Type.tags(o.properties), logicalIDOf(other.LogicalID))
	})
	return !lost, !lost
}

// claimed reports whether the tags of a recorded object say that somebody else took it, or made another of its
// name. One that only lost our tags is still the one recorded: they are put back. Of an update that was cut
// off, the owner's tags may be those of before.
func (e *Engine) claimed(tags Tags, r state.Record) bool {
	other := func(key, want string) bool { return tags[key] != "" && tags[key] != want }
	if other(StackTag, e.Stack) || other(LogicalIDTag, logicalIDOf(r.LogicalID)) {
		return true
	}
	for key, want := range e.Owner {
		if settled(r) && other(key, want) && other(key, r.Tags[key]) {
			return true
		}
	}
	return false
}

// owns reports whether the tags are those of our resource.
func (e *Engine) owns(tags Tags, logicalID string) bool {
	for key, value := range e.Owner {
		if tags[key] != value {
			return false
		}
	}
	return tags[StackTag] == e.Stack && tags[LogicalIDTag] == logicalID
}

// AsRecorded reports whether an object carries the tags of ours by which it was recorded, or by which it was about
// to be made or changed, or had been before. Its owner may be another than today's: a run that was cut off can have
// been told to move the stack.
func AsRecorded(tags Tags, r state.Record) bool {
	for key, value := range r.Tags {
		before, changing := r.TagsBefore[key]
		if marks(key) && tags[key] != value && (!changing || tags[key] != before) {
			return false
		}
	}
	return r.Tags[StackTag] != ""
}

// marks reports whether a tag says whose an object is.
func marks(key string) bool {
	return strings.HasPrefix(key, tagPrefix) && key != VersionTag && key != AdoptedTag
}

// anyAsRecorded reports whether that is so of one of the records.
func anyAsRecorded(tags Tags, records []state.Record) bool {
	return slices.ContainsFunc(records, func(r state.Record) bool { return AsRecorded(tags, r) })
}

// recordsOf returns what is recorded under a name for a resource, or was before it was replaced.
func (e *Engine) recordsOf(logicalID, name string) []state.Record {
	return slices.DeleteFunc(e.Journal.Snapshot().Resources, func(r state.Record) bool {
		return logicalIDOf(r.LogicalID) != logicalID || r.Name != name
	})
}

// appliedTo is a record of the tags that were applied to what is there of a resource, which may be an object that was
// to be replaced. Nil where nothing was.
func (e *Engine) appliedTo(r Resource) *state.Record {
	return applied(e.recordsOf(r.LogicalID, identity(r, e.Journal.Snapshot().Record(r.LogicalID)).Name))
}

// earlier returns the records of an object of the step's name that earlier runs made, or may have made, though none
// was found: one whose answer they never had, or one in whose place they were making another.
func earlier(snapshot *state.Snapshot, s Step) []state.Record {
	if s.inPlace() {
		return nil // it goes first
	}
	return slices.DeleteFunc(snapshot.Resources, func(r state.Record) bool {
		same := logicalIDOf(r.LogicalID) == s.LogicalID && r.Type == s.Type && r.Name == s.Name
		return !same || r.PhysicalID != "" && !IsSuperseded(r.LogicalID)
	})
}

// claim finds out whose the object is that was there when we came to create it. Our own, made by a call whose
// answer was lost, is ours to go on with; nobody else's is touched or recorded.
func (r *run) claim(ctx context.Context, s *Step, before []state.Record, exists error) (object, error) {
	live, err := Retry(ctx, takenVisible, func(ctx context.Context) (object, error) {
		return s.resource.Type.read(ctx, Identity{Name: s.Name})
	})
	if err != nil {
		return object{}, fmt.Errorf("%w (and reading it: %w)", exists, err)
	}
	return r.taken(s, before, live)
}

// reused does the same for an object that Create returned and an earlier run may have made: its tags are those that
// it was given then.
func (r *run) reused(ctx context.Context, s *Step, before []state.Record, live object) (object, error) {
	tags, err := Retry(ctx, takenVisible, func(ctx context.Context) (Tags, error) {
		return s.resource.Type.readTags(ctx, live.identity(s.Name))
	})
	if err != nil {
		return object{}, err
	}
	live.properties = withTags(live.properties, tags)
	return r.taken(s, before, live)
}

// taken decides by its tags whose an object is that was there. What an earlier run was about to make is our own
// though that run made it for another owner.
func (r *run) taken(s *Step, before []state.Record, live object) (object, error) {
	tags := s.resource.Type.tags(live.properties)
	if !s.resource.Type.taggable || r.owns(tags, s.LogicalID) || anyAsRecorded(tags, before) {
		taken := tags[AdoptedTag] == "true" // once, from its owner: it is not ours to delete now either
		s.Foreign, s.adopted = taken, taken
		return live, nil
	}
	if r.adopt {
		s.Adopt, s.Foreign, s.adopted = true, true, true
		return live, nil
	}
	if err := r.Journal.Record(func(snapshot *state.Snapshot) { snapshot.Forget(s.LogicalID) }); err != nil {
		return object{}, err
	}
	return object{}, &ForeignError{s.LogicalID, s.Type, s.Name, true, tags}
}

// takenVisible: what a call made whose answer was lost, or another run a moment ago, is known to create before
// it can be read. IAM takes longest to show it.
var takenVisible = Patience{
	Reason: "the object that has the name to show itself",
	Cap:    2 * time.Minute, First: 500 * time.Millisecond, Longest: 5 * time.Second,
	Passing: func(err error) bool { return errors.Is(err, ErrNotFound) },
}
