package sandbox

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

const (
	lambdaTrust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	otherTrust     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}}`
	inlineDocument = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}`
)

func roleInput(name string) *iam.CreateRoleInput {
	return &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(lambdaTrust)}
}

func (s *stage) role(name string) *types.Role {
	s.Helper()
	out, err := s.getRole(s.request(), &iam.GetRoleInput{RoleName: &name})
	s.accepts(err)
	return out.Role
}

func TestRoleComesBackAsAWSGivesIt(t *testing.T) {
	s := newStage(t)
	in := roleInput("ingest")
	in.Path, in.Description, in.Tags = aws.String("/jobs/"), aws.String("takes jobs"), []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	created := must(s.createRole(s.request(), in)).Role
	got := s.role("ingest")
	same(t, *got.Arn, "arn:aws:iam::123456789012:role/jobs/ingest")
	if !regexp.MustCompile(`^AROA[A-Z2-7]{17}$`).MatchString(*got.RoleId) {
		t.Errorf("role ID %s", *got.RoleId)
	}
	for _, document := range []*string{created.AssumeRolePolicyDocument, got.AssumeRolePolicyDocument} {
		same(t, must(url.PathUnescape(*document)), lambdaTrust)
		if strings.ContainsAny(*document, `{"+ `) {
			t.Errorf("not URL-encoded: %s", *document)
		}
	}
	same(t, []int32{*got.MaxSessionDuration}, []int32{3600})
	same(t, got.Tags, in.Tags)
	same(t, *got.Description, "takes jobs")

	_, err := s.createRole(s.request(), roleInput("INGEST"))
	s.refuses(err, "EntityAlreadyExists", "Role with name INGEST already exists.")
	same(t, *s.role("Ingest").RoleName, "ingest")
}

func TestCreateRoleChecksItsInput(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		change         func(*iam.CreateRoleInput)
		code, fragment string
	}{
		{func(in *iam.CreateRoleInput) { in.RoleName = nil }, "ValidationError", "greater than or equal to 1"},
		{func(in *iam.CreateRoleInput) { in.RoleName = aws.String(strings.Repeat("x", 65)) }, "ValidationError", "less than or equal to 64"},
		{func(in *iam.CreateRoleInput) { in.RoleName = aws.String("a b") }, "ValidationError", "roleName is invalid"},
		{func(in *iam.CreateRoleInput) { in.Path = aws.String("jobs") }, "ValidationError", "path is invalid"},
		{func(in *iam.CreateRoleInput) { in.MaxSessionDuration = aws.Int32(60) }, "ValidationError", "3600"},
		{func(in *iam.CreateRoleInput) { in.Description = aws.String(strings.Repeat("x", 1001)) }, "ValidationError", "description"},
		{func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = nil }, "ValidationError", "assumeRolePolicyDocument"},
		{func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String("{") }, "MalformedPolicyDocument", "invalid Json"},
		{func(in *iam.CreateRoleInput) { in.AssumeRolePolicyDocument = aws.String(inlineDocument) }, "MalformedPolicyDocument", "prohibited field Resource"},
		{func(in *iam.CreateRoleInput) {
			in.AssumeRolePolicyDocument = aws.String(strings.Replace(lambdaTrust, "2012-10-17", "2020-01-01", 1))
		}, "MalformedPolicyDocument", "version"},
		{func(in *iam.CreateRoleInput) {
			in.AssumeRolePolicyDocument = aws.String(strings.Replace(lambdaTrust, "lambda", strings.Repeat("x", 2048), 1))
		}, "LimitExceeded", "ACLSizePerRole: 2048"},
		{func(in *iam.CreateRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}
		}, "ValidationError", "aws:"},
	} {
		in := roleInput("ingest")
		c.change(in)
		_, err := s.createRole(s.request(), in)
		s.refuses(err, c.code, c.fragment)
	}
	same(t, len(s.Roles), 0)
}

func TestRoleUpdates(t *testing.T) {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("ingest")))
	name := aws.String("ingest")
	must(s.updateRole(s.request(), &iam.UpdateRoleInput{RoleName: name, Description: aws.String("new"), MaxSessionDuration: aws.Int32(7200)}))
	must(s.updateRole(s.request(), &iam.UpdateRoleInput{RoleName: name}))
	must(s.updateAssumeRolePolicy(s.request(), &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(otherTrust)}))
	must(s.tagRole(s.request(), &iam.TagRoleInput{RoleName: name, Tags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}}}))
	must(s.untagRole(s.request(), &iam.UntagRoleInput{RoleName: name, TagKeys: []string{"b"}}))
	got := s.role("ingest")
	same(t, []string{*got.Description, must(url.PathUnescape(*got.AssumeRolePolicyDocument))}, []string{"new", otherTrust})
	same(t, *got.MaxSessionDuration, 7200)
	same(t, must(s.listRoleTags(s.request(), &iam.ListRoleTagsInput{RoleName: name})).Tags, []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}})
	_, err := s.updateAssumeRolePolicy(s.request(), &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String("nonsense")})
	s.refuses(err, "MalformedPolicyDocument", "")
}

