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
