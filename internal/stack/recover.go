package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
)

// RecoverOptions say which stack is looked for, and what is left of its state.
type RecoverOptions struct {
	Clients  *Clients
	Stack    string
	ASG      string          // "": the objects' tags tell
	BuiltIn  string          // the digest of the built-in function's package
	Recorded *state.Snapshot // the state, where it can be read; nil where it is lost
}

// Recovery is a stack as names and tags show it.
type Recovery struct {
	Snapshot *state.Snapshot     // what to record from now on
	Spec     Spec                // as far as AWS shows it
	Findings []provision.Finding // what `up` with the spec looks after, and whatever else of the stack is there
	Carried  []state.Record      // recorded under names that were not looked for, and kept so
	Unknown  []string            // what AWS does not show, each a sentence
}

// Recover finds a stack by names and tags, and changes nothing. The error is a
// *SearchError where nothing is found, and an *AccountError where what is recorded is another account's.
func Recover(ctx context.Context, o RecoverOptions) (*Recovery, error) {
	s := &search{RecoverOptions: o}
	if err := s.verify(ctx); err != nil {
		return nil, err
	}
	if s.ASG == "" {
		if err := s.findGroup(ctx); err != nil {
			return nil, err
		}
	}
	findings, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	s.remember(findings)
	tagged := slices.ContainsFunc(findings, func(f provision.Finding) bool { return f.Tags != nil && f.Claim.Ours() })
	if !tagged && !takePolicies(findings) {
		return nil, s.nothing(ctx, findings)
	}
	return s.rebuild(findings)
}

// takePolicies claims the scaling policies that are all that is left of a stack, and reports whether there are any.
// They carry no tags; but the group was named, and nobody else has an object of the stack's names. For certain it
// cannot be told who made them, so they count as adopted.
func takePolicies(findings []provision.Finding) bool {
	if slices.ContainsFunc(findings, func(f provision.Finding) bool { return f.Tags != nil && f.Claim == provision.Foreign }) {
		return false
	}
	taken := false
	for i := range findings {
		if f := &findings[i]; f.Type == scalingPolicyType && f.Claim == provision.Foreign {
			f.Claim, f.Reason, taken = provision.Adopted, "it carries no tags, and nothing else of the stack is there", true
		}
	}
	return taken
}

// rebuild makes a state of what was found.
func (s *search) rebuild(findings []provision.Finding) (*Recovery, error) {
	byID := map[string]provision.Finding{}
	for _, f := range findings {
		byID[f.LogicalID] = f
	}
	evidence := &evidence{found: byID}
	if evidence.fifo() {
		evidence.swapQueues()
	}
	r := &Recovery{Spec: evidence.spec(s.named(), s.BuiltIn)}
	r.Unknown = evidence.unknown
	s.zipOf(&r.Spec)
	wanted := s.wanted(r.Spec, byID)
	for _, resource := range wanted {
		r.Findings = append(r.Findings, byID[resource.LogicalID].As(resource.LogicalID, resource.DependsOn))
		delete(byID, resource.LogicalID)
	}
	for _, listed := range s.listed {
		if f, left := byID[listed.LogicalID]; left && f.Claim.Ours() && !s.groupsOwn(f) {
			r.Findings = append(r.Findings, f)
		}
	}
	return r, s.record(r, findings)
}

// wanted is the list of the spec, for the group as it is.
func (s *search) wanted(spec Spec, found map[string]provision.Finding) []provision.Resource {
	group := bounds{}
	switch {
	case s.group != nil:
		group = bounds{int(aws.ToInt32(s.group.MinSize)), int(aws.ToInt32(s.group.MaxSize))}
	case !found[WakeAlarm].Claim.Ours():
		group.least = 1
	}
	k, _ := observe(s.Clients, s.account, spec)
	return list(design{Spec: spec, account: s.account, bounds: group}, k)
}

