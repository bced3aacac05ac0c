package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/eventscale/eventscale/internal/state"
)

// Engine provisions one stack.
type Engine struct {
	Stack     string
	Owner     Tags        // more tags that mark an object as ours
	Resources []Resource  // each after those it depends on
	Types     []Type      // all that a record may be of, today's or an older program's
	Journal   *Journal    //
	Emit      func(Event) // nil where nobody listens

	// DeleteAdopted makes Destroy delete what was there before the stack too, but for what is borrowed.
	DeleteAdopted bool

	strangers map[string]bool  // recorded, and by their tags not ours any more; by logical ID
	unseen    map[string]bool  // recorded, and not there, or not yet
	unread    map[string]error // recorded, and whose it is cannot be told
}

// run is one Apply or Destroy.
type run struct {
	*Engine
	adopt bool // as the plan was made

	mu       sync.Mutex
	bound    map[string]object // what each resource is on AWS, once dependents may refer to it
	failures []error
	skipped  []string
}

// Apply does what the plan says: each resource as soon as all it depends on are there, independent ones
// at once. A failure stops its dependents and nothing else; deletions begin when all else has worked.
// A cancelled context lets calls in flight end, and starts no other. The error is a *RunError.
func (e *Engine) Apply(ctx context.Context, plan *Plan) error {
	r := &run{Engine: e, adopt: plan.adopt, bound: map[string]object{}}
	var nodes []*node
	byID := map[string]*node{}
	for _, s := range plan.Steps {
		if s.Action == Delete {
			continue
		}
		n := newNode(s.LogicalID, func(ctx context.Context, free func()) error { return r.apply(ctx, s, free) })
		for _, id := range s.resource.DependsOn {
			n.after = append(n.after, byID[id])
		}
		byID[s.LogicalID] = n
		nodes = append(nodes, n)
	}
	r.walk(ctx, nodes, func(n *node, reason string) {
		t := plan.step(n.id)
		r.skip(t.LogicalID, t.Type, t.Name, reason)
	})
	r.retire(ctx)
	return r.result(ctx, len(e.Resources))
}

// retire deletes what is recorded and no longer wanted, old versions of replaced objects included.
func (r *run) retire(ctx context.Context) {
	unwanted := r.unwanted(r.Journal.Snapshot())
	if len(unwanted) == 0 {
		return
	}
	if len(r.failures)+len(r.skipped) > 0 || ctx.Err() != nil {
		for _, s := range unwanted {
			r.skip(s.LogicalID, s.Type, s.Name, "kept until all else is in place")
		}
		return
	}
	var records []state.Record
	for _, s := range unwanted {
		records = append(records, s.record)
	}
	r.inspect(ctx, records)
	r.deleteAll(ctx, records)
}

// apply does one step. It calls free as soon as dependents can refer to the resource.
func (r *run) apply(ctx context.Context, s Step, free func()) error {
	switch s.Action {
	case Create, Replace:
		return r.create(ctx, s, free)
	case Update:
		return r.update(ctx, s)
	default:
		return r.keep(ctx, s, free)
	}
}

// keep binds a resource that is as wanted. One that was found rather than known, or whose run was cut
// off, may not be ready yet, and is recorded.
func (r *run) keep(ctx context.Context, s Step, free func()) error {
	r.bind(s.LogicalID, s.live)
	have := r.Journal.Snapshot().Record(s.LogicalID)
	if !s.Adopt && settled(*have) && have.PhysicalID == s.live.physicalID && have.ARN == s.live.arn {
		return nil
	}
	want := s.want(r.refs())
	w := r.begin(s.LogicalID, s.Type, s.Name)
	waited := false
	tell := w.waiting(CreateInProgress)
	ctx = WithWaiting(ctx, func(reason string, until time.Time) { waited = true; tell(reason, until) })
	if err := r.confirm(ctx, s, want); err != nil {
		return r.fail(ctx, w, CreateFailed, "creating", err)
	}
	free()
	if err := s.resource.Type.ready(ctx, s.live); err != nil {
		return r.fail(ctx, w, CreateFailed, "creating", err)
	}
	if err := r.record(s, s.live, s.resource.Type.tags(want), CreateComplete); err != nil {
		return err
	}
	if waited {
		w.tell(CreateComplete, "")
	}
	return nil
}

// confirm makes sure that an object is there to stay that no finished run of ours has made: what the state does
// not know may have been deleted a moment ago, and so may what a run was at when it was cut off. The object may
// be made anew by it, so it is an intent until then.
func (r *run) confirm(ctx context.Context, s Step, want any) error {
	t := s.resource.Type
	if !s.uncertain {
		return nil
	}
	have := r.Journal.Snapshot().Record(s.LogicalID)
	if err := r.record(s, s.live, either(t.tags(want), have), CreateInProgress); err != nil {
		return err
	}
	return t.confirm(ctx, Identity{Name: s.Name}, want)
}

