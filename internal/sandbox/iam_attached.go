package sandbox

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// maxAttachedPolicies is for each role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxAttachedPolicies = 10

var managedPolicyARN = pattern(`^arn:aws[a-z-]*:iam::(aws|\d{12}):policy/[\w+=,.@/-]+$`)

// attachRolePolicy takes any ARN for one of a managed policy: the sandbox has none, and what they allow plays no part
// in it but that a role that has one cannot be deleted.
func (w *world) attachRolePolicy(r *request, in *iam.AttachRolePolicyInput) (*iam.AttachRolePolicyOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	arn := aws.ToString(in.PolicyArn)
	if !managedPolicyARN().MatchString(arn) {
		return nil, iamValidation("ARN " + arn + " is not valid.")
	}
	if slices.Contains(found.Attached, arn) {
		return &iam.AttachRolePolicyOutput{}, nil
	}
	if len(found.Attached) >= maxAttachedPolicies {
		return nil, &types.LimitExceededException{Message: aws.String("Cannot exceed quota for PoliciesPerRole: 10")}
	}
	found.Attached = append(found.Attached, arn)
	return &iam.AttachRolePolicyOutput{}, nil
}

func (w *world) detachRolePolicy(r *request, in *iam.DetachRolePolicyInput) (*iam.DetachRolePolicyOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	i := slices.Index(found.Attached, aws.ToString(in.PolicyArn))
	if i < 0 {
		return nil, &types.NoSuchEntityException{Message: aws.String("Policy " + aws.ToString(in.PolicyArn) + " was not found.")}
	}
	found.Attached = slices.Delete(found.Attached, i, i+1)
	return &iam.DetachRolePolicyOutput{}, nil
}

func (w *world) listAttachedRolePolicies(r *request, in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	out := &iam.ListAttachedRolePoliciesOutput{}
	for _, arn := range found.Attached {
		name := arn[strings.LastIndexByte(arn, '/')+1:]
		out.AttachedPolicies = append(out.AttachedPolicies, types.AttachedPolicy{PolicyArn: aws.String(arn), PolicyName: aws.String(name)})
	}
	return out, nil
}