// groupsOwn reports whether a finding is the group's own metric, which the stack does not use.
func (s *search) groupsOwn(f provision.Finding) bool {
	return f.LogicalID == GroupMetrics && f.Claim == provision.Adopted
}

// remember adds to the findings what a state that can be read knows and AWS does not show: whether an object
// without tags was there before the stack, and that one with the tags of another group is the stack's own, which an
// up that was to move the stack did not come to.
func (s *search) remember(findings []provision.Finding) {
	ours := map[string]bool{} // by logical ID; each comes after those it depends on
	for i := range findings {
		f := &findings[i]
		if r := s.recordOf(*f); r != nil && (f.Claim.Ours() && f.Tags == nil || f.Claim == provision.Foreign && s.knows(*f, *r, ours)) {
			f.Claim = provision.Found
			if r.Adopted {
				f.Claim = provision.Adopted
			}
		}
		ours[f.LogicalID] = f.Claim.Ours()
	}
}

// knows reports whether an object is the one recorded, by its tags as they were recorded, or where it can have none,
// as what it hangs on is.
func (s *search) knows(f provision.Finding, r state.Record, ours map[string]bool) bool {
	if f.Tags != nil {
		return provision.AsRecorded(f.Tags, r)
	}
	return !slices.ContainsFunc(r.DependsOn, func(id string) bool { return !ours[id] })
}

// recordOf returns the record of what was found, whichever its logical ID is; nil where there is none.
func (s *search) recordOf(f provision.Finding) *state.Record {
	if s.Recorded == nil {
		return nil
	}
	i := slices.IndexFunc(s.Recorded.Resources, func(r state.Record) bool { return r.Type == f.Type && r.Name == f.Name })
	if i < 0 {
		return nil
	}
	return &s.Recorded.Resources[i]
}

// zipOf takes the path of the function's package from a state that can be read.
func (s *search) zipOf(spec *Spec) {
	if s.Recorded == nil {
		return
	}
	if before, err := SpecOf(s.Recorded); err == nil && before.CodeSHA256 == spec.CodeSHA256 {
		spec.FunctionZip = before.FunctionZip
	}
}

// record fills the snapshot. Of a state that can be read it keeps the history, and what was not looked for:
// objects on another group, or of a kind that this program does not make. It keeps the intents too whose objects
// were not found: a run that was cut off may have made them so lately that AWS does not show them yet.
func (s *search) record(r *Recovery, findings []provision.Finding) error {
	spec, err := json.Marshal(r.Spec)
	if err != nil {
		return fmt.Errorf("encoding the spec: %w", err)
	}
	r.Snapshot = state.New(s.Stack, s.account.ID, s.account.Region, s.ASG)
	r.Snapshot.Spec, r.Snapshot.ASGARN = spec, s.madeFor(r.Findings)
	for _, f := range r.Findings {
		if f.Claim.Ours() {
			r.Snapshot.Put(f.Record(r.Spec.Tags))
		}
	}
	if s.Recorded == nil {
		return nil
	}
	r.Snapshot.Lineage, r.Snapshot.Serial = s.Recorded.Lineage, s.Recorded.Serial
	for _, have := range s.Recorded.Resources {
		i := slices.IndexFunc(findings, func(f provision.Finding) bool { return f.Type == have.Type && f.Name == have.Name })
		switch {
		case i < 0:
			r.Carried = append(r.Carried, have)
			provision.Carry(r.Snapshot, have)
		case findings[i].Claim == provision.Missing && have.Status == string(provision.CreateInProgress):
			provision.Carry(r.Snapshot, have)
		}
	}
	return nil
}

// madeFor is the ARN of the group, if it is the one that the stack was made for: its policies went with it.
func (s *search) madeFor(findings []provision.Finding) string {
	made := slices.ContainsFunc(findings, func(f provision.Finding) bool { return f.Type == scalingPolicyType && f.Claim.Ours() })
	if s.group == nil || !made {
		return ""
	}
	return aws.ToString(s.group.AutoScalingGroupARN)
}
