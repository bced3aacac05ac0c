package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (w *world) putRolePolicy(r *request, in *iam.PutRolePolicyInput) (*iam.PutRolePolicyOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	name, document := aws.ToString(in.PolicyName), aws.ToString(in.PolicyDocument)
	if err := iamValidation(firstFault(
		checkIAMName(name, "policyName", 128),
		checkLength(document, "policyDocument", 1, 131_072),
	)); err != nil {
		return nil, err
	}
	if fault := inlinePolicyFault(document); fault != "" {
		return nil, malformedPolicy(fault)
	}
	size := policyChars(document)
	for other, text := range found.Policies {
		if other != name {
			size += policyChars(text)
		}
	}
	if size > maxInlinePolicyChars {
		return nil, &types.LimitExceededException{Message: aws.String(fmt.Sprintf(
			"Maximum policy size of %d bytes exceeded for role %s", maxInlinePolicyChars, found.Name))}
	}
	found.Policies[name] = document
	return &iam.PutRolePolicyOutput{}, nil
}

func (w *world) getRolePolicy(r *request, in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	document, ok := found.Policies[aws.ToString(in.PolicyName)]
	if !ok {
		return nil, noSuchRolePolicy(in.PolicyName)
	}
	return &iam.GetRolePolicyOutput{
		RoleName:       aws.String(found.Name),
		PolicyName:     in.PolicyName,
		PolicyDocument: urlEncoded(document),
	}, nil
}

func (w *world) listRolePolicies(r *request, in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	names := sortedKeys(found.Policies)
	part, next, ok := page(names, in.Marker, pageSize(in.MaxItems, iamPageSize, iamPageMost))
	if !ok {
		return nil, iamValidation("Invalid Marker.")
	}
	return &iam.ListRolePoliciesOutput{PolicyNames: part, Marker: next, IsTruncated: next != nil}, nil
}

func (w *world) deleteRolePolicy(r *request, in *iam.DeleteRolePolicyInput) (*iam.DeleteRolePolicyOutput, error) {
	found, err := w.roleNamed(r, in.RoleName)
	if err != nil {
		return nil, err
	}
	if _, ok := found.Policies[aws.ToString(in.PolicyName)]; !ok {
		return nil, noSuchRolePolicy(in.PolicyName)
	}
	delete(found.Policies, *in.PolicyName)
	return &iam.DeleteRolePolicyOutput{}, nil
}

// listInstanceProfilesForRole finds none: the sandbox has no instance profiles.
func (w *world) listInstanceProfilesForRole(r *request, in *iam.ListInstanceProfilesForRoleInput) (*iam.ListInstanceProfilesForRoleOutput, error) {
	if _, err := w.roleNamed(r, in.RoleName); err != nil {
		return nil, err
	}
	return &iam.ListInstanceProfilesForRoleOutput{}, nil
}

func noSuchRolePolicy(name *string) error {
	return &types.NoSuchEntityException{Message: aws.String("The role policy with name " + aws.ToString(name) + " cannot be found.")}
}

func malformedPolicy(message string) error {
	return &types.MalformedPolicyDocumentException{Message: aws.String(message)}
}

// urlEncoded is how IAM gives out documents: RFC 3986, so a space is %20 and not +.
func urlEncoded(document string) *string {
	return aws.String(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

// policyChars counts a document as IAM's quotas do: without white space.
func policyChars(document string) int {
	spaces := 0
	for _, c := range document {
		if unicode.IsSpace(c) {
			spaces++
		}
	}
	return utf8.RuneCountInString(document) - spaces
}

// statement is what the sandbox reads of a policy statement.
type statement struct {
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       oneOrMany
	NotAction    oneOrMany
	Resource     oneOrMany
	NotResource  oneOrMany
}

// oneOrMany is a string or a list of them, which policies use for each other.
type oneOrMany []string

func (o *oneOrMany) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMany{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(o))
}

// statements reads a document; it may hold one statement or a list.
func statements(document string) (list []statement, version string, err error) {
	var policy struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return nil, "", err
	}
	var one statement
	if json.Unmarshal(policy.Statement, &one) == nil {
		return []statement{one}, policy.Version, nil
	}
	err = json.Unmarshal(policy.Statement, &list)
	return list, policy.Version, err
}

// faultInCommon says what is wrong with a document of either sort.
func faultInCommon(list []statement, version string, err error) string {
	if err != nil || len(list) == 0 {
		return "Syntax errors in policy."
	}
	if version != "" && version != "2012-10-17" && version != "2008-10-17" {
		return "The policy must contain a valid version string"
	}
	for _, s := range list {
		switch {
		case s.Effect != "Allow" && s.Effect != "Deny":
			return "Syntax errors in policy."
		case len(s.Action) == 0 && len(s.NotAction) == 0:
			return "Policy statement must contain actions."
		}
	}
	return ""
}

func inlinePolicyFault(document string) string {
	list, version, err := statements(document)
	if fault := faultInCommon(list, version, err); fault != "" {
		return fault
	}
	for _, s := range list {
		switch {
		case s.Principal != nil || s.NotPrincipal != nil:
			return "Policy document should not specify a principal."
		case len(s.Resource) == 0 && len(s.NotResource) == 0:
			return "Policy statement must contain resources."
		}
		for _, action := range append(s.Action, s.NotAction...) {
			if action != "*" && !strings.Contains(action, ":") {
				return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
			}
		}
	}
	return ""
}

func checkTrustPolicy(document, parameter string) error {
	if err := iamValidation(checkLength(document, parameter, 1, 131_072)); err != nil {
		return err
	}
	if !json.Valid([]byte(document)) {
		return malformedPolicy("This policy contains invalid Json")
	}
	list, version, err := statements(document)
	if fault := faultInCommon(list, version, err); fault != "" {
		return malformedPolicy(fault)
	}
	for _, s := range list {
		switch {
		case s.Resource != nil || s.NotResource != nil:
			return malformedPolicy("Has prohibited field Resource")
		case s.Principal == nil && s.NotPrincipal == nil:
			return malformedPolicy("Missing required field Principal")
		}
	}
	if policyChars(document) > maxTrustPolicyChars {
		return &types.LimitExceededException{Message: aws.String(fmt.Sprintf("Cannot exceed quota for ACLSizePerRole: %d", maxTrustPolicyChars))}
	}
	return nil
}

// trusts says whether a role lets an AWS service assume it. Conditions are taken to hold.
func (o *role) trusts(service string) bool {
	list, _, err := statements(o.Trust)
	if err != nil {
		return false
	}
	for _, s := range list {
		var principal struct{ Service oneOrMany }
		names := json.Unmarshal(s.Principal, &principal) == nil && slices.Contains(principal.Service, service)
		assumes := slices.ContainsFunc(s.Action, func(a string) bool { return a == "sts:AssumeRole" || a == "sts:*" || a == "*" })
		if s.Effect == "Allow" && names && assumes {
			return true
		}
	}
	return false
}
