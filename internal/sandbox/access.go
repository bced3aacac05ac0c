package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// gate lets a caller do what a policy allows, and nothing else.
type gate struct {
	policy *Policy // nil allows all
	rules  map[string][]accessRule
}

// newGate returns the gate of a policy document; of none, one that is open.
func newGate(document []byte) (gate, error) {
	if document == nil {
		return gate{}, nil
	}
	policy, err := ParsePolicy(document)
	if err != nil {
		return gate{}, err
	}
	g := gate{policy, map[string][]accessRule{}}
	for _, rule := range accessRules() {
		g.rules[rule.operation] = append(g.rules[rule.operation], rule)
	}
	return g, nil
}

// Actions returns all that the operations of the sandbox ask for, in order.
func Actions() []string {
	actions := map[string]bool{}
	for _, rule := range accessRules() {
		actions[rule.action] = true
	}
	return sortedKeys(actions)
}

// rulesOf returns the rules of an operation. One that was forgotten asks for everything, so that none slips
// through.
func (g gate) rulesOf(operation string) []accessRule {
	if rules := g.rules[operation]; len(rules) > 0 {
		return rules
	}
	return []accessRule{{operation, operation, everything, nil}}
}

// guarded returns the operations as a caller finds them who has to pass the gate first: AWS tells who is
// denied nothing of what is there.
func (w *world) guarded(services map[string][]operation) map[string][]operation {
	if w.gate.policy == nil {
		return services
	}
	for service, operations := range services {
		for i, o := range operations {
			operations[i].call = func(r *request, input any) (any, error) {
				if err := w.authorize(service, o.name, &asked{r, w, input}); err != nil {
					return nil, err
				}
				return o.call(r, input)
			}
		}
	}
	return services
}

// authorize returns nil where the caller is allowed all that the operation asks for, else the service's
// refusal.
func (w *world) authorize(service, operation string, a *asked) error {
	for _, rule := range w.gate.rulesOf(service + ":" + operation) {
		if d, denied := w.denies(rule, a); denied {
			return d.err(service, operation, a.account)
		}
	}
	return nil
}

// denies finds the first resource on which the caller is not allowed what the rule says.
func (w *world) denies(rule accessRule, a *asked) (denial, bool) {
	if rule.when != nil && !rule.when(a) {
		return denial{}, false
	}
	for _, arn := range rule.on(a) {
		access := Access{Action: rule.action, Resource: arn, Context: a.context(rule.action)}
		if verdict := w.gate.policy.Judge(access); verdict != Allowed {
			return denial{a.callerARN(), access, verdict}, true
		}
	}
	return denial{}, false
}

// shownTags returns a function's tags, or to a caller who may not list them, why not.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_ResponseSyntax
func (w *world) shownTags(r *request, in *lambda.GetFunctionInput, tags map[string]string) (map[string]string, *types.TagsError) {
	if w.gate.policy == nil {
		return tagsOrNil(tags), nil
	}
	d, denied := w.denies(accessRule{action: "lambda:ListTags", on: theFunction}, &asked{r, w, in})
	if !denied {
		return tagsOrNil(tags), nil
	}
	return nil, &types.TagsError{ErrorCode: aws.String("AccessDeniedException"), Message: aws.String(d.message(d.access.Action))}
}

// context returns the values of contextKeys. The way to the sandbox counts as an encrypted one, although it
// seldom is: a policy that was made for AWS shall be tried as it is.
func (a *asked) context(action string) map[string][]string {
	c := map[string][]string{
		"aws:principalaccount": {a.account},
		"aws:principalarn":     {a.callerARN()},
		"aws:requestedregion":  {a.region},
		"aws:resourceaccount":  {a.account},
		"aws:securetransport":  {"true"},
	}
	if action == "iam:PassRole" {
		c["iam:passedtoservice"] = []string{"lambda.amazonaws.com"}
	}
	tags := a.tags()
	for key, value := range tags {
		c["aws:requesttag/"+strings.ToLower(key)] = []string{value}
	}
	if keys := append(sortedKeys(tags), a.texts("TagKeys")...); len(keys) > 0 {
		c["aws:tagkeys"] = keys
	}
	return c
}

// callerARN is a user's: nothing keeps the account's root user from anything.
func (r *request) callerARN() string {
	return "arn:" + r.partition + ":iam::" + r.account + ":user/sandbox"
}

// denial is an access that is not allowed.
type denial struct {
	principal string // ARN of who asked
	access    Access
	verdict   Verdict
}

// message is in the words of all services.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (d denial) message(action string) string {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", d.principal, action, d.access.Resource)
	if d.verdict == Denied {
		return text + " with an explicit deny in an identity-based policy"
	}
	return text + " because no identity-based policy allows the " + action + " action"
}

// err is as the service that was asked puts it.
func (d denial) err(service, operation, account string) error {
	switch service {
	case "sqs":
		return &apiError{code: "AccessDenied", message: d.message(strings.ToLower(d.access.Action)), status: http.StatusForbidden}
	case "lambda":
		return &apiError{code: "AccessDeniedException", message: d.message(d.access.Action), status: http.StatusForbidden}
	case "logs":
		if operation == "CreateLogGroup" && d.access.Action == "logs:TagResource" {
			return &apiError{code: "AccessDeniedException", message: "User with accountId: " + account + " is not authorized to perform CreateLogGroup with Tags"}
		}
		return &apiError{code: "AccessDeniedException", message: d.message(d.access.Action)}
	}
	return &apiError{code: "AccessDenied", message: d.message(d.access.Action), status: http.StatusForbidden}
}
