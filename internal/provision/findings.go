package provision

import (
	"maps"
	"strings"

	"github.com/eventscale/eventscale/internal/state"
)

// Claim says whose an object is that was looked for by its name, without a state that would tell.
type Claim string

// The claims.
const (
	Missing Claim = "missing"
	Found   Claim = "found"   // by its tags, or by its place among the others, the stack's own
	Adopted Claim = "adopted" // in the stack's use, and not made by it
	Foreign Claim = "foreign" // somebody else's
)

// Ours reports whether the object belongs into the state.
func (c Claim) Ours() bool { return c == Found || c == Adopted }

// Finding is what AWS has under the name of a resource.
type Finding struct {
	LogicalID string
	Type      string // "AWS::SQS::Queue"
	Name      string
	Claim     Claim
	Reason    string // why it is foreign; or why it counts as adopted, where no tag says so
	Tags      Tags   // as AWS has them; none of a type without

	dependsOn []string
	uncertain bool // it may be on its way out
	live      object
}

// Findings says of every resource of the list whether it is there and whose it is, by names and tags alone:
// as Plan would, with no record of any. What cannot carry tags goes with what it hangs on.
func (e *Engine) Findings(reading *Reading) []Finding {
	all := make([]Finding, 0, len(e.Resources))
	claims := map[string]Claim{}
	for _, r := range e.Resources {
		f := e.finding(r, reading)
		for _, id := range r.DependsOn {
			if f.Claim == Found && !r.Type.taggable && claims[id] == Foreign {
				f.Claim, f.Reason = Foreign, id+" is somebody else's"
			}
		}
		claims[r.LogicalID] = f.Claim
		all = append(all, f)
	}
	return all
}

func (e *Engine) finding(r Resource, reading *Reading) Finding {
	f := Finding{LogicalID: r.LogicalID, Type: r.Type.Name, Name: r.Name, Claim: Missing, dependsOn: r.DependsOn}
	live, found := reading.objects[r.LogicalID]
	if !found {
		return f
	}
	f.live, f.Tags, f.Claim, f.uncertain = live, r.Type.tags(live.properties), Found, r.Type.confirm != nil
	foreign, refused := e.foreign(r, nil, reading)
	switch {
	case refused:
		f.Claim = Foreign
		f.Reason = (&ForeignError{Taggable: r.Type.taggable, Tags: f.Tags}).owner()
	case foreign:
		f.Claim = Adopted
	}
	return f
}

// Record is the record of a finding that is ours. Of the tags only eventscale's own and the named ones count
// as applied by us: the others are not ours to remove.
func (f Finding) Record(applied Tags) state.Record {
	r := state.Record{
		LogicalID: f.LogicalID, Type: f.Type, Name: f.Name, PhysicalID: f.live.physicalID, ARN: f.live.arn,
		DependsOn: f.dependsOn, Status: string(CreateComplete), Adopted: f.Claim == Adopted,
	}
	if f.uncertain {
		r.Status = string(CreateInProgress) // until a run has confirmed it
	}
	if IsSuperseded(f.LogicalID) {
		r.Status = string(DeletePending)
	}
	if f.Tags != nil {
		r.Tags = maps.Clone(f.Tags)
		maps.DeleteFunc(r.Tags, func(key, _ string) bool {
			_, ours := applied[key]
			return !ours && !strings.HasPrefix(key, tagPrefix)
		})
	}
	return r
}

// As returns the finding under another logical ID, with what it depends on.
func (f Finding) As(logicalID string, dependsOn []string) Finding {
	f.LogicalID, f.dependsOn = logicalID, dependsOn
	return f
}

// PropertiesOf returns the properties of a finding of a kind; false where there is no such object.
func PropertiesOf[P any](f Finding) (P, bool) {
	p, ok := f.live.properties.(P)
	return p, ok
}

// Superseded is the logical ID under which an object is recorded in whose place another was made.
func Superseded(logicalID string) string { return logicalID + replacedSuffix }

// Carry takes a record over into another snapshot: where its logical ID has another record there, as that of
// an object which was replaced.
func Carry(to *state.Snapshot, r state.Record) {
	if to.Record(r.LogicalID) != nil {
		r.LogicalID, r.Status = supersededID(to, r.LogicalID), string(DeletePending)
	}
	to.Put(r)
}

// IsSuperseded reports whether a logical ID is one of those.
func IsSuperseded(logicalID string) bool { return logicalIDOf(logicalID) != logicalID }
