package stack

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// The sorts of documents, of which each has its own rules.
const (
	trustPolicy    = "trust"    // who may be the role
	identityPolicy = "identity" // what who has it may do
	resourcePolicy = "resource" // who may do what with it
)

// faultsOf returns what is wrong with a document by the rules against confused deputies and for the least
// privilege. It knows nothing of the documents that there are.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func faultsOf(sort, document string) []string {
	var d struct {
		Version   string
		Statement []map[string]any
	}
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return []string{err.Error()}
	}
	var faults []string
	if d.Version != "2012-10-17" {
		faults = append(faults, "version "+d.Version)
	}
	for _, s := range d.Statement {
		if s["Effect"] == "Deny" { // can only take away
			continue
		}
		faults = append(faults, widthOf(sort, s)...)
		faults = append(faults, principalFaults(sort, s)...)
	}
	return faults
}

// widthOf returns what of an Allow is wider than it can be.
func widthOf(sort string, s map[string]any) []string {
	var faults []string
	for _, element := range []string{"NotAction", "NotResource", "NotPrincipal"} {
		if s[element] != nil {
			faults = append(faults, element+" allows what nobody thought of")
		}
	}
	for _, action := range texts(s["Action"]) {
		if strings.ContainsAny(action, "*?") {
			faults = append(faults, "the action "+action+" stands for many")
		}
	}
	if sort == trustPolicy {
		return faults // whose resource is the role
	}
	resources := texts(s["Resource"])
	if len(resources) == 0 {
		faults = append(faults, "no resource is named")
	}
	for _, resource := range resources {
		parsed, err := arn.Parse(resource)
		if group, streams := strings.CutSuffix(parsed.Resource, ":*"); streams && strings.HasPrefix(group, "log-group:") {
			parsed.Resource = group // whose streams are its own
		}
		if err != nil || strings.ContainsAny(parsed.String(), "*?") || parsed.AccountID == "" && parsed.Service != "s3" {
			faults = append(faults, "the resource "+resource+" stands for many")
		}
	}
	return faults
}

// principalFaults returns what is wrong with whom an Allow is for.
func principalFaults(sort string, s map[string]any) []string {
	principals, _ := s["Principal"].(map[string]any)
	switch {
	case sort == identityPolicy && s["Principal"] == nil:
		return nil
	case sort == identityPolicy:
		return []string{"a principal, where it is who has the policy"}
	case principals == nil:
		return []string{fmt.Sprintf("the principal is %v", s["Principal"])}
	}
	var faults []string
	for kind, value := range principals {
		for _, principal := range texts(value) {
			if strings.Contains(principal, "*") {
				faults = append(faults, "the principal "+principal+" is everybody")
			}
			if kind == "Service" && !bound(s) && !givenBy(sort, principal) {
				faults = append(faults, principal+" may be led here by anybody: no aws:SourceArn, nor its account")
			}
		}
	}
	return faults
}

// givenBy reports whether a service assumes a role only for whoever could give it the role, with iam:PassRole in
// the role's own account, so that nobody else can lead it there.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func givenBy(sort, service string) bool {
	return sort == trustPolicy && service == "lambda.amazonaws.com"
}

// bound reports whether a statement says for what of whose a service may come: an ARN, and where that has no
// account or many, the account.
func bound(s map[string]any) bool {
	sources, accounts := conditioned(s, "aws:sourcearn"), conditioned(s, "aws:sourceaccount")
	if len(sources) == 0 {
		return false
	}
	for _, source := range sources {
		parsed, err := arn.Parse(source)
		if err != nil || (parsed.AccountID == "" || strings.Contains(parsed.AccountID, "*")) && len(accounts) == 0 {
			return false
		}
	}
	return !slices.ContainsFunc(accounts, func(a string) bool { return strings.Contains(a, "*") })
}

// conditioned returns the values that a key must have.
func conditioned(s map[string]any, key string) []string {
	var values []string
	operators, _ := s["Condition"].(map[string]any)
	for operator, keys := range operators {
		if strings.Contains(operator, "Not") || strings.Contains(operator, "IfExists") || strings.Contains(operator, "ForAll") || operator == "Null" {
			continue // which hold where there is no such key
		}
		named, _ := keys.(map[string]any)
		for name, value := range named {
			if strings.EqualFold(name, key) {
				values = append(values, texts(value)...)
			}
		}
	}
	return values
}

