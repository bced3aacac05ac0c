// Package stack is what eventscale makes on AWS: the spec that a user writes, the resources that follow
// from it, and how each is read, made, changed and deleted.
//
// It is the only package that calls AWS. It knows nothing of flags, files, locks and screens.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
)

// Options say which stack, with what, and how it is recorded.
type Options struct {
	Clients  *Clients
	Spec     Spec
	Zip      []byte // the function's package; nil where the function will not be made or changed
	Version  string // of eventscale
	Snapshot *state.Snapshot
	Save     func(*state.Snapshot) error
	Emit     func(provision.Event)
	Adopt    bool // take over objects of the stack's names that are not its own

	DeleteAdopted bool // what was taken over goes with the stack

	Now func() time.Time // AWS's clock, after something was read; nil: the one that Status is given
}

// Stack is one stack: what is wanted, what is recorded, and what AWS holds.
type Stack struct {
	Options
	seen    *observation
	engine  *provision.Engine
	reading *provision.Reading
	group   *types.AutoScalingGroup // nil before Read, and where there is none
	account Account
}

// AccountError says that the state belongs to another account or region than the credentials.
type AccountError struct {
	Stack      string
	What       string // "account" or "region"
	Have, Want string // of the credentials, of the state
}

func (e *AccountError) Error() string {
	return fmt.Sprintf("stack %q belongs to %s %s, and this is %s %s", e.Stack, e.What, e.Want, e.What, e.Have)
}

// Hint says what to do.
func (e *AccountError) Hint() string {
	return "check --profile and --region; or choose another name with --stack, or another folder with --state-dir"
}

// Open prepares a stack without a call to AWS. The error is an *AccountError where the state belongs to
// another region.
func Open(o Options) (*Stack, error) {
	if o.Snapshot.Region != o.Clients.region {
		return nil, &AccountError{o.Spec.Stack, "region", o.Clients.region, o.Snapshot.Region}
	}
	s := &Stack{Options: o, account: Account{ID: o.Snapshot.Account, Region: o.Clients.region}}
	s.engine = &provision.Engine{
		Stack:   o.Spec.Stack,
		Owner:   provision.Tags{groupTag: groupTagValue(o.Spec.ASG)},
		Journal: provision.NewJournal(o.Snapshot, o.Save),
		Emit:    o.Emit,

		DeleteAdopted: o.DeleteAdopted,
	}
	s.declare(bounds{}) // which lists all that there can be
	return s, nil
}

// declare makes the list for what is known so far of account and group.
func (s *Stack) declare(group bounds) {
	groups := newGroupReader(s.Clients.autoscaling)
	if s.seen != nil {
		groups = s.seen.groups // which group it is does not change while a command runs
	}
	k, seen := observeWith(groups, s.Clients, s.account, s.Spec)
	s.engine.Types = k.types()
	s.engine.Resources = list(design{s.Spec, s.account, s.Version, s.Zip, group}, k)
	s.seen = seen
}

// Read asks AWS for the group and for every resource, all at once. The error is a *GroupError where
// there is no such group, and an *AccountError where it is another account's.
func (s *Stack) Read(ctx context.Context) error {
	seen := s.seen
	group := fetch(ctx, func(ctx context.Context) (*types.AutoScalingGroup, error) { return seen.groups(ctx, s.Spec.ASG) })
	reading, readErr := s.engine.Read(ctx)
	g, err := group()
	if errors.Is(err, provision.ErrNotFound) {
		return s.withoutGroup(ctx, reading, readErr)
	}
	if err != nil {
		return fmt.Errorf("reading Auto Scaling group %q: %w", s.Spec.ASG, err)
	}
	s.group, s.reading = g, reading
	account, err := accountOf(aws.ToString(g.AutoScalingGroupARN)) // which saves a call to STS
	if err != nil {
		return err
	}
	if want := s.Snapshot.Account; want != "" && want != account.ID {
		return &AccountError{s.Spec.Stack, "account", account.ID, want}
	}
	s.settle(account, bounds{int(aws.ToInt32(g.MinSize)), int(aws.ToInt32(g.MaxSize))})
	return readErr
}

// withoutGroup finds out whether the group is gone, or the credentials are another account's, where of
// course it is not. What was read of the stack is kept for a status, or why it could not be.
func (s *Stack) withoutGroup(ctx context.Context, reading *provision.Reading, readErr error) error {
	if s.Snapshot.Account != "" {
		if err := s.Verify(ctx); err != nil {
			return err
		}
		s.settle(Account{PartitionOf(s.account.Region), s.Snapshot.Account, s.account.Region}, s.lastBounds())
	}
	s.reading = reading
	missing := missingGroup(ctx, s.Clients.autoscaling, s.Spec.ASG, s.account.Region)
	missing.unread = readErr
	return missing
}

