package stack

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// roleProperties are the properties of an AWS::IAM::Role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html
type roleProperties struct {
	AssumeRolePolicyDocument string // JSON in canonical form
	Description              string
	Tags                     provision.Tags
}

type roleAPI interface {
	CreateRole(context.Context, *iam.CreateRoleInput, ...func(*iam.Options)) (*iam.CreateRoleOutput, error)
	GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	UpdateAssumeRolePolicy(context.Context, *iam.UpdateAssumeRolePolicyInput, ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error)
	UpdateRole(context.Context, *iam.UpdateRoleInput, ...func(*iam.Options)) (*iam.UpdateRoleOutput, error)
	TagRole(context.Context, *iam.TagRoleInput, ...func(*iam.Options)) (*iam.TagRoleOutput, error)
	UntagRole(context.Context, *iam.UntagRoleInput, ...func(*iam.Options)) (*iam.UntagRoleOutput, error)
	ListRolePolicies(context.Context, *iam.ListRolePoliciesInput, ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
	ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
	DeleteRole(context.Context, *iam.DeleteRoleInput, ...func(*iam.Options)) (*iam.DeleteRoleOutput, error)
}

const roleType = "AWS::IAM::Role"

// roleKind makes roles. The physical ID is the role's name.
func roleKind(api roleAPI) provision.Kind[roleProperties] {
	r := roles{api}
	return provision.Kind[roleProperties]{
		Type:    roleType,
		Tags:    func(p roleProperties) provision.Tags { return p.Tags },
		Appears: newObjectAppears,
		Read:    r.read,
		Create:  r.create,
		Update:  r.update,
		Delete:  r.delete,
	}
}

type roles struct{ api roleAPI }

func (r roles) read(ctx context.Context, id provision.Identity) (provision.Live[roleProperties], error) {
	out, err := provision.Retry(ctx, roleSettles, func(ctx context.Context) (*iam.GetRoleOutput, error) {
		out, err := r.api.GetRole(ctx, &iam.GetRoleInput{RoleName: &id.Name})
		err = incomplete(err, out == nil || out.Role == nil)
		if err == nil && !strings.HasPrefix(aws.ToString(out.Role.Arn), "arn:") {
			return nil, errUnsettledRole
		}
		return out, err
	})
	if err != nil {
		return provision.Live[roleProperties]{}, missingEntity(err)
	}
	return liveRole(out.Role)
}

func (r roles) create(ctx context.Context, id provision.Identity, want roleProperties) (provision.Live[roleProperties], error) {
	out, err := r.api.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName:                 &id.Name,
		AssumeRolePolicyDocument: &want.AssumeRolePolicyDocument,
		Description:              &want.Description,
		Tags:                     roleTags(want.Tags),
	})
	if _, taken := errors.AsType[*types.EntityAlreadyExistsException](err); taken {
		err = fmt.Errorf("%w: %w", provision.ErrExists, err)
	}
	if err = incomplete(err, out == nil || out.Role == nil); err != nil {
		return provision.Live[roleProperties]{}, err
	}
	return provision.Live[roleProperties]{
		PhysicalID: id.Name, ARN: aws.ToString(out.Role.Arn), UniqueID: aws.ToString(out.Role.RoleId), Properties: want,
	}, nil
}

func (r roles) update(ctx context.Context, live provision.Live[roleProperties], want roleProperties, changed provision.Changed) error {
	name := &live.PhysicalID
	if changed.Any("AssumeRolePolicyDocument") {
		_, err := r.api.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &want.AssumeRolePolicyDocument})
		if err != nil {
			return err
		}
	}
	if changed.Any("Description") {
		if _, err := r.api.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: &want.Description}); err != nil {
			return err
		}
	}
	return retag(live.Properties.Tags, want.Tags,
		func(set provision.Tags) error {
			_, err := r.api.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: roleTags(set)})
			return err
		},
		func(keys []string) error {
			_, err := r.api.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: keys})
			return err
		})
}

func (r roles) delete(ctx context.Context, id provision.Identity) error {
	_, err := provision.Retry(ctx, roleDetaches, func(ctx context.Context) (*iam.DeleteRoleOutput, error) {
		out, err := r.api.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &id.Name})
		if _, conflict := errors.AsType[*types.DeleteConflictException](err); conflict {
			err = r.blocked(ctx, id.Name, err)
		}
		return out, err
	})
	return gone(missingEntity(err))
}

