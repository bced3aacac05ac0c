// Package provision is the engine: it reads, plans, applies and destroys a graph of resources.
//
// It knows order, concurrency, ownership, and that intent is saved before a call and its result
// after it. It knows no AWS service, no kind and no way to print.
package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNotFound is returned (wrapped) by a kind's Read for an object that does not exist.
var ErrNotFound = errors.New("not found")

// ErrExists is returned (wrapped) by a kind's Create when AWS has an object of that name already. It
// may be our own: the SDK repeats a call whose answer was lost. The engine reads it to find out.
var ErrExists = errors.New("already exists")

// Tags are the tags of an object, by key.
type Tags map[string]string

// Changes returns what to set and which keys to remove to make these tags the wanted ones.
func (t Tags) Changes(want Tags) (set Tags, remove []string) {
	set = Tags{}
	for k, v := range want {
		if have, ok := t[k]; !ok || have != v {
			set[k] = v
		}
	}
	for k := range t {
		if _, ok := want[k]; !ok {
			remove = append(remove, k)
		}
	}
	slices.Sort(remove)
	return set, remove
}

// The tags that make an object ours.
const (
	tagPrefix    = "eventscale:"
	StackTag     = "eventscale:stack"
	LogicalIDTag = "eventscale:logical-id"
	VersionTag   = "eventscale:version" // of the program that made it; never a reason to change it
	AdoptedTag   = "eventscale:adopted" // "true" on an object that was there before the stack: destroy leaves it
)

// Identity says which AWS object a resource is.
type Identity struct {
	Name       string // deterministic: the same at each run
	PhysicalID string // as recorded; "" for one that was never seen
	ARN        string // as recorded
}

// Live is what AWS holds of a resource.
type Live[P any] struct {
	PhysicalID string // what CloudFormation's Ref gives
	ARN        string
	UniqueID   string // tells it from an earlier one of the same name; "" for a type that has no such ID
	Properties P
}

// Kind says how to read, create, update and delete one AWS type. P is a struct of its properties,
// under CloudFormation's names; those whose change AWS refuses carry the tag `replace:"true"`.
type Kind[P any] struct {
	Type string // "AWS::SQS::Queue"

	// Tags returns the tags among the properties. Nil for a type that cannot be tagged: an object of
	// our exact name is then taken for ours.
	Tags func(P) Tags

	// Borrowed objects that were there before the stack are used as they are, and left on destroy.
	Borrowed bool

	// Reuses says that Create returns an object of that name that is there, and leaves its tags as they are, in the
	// place of ErrExists.
	Reuses bool

	// Appears is how long an object just made can be missing from what AWS shows; 0 for a type that is there at
	// once. So long a destroy does not believe that there is none, unless it has asked for the deletion before.
	Appears time.Duration

	// Read finds the object by physical ID, else by its exact name, its tags among the properties.
	// ErrNotFound where there is none.
	Read func(context.Context, Identity) (Live[P], error)

	// ReadTags reads the tags of a recorded object and nothing else. ErrNotFound where there is none. Nil
	// where Read takes one call anyway.
	ReadTags func(context.Context, Identity) (Tags, error)

	// Create makes the object. It returns as soon as dependents can refer to it; whatever then differs
	// from the wanted properties is left to Update, which runs beside the dependents.
	// ErrExists where the name is taken.
	Create func(context.Context, Identity, P) (Live[P], error)

	// Confirm makes sure that an object that was found, rather than known to be made, is there to stay, and
	// makes it where it is not: AWS can go on showing what was deleted. Nil where nothing lingers so.
	Confirm func(context.Context, Identity, P) error

	// Update changes the named properties, and only these. Nil where every change is a replacement.
	Update func(ctx context.Context, live Live[P], want P, changed Changed) error

	// Ready waits until the object can be used. Nil where it can be at once.
	Ready func(context.Context, Live[P]) error

	// Delete removes the object; nil where it is already gone.
	Delete func(context.Context, Identity) error
}

// Changed holds the names of the properties that differ.
type Changed map[string]bool

// Any reports whether one of the properties differs.
func (c Changed) Any(properties ...string) bool {
	for _, p := range properties {
		if c[p] {
			return true
		}
	}
	return false
}

