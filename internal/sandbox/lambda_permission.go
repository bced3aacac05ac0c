package sandbox

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// permission is one statement of a function's resource policy, in the form AWS stores it.
type permission struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

const maxPolicyBytes = 20 * 1024

var (
	statementID      = pattern(`^([a-zA-Z0-9-_]+)$`)
	permissionAction = pattern(`^(lambda:[*]|lambda:[a-zA-Z]+|[*])$`)
	twelveDigits     = pattern(`^\d{12}$`)
)

// addPermission refuses a statement ID that is taken, even by an identical statement.
func (w *world) addPermission(r *request, in *lambda.AddPermissionInput) (*lambda.AddPermissionOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	id := aws.ToString(in.StatementId)
	if err := firstError(
		lambdaValidation(firstFault(
			checkLength(id, "statementId", 1, 100), checkPattern(id, "statementId", statementID),
			checkPattern(aws.ToString(in.Action), "action", permissionAction),
			checkLength(aws.ToString(in.Principal), "principal", 1, 256),
		)),
		checkRevision(in.RevisionId, f.PolicyID),
	); err != nil {
		return nil, err
	}
	if f.permissionIndex(id) >= 0 {
		return nil, lambdaConflict("The statement id (" + id + ") provided already exists. Please provide a new statement id, or remove the existing statement.")
	}
	added := permission{
		Sid:       id,
		Effect:    "Allow",
		Principal: principalOf(r, *in.Principal),
		Action:    *in.Action,
		Resource:  *f.Configuration.FunctionArn,
		Condition: conditionOf(in),
	}
	if len(policyText(append(slices.Clone(f.Permissions), added))) > maxPolicyBytes {
		return nil, &types.PolicyLengthExceededException{Message: aws.String("The final policy size is bigger than the limit (20480).")}
	}
	f.Permissions, f.PolicyID = append(f.Permissions, added), newUUID()
	text, err := json.Marshal(added)
	if err != nil {
		return nil, err
	}
	return &lambda.AddPermissionOutput{Statement: aws.String(string(text))}, nil
}

func (w *world) removePermission(r *request, in *lambda.RemovePermissionInput) (*lambda.RemovePermissionOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if len(f.Permissions) == 0 {
		return nil, lambdaResourceNotFound("No policy is associated with the given resource.")
	}
	if err := checkRevision(in.RevisionId, f.PolicyID); err != nil {
		return nil, err
	}
	i := f.permissionIndex(aws.ToString(in.StatementId))
	if i < 0 {
		return nil, lambdaResourceNotFound("Statement " + aws.ToString(in.StatementId) + " is not found in resource policy.")
	}
	f.Permissions, f.PolicyID = slices.Delete(slices.Clone(f.Permissions), i, i+1), newUUID()
	return &lambda.RemovePermissionOutput{}, nil
}

func (w *world) getFunctionPolicy(r *request, in *lambda.GetPolicyInput) (*lambda.GetPolicyOutput, error) {
	f, err := w.functionNamed(r, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	if len(f.Permissions) == 0 {
		return nil, lambdaResourceNotFound("The resource you requested does not exist.")
	}
	return &lambda.GetPolicyOutput{Policy: aws.String(policyText(f.Permissions)), RevisionId: aws.String(f.PolicyID)}, nil
}

func (f *function) permissionIndex(id string) int {
	return slices.IndexFunc(f.Permissions, func(p permission) bool { return p.Sid == id })
}

func policyText(list []permission) string {
	text, _ := json.Marshal(struct {
		Version   string
		ID        string `json:"Id"`
		Statement []permission
	}{"2012-10-17", "default", list}) // strings and maps of strings always marshal
	return string(text)
}

// principalOf tells services, accounts and other principals apart, as AWS stores them.
func principalOf(r *request, given string) any {
	switch {
	case given == "*":
		return given
	case twelveDigits().MatchString(given):
		return map[string]string{"AWS": "arn:" + r.partition + ":iam::" + given + ":root"}
	case strings.HasPrefix(given, "arn:"):
		return map[string]string{"AWS": given}
	}
	return map[string]string{"Service": given}
}

func conditionOf(in *lambda.AddPermissionInput) map[string]map[string]string {
	condition := map[string]map[string]string{}
	put := func(operator, key string, value *string) {
		if value == nil {
			return
		}
		if condition[operator] == nil {
			condition[operator] = map[string]string{}
		}
		condition[operator][key] = *value
	}
	put("StringEquals", "AWS:SourceAccount", in.SourceAccount)
	put("StringEquals", "aws:PrincipalOrgID", in.PrincipalOrgID)
	put("StringEquals", "lambda:EventSourceToken", in.EventSourceToken)
	put("ArnLike", "AWS:SourceArn", in.SourceArn)
	return condition
}

func lambdaResourceNotFound(message string) error {
	return &types.ResourceNotFoundException{Type: aws.String("User"), Message: aws.String(message)}
}
