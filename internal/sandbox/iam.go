package sandbox

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// role is an IAM role. Documents are kept as they were given.
type role struct {
	Name         string
	ID           string
	Path         string
	Description  string
	Boundary     string // ARN of the permissions boundary
	MaxSession   int32  // seconds
	Trust        string
	TrustChanged time.Time
	Created      time.Time
	Policies     map[string]string // inline, by name
	Attached     []string          // ARNs of managed policies
	Tags         map[string]string
}

func (w *world) iamOperations() []operation {
	return []operation{
		op("CreateRole", w.createRole),
		op("GetRole", w.getRole),
		op("ListRoles", w.listRoles),
		op("UpdateRole", w.updateRole),
		op("UpdateAssumeRolePolicy", w.updateAssumeRolePolicy),
		op("DeleteRole", w.deleteRole),
		op("TagRole", w.tagRole),
		op("UntagRole", w.untagRole),
		op("ListRoleTags", w.listRoleTags),
		op("PutRolePolicy", w.putRolePolicy),
		op("GetRolePolicy", w.getRolePolicy),
		op("ListRolePolicies", w.listRolePolicies),
		op("DeleteRolePolicy", w.deleteRolePolicy),
		op("AttachRolePolicy", w.attachRolePolicy),
		op("DetachRolePolicy", w.detachRolePolicy),
		op("ListAttachedRolePolicies", w.listAttachedRolePolicies),
		op("ListInstanceProfilesForRole", w.listInstanceProfilesForRole),
	}
}

// Limits of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	maxTrustPolicyChars  = 2048
	maxInlinePolicyChars = 10_240 // of all inline policies of a role together, without white space
	defaultMaxSession    = 3600
	iamPageSize          = 100
	iamPageMost          = 1000
	base32Letters        = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
)

var (
	iamNameChars  = pattern(`^[\w+=,.@-]+$`)
	iamPathFormat = pattern(`^(/|/[\x21-\x7e]+/)$`)
)

func (w *world) createRole(r *request, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	name := aws.ToString(in.RoleName)
	path := aws.ToString(in.Path)
	if path == "" {
		path = "/"
	}
	session := aws.ToInt32(in.MaxSessionDuration)
	if session == 0 {
		session = defaultMaxSession
	}
	tags, fault := addTags(nil, iamTags(in.Tags))
	if err := iamValidation(firstFault(
		checkIAMName(name, "roleName", 64), checkIAMPath(path),
		checkLength(aws.ToString(in.Description), "description", 0, 1000),
		checkRange(session, "maxSessionDuration", 3600, 43_200), fault,
	)); err != nil {
		return nil, err
	}
	if err := checkTrustPolicy(aws.ToString(in.AssumeRolePolicyDocument), "assumeRolePolicyDocument"); err != nil {
		return nil, err
	}
	if _, exists := w.Roles[strings.ToLower(name)]; exists {
		return nil, &types.EntityAlreadyExistsException{Message: aws.String("Role with name " + name + " already exists.")}
	}
	made := &role{
		Name:         name,
		ID:           "AROA" + newID(base32Letters, 17),
		Path:         path,
		Description:  aws.ToString(in.Description),
		Boundary:     aws.ToString(in.PermissionsBoundary),
		MaxSession:   session,
		Trust:        *in.AssumeRolePolicyDocument,
		TrustChanged: r.now,
		Created:      r.now,
		Policies:     map[string]string{},
		Tags:         tags,
	}
	w.Roles[strings.ToLower(name)] = made
	out := made.described(r)
	out.MaxSessionDuration, out.RoleLastUsed = nil, nil // CreateRole leaves these out
	return &iam.CreateRoleOutput{Role: &out}, nil
}

func (w *world) getRole(r *request, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	out := found.described(r)
	return &iam.GetRoleOutput{Role: &out}, nil
}

func (w *world) listRoles(r *request, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	var roles []types.Role
	for _, each := range byName(w.Roles) {
		if !strings.HasPrefix(each.Path, aws.ToString(in.PathPrefix)) || !w.roleVisible(r, each) {
			continue
		}
		listed := each.described(r)
		listed.Tags, listed.PermissionsBoundary, listed.RoleLastUsed = nil, nil, nil // as AWS's ListRoles
		roles = append(roles, listed)
	}
	part, next, ok := page(roles, in.Marker, pageSize(in.MaxItems, iamPageSize, iamPageMost))
	if !ok {
		return nil, iamValidation("Invalid Marker.")
	}
	return &iam.ListRolesOutput{Roles: part, Marker: next, IsTruncated: next != nil}, nil
}

func (w *world) updateRole(r *request, in *iam.UpdateRoleInput) (*iam.UpdateRoleOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := iamValidation(firstFault(
		checkLength(aws.ToString(in.Description), "description", 0, 1000),
		checkOptional(in.MaxSessionDuration, "maxSessionDuration", 3600, 43_200),
	)); err != nil {
		return nil, err
	}
	if in.Description != nil {
		found.Description = *in.Description
	}
	if in.MaxSessionDuration != nil {
		found.MaxSession = *in.MaxSessionDuration
	}
	return &iam.UpdateRoleOutput{}, nil
}