// lastBounds are what is known of the bounds of a group that is gone: whether its minimum was 0.
func (s *Stack) lastBounds() bounds {
	if s.Snapshot.Record(WakeAlarm) == nil {
		return bounds{least: 1}
	}
	return bounds{}
}

// settle makes the list for what is now known of account and group, and keeps what was seen.
func (s *Stack) settle(account Account, group bounds) {
	s.account = account
	seen := s.seen
	s.declare(group)
	s.seen = seen
}

// Warnings tells what about the group keeps the loop from working.
func (s *Stack) Warnings() []string {
	group := groupStatus(s.group)
	warnings := group.obstacles()
	for _, row := range s.Spec.Table {
		if row.Instances > group.Max {
			return append(warnings, fmt.Sprintf("--table %s: group %s has maximum %d, and Auto Scaling stops there; `aws autoscaling update-auto-scaling-group` raises it", row, group.Name, group.Max))
		}
	}
	return warnings
}

// Plan compares what is wanted with what was read.
func (s *Stack) Plan() (*provision.Plan, error) { return s.engine.Plan(s.reading, s.Adopt) }

// Apply does what the plan says.
func (s *Stack) Apply(ctx context.Context, plan *provision.Plan) error {
	have := s.engine.Journal.Snapshot()
	spec, err := json.Marshal(s.Spec.recordedAs(have.Spec))
	if err != nil {
		return fmt.Errorf("encoding the spec: %w", err)
	}
	arn := aws.ToString(s.group.AutoScalingGroupARN)
	if canonical(string(have.Spec)) != canonical(string(spec)) || have.ASGARN != arn {
		err := s.engine.Journal.Record(func(snapshot *state.Snapshot) {
			snapshot.Account, snapshot.ASG, snapshot.ASGARN, snapshot.Spec = s.account.ID, s.Spec.ASG, arn, spec
		})
		if err != nil {
			return err
		}
	}
	return s.engine.Apply(ctx, plan)
}

// Verify asks whose the credentials are, where no group is read that would tell. The error is an
// *AccountError where they are another account's than the stack.
func (s *Stack) Verify(ctx context.Context) error {
	caller, err := s.Clients.callerAccount(ctx)
	if err != nil {
		return fmt.Errorf("asking whose credentials these are: %w", err)
	}
	if caller.ID != s.Snapshot.Account {
		return &AccountError{s.Spec.Stack, "account", caller.ID, s.Snapshot.Account}
	}
	return nil
}

// Inspect finds out, in one round trip, whose the credentials are and whether what is recorded is still the
// stack's own, before a Destroy. The error is an *AccountError where they are another account's.
func (s *Stack) Inspect(ctx context.Context) error {
	var inspecting sync.WaitGroup
	inspecting.Go(func() { s.engine.Inspect(ctx) })
	defer inspecting.Wait()
	return s.Verify(ctx)
}

// Destroy deletes all that is recorded, but for what Inspect has found to be somebody else's.
func (s *Stack) Destroy(ctx context.Context) error { return s.engine.Destroy(ctx) }

// Leaves reports whether Destroy leaves a recorded object as it is, because it was there before the stack.
func (s *Stack) Leaves(r state.Record) bool { return s.engine.Leaves(r) }

// Recorded returns what is recorded of the stack now.
func (s *Stack) Recorded() *state.Snapshot { return s.engine.Journal.Snapshot() }

// SpecOf returns the spec that a snapshot was last brought to. The values of its environment are known by
// their digests only.
func SpecOf(snapshot *state.Snapshot) (Spec, error) {
	spec := Defaults()
	if len(snapshot.Spec) > 0 {
		if err := json.Unmarshal(snapshot.Spec, &spec); err != nil {
			return spec, fmt.Errorf("the spec in the state of stack %q: %w", snapshot.Stack, err)
		}
	}
	spec.Stack, spec.ASG = snapshot.Stack, snapshot.ASG
	return spec, nil
}

// Outputs returns the names that the stack's users need, as far as they are known.
func (s *Stack) Outputs() Outputs { return OutputsOf(s.engine.Journal.Snapshot()) }

// Region returns the region of the stack.
func (s *Stack) Region() string { return s.account.Region }