// AddedPoliciesError says that a role cannot be deleted, for somebody gave it policies that are not the stack's to
// remove.
type AddedPoliciesError struct {
	Role     string
	Inline   []string // names
	Attached []string // ARNs
	err      error
}

func (e *AddedPoliciesError) Error() string {
	return fmt.Sprintf("role %s has policies that the stack did not give it: %s", e.Role, strings.Join(slices.Concat(e.Inline, e.Attached), ", "))
}

func (e *AddedPoliciesError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *AddedPoliciesError) Hint() string {
	var remove []string
	for _, name := range e.Inline {
		remove = append(remove, fmt.Sprintf("`aws iam delete-role-policy --role-name %s --policy-name %s`", e.Role, name))
	}
	for _, arn := range e.Attached {
		remove = append(remove, fmt.Sprintf("`aws iam detach-role-policy --role-name %s --policy-arn %s`", e.Role, arn))
	}
	return strings.Join(remove, " and ") + ", then `eventscale destroy` again"
}

// blocked finds out why IAM does not delete a role. Our own inline policy it can go on showing for a while; those of
// others do not pass by themselves. A caller who may not list them is told what IAM said.
func (r roles) blocked(ctx context.Context, role string, conflict error) error {
	inline, err := r.api.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &role})
	if err != nil {
		return conflict
	}
	attached, err := r.api.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	if err != nil {
		return conflict
	}
	e := &AddedPoliciesError{Role: role, err: conflict}
	e.Inline = slices.DeleteFunc(inline.PolicyNames, func(name string) bool { return name == ingestPolicy })
	for _, p := range attached.AttachedPolicies {
		e.Attached = append(e.Attached, aws.ToString(p.PolicyArn))
	}
	if len(e.Inline)+len(e.Attached) == 0 {
		return conflict
	}
	return e
}

// iamPropagation is as long as IAM takes, at the longest seen, to show a change everywhere: no bound is
// published. https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
const iamPropagation = 2 * time.Minute

// newObjectAppears is how long a destroy looks for a queue or a role that may have been made just before it: of
// SQS a second is said, and IAM takes seconds as a rule.
const newObjectAppears = 5 * time.Second

// errUnsettledRole: a role just made can show its unique ID in the place of its ARN for a moment.
var errUnsettledRole = errors.New("the role shows no ARN yet")

var roleSettles = provision.Patience{
	Reason: "IAM to show the ARN of the new role",
	Cap:    iamPropagation, First: time.Second,
	Passing: func(err error) bool { return errors.Is(err, errUnsettledRole) },
}

// roleDetaches: IAM refuses to delete a role while it still sees the inline policy that was deleted just before.
var roleDetaches = provision.Patience{
	Reason: "IAM to see that the role's inline policy is gone",
	Cap:    iamPropagation, First: time.Second,
	Passing: func(err error) bool {
		_, conflict := errors.AsType[*types.DeleteConflictException](err)
		_, added := errors.AsType[*AddedPoliciesError](err)
		return conflict && !added
	},
}

func liveRole(r *types.Role) (provision.Live[roleProperties], error) {
	live := provision.Live[roleProperties]{
		PhysicalID: aws.ToString(r.RoleName), ARN: aws.ToString(r.Arn), UniqueID: aws.ToString(r.RoleId),
	}
	trust, err := policyDocument(r.AssumeRolePolicyDocument)
	if err != nil {
		return live, fmt.Errorf("the trust policy of role %s: %w", live.PhysicalID, err)
	}
	live.Properties = roleProperties{
		AssumeRolePolicyDocument: trust,
		Description:              aws.ToString(r.Description),
		Tags:                     provision.Tags{},
	}
	for _, t := range r.Tags {
		live.Properties.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return live, nil
}

// policyDocument reads a document as IAM returns it: URL-encoded.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func policyDocument(encoded *string) (string, error) {
	decoded, err := url.QueryUnescape(aws.ToString(encoded))
	return canonical(decoded), err
}

func roleTags(tags provision.Tags) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

// missingEntity turns IAM's words for an entity that is not there into ErrNotFound.
func missingEntity(err error) error {
	if _, missing := errors.AsType[*types.NoSuchEntityException](err); missing {
		return fmt.Errorf("%w: %w", provision.ErrNotFound, err)
	}
	return err
}
