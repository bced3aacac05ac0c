package provision

import (
	"context"
	"errors"
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
