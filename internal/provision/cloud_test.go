package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// cloud is an AWS in memory: objects of made-up types behind real kinds.
type cloud struct {
	mu      sync.Mutex
	objects map[string]*thing // by physical ID
	last    int               // the number in the last physical ID
	log     []call            // all calls that had a chance to have their effect, in order

	// around stands for the network: it does the effect, or does not, or loses the answer. Nil does it.
	around func(c call, effect func() error) error
}

type call struct{ verb, typeName, name string }

func (c call) mutates() bool { return c.verb != "read" && c.verb != "ready" }

// thing is one object of the cloud.
type thing struct {
	typeName, name, id string
	properties         properties
	polls              int // how often it was asked whether it is ready
}

func (o *thing) arn() string { return "arn:" + o.id }

func (o *thing) live() Live[properties] {
	return Live[properties]{PhysicalID: o.id, ARN: o.arn(), Properties: o.properties.clone()}
}

// properties are those of every type; not every type uses all of them.
type properties struct {
	Group string `replace:"true"` // names are unique in their group, as those of scaling policies are
	Fixed string `replace:"true"` // part of no name: a new object takes the name of the old
	Size  int
	Uses  []string // physical IDs and ARNs of others
	Env   map[string]Secret
	Tags  Tags
}

func (p properties) clone() properties {
	p.Uses, p.Env, p.Tags = slices.Clone(p.Uses), maps.Clone(p.Env), maps.Clone(p.Tags)
	return p
}

// traits are what types differ in.
type traits struct {
	untaggable bool
	borrowed   bool
	upserts    bool   // Create changes an object that exists, but not its tags, as PutMetricAlarm does
	steps      bool   // Create leaves Size to Update, as CreateLogGroup does
	slow       bool   // Ready must wait, as for a function
	group      string // in which Read looks for names
}

func newCloud() *cloud { return &cloud{objects: map[string]*thing{}} }

// kind makes a type of the cloud.
func (c *cloud) kind(typeName string, t traits) Kind[properties] {
	k := fakeKind{c, typeName, t}
	kind := Kind[properties]{
		Type: typeName, Borrowed: t.borrowed, Reuses: t.upserts,
		Read: k.read, Create: k.create, Update: k.update, Delete: k.delete,
	}
	if !t.untaggable {
		kind.Tags = func(p properties) Tags { return p.Tags }
	}
	if t.slow {
		kind.Ready = k.ready
	}
	return kind
}

type fakeKind struct {
	cloud    *cloud
	typeName string
	traits
}

// perform makes one call.
func (k fakeKind) perform(verb, name string, effect func() error) error {
	this := call{verb, k.typeName, name}
	locked := func() error {
		k.cloud.mu.Lock()
		defer k.cloud.mu.Unlock()
		k.cloud.log = append(k.cloud.log, this)
		return effect()
	}
	if k.cloud.around == nil {
		return locked()
	}
	return k.cloud.around(this, locked)
}

// find returns the object of a physical ID, else of a name; nil where there is none.
func (k fakeKind) find(id Identity) *thing {
	if id.PhysicalID != "" {
		return k.cloud.objects[id.PhysicalID]
	}
	group := k.group
	if of, _, ok := strings.Cut(id.Name, "/"); ok {
		group = of // which is another than the stack's after the stack was given another
	}
	return k.cloud.named(k.typeName, group, id.Name)
}

func (c *cloud) named(typeName, group, name string) *thing {
	for _, o := range c.objects {
		if o.typeName == typeName && o.name == name && o.properties.Group == group {
			return o
		}
	}
	return nil
}

func (k fakeKind) read(_ context.Context, id Identity) (live Live[properties], err error) {
	err = k.perform("read", id.Name, func() error {
		o := k.find(id)
		if o == nil {
			return fmt.Errorf("%s: %w", id.Name, ErrNotFound)
		}
		live = o.live()
		return nil
	})
	return live, err
}