// texts returns an element that is one string or a list of them.
func texts(element any) []string {
	switch e := element.(type) {
	case string:
		return []string{e}
	case []any:
		var all []string
		for _, each := range e {
			all = append(all, fmt.Sprint(each))
		}
		return all
	}
	return nil
}

// sent returns the documents that AWS has of a stack, by what they are of.
func (p *project) sent() map[string][2]string {
	p.Helper()
	ctx, role := p.Context(), namesOf(p.spec, testRegion).role
	decoded := func(text *string) string {
		return must(p.T, func() (string, error) { return url.QueryUnescape(aws.ToString(text)) })
	}
	trust := must(p.T, func() (*iam.GetRoleOutput, error) {
		return p.theirs.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &role})
	})
	all := map[string][2]string{"the role": {trustPolicy, decoded(trust.Role.AssumeRolePolicyDocument)}}
	inline := must(p.T, func() (*iam.ListRolePoliciesOutput, error) {
		return p.theirs.iam.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &role})
	})
	for _, name := range inline.PolicyNames {
		got := must(p.T, func() (*iam.GetRolePolicyOutput, error) {
			return p.theirs.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
		})
		all["the role's policy "+name] = [2]string{identityPolicy, decoded(got.PolicyDocument)}
	}
	for _, record := range p.load().Resources {
		if record.Type != QueueType {
			continue
		}
		got := must(p.T, func() (*sqs.GetQueueAttributesOutput, error) {
			return p.theirs.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
				QueueUrl: aws.String(record.PhysicalID), AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNamePolicy},
			})
		})
		all[record.LogicalID] = [2]string{resourcePolicy, got.Attributes["Policy"]}
	}
	return all
}

// everyStack makes a stack of each sort and calls do with it.
func everyStack(t *testing.T, do func(*project)) {
	for _, preset := range Presets() {
		for _, fifo := range []bool{false, true} {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec = testSpecOf(preset)
			p.spec.FIFO = fifo
			p.up()
			do(p)
		}
	}
}

// No document that is sent to AWS lets a service be led to a stack by others, or allows more than it names.
func TestNoDocumentMakesAConfusedDeputy(t *testing.T) {
	everyStack(t, func(p *project) {
		documents := p.sent()
		if want := map[bool]int{true: 4, false: 3}[p.spec.Preset != Classic]; len(documents) != want {
			t.Errorf("%s has %d documents, want %d", p.spec.Preset, len(documents), want)
		}
		for of, d := range documents {
			for _, fault := range faultsOf(d[0], d[1]) {
				t.Errorf("%s of %s: %s\n%s", of, p.spec.Preset, fault, d[1])
			}
		}
	})
}

