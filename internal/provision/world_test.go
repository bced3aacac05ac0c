package provision

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/eventscale/eventscale/internal/state"
)

const stackName = "workers"

// world is a cloud, and the disk of the machine that the engine runs on.
type world struct {
	*cloud
	mu     sync.Mutex
	disk   *state.Snapshot // what the state file holds
	saves  int
	events []Event
	group  string // of the last design, as the spec in the state tells it
	owner  string // of the last design, likewise

	// onSave stands for the disk: it does the write, or does not. Nil does it.
	onSave func(write func()) error
}

func newWorld() *world {
	w := &world{cloud: newCloud(), group: first.group}
	w.disk = state.New(stackName, "123456789012", "eu-central-1", "gpu-workers")
	return w
}

// clone returns a world of the same objects and state, with no history.
func (w *world) clone() *world {
	c := &world{cloud: newCloud(), disk: w.disk, group: w.group, owner: w.owner}
	c.last = w.last
	for id, o := range w.objects {
		copied := *o
		copied.properties = o.properties.clone()
		c.objects[id] = &copied
	}
	return c
}

// saved returns what is on the disk, as a process that starts reads it.
func (w *world) saved() *state.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	data, err := w.disk.Encode()
	if err != nil {
		panic(err)
	}
	s, err := state.Decode(data)
	if err != nil {
		panic(err)
	}
	return s
}

func (w *world) save(s *state.Snapshot) error {
	s.Serial++
	write := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.disk = s.Clone()
		w.saves++
	}
	w.mu.Lock()
	onSave := w.onSave
	w.mu.Unlock()
	if onSave == nil {
		write()
		return nil
	}
	return onSave(write)
}

// engine starts a new process: all it knows is on the disk.
func (w *world) engine(resources ...Resource) *Engine {
	e := &Engine{
		Stack: stackName, Resources: resources, Journal: NewJournal(w.saved(), w.save),
		Emit: func(e Event) { w.events = append(w.events, e) },
	}
	if w.owner != "" {
		e.Owner = Tags{ownerTag: w.owner}
	}
	for _, r := range append(w.list(design{group: w.group}), resources...) {
		e.Types = append(e.Types, r.Type)
	}
	return e
}

// up is what `eventscale up` does.
func (e *Engine) up(ctx context.Context) error { return e.run(ctx, false) }

// adopt is `eventscale up --adopt`.
func (e *Engine) adopt(ctx context.Context) error { return e.run(ctx, true) }

func (e *Engine) run(ctx context.Context, adopt bool) error {
	reading, err := e.Read(ctx)
	if err != nil {
		return err
	}
	plan, err := e.Plan(reading, adopt)
	if err != nil {
		return err
	}
	return e.Apply(ctx, plan)
}

