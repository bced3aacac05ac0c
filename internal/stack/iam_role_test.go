package stack

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

const testRole = "eventscale-gpu-workers-us-east-1"

// trust is a trust policy in canonical form.
func trust(service string) string {
	return document(statement{Effect: "Allow", Principal: map[string]string{"Service": service}, Action: "sts:AssumeRole"})
}

func (c *cloud) addRole(name, service string) {
	c.Helper()
	c.done(c.theirs.iam.CreateRole(c.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust(service))}))
}

func roleSubject() subject[roleProperties] {
	return subject[roleProperties]{
		kind: func(k kinds) provision.Kind[roleProperties] { return k.role },
		name: testRole, other: testRole + "-2",
		want: roleProperties{
			AssumeRolePolicyDocument: trustLambda(), Description: "100 % ours + theirs",
			Tags: provision.Tags{"owner": "us"},
		},
		others: map[string][]any{
			"AssumeRolePolicyDocument": {trust("ec2.amazonaws.com"), trust("events.amazonaws.com")},
			"Description":              {"other", ""},
		},
		physicalID: testRole,
		arn:        "arn:aws:iam::123456789012:role/" + testRole,
		meddle: func(c *cloud) {
			c.done(c.theirs.iam.UpdateAssumeRolePolicy(c.Context(), &iam.UpdateAssumeRolePolicyInput{
				RoleName: aws.String(testRole), PolicyDocument: aws.String(trust("ec2.amazonaws.com")),
			}))
			c.done(c.theirs.iam.UntagRole(c.Context(), &iam.UntagRoleInput{RoleName: aws.String(testRole), TagKeys: []string{"owner"}}))
		},
		meddled: []string{"AssumeRolePolicyDocument", "Tags"},
	}
}

func TestRoleConforms(t *testing.T) { conforms(t, roleSubject()) }

// IAM compares names without regard to case: another's role of our name in capitals is a conflict.
func TestRoleOfOtherCaseExists(t *testing.T) {
	s := roleSubject().stage(t)
	s.addRole("EVENTSCALE-gpu-workers-us-east-1", "ec2.amazonaws.com")
	_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
	if !errors.Is(err, provision.ErrExists) {
		t.Errorf("%v, want ErrExists", err)
	}
}

// A role just made can show its unique ID in the place of its ARN.
func TestRoleWaitsForItsARN(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		role := types.Role{RoleName: aws.String(testRole), Arn: aws.String("AROAEXAMPLE"), AssumeRolePolicyDocument: aws.String(url.QueryEscape(trustLambda()))}
		settles := time.Now().Add(5 * time.Second)
		k := roleKind(roleOf(func() types.Role {
			if !time.Now().Before(settles) {
				role.Arn = aws.String("arn:aws:iam::123456789012:role/" + testRole)
			}
			return role
		}))
		live, err := k.Read(t.Context(), provision.Identity{Name: testRole})
		if err != nil || live.ARN != "arn:aws:iam::123456789012:role/"+testRole {
			t.Errorf("%s, %v", live.ARN, err)
		}
		took(t, settles.Add(-5*time.Second), 5*time.Second, 10*time.Second)
	})
}

// roleOf is an IAM with one role, which only GetRole is asked of.
type roleReader struct {
	roleAPI
	role func() types.Role
}

func roleOf(role func() types.Role) roleAPI { return roleReader{role: role} }

func (r roleReader) GetRole(context.Context, *iam.GetRoleInput, ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	role := r.role()
	return &iam.GetRoleOutput{Role: &role}, nil
}

// withPolicy makes our role, and gives it a policy that IAM will not delete it with.
func withPolicy(t *testing.T, name string) *stage[roleProperties] {
	s := roleSubject().stage(t)
	s.create(s.name)
	s.addRolePolicy(name)
	return s
}

func (c *cloud) addRolePolicy(name string) {
	c.Helper()
	c.done(c.theirs.iam.PutRolePolicy(c.Context(), &iam.PutRolePolicyInput{
		RoleName: aws.String(testRole), PolicyName: &name, PolicyDocument: aws.String(ingestPermissions("a:b", "c:d")),
	}))
}

func TestRoleIsDeletedAsSoonAsItsPolicyIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withPolicy(t, ingestPolicy)
		start := time.Now()
		go func() {
			time.Sleep(20 * time.Second)
			s.done(s.theirs.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: &s.name, PolicyName: aws.String(ingestPolicy)}))
		}()
		if err := s.fresh().Delete(t.Context(), provision.Identity{Name: s.name}); err != nil {
			t.Error(err)
		}
		took(t, start, 20*time.Second, 30*time.Second)
		s.missing(provision.Identity{Name: s.name})
	})
}

func TestRoleThatKeepsAPolicyIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := withPolicy(t, ingestPolicy)
		start := time.Now()
		err := s.fresh().Delete(t.Context(), provision.Identity{Name: s.name})
		if _, ok := errors.AsType[*types.DeleteConflictException](err); !ok {
			t.Errorf("%v, want what IAM said", err)
		}
		took(t, start, iamPropagation, iamPropagation)
	})
}

// Policies of others do not go away by themselves, and are not ours to remove: their names say what to do.
func TestRoleWithPoliciesOfOthersIsLeftAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.up()
		managed := "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
		p.addRolePolicy("theirs")
		p.done(p.theirs.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(testRole), PolicyArn: &managed}))
		start := time.Now()
		err := p.destroy()
		took(t, start, 0, 0)
		added, ok := errors.AsType[*AddedPoliciesError](err)
		if !ok || !strings.Contains(err.Error(), "policies that the stack did not give it: theirs, "+managed) {
			t.Fatalf("%v, want both policies named", err)
		}
		want := "`aws iam delete-role-policy --role-name eventscale-gpu-workers-us-east-1 --policy-name theirs` and " +
			"`aws iam detach-role-policy --role-name eventscale-gpu-workers-us-east-1 --policy-arn " + managed + "`, then `eventscale destroy` again"
		if added.Hint() != want {
			t.Errorf("%s, want %s", added.Hint(), want)
		}
		if left := p.load().Resources; len(left) != 1 || left[0].LogicalID != IngestRole {
			t.Errorf("left are %v, want the role alone", left)
		}
		p.done(p.theirs.iam.DeleteRolePolicy(t.Context(), &iam.DeleteRolePolicyInput{RoleName: aws.String(testRole), PolicyName: aws.String("theirs")}))
		p.done(p.theirs.iam.DetachRolePolicy(t.Context(), &iam.DetachRolePolicyInput{RoleName: aws.String(testRole), PolicyArn: &managed}))
		if err := p.destroy(); err != nil || len(p.load().Resources) > 0 {
			t.Errorf("%v; left are %v", err, p.load().Resources)
		}
	})
}

func TestRoleThatIAMRefusesIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := roleSubject().stage(t)
		s.want.AssumeRolePolicyDocument = ingestPermissions("a:b", "c:d") // names resources, and no principal
		s.atOnce("CreateRole", "MalformedPolicyDocument", func() error {
			_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
			return err
		})
	})
}