func (k fakeKind) create(_ context.Context, id Identity, want properties) (live Live[properties], err error) {
	err = k.perform("create", id.Name, func() error {
		if err := k.cloud.resolve(want.Uses); err != nil {
			return err
		}
		o := k.cloud.named(k.typeName, want.Group, id.Name)
		if o != nil && !k.upserts {
			return fmt.Errorf("%s: %w", id.Name, ErrExists)
		}
		tags := want.Tags
		if o == nil {
			o = k.cloud.add(k.typeName, id.Name)
		} else {
			tags = o.properties.Tags
		}
		o.properties = want.clone()
		o.properties.Tags = maps.Clone(tags)
		if k.steps {
			o.properties.Size = 0
		}
		live = o.live()
		live.Properties.Tags = maps.Clone(want.Tags) // as the kinds of AWS do, which do not read what they made
		return nil
	})
	return live, err
}

// add makes an empty object.
func (c *cloud) add(typeName, name string) *thing {
	c.last++
	o := &thing{typeName: typeName, name: name, id: fmt.Sprintf("%s-%d", name, c.last)}
	c.objects[o.id] = o
	return o
}

// resolve refuses references to what does not exist.
func (c *cloud) resolve(uses []string) error {
	for _, ref := range uses {
		if c.objects[strings.TrimPrefix(ref, "arn:")] == nil {
			return fmt.Errorf("there is no %s", ref)
		}
	}
	return nil
}

// update makes one call for the settings, one to tag and one to untag, like the kinds of AWS.
func (k fakeKind) update(_ context.Context, live Live[properties], want properties, changed Changed) error {
	if changed.Any("Group", "Fixed") {
		return errors.New("the group of an object cannot be changed, nor what is fixed")
	}
	if changed.Any("Size", "Uses", "Env") {
		if err := k.edit("update", live, func(p *properties) error {
			tags := p.Tags
			*p = want.clone()
			p.Tags = tags
			return k.cloud.resolve(want.Uses)
		}); err != nil {
			return err
		}
	}
	return k.retag(live, want)
}

func (k fakeKind) retag(live Live[properties], want properties) error {
	set, unset := live.Properties.Tags.Changes(want.Tags)
	if len(set) > 0 {
		if err := k.edit("tag", live, func(p *properties) error {
			if p.Tags == nil {
				p.Tags = Tags{}
			}
			maps.Copy(p.Tags, set)
			return nil
		}); err != nil {
			return err
		}
	}
	if len(unset) == 0 {
		return nil
	}
	return k.edit("untag", live, func(p *properties) error {
		maps.DeleteFunc(p.Tags, func(key, _ string) bool { return slices.Contains(unset, key) })
		return nil
	})
}

func (k fakeKind) edit(verb string, live Live[properties], change func(*properties) error) error {
	o := k.cloud.object(live.PhysicalID)
	if o == nil {
		return fmt.Errorf("there is no %s to %s", live.PhysicalID, verb)
	}
	return k.perform(verb, o.name, func() error { return change(&o.properties) })
}

func (c *cloud) object(id string) *thing {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.objects[id]
}

var errPending = errors.New("it is pending")

// readyAfter is how often an object of a slow type says that it is pending.
const readyAfter = 2

func (k fakeKind) ready(ctx context.Context, live Live[properties]) error {
	patience := Patience{
		Reason: "the object", Cap: time.Minute, First: time.Second,
		Passing: func(err error) bool { return errors.Is(err, errPending) },
	}
	_, err := Retry(ctx, patience, func(context.Context) (struct{}, error) {
		o := k.cloud.object(live.PhysicalID)
		return struct{}{}, k.perform("ready", o.name, func() error {
			if o.polls++; o.polls <= readyAfter {
				return errPending
			}
			return nil
		})
	})
	return err
}

// delete refuses to remove what others use, which AWS often does not: so order shows.
func (k fakeKind) delete(_ context.Context, id Identity) error {
	return k.perform("delete", id.Name, func() error {
		if id.PhysicalID == "" {
			return errors.New("deleting needs the physical ID")
		}
		for _, o := range k.cloud.objects {
			if slices.Contains(o.properties.Uses, id.PhysicalID) || slices.Contains(o.properties.Uses, "arn:"+id.PhysicalID) {
				return fmt.Errorf("%s is in use by %s", id.PhysicalID, o.id)
			}
		}
		delete(k.cloud.objects, id.PhysicalID)
		return nil
	})
}

// mutations returns the mutating calls so far.
func (c *cloud) mutations() []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.log), func(c call) bool { return !c.mutates() })
}
