package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
)

// search looks for a stack without a state that would say what there is.
type search struct {
	RecoverOptions
	account Account
	group   *types.AutoScalingGroup // nil where there is none
	listed  []provision.Resource    // all that any stack of the name can have
}

// verify finds out whose the credentials are, and refuses those of another account or region than a state
// that can be read.
func (s *search) verify(ctx context.Context) error {
	caller, err := s.Clients.callerAccount(ctx)
	if err != nil {
		return fmt.Errorf("asking whose credentials these are: %w", err)
	}
	s.account = caller
	switch have := s.Recorded; {
	case have == nil:
	case have.Region != caller.Region:
		return &AccountError{s.Stack, "region", caller.Region, have.Region}
	case have.Account != "" && have.Account != caller.ID:
		return &AccountError{s.Stack, "account", caller.ID, have.Account}
	}
	return nil
}

// engine reads the members of the list that are wanted.
func (s *search) engine(owner provision.Tags, wanted func(provision.Resource) bool) (*provision.Engine, *observation) {
	k, seen := observe(s.Clients, s.account, s.named())
	s.listed = candidates(s.named(), s.account, k)
	list := slices.DeleteFunc(slices.Clone(s.listed), func(r provision.Resource) bool { return !wanted(r) })
	nothing := func(*state.Snapshot) error { return nil }
	return &provision.Engine{
		Stack: s.Stack, Owner: owner, Resources: list, Types: k.types(),
		Journal: provision.NewJournal(state.New(s.Stack, s.account.ID, s.account.Region, s.ASG), nothing),
	}, seen
}

// named is a spec that knows no more than the names.
func (s *search) named() Spec {
	spec := Defaults()
	spec.Stack, spec.ASG = s.Stack, s.ASG
	return spec
}

// candidates returns all that a stack of that name around that group can have, whatever its settings, each
// after those it depends on. Of the queues there are those of a FIFO stack too, as if they had been replaced.
func candidates(named Spec, account Account, k kinds) []provision.Resource {
	var all []provision.Resource
	have := map[string]bool{}
	for _, fifo := range []bool{false, true} {
		for _, policy := range Policies() {
			spec := DefaultsOf(presetOf(policy))
			spec.Stack, spec.ASG, spec.FIFO = named.Stack, named.ASG, fifo
			for _, r := range list(design{Spec: spec, account: account}, k) {
				if r.Type.Name == QueueType && fifo {
					r.LogicalID = provision.Superseded(r.LogicalID)
				}
				if !have[r.LogicalID] {
					all = append(all, r)
				}
				have[r.LogicalID] = true
			}
		}
	}
	return all
}

// look reads the group and all that can be there.
func (s *search) look(ctx context.Context) ([]provision.Finding, error) {
	engine, seen := s.engine(provision.Tags{groupTag: groupTagValue(s.ASG)}, func(provision.Resource) bool { return true })
	group := fetch(ctx, func(ctx context.Context) (*types.AutoScalingGroup, error) { return seen.groups(ctx, s.ASG) })
	reading, err := engine.Read(ctx)
	g, groupErr := group()
	if groupErr != nil && !errors.Is(groupErr, provision.ErrNotFound) {
		return nil, fmt.Errorf("reading Auto Scaling group %q: %w", s.ASG, groupErr)
	}
	if err != nil {
		return nil, err
	}
	s.group = g
	return engine.Findings(reading), nil
}

// taggedTypes are those whose objects tell the group, and are found without it.
var taggedTypes = []string{QueueType, roleType, logGroupType, functionType, alarmType}

// findGroup learns from the tags of what carries the stack's name which group it is for.
func (s *search) findGroup(ctx context.Context) error {
	engine, _ := s.engine(nil, func(r provision.Resource) bool { return slices.Contains(taggedTypes, r.Type.Name) })
	reading, err := engine.Read(ctx)
	if err != nil {
		return err
	}
	said := map[string]bool{}
	findings := engine.Findings(reading)
	for _, f := range findings {
		if group := f.Tags[groupTag]; f.Claim.Ours() && group != "" {
			said[group] = true
		}
	}
	switch groups := sortedNames(said); len(groups) {
	case 0:
		return s.nothing(ctx, findings)
	case 1:
		s.ASG, err = s.groupOf(ctx, groups[0])
		return err
	default:
		return &SearchError{Stack: s.Stack, Account: s.account, Groups: groups}
	}
}

// groupOf returns the group that a tag names. Of a name that no tag can hold there is a digest, and the group
// is the one that has it.
func (s *search) groupOf(ctx context.Context, tag string) (string, error) {
	if groupTagValue(tag) == tag && !strings.HasPrefix(tag, digestPrefix) {
		return tag, nil
	}
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(s.Clients.autoscaling, &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("looking for the group of stack %s: %w", s.Stack, concise(err))
		}
		for _, g := range page.AutoScalingGroups {
			if groupTagValue(aws.ToString(g.AutoScalingGroupName)) == tag {
				return aws.ToString(g.AutoScalingGroupName), nil
			}
		}
	}
	return "", &SearchError{Stack: s.Stack, Account: s.account, Groups: []string{tag}}
}

// nothing is the error of a search that has found nothing of the stack.
func (s *search) nothing(ctx context.Context, findings []provision.Finding) error {
	e := &SearchError{Stack: s.Stack, ASG: s.ASG, Account: s.account}
	for _, f := range findings {
		if f.Claim == provision.Foreign {
			e.Foreign = append(e.Foreign, f.Name+": "+f.Reason)
		}
	}
	if s.ASG != "" && s.group == nil && len(e.Foreign) == 0 {
		return missingGroup(ctx, s.Clients.autoscaling, s.ASG, s.account.Region) // a slip of the pen, most likely
	}
	return e
}

// SearchError says that nothing of a stack was found, or not enough to go on.
type SearchError struct {
	Stack   string
	ASG     string // "" where none was given
	Account Account
	Groups  []string // that the tags name: more than one, or one that there is not
	Foreign []string // what has one of the stack's names, and who says that it is not the stack's
}

func (e *SearchError) Error() string {
	switch len(e.Groups) {
	case 0:
		return fmt.Sprintf("nothing of stack %s is in account %s, region %s: no object of its names carries its tags", e.Stack, e.Account.ID, e.Account.Region)
	case 1:
		return fmt.Sprintf("the group of stack %s cannot be told: the tags hold its digest, %s, and no group has it", e.Stack, e.Groups[0])
	}
	return fmt.Sprintf("the objects of stack %s name different groups: %s", e.Stack, strings.Join(e.Groups, ", "))
}

// Empty reports whether all was looked at, on a group that is there, and nothing has one of the stack's names.
func (e *SearchError) Empty() bool { return e.ASG != "" && len(e.Groups)+len(e.Foreign) == 0 }

// Hint says what to do.
func (e *SearchError) Hint() string {
	switch {
	case len(e.Groups) == 1:
		return "name the group with --asg"
	case len(e.Groups) > 1:
		return "say which with --asg, for example --asg " + quoted(e.Groups[0]) + "; the others' are left alone"
	case len(e.Foreign) > 0:
		return "there is " + strings.Join(e.Foreign, "; ")
	case e.ASG == "":
		return "check --stack, --region and --profile; scaling policies that are all that is left are found with --asg"
	}
	return "check --asg, --stack, --region and --profile"
}
