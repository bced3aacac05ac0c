package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/eventscale/eventscale/internal/state"
)

// Action is what a run will do to a resource.
type Action string

// The actions.
const (
	Keep    Action = "keep"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace"
	Delete  Action = "delete"
)

// Plan is what a run will do, each resource after those it depends on, deletions last.
type Plan struct {
	Steps []Step

	adopt bool
}

// Step is what a run will do to one resource.
type Step struct {
	LogicalID string
	Type      string // "AWS::SQS::Queue"
	Name      string
	Action    Action
	Changes   []Change // of an update or a replacement
	Adopt     bool     // the object is there, and not in the state: it is taken into it
	Foreign   bool     // of those: it was there before the stack, by its tags or for want of them
	Taken     bool     // of those: it takes --adopt to use it
	Gone      bool     // to be created, though the state says that it was

	resource  Resource
	adopted   bool // it was there before the stack, and is marked as such
	uncertain bool // it is there, and may be on its way out
	live      object
	record    state.Record // of a deletion
}

// nameProperty stands for the name in the changes of an object that gets another.
const nameProperty = "Name"

// inPlace reports whether the new object of a replacement bears the name of the old one, which must go first.
func (s Step) inPlace() bool {
	renamed := slices.ContainsFunc(s.Changes, func(c Change) bool { return c.Property == nameProperty })
	return s.Action == Replace && !renamed
}

// want returns the properties that the resource shall have.
func (s Step) want(refs Refs) any {
	t, want := s.resource.Type, s.resource.want(refs)
	if !s.adopted || !t.taggable {
		return want
	}
	tags := maps.Clone(t.tags(want))
	tags[AdoptedTag] = "true"
	return withTags(want, tags)
}

// step returns the step of a logical ID.
func (p *Plan) step(logicalID string) Step {
	return p.Steps[slices.IndexFunc(p.Steps, func(s Step) bool { return s.LogicalID == logicalID })]
}

// Count returns how many steps have the action.
func (p *Plan) Count(a Action) int {
	n := 0
	for _, s := range p.Steps {
		if s.Action == a {
			n++
		}
	}
	return n
}

// Empty reports whether the run will change nothing on AWS.
func (p *Plan) Empty() bool { return p.Count(Keep) == len(p.Steps) }

// Uncertain reports whether the run may have to make anew what seems to be there: AWS goes on showing some
// objects for a while after they were deleted.
func (p *Plan) Uncertain() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.uncertain })
}

// Replacements returns the steps that make an object anew in place of another.
func (p *Plan) Replacements() []Step {
	var steps []Step
	for _, s := range p.Steps {
		if s.Action == Replace {
			steps = append(steps, s)
		}
	}
	return steps
}

// Taken returns the steps that take over what is somebody else's.
func (p *Plan) Taken() []Step {
	var steps []Step
	for _, s := range p.Steps {
		if s.Taken {
			steps = append(steps, s)
		}
	}
	return steps
}

// Lost reports whether objects of the stack's own are there that the state does not know.
func (p *Plan) Lost() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Adopt && !s.Foreign })
}

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

// Reading is what AWS holds of every resource at one moment.
type Reading struct {
	objects map[string]object // by logical ID; missing where AWS has none
}

// PhysicalID returns the physical ID of a resource; "" where AWS has none.
func (r *Reading) PhysicalID(logicalID string) string { return r.objects[logicalID].physicalID }

// ARN returns the ARN of a resource; "" where AWS has none.
func (r *Reading) ARN(logicalID string) string { return r.objects[logicalID].arn }

// Read asks AWS for every resource at once: the names are known beforehand, so it costs one round trip
// where the state knows the objects, and two where their tags can be asked for only when they are found.
func (e *Engine) Read(ctx context.Context) (*Reading, error) {
	snapshot := e.Journal.Snapshot()
	reading := &Reading{objects: map[string]object{}}
	var mu sync.Mutex
	var readers sync.WaitGroup
	failed := make([]error, len(e.Resources)) // in the order of the list
	for i, r := range e.Resources {
		readers.Go(func() {
			found, err := r.Type.read(ctx, identity(r, snapshot.Record(r.LogicalID)))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				reading.objects[r.LogicalID] = found
			case !errors.Is(err, ErrNotFound):
				failed[i] = &Failure{"reading", r.Type.Name, r.LogicalID, err}
			}
		})
	}
	readers.Wait()
	failed = slices.DeleteFunc(failed, func(err error) bool { return err == nil })
	if len(failed) > 0 {
		return nil, &RunError{Failures: failed}
	}
	return reading, nil
}

// identity is how a resource is looked for: as recorded, else by name.
func identity(r Resource, record *state.Record) Identity {
	if record == nil {
		return Identity{Name: r.Name}
	}
	return recorded(*record)
}

func recorded(r state.Record) Identity {
	return Identity{Name: r.Name, PhysicalID: r.PhysicalID, ARN: r.ARN}
}