// create makes an object, frees its dependents, and then brings to it what Create leaves out.
func (r *run) create(ctx context.Context, s Step, free func()) error {
	want := s.want(r.refs())
	tags := s.resource.Type.tags(want)
	w := r.begin(s.LogicalID, s.Type, s.Name)
	w.tell(CreateInProgress, "")
	before := earlier(r.Journal.Snapshot(), s)
	had := applied(before)
	if err := r.intend(s, either(tags, had), had); err != nil {
		return err
	}
	ctx = WithWaiting(ctx, w.waiting(CreateInProgress))
	if s.inPlace() {
		if err := s.resource.Type.delete(ctx, s.live.identity(s.Name)); err != nil {
			return r.fail(ctx, w, CreateFailed, "deleting the old", err)
		}
	}
	live, err := s.resource.Type.create(ctx, Identity{Name: s.Name}, want)
	switch {
	case errors.Is(err, ErrExists):
		live, err = r.claim(ctx, &s, before, err)
	case err == nil && len(before) > 0 && s.resource.Type.reuses:
		live, err = r.reused(ctx, &s, before, live)
	}
	if err != nil {
		return r.fail(ctx, w, CreateFailed, "creating", err)
	}
	want = s.want(r.refs()) // which depends on whose it is
	tags = s.resource.Type.tags(want)
	if err := r.underway(s, live, either(tags, had), had, CreateInProgress); err != nil {
		return err
	}
	r.bind(s.LogicalID, live)
	free()
	if err := r.complete(ctx, s, live, want, had); err != nil {
		return r.fail(ctx, w, CreateFailed, "creating", err)
	}
	if err := r.record(s, live, tags, CreateComplete); err != nil {
		return err
	}
	w.tell(CreateComplete, "")
	return nil
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

// complete updates what differs from the wanted properties and waits until the object can be used.
func (r *run) complete(ctx context.Context, s Step, live object, want any, record *state.Record) error {
	have := r.ownTags(s.resource, live.properties, want, record)
	if changes := diff(have, want); len(changes) > 0 {
		adjusted := live
		adjusted.properties = have
		if err := s.resource.Type.update(ctx, adjusted, want, changedProperties(changes)); err != nil {
			return err
		}
	}
	return s.resource.Type.ready(ctx, live)
}

// update brings an object to what is wanted, which may be less than the plan said: a reference that was
// not known then may have turned out the same.
func (r *run) update(ctx context.Context, s Step) error {
	want := s.want(r.refs())
	tags := s.resource.Type.tags(want)
	had := r.appliedTo(s.resource)
	w := r.begin(s.LogicalID, s.Type, s.Name)
	w.tell(UpdateInProgress, "")
	read := &state.Record{Tags: s.resource.Type.tags(s.live.properties)}
	if err := r.underway(s, s.live, either(tags, had), read, UpdateInProgress); err != nil {
		return err
	}
	ctx = WithWaiting(ctx, w.waiting(UpdateInProgress))
	if err := r.confirm(ctx, s, want); err != nil {
		return r.fail(ctx, w, UpdateFailed, "updating", err)
	}
	if err := r.complete(ctx, s, s.live, want, had); err != nil {
		return r.fail(ctx, w, UpdateFailed, "updating", err)
	}
	r.bind(s.LogicalID, s.live)
	if err := r.record(s, s.live, tags, UpdateComplete); err != nil {
		return err
	}
	w.tell(UpdateComplete, "")
	return nil
}

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

func (r *run) bind(logicalID string, live object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bound[logicalID] = live
}

// refs looks up what has been bound so far.
func (r *run) refs() Refs {
	return Refs{of: func(logicalID string) object {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.bound[logicalID]
	}}
}

// work is one resource on its way, for those who watch.
type work struct {
	run   *run
	event Event
	start time.Time
}

func (r *run) begin(logicalID, typeName, name string) *work {
	return &work{run: r, start: time.Now(), event: Event{LogicalID: logicalID, Type: typeName, Name: name}}
}

// tell emits what has become of the resource, and why.
func (w *work) tell(status Status, reason string) {
	w.emit(func(e *Event) { e.Status, e.Reason = status, reason })
}

// waiting returns a function that emits what the resource waits for.
func (w *work) waiting(status Status) func(reason string, until time.Time) {
	return func(reason string, until time.Time) {
		w.emit(func(e *Event) { e.Status, e.Reason, e.Until = status, reason, until })
	}
}

// emit sends an event: one at a time, in the order in which they happen.
func (w *work) emit(fill func(*Event)) {
	if w.run.Emit == nil {
		return
	}
	w.run.mu.Lock()
	defer w.run.mu.Unlock()
	e := w.event
	e.Time = time.Now()
	e.Elapsed = e.Time.Sub(w.start)
	fill(&e)
	w.run.Emit(e)
}

// fail tells and keeps a failure. It returns the error, so that dependents are skipped. That the state
// could not be saved is told once by the run, not by each resource.
func (r *run) fail(ctx context.Context, w *work, status Status, doing string, err error) error {
	if stopped(ctx, err) {
		r.skip(w.event.LogicalID, w.event.Type, w.event.Name, stopReason(err))
		return errSkipped
	}
	w.tell(status, err.Error())
	if unsaved := r.Journal.Err(); unsaved != nil && errors.Is(err, unsaved) {
		return err
	}
	f := &Failure{doing, w.event.Type, w.event.LogicalID, err}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, f)
	return f
}

// stopped reports whether an error only says that the context has ended.
func stopped(ctx context.Context, err error) bool {
	if ctx.Err() == nil {
		return false
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Cause(ctx))
}

// stopReason is what a resource did when its run was stopped, in few words.
func stopReason(err error) string {
	if wait, ok := errors.AsType[*StoppedError](err); ok {
		return wait.Error()
	}
	return "stopped"
}

// skip tells and keeps that a resource was not touched.
func (r *run) skip(logicalID, typeName, name, reason string) {
	r.begin(logicalID, typeName, name).tell(Skipped, reason)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.skipped = append(r.skipped, logicalID)
}
