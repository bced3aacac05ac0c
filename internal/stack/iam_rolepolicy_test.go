package stack

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

func rolePolicySubject() subject[rolePolicyProperties] {
	const logs, queue = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/x", "arn:aws:sqs:us-east-1:123456789012:x"
	return subject[rolePolicyProperties]{
		kind:  func(k kinds) provision.Kind[rolePolicyProperties] { return k.rolePolicy },
		setup: func(c *cloud) { c.addRole(testRole, "lambda.amazonaws.com") },
		name:  testRole + "/ingest", other: testRole + "/ingest-2",
		want: rolePolicyProperties{ingestPermissions(logs, queue)},
		others: map[string][]any{
			"PolicyDocument": {ingestPermissions(logs, queue+"-2"), ingestPermissions(logs+"-2", queue)},
		},
		physicalID: testRole + "/ingest",
		meddle: func(c *cloud) {
			c.done(c.theirs.iam.PutRolePolicy(c.Context(), &iam.PutRolePolicyInput{
				RoleName: aws.String(testRole), PolicyName: aws.String("ingest"),
				PolicyDocument: aws.String(ingestPermissions(logs, queue+"*")),
			}))
		},
		meddled: []string{"PolicyDocument"},
	}
}

func TestRolePolicyConforms(t *testing.T) { conforms(t, rolePolicySubject()) }

func TestRolePolicyOfNoRoleIsGone(t *testing.T) {
	c := newCloud(t, sandbox.Options{})
	id := provision.Identity{Name: "no-role/ingest"}
	if err := c.kinds().rolePolicy.Delete(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := c.kinds().rolePolicy.Read(t.Context(), id); !errors.Is(err, provision.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

// PutRolePolicy can miss a role that was made a moment before.
func TestRolePolicyWaitsForItsRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rolePolicySubject()
		c := newCloud(t, sandbox.Options{})
		start := time.Now()
		go func() {
			time.Sleep(7 * time.Second)
			s.setup(c)
		}()
		if _, err := c.kinds().rolePolicy.Create(t.Context(), provision.Identity{Name: s.name}, s.want); err != nil {
			t.Error(err)
		}
		took(t, start, 7*time.Second, 17*time.Second)
	})
}

func TestRolePolicyWaitsForItsRoleNoLongerThanIAMTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rolePolicySubject()
		c := newCloud(t, sandbox.Options{})
		start := time.Now()
		_, err := c.kinds().rolePolicy.Create(t.Context(), provision.Identity{Name: s.name}, s.want)
		if _, ok := errors.AsType[*types.NoSuchEntityException](err); !ok {
			t.Errorf("%v, want what IAM said", err)
		}
		took(t, start, iamPropagation, iamPropagation)
	})
}

func TestRolePolicyThatIAMRefusesIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := rolePolicySubject().stage(t)
		s.want.PolicyDocument = trustLambda() // names a principal, and no resource
		s.atOnce("PutRolePolicy", "MalformedPolicyDocument", func() error {
			_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
			return err
		})
	})
}

// IAM that does not know the role yet must not make us forget its policy: the role could not be deleted with it.
func TestPolicyOfARoleThatIsNotShownYetIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Faults: []sandbox.Fault{{
			Service: "iam", Operations: []string{"DeleteRolePolicy"}, First: 3,
			Do: sandbox.DoError, Status: 404, Code: "NoSuchEntity", Message: "The role with name " + testRole + " cannot be found.",
		}}}))
		p.up()
		p.done(nil, p.destroy())
		p.isGone(t)
	})
}