// The rules find what they are for.
func TestConfusedDeputiesAreFound(t *testing.T) {
	const queue = `"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`
	sns := func(condition string) string {
		return `"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, ` + queue + `, "Condition": ` + condition
	}
	for _, tt := range []struct{ sort, statement, want string }{
		{resourcePolicy, sns(`{"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}}`), ""},
		{resourcePolicy, sns(`{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}, "StringEquals": {"aws:SourceAccount": "123456789012"}}`), ""},
		{resourcePolicy, sns(`{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}}`), "may be led here"},
		{resourcePolicy, sns(`{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}}`), "may be led here"},
		{resourcePolicy, sns(`{"ArnLike": {"aws:SourceArn": "*"}, "StringLike": {"aws:SourceAccount": "*"}}`), "may be led here"},
		{resourcePolicy, sns(`{"StringEquals": {"aws:SourceAccount": "123456789012"}}`), "may be led here"},
		{resourcePolicy, sns(`{"ArnLikeIfExists": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}}`), "may be led here"},
		{resourcePolicy, sns(`{"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:topic"}}`), "may be led here"},
		{resourcePolicy, sns(`{"Bool": {"aws:SecureTransport": "true"}}`), "may be led here"},
		{resourcePolicy, `"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": "*"`, ""},
		{resourcePolicy, `"Effect": "Allow", "Principal": "*", ` + queue, "the principal is *"},
		{resourcePolicy, `"Effect": "Allow", "Principal": {"AWS": "*"}, ` + queue, "is everybody"},
		{resourcePolicy, `"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, ` + queue, "NotPrincipal"},
		{trustPolicy, `"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"`, ""},
		{trustPolicy, `"Effect": "Allow", "Principal": {"Service": "autoscaling.amazonaws.com"}, "Action": "sts:AssumeRole"`, "may be led here"},
		{trustPolicy, `"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "s3.amazonaws.com"]}, "Action": "sts:AssumeRole"`, "s3.amazonaws.com may be led"},
		{trustPolicy, `"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"`, "is everybody"},
		{identityPolicy, `"Effect": "Allow", ` + queue, ""},
		{identityPolicy, `"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`, "the action sqs:*"},
		{identityPolicy, `"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"`, "the resource *"},
		{identityPolicy, `"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": ["arn:aws:sqs:*:123456789012:jobs"]`, "stands for many"},
		{identityPolicy, `"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:us-east-1:123456789012:log-group:/g:*"`, ""},
		{identityPolicy, `"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "arn:aws:logs:us-east-1:123456789012:log-group:*"`, "stands for many"},
		{identityPolicy, `"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:sqs:us-east-1:123456789012:jobs"`, "NotAction"},
		{identityPolicy, `"Effect": "Allow", "Action": "sqs:SendMessage"`, "no resource"},
	} {
		got := strings.Join(faultsOf(tt.sort, `{"Version": "2012-10-17", "Statement": [{`+tt.statement+`}]}`), "; ")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s {%s}: %q, want %q", tt.sort, tt.statement, got, tt.want)
		}
	}
}

// The function's role reaches its queue and its log streams, and of all else nothing.
func TestFunctionsRoleReachesItsQueueAndItsLogStreamsAlone(t *testing.T) {
	everyStack(t, func(p *project) {
		queue, group := p.load().Record(JobQueue).ARN, p.load().Record(IngestLogGroup).ARN
		reached := map[string]bool{}
		policies := 0
		for _, d := range p.sent() {
			if d[0] != identityPolicy {
				continue
			}
			policies++
			policy := must(t, func() (*sandbox.Policy, error) { return sandbox.ParsePolicy([]byte(d[1])) })
			for _, action := range everyAction() {
				for _, resource := range everyResource(p) {
					if policy.Judge(sandbox.Access{Action: action, Resource: resource}) == sandbox.Allowed {
						reached[action+" "+resource] = true
					}
				}
			}
		}
		want := []string{"logs:CreateLogStream " + group + ":log-stream:one", "logs:PutLogEvents " + group + ":log-stream:one", "sqs:SendMessage " + queue}
		if got := sortedNames(reached); policies != 1 || !slices.Equal(got, want) {
			t.Errorf("%s, FIFO %t: %d policies reach %s", p.spec.Preset, p.spec.FIFO, policies, strings.Join(got, "\n"))
		}
	})
}

// everyAction are those of the sandbox's services, and of what a role can do besides.
func everyAction() []string {
	return append(sandbox.Actions(),
		"logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents", "logs:DeleteLogStream",
		"sts:AssumeRole", "iam:CreateUser", "iam:AttachRolePolicy", "s3:GetObject", "s3:PutObject", "ec2:TerminateInstances", "kms:Decrypt", "secretsmanager:GetSecretValue")
}

// everyResource are those of the stack, some that are called nearly as they are, and those of others.
func everyResource(p *project) []string {
	all := []string{"*", "arn:aws:s3:::bucket", "arn:aws:s3:::bucket/key"}
	for _, record := range p.load().Resources {
		if record.ARN == "" {
			continue
		}
		all = append(all, record.ARN, record.ARN+"-2", strings.TrimSuffix(record.ARN, ".fifo")+"-dlq",
			strings.Replace(record.ARN, testAccount, "210987654321", 1), strings.Replace(record.ARN, testRegion, "eu-west-1", 1),
			strings.Replace(record.ARN, "gpu-workers", "gpu", 1))
	}
	group := p.load().Record(IngestLogGroup).ARN
	return append(all, group+":log-stream:one", group+"-2:log-stream:one", strings.Replace(group, "gpu-workers", "gpu", 1)+":log-stream:one", home.arn("logs", "log-group::log-stream:"))
}
