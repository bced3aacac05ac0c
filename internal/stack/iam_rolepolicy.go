package stack

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/eventscale/eventscale/internal/provision"
)

// rolePolicyProperties are the properties of an AWS::IAM::RolePolicy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
type rolePolicyProperties struct {
	PolicyDocument string // JSON in canonical form
}

type rolePolicyAPI interface {
	PutRolePolicy(context.Context, *iam.PutRolePolicyInput, ...func(*iam.Options)) (*iam.PutRolePolicyOutput, error)
	GetRolePolicy(context.Context, *iam.GetRolePolicyInput, ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	DeleteRolePolicy(context.Context, *iam.DeleteRolePolicyInput, ...func(*iam.Options)) (*iam.DeleteRolePolicyOutput, error)
}

const rolePolicyType = "AWS::IAM::RolePolicy"

// rolePolicyKind makes the inline policies of roles. Name and physical ID are "ROLE/POLICY". It is a
// resource of its own, not a property of the role, so that the function need not wait for it when it
// is made, nor the role's deletion for a round trip more.
func rolePolicyKind(api rolePolicyAPI) provision.Kind[rolePolicyProperties] {
	r := rolePolicies{api}
	return provision.Kind[rolePolicyProperties]{
		Type:   rolePolicyType,
		Read:   r.read,
		Create: r.create,
		Update: r.update,
		Delete: r.delete,
	}
}

type rolePolicies struct{ api rolePolicyAPI }

func (r rolePolicies) read(ctx context.Context, id provision.Identity) (provision.Live[rolePolicyProperties], error) {
	role, policy := splitRolePolicy(id.Name)
	out, err := r.api.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &policy})
	if err != nil {
		return provision.Live[rolePolicyProperties]{}, missingEntity(err)
	}
	document, err := policyDocument(out.PolicyDocument)
	return liveRolePolicy(id.Name, rolePolicyProperties{document}), err
}

func (r rolePolicies) create(ctx context.Context, id provision.Identity, want rolePolicyProperties) (provision.Live[rolePolicyProperties], error) {
	return liveRolePolicy(id.Name, want), r.put(ctx, id.Name, want)
}

func (r rolePolicies) update(ctx context.Context, live provision.Live[rolePolicyProperties], want rolePolicyProperties, _ provision.Changed) error {
	return r.put(ctx, live.PhysicalID, want)
}

func (r rolePolicies) put(ctx context.Context, name string, want rolePolicyProperties) error {
	role, policy := splitRolePolicy(name)
	_, err := provision.Retry(ctx, roleVisible, func(ctx context.Context) (*iam.PutRolePolicyOutput, error) {
		return r.api.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
			RoleName: &role, PolicyName: &policy, PolicyDocument: &want.PolicyDocument,
		})
	})
	return err
}

func (r rolePolicies) delete(ctx context.Context, id provision.Identity) error {
	role, policy := splitRolePolicy(id.Name)
	_, err := provision.Retry(ctx, roleAppears, func(ctx context.Context) (*iam.DeleteRolePolicyOutput, error) {
		return r.api.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &policy})
	})
	return gone(missingEntity(err))
}

// roleAppears: the policy of a role that IAM does not show yet must not be taken for gone, or the role could not be
// deleted with it. IAM tells the two that can be missing apart by its words alone.
var roleAppears = provision.Patience{
	Reason: "IAM to show a role that may have been made a moment ago",
	Cap:    newObjectAppears, First: 500 * time.Millisecond,
	Passing: func(err error) bool { return isAPIError(err, "NoSuchEntity", "The role with name") },
}

// roleVisible: PutRolePolicy can miss a role that was made a moment before.
var roleVisible = provision.Patience{
	Reason: "IAM to show the new role",
	Cap:    iamPropagation, First: 500 * time.Millisecond,
	Passing: func(err error) bool { return errors.Is(missingEntity(err), provision.ErrNotFound) },
}

func liveRolePolicy(name string, p rolePolicyProperties) provision.Live[rolePolicyProperties] {
	return provision.Live[rolePolicyProperties]{PhysicalID: name, Properties: p}
}

func splitRolePolicy(name string) (role, policy string) {
	role, policy, _ = strings.Cut(name, "/")
	return role, policy
}