func TestInlinePolicyIsKeptAsGiven(t *testing.T) {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("ingest")))
	role, policy := aws.String("ingest"), aws.String("jobs")
	put := &iam.PutRolePolicyInput{RoleName: role, PolicyName: policy, PolicyDocument: aws.String(inlineDocument)}
	for range 2 {
		must(s.putRolePolicy(s.request(), put))
	}
	got := must(s.getRolePolicy(s.request(), &iam.GetRolePolicyInput{RoleName: role, PolicyName: policy}))
	same(t, must(url.PathUnescape(*got.PolicyDocument)), inlineDocument)
	same(t, must(s.listRolePolicies(s.request(), &iam.ListRolePoliciesInput{RoleName: role})).PolicyNames, []string{"jobs"})

	_, err := s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: role})
	s.refuses(err, "DeleteConflict", "must delete policies first")
	must(s.deleteRolePolicy(s.request(), &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: policy}))
	_, err = s.deleteRolePolicy(s.request(), &iam.DeleteRolePolicyInput{RoleName: role, PolicyName: policy})
	s.refuses(err, "NoSuchEntity", "The role policy with name jobs cannot be found.")
	_, err = s.getRolePolicy(s.request(), &iam.GetRolePolicyInput{RoleName: role, PolicyName: policy})
	s.refuses(err, "NoSuchEntity", "jobs")
	must(s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: role}))
	_, err = s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: role})
	s.refuses(err, "NoSuchEntity", "The role with name ingest cannot be found.")
}

func TestInlinePolicyIsRead(t *testing.T) {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("ingest")))
	put := func(name, document string) error {
		_, err := s.putRolePolicy(s.request(), &iam.PutRolePolicyInput{RoleName: aws.String("ingest"), PolicyName: &name, PolicyDocument: &document})
		return err
	}
	for document, fragment := range map[string]string{
		`{`:  "Syntax errors in policy.",
		`{}`: "Syntax errors in policy.",
		`{"Statement":[{"Effect":"Perhaps","Action":"sqs:*","Resource":"*"}]}`:               "Syntax errors in policy.",
		`{"Statement":[{"Effect":"Allow","Resource":"*"}]}`:                                  "must contain actions",
		`{"Statement":[{"Effect":"Allow","Action":"sqs:*"}]}`:                                "must contain resources",
		`{"Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*","Principal":"*"}]}`: "should not specify a principal",
		`{"Statement":[{"Effect":"Allow","Action":"SendMessage","Resource":"*"}]}`:           "prefaced by a vendor",
	} {
		s.refuses(put("p", document), "MalformedPolicyDocument", fragment)
	}
	long := strings.Replace(inlineDocument, `"*"`, `"`+strings.Repeat("x", 6000)+`"`, 1)
	s.accepts(put("a", long+strings.Repeat(" ", 10_000))) // white space does not count
	s.refuses(put("b", long), "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role ingest")
	s.accepts(put("a", long))
}

func TestRoleWithAttachedPoliciesIsNotDeleted(t *testing.T) {
	s := newStage(t)
	must(s.createRole(s.request(), roleInput("a")))
	attach := func(arn string) error {
		_, err := s.attachRolePolicy(s.request(), &iam.AttachRolePolicyInput{RoleName: aws.String("a"), PolicyArn: &arn})
		return err
	}
	const first = "arn:aws:iam::aws:policy/service-role/First"
	s.refuses(attach("First"), "ValidationError", "ARN First is not valid")
	s.accepts(attach(first))
	s.accepts(attach(first)) // again, which is nothing new
	listed := must(s.listAttachedRolePolicies(s.request(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("a")})).AttachedPolicies
	same(t, len(listed), 1)
	same(t, *listed[0].PolicyName, "First")
	_, err := s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: aws.String("a")})
	s.refuses(err, "DeleteConflict", "must detach all policies first")
	for _, name := range "bcdefghij" {
		s.accepts(attach(first + string(name)))
	}
	s.refuses(attach(first+"k"), "LimitExceeded", "PoliciesPerRole")
	for _, each := range must(s.listAttachedRolePolicies(s.request(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("a")})).AttachedPolicies {
		must(s.detachRolePolicy(s.request(), &iam.DetachRolePolicyInput{RoleName: aws.String("a"), PolicyArn: each.PolicyArn}))
	}
	_, err = s.detachRolePolicy(s.request(), &iam.DetachRolePolicyInput{RoleName: aws.String("a"), PolicyArn: aws.String(first)})
	s.refuses(err, "NoSuchEntity", first)
	must(s.deleteRole(s.request(), &iam.DeleteRoleInput{RoleName: aws.String("a")}))
}

func TestRolesAreListedWithoutTheirTags(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"c", "a", "B"} {
		in := roleInput(name)
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		must(s.createRole(s.request(), in))
	}
	first := must(s.listRoles(s.request(), &iam.ListRolesInput{MaxItems: aws.Int32(2)}))
	second := must(s.listRoles(s.request(), &iam.ListRolesInput{MaxItems: aws.Int32(2), Marker: first.Marker}))
	same(t, []bool{first.IsTruncated, second.IsTruncated}, []bool{true, false})
	var names []string
	for _, each := range append(first.Roles, second.Roles...) {
		names = append(names, *each.RoleName)
		if each.Tags != nil {
			t.Errorf("%s has tags", *each.RoleName)
		}
	}
	same(t, names, []string{"a", "B", "c"})
	same(t, len(must(s.listAttachedRolePolicies(s.request(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("a")})).AttachedPolicies), 0)
	same(t, len(must(s.listInstanceProfilesForRole(s.request(), &iam.ListInstanceProfilesForRoleInput{RoleName: aws.String("a")})).InstanceProfiles), 0)
	_, err := s.listAttachedRolePolicies(s.request(), &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("none")})
	s.refuses(err, "NoSuchEntity", "none")
}