func (w *world) updateAssumeRolePolicy(r *request, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	document := aws.ToString(in.PolicyDocument)
	if err := checkTrustPolicy(document, "policyDocument"); err != nil {
		return nil, err
	}
	if !sameValue(found.Trust, document) {
		found.TrustChanged = r.now
	}
	found.Trust = document
	return &iam.UpdateAssumeRolePolicyOutput{}, nil
}

func (w *world) deleteRole(_ *request, in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	found, err := w.roleThere(in.RoleName)
	if err != nil {
		return nil, err
	}
	if len(found.Policies) > 0 {
		return nil, &types.DeleteConflictException{Message: aws.String("Cannot delete entity, must delete policies first.")}
	}
	if len(found.Attached) > 0 {
		return nil, &types.DeleteConflictException{Message: aws.String("Cannot delete entity, must detach all policies first.")}
	}
	delete(w.Roles, strings.ToLower(found.Name))
	return &iam.DeleteRoleOutput{}, nil
}

func (w *world) tagRole(r *request, in *iam.TagRoleInput) (*iam.TagRoleOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	tags, fault := addTags(found.Tags, iamTags(in.Tags))
	if err := iamValidation(fault); err != nil {
		return nil, err
	}
	found.Tags = tags
	return &iam.TagRoleOutput{}, nil
}

func (w *world) untagRole(r *request, in *iam.UntagRoleInput) (*iam.UntagRoleOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	found.Tags = withoutTags(found.Tags, in.TagKeys)
	return &iam.UntagRoleOutput{}, nil
}

func (w *world) listRoleTags(r *request, in *iam.ListRoleTagsInput) (*iam.ListRoleTagsOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	part, next, ok := page(found.tagList(), in.Marker, pageSize(in.MaxItems, iamPageSize, iamPageMost))
	if !ok {
		return nil, iamValidation("Invalid Marker.")
	}
	return &iam.ListRoleTagsOutput{Tags: part, Marker: next, IsTruncated: next != nil}, nil
}

// roleNamed finds a role by its name, unless it was made just now: what IAM writes in one place is read in
// others a little later.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
func (w *world) roleNamed(r *request, name *string) (*role, error) {
	found, err := w.roleThere(name)
	if err == nil && !w.roleVisible(r, found) {
		return nil, noSuchRole(name)
	}
	return found, err
}

func (w *world) roleVisible(r *request, o *role) bool {
	return !r.now.Before(o.Created.Add(w.delays.RoleVisible))
}

// roleThere finds a role by its name, whatever its case.
func (w *world) roleThere(name *string) (*role, error) {
	if err := iamValidation(checkIAMName(aws.ToString(name), "roleName", 64)); err != nil {
		return nil, err
	}
	found, ok := w.Roles[strings.ToLower(*name)]
	if !ok {
		return nil, noSuchRole(name)
	}
	return found, nil
}

func noSuchRole(name *string) error {
	return &types.NoSuchEntityException{Message: aws.String("The role with name " + *name + " cannot be found.")}
}

func (o *role) arn(r *request) string {
	return "arn:" + r.partition + ":iam::" + r.account + ":role" + o.Path + o.Name
}

func (o *role) described(r *request) types.Role {
	d := types.Role{
		Arn:                      aws.String(o.arn(r)),
		AssumeRolePolicyDocument: urlEncoded(o.Trust),
		CreateDate:               aws.Time(o.Created.UTC().Truncate(time.Second)),
		Description:              orNil(o.Description),
		MaxSessionDuration:       aws.Int32(o.MaxSession),
		Path:                     aws.String(o.Path),
		RoleId:                   aws.String(o.ID),
		RoleLastUsed:             &types.RoleLastUsed{},
		RoleName:                 aws.String(o.Name),
		Tags:                     o.tagList(),
	}
	if o.Boundary != "" {
		d.PermissionsBoundary = &types.AttachedPermissionsBoundary{
			PermissionsBoundaryArn:  aws.String(o.Boundary),
			PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy,
		}
	}
	return d
}

func (o *role) tagList() []types.Tag {
	var list []types.Tag
	for _, key := range sortedKeys(o.Tags) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(o.Tags[key])})
	}
	return list
}

func iamTags(list []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

func checkIAMName(name, parameter string, longest int) string {
	if fault := checkLength(name, parameter, 1, longest); fault != "" {
		return fault
	}
	if !iamNameChars().MatchString(name) {
		return "The specified value for " + parameter + " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
	}
	return ""
}

func checkIAMPath(path string) string {
	if !iamPathFormat().MatchString(path) {
		return "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."
	}
	return checkLength(path, "path", 1, 512)
}

// iamValidation returns the error for a fault, nil for none.
func iamValidation(fault string) error {
	if fault == "" {
		return nil
	}
	return &apiError{code: "ValidationError", message: fault}
}