// mustUp brings the world to the resources.
func (w *world) mustUp(t *testing.T, resources ...Resource) {
	t.Helper()
	if err := w.engine(resources...).up(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// plan is what `eventscale plan` shows.
func (w *world) plan(t *testing.T, resources ...Resource) *Plan {
	t.Helper()
	e := w.engine(resources...)
	reading, err := e.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := e.Plan(reading, false)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// design says how the stack of these tests shall be.
type design struct {
	size    int
	tags    Tags
	suffix  string // of all names
	group   string
	secret  string
	fixed   string
	owner   string   // "": the stack has none
	without []string // logical IDs
}

// ownerTag is the tag of an owner.
const ownerTag = "eventscale:owner"

var (
	first   = design{size: 1, group: "a", secret: "hunter2", tags: Tags{"team": "red", "old": "x"}}
	changed = design{size: 2, group: "a", secret: "hunter3", tags: Tags{"team": "blue", "new": "y"}}
	renamed = design{size: 1, group: "a", secret: "hunter2", tags: first.tags, suffix: "-v2"}
	moved   = design{size: 1, group: "b", secret: "hunter2", tags: first.tags}
	remade  = design{size: 1, group: "a", secret: "hunter2", tags: first.tags, fixed: "other"}
	reduced = design{size: 1, group: "a", secret: "hunter2", tags: first.tags, without: []string{"DeadLetters", "Logs", "Policy", "Alarm"}}
	nothing = design{without: []string{"*"}}
)

// list makes the resources: every trait that a kind can have, in a graph like that of a real stack.
func (w *world) list(d design) []Resource {
	var resources []Resource
	declare := func(logicalID string, t traits, env bool, uses ...string) {
		if slices.Contains(d.without, logicalID) || slices.Contains(d.without, "*") {
			return
		}
		uses = slices.DeleteFunc(uses, func(id string) bool { return slices.Contains(d.without, id) })
		want := func(refs Refs) properties {
			p := properties{Size: d.size, Group: t.group, Uses: references(refs, uses)}
			if env {
				p.Fixed = d.fixed
				p.Env = map[string]Secret{"PASSWORD": NewSecret(d.secret)}
			}
			if !t.untaggable {
				p.Tags = tagged(logicalID, d.tags)
				if d.owner != "" {
					p.Tags[ownerTag] = d.owner
				}
			}
			return p
		}
		name := strings.ToLower(logicalID) + d.suffix
		if t.group != "" {
			name = t.group + "/" + name // as a policy is named by its group too
		}
		resources = append(resources, Declare(logicalID, w.kind("Test::"+logicalID, t), name, want, uses...))
	}
	declare("DeadLetters", traits{}, false)
	declare("Queue", traits{steps: true}, false, "DeadLetters")
	declare("Role", traits{}, false)
	declare("RolePolicy", traits{untaggable: true, upserts: true}, false, "Role", "Queue")
	declare("Logs", traits{steps: true}, false)
	declare("Function", traits{slow: true}, true, "Role", "Queue", "Logs")
	declare("Policy", traits{untaggable: true, upserts: true, group: d.group}, false)
	declare("Alarm", traits{upserts: true}, false, "Policy", "Queue")
	declare("Metrics", traits{untaggable: true, borrowed: true}, false)
	return resources
}

func references(refs Refs, logicalIDs []string) []string {
	var uses []string
	for i, id := range logicalIDs {
		if i%2 == 0 {
			uses = append(uses, refs.ARN(id))
		} else {
			uses = append(uses, refs.Ref(id))
		}
	}
	return uses
}

// tagged returns the tags of one of our resources.
func tagged(logicalID string, more Tags) Tags {
	tags := Tags{StackTag: stackName, LogicalIDTag: logicalID, VersionTag: "1.0.0"}
	maps.Copy(tags, more)
	return tags
}

// ids returns the logical and physical IDs that are recorded.
func ids(s *state.Snapshot) (all []string) {
	for _, r := range s.Resources {
		all = append(all, r.LogicalID+"="+r.PhysicalID)
	}
	return all
}

var plainly = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() }),
}

// is checks that there is one object for each resource and no other, as wanted, and that the state says
// just that.
func (w *world) is(t *testing.T, resources []Resource) {
	t.Helper()
	snapshot := w.saved()
	if len(snapshot.Resources) != len(resources) || len(w.objects) != len(resources) {
		t.Fatalf("%d resources have these objects: %v\nand these records: %v", len(resources), slices.Sorted(maps.Keys(w.objects)), ids(snapshot))
	}
	refs := Refs{of: func(id string) object {
		r := snapshot.Record(id)
		return object{physicalID: r.PhysicalID, arn: r.ARN}
	}}
	for i, r := range resources {
		record := snapshot.Resources[i]
		o := w.object(record.PhysicalID)
		if o == nil {
			t.Fatalf("there is no object of record %+v", record)
		}
		want := r.want(refs).(properties)
		if d := cmp.Diff(want, o.properties, plainly); d != "" || o.typeName != r.Type.Name || o.name != r.Name {
			t.Errorf("object %s %s of %s (-want +got):\n%s", o.typeName, o.name, r.LogicalID, d)
		}
		if r.LogicalID == "Function" && o.polls <= readyAfter {
			t.Errorf("%s was not waited for", r.LogicalID)
		}
		wantRecord := state.Record{
			LogicalID: r.LogicalID, Type: r.Type.Name, Name: r.Name, PhysicalID: o.id, ARN: o.arn(),
			DependsOn: r.DependsOn, Tags: want.Tags, Status: record.Status,
		}
		if d := cmp.Diff(wantRecord, record, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("record (-want +got):\n%s", d)
		}
		if s := Status(record.Status); s != CreateComplete && s != UpdateComplete {
			t.Errorf("record of %s has status %s", r.LogicalID, s)
		}
	}
}