// Refs gives a resource what it must know of those it depends on. What is not known before they are
// created stands as CloudFormation would write it: ${JobQueue.Arn}.
type Refs struct {
	of func(logicalID string) object // the zero object before it is created
}

// Ref returns the physical ID of a resource.
func (r Refs) Ref(logicalID string) string {
	return cmp.Or(r.of(logicalID).physicalID, "${"+logicalID+"}")
}

// ARN returns the ARN of a resource.
func (r Refs) ARN(logicalID string) string {
	return cmp.Or(r.of(logicalID).arn, "${"+logicalID+".Arn}")
}

// UniqueID returns what tells a resource from an earlier one of its name; "" where AWS shows no such ID.
func (r Refs) UniqueID(logicalID string) string {
	o := r.of(logicalID)
	if o.physicalID == "" {
		return "${" + logicalID + ".Id}"
	}
	return o.uniqueID
}

// Resource is one member of the list that makes a stack.
type Resource struct {
	LogicalID string
	Name      string
	DependsOn []string
	Type      Type
	want      func(Refs) any
}

// Declare names a resource of a kind, says what its properties shall be, and after which others it is
// made. It may refer only to those.
func Declare[P any](logicalID string, k Kind[P], name string, want func(Refs) P, dependsOn ...string) Resource {
	return Resource{
		LogicalID: logicalID, Name: name, DependsOn: dependsOn,
		Type: Erase(k),
		want: func(r Refs) any { return want(r) },
	}
}

// object is a Live whose kind is forgotten.
type object struct {
	physicalID, arn, uniqueID string
	properties                any
}

func (o object) identity(name string) Identity {
	return Identity{Name: name, PhysicalID: o.physicalID, ARN: o.arn}
}

// Type is a kind whose properties' type is forgotten, so that kinds fit into one list.
type Type struct {
	Name     string
	taggable bool
	borrowed bool
	reuses   bool
	appears  time.Duration
	tags     func(any) Tags
	read     func(context.Context, Identity) (object, error)
	create   func(context.Context, Identity, any) (object, error)
	confirm  func(context.Context, Identity, any) error // nil where the kind has none
	update   func(context.Context, object, any, Changed) error
	readTags func(context.Context, Identity) (Tags, error)
	ready    func(context.Context, object) error
	delete   func(context.Context, Identity) error
}

// Erase forgets the type of a kind's properties.
func Erase[P any](k Kind[P]) Type {
	live := func(o object) Live[P] {
		return Live[P]{o.physicalID, o.arn, o.uniqueID, o.properties.(P)}
	}
	forget := func(l Live[P], err error) (object, error) {
		return object{l.PhysicalID, l.ARN, l.UniqueID, l.Properties}, err
	}
	t := Type{
		Name: k.Type, taggable: k.Tags != nil, borrowed: k.Borrowed, reuses: k.Reuses, appears: k.Appears,
		tags: func(any) Tags { return nil },
		read: func(ctx context.Context, id Identity) (object, error) { return forget(k.Read(ctx, id)) },
		create: func(ctx context.Context, id Identity, want any) (object, error) {
			return forget(k.Create(ctx, id, want.(P)))
		},
		update: func(_ context.Context, _ object, _ any, changed Changed) error {
			return fmt.Errorf("%s has no property that can be updated, asked for %v", k.Type, changed)
		},
		ready:  func(context.Context, object) error { return nil },
		delete: k.Delete,
	}
	if k.Tags != nil {
		t.tags = func(p any) Tags { return k.Tags(p.(P)) }
	}
	t.readTags = k.ReadTags
	if k.ReadTags == nil {
		t.readTags = func(ctx context.Context, id Identity) (Tags, error) {
			o, err := t.read(ctx, id)
			if err != nil {
				return nil, err
			}
			return t.tags(o.properties), nil
		}
	}
	if k.Confirm != nil {
		t.confirm = func(ctx context.Context, id Identity, want any) error { return k.Confirm(ctx, id, want.(P)) }
	}
	if k.Update != nil {
		t.update = func(ctx context.Context, o object, want any, changed Changed) error {
			return k.Update(ctx, live(o), want.(P), changed)
		}
	}
	if k.Ready != nil {
		t.ready = func(ctx context.Context, o object) error { return k.Ready(ctx, live(o)) }
	}
	return t
}