// settled reports whether what is recorded came about: no run was cut off between intent and result.
func settled(r state.Record) bool {
	return r.Status == string(CreateComplete) || r.Status == string(UpdateComplete)
}

// Plan compares what is wanted with the reading. It asks nobody and changes nothing. Objects of our names
// that belong to others are taken over with adopt; without, the error joins the *ForeignErrors.
func (e *Engine) Plan(reading *Reading, adopt bool) (*Plan, error) {
	snapshot := e.Journal.Snapshot()
	plan := &Plan{adopt: adopt}
	remade := map[string]bool{}
	refs := Refs{of: func(logicalID string) object {
		if remade[logicalID] {
			return object{}
		}
		return reading.objects[logicalID]
	}}
	var foreign []error
	for _, r := range e.Resources {
		step, err := e.step(r, snapshot.Record(r.LogicalID), reading, refs)
		if err != nil && !adopt {
			foreign = append(foreign, err)
			continue
		}
		remade[r.LogicalID] = step.Action == Create || step.Action == Replace
		plan.Steps = append(plan.Steps, step)
	}
	again := func(s Step) bool { // what was to be replaced is wanted again, by its name: it stays
		return slices.ContainsFunc(e.Resources, func(r Resource) bool {
			return r.LogicalID == logicalIDOf(s.LogicalID) && r.Type.Name == s.Type && r.Name == s.Name
		})
	}
	plan.Steps = append(plan.Steps, slices.DeleteFunc(e.unwanted(snapshot), again)...)
	return plan, errors.Join(foreign...)
}

// step decides what to do with one resource. The error is a *ForeignError where that takes --adopt.
func (e *Engine) step(r Resource, record *state.Record, reading *Reading, refs Refs) (Step, error) {
	s := Step{LogicalID: r.LogicalID, Type: r.Type.Name, Name: r.Name, resource: r}
	known := record != nil && record.PhysicalID != ""
	live, found := reading.objects[r.LogicalID]
	if !found {
		s.Action, s.Gone = Create, known
		return s, nil
	}
	s.live = live
	var err error
	switch {
	case known && r.Type.borrowed:
		s.Foreign = record.ARN != "" && record.ARN != live.arn // of another than we came to, and there before us
	case known:
		s.Taken = r.Type.taggable && e.claimed(r.Type.tags(live.properties), *record)
		s.Foreign = s.Taken
	default:
		s.Adopt = true
		s.Foreign, s.Taken = e.foreign(r, record, reading)
	}
	if s.Taken {
		err = &ForeignError{r.LogicalID, r.Type.Name, r.Name, r.Type.taggable, r.Type.tags(live.properties)}
	}
	s.uncertain = r.Type.confirm != nil && (s.Adopt || !settled(*record))
	s.adopted = s.Foreign || record != nil && record.Adopted
	s.Changes = e.compare(s, refs)
	if record != nil && record.Name != r.Name {
		s.Changes = append([]Change{{nameProperty, record.Name, r.Name, true}}, s.Changes...)
	}
	s.Action = action(s.Changes)
	return s, err
}

func action(changes []Change) Action {
	if len(changes) == 0 {
		return Keep
	}
	for _, c := range changes {
		if c.Replaces {
			return Replace
		}
	}
	return Update
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

// compare returns the properties of a live object that are not as wanted.
func (e *Engine) compare(s Step, refs Refs) []Change {
	want := s.want(refs)
	return diff(e.ownTags(s.resource, s.live.properties, want, e.appliedTo(s.resource)), want)
}

// ownTags leaves out of the live properties the tags that are not ours to change.
func (e *Engine) ownTags(r Resource, have, want any, record *state.Record) any {
	if !r.Type.taggable {
		return have
	}
	var applied Tags
	if record != nil {
		applied = record.Tags
	}
	return keepTags(have, r.Type.tags(have), r.Type.tags(want), applied)
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

// unwanted returns the deletions: what is recorded and no longer in the list, dependents first.
func (e *Engine) unwanted(snapshot *state.Snapshot) []Step {
	listed := map[string]bool{}
	for _, r := range e.Resources {
		listed[r.LogicalID] = true
	}
	var steps []Step
	for i := len(snapshot.Resources) - 1; i >= 0; i-- {
		if r := snapshot.Resources[i]; !listed[r.LogicalID] {
			steps = append(steps, Step{
				LogicalID: r.LogicalID, Type: r.Type, Name: r.Name, Action: Delete, record: r,
			})
		}
	}
	return steps
}

// replacedSuffix marks the record of an object in whose place another is made.
const replacedSuffix = ".replaced"

// supersededID returns a logical ID for the record of a replaced object that no record has.
func supersededID(s *state.Snapshot, logicalID string) string {
	id := logicalID + replacedSuffix
	for n := 2; s.Record(id) != nil; n++ {
		id = fmt.Sprintf("%s%s-%d", logicalID, replacedSuffix, n)
	}
	return id
}

// logicalIDOf returns the tag that an object of that record carries.
func logicalIDOf(recordID string) string {
	id, _, _ := strings.Cut(recordID, replacedSuffix)
	return id
}
