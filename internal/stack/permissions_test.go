package stack

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// actionsOf returns the actions that a policy document allows, and the one that needs no permission.
func actionsOf(d PolicyDocument) map[string]bool {
	actions := map[string]bool{"sts:GetCallerIdentity": true}
	for _, s := range d.Statement {
		for _, action := range s.Action {
			actions[action] = true
		}
	}
	return actions
}

// actionOf returns the action of IAM that a call is. CloudWatch signs by another name than IAM's.
func actionOf(call sandbox.Call) string {
	if call.Service == "monitoring" {
		return action("cloudwatch", call.Operation)
	}
	return action(call.Service, call.Operation)
}

// action returns the action of an operation. Two have another name.
func action(service, operation string) string {
	renamed := map[string]string{"SendMessageBatch": "SendMessage", "Invoke": "InvokeFunction"}
	return service + ":" + cmp.Or(renamed[operation], operation)
}

func TestPermissionsAreAsDocumented(t *testing.T) {
	golden(t, "permissions.golden.json", indented(t, Permissions(testSpec(), home)))
}

// A run that brings a stack from one configuration to another needs no more than either of them.
func TestPermissionsAreTheSameForAllSettings(t *testing.T) {
	want := Permissions(testSpec(), home)
	for _, preset := range Presets() {
		for _, fifo := range []bool{false, true} {
			spec := testSpecOf(preset)
			spec.FIFO = fifo
			if got := Permissions(spec, home); asJSON(got) != asJSON(want) {
				t.Errorf("%s, FIFO %t: %s", preset, fifo, asJSON(got))
			}
		}
	}
}

// A group may have any name, and the policy is for that one alone.
func TestPermissionsAreForNoOtherGroupWhateverItsName(t *testing.T) {
	arn := func(group string) string {
		return home.arn("autoscaling", "autoScalingGroup:1-2:autoScalingGroupName/"+group)
	}
	for name, other := range map[string]string{"*": "a", "gpu*": "gpu-workers", "gpu?workers": "gpu-workers", "${aws:username}": "me", "$": "a", "a${*}": "ab"} {
		spec := testSpec()
		spec.ASG = name
		policy, err := sandbox.ParsePolicy([]byte(asJSON(Permissions(spec, home))))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if policy.Judge(sandbox.Access{Action: "autoscaling:PutScalingPolicy", Resource: arn(name)}) != sandbox.Allowed {
			t.Errorf("%s: the group itself is not allowed", name)
		}
		if policy.Judge(sandbox.Access{Action: "autoscaling:PutScalingPolicy", Resource: arn(other)}) == sandbox.Allowed {
			t.Errorf("%s: the group %s is allowed too", name, other)
		}
	}
}

// apis are the interfaces of all that is called: what the program can do at all.
var apis = map[string]struct {
	service string
	api     reflect.Type
}{
	"queueAPI":             {"sqs", reflect.TypeFor[queueAPI]()},
	"roleAPI":              {"iam", reflect.TypeFor[roleAPI]()},
	"rolePolicyAPI":        {"iam", reflect.TypeFor[rolePolicyAPI]()},
	"logGroupAPI":          {"logs", reflect.TypeFor[logGroupAPI]()},
	"functionAPI":          {"lambda", reflect.TypeFor[functionAPI]()},
	"scalingPolicyAPI":     {"autoscaling", reflect.TypeFor[scalingPolicyAPI]()},
	"metricsCollectionAPI": {"autoscaling", reflect.TypeFor[metricsCollectionAPI]()},
	"groupAPI":             {"autoscaling", reflect.TypeFor[groupAPI]()},
	"activityAPI":          {"autoscaling", reflect.TypeFor[activityAPI]()},
	"alarmAPI":             {"cloudwatch", reflect.TypeFor[alarmAPI]()},
	"metricAPI":            {"cloudwatch", reflect.TypeFor[metricAPI]()},
	"sendAPI":              {"sqs", reflect.TypeFor[sendAPI]()},
	"invokeAPI":            {"lambda", reflect.TypeFor[invokeAPI]()},
}

func TestPermissionsAreTheCallsThatTheCodeCanMake(t *testing.T) {
	needed := map[string]bool{
		"sts:GetCallerIdentity": true, // which actionsOf adds
		"iam:PassRole":          true, // no call of its own: whoever gives a role to a function needs it
		"lambda:ListTags":       true, // no call of its own: without it GetFunction leaves the tags out
	}
	for _, a := range apis {
		for i := range a.api.NumMethod() {
			needed[action(a.service, a.api.Method(i).Name)] = true
		}
	}
	if have := actionsOf(Permissions(testSpec(), home)); !maps.Equal(have, needed) {
		for action := range needed {
			if !have[action] {
				t.Errorf("%s is called, and Permissions does not name it", action)
			}
		}
		for action := range have {
			if !needed[action] {
				t.Errorf("Permissions names %s, which nothing calls", action)
			}
		}
	}
}

// TestNoAPIIsForgotten keeps the table above whole.
func TestNoAPIIsForgotten(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && strings.HasSuffix(spec.Name.Name, "API") {
				declared = append(declared, spec.Name.Name)
			}
			return true
		})
	}
	slices.Sort(declared)
	if want := slices.Sorted(maps.Keys(apis)); !slices.Equal(declared, want) {
		t.Errorf("the package declares %v, and the test knows %v", declared, want)
	}
}

// covers reports whether a statement that allows the action names the ARN.
func covers(d PolicyDocument, action, arn string) bool {
	for _, s := range d.Statement {
		if s.Effect != "Allow" || !slices.Contains(s.Action, action) {
			continue
		}
		for _, resource := range s.Resource {
			if regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(resource), `\*`, ".*") + "$").MatchString(arn) {
				return true
			}
		}
	}
	return false
}

// Every object of a stack is among the resources of the statement for its kind, and no other is.
func TestPermissionsCoverTheObjectsOfTheStackAlone(t *testing.T) {
	actions := map[string]string{
		QueueType: "sqs:DeleteQueue", roleType: "iam:DeleteRole", rolePolicyType: "iam:PutRolePolicy", logGroupType: "logs:DeleteLogGroup",
		functionType: "lambda:UpdateFunctionCode", scalingPolicyType: "autoscaling:PutScalingPolicy",
		metricsCollectionType: "autoscaling:EnableMetricsCollection", alarmType: "cloudwatch:PutMetricAlarm",
	}
	for _, preset := range Presets() {
		for _, fifo := range []bool{false, true} {
			p := newProject(newCloud(t, sandbox.Options{}))
			p.spec = testSpecOf(preset)
			p.spec.FIFO = fifo
			p.up()
			permissions := Permissions(p.spec, home)
			other := p.spec
			other.Stack, other.ASG = "other", "other"
			for _, r := range p.load().Resources {
				arn := r.ARN
				switch r.Type { // IAM names the object that the call is about
				case rolePolicyType:
					arn = p.load().Record(IngestRole).ARN
				case scalingPolicyType, metricsCollectionType:
					arn = p.load().ASGARN
				}
				if !covers(permissions, actions[r.Type], arn) {
					t.Errorf("%s on %s of %s is not allowed", actions[r.Type], arn, r.LogicalID)
				}
				if covers(Permissions(other, home), actions[r.Type], arn) {
					t.Errorf("another stack may call %s on %s", actions[r.Type], arn)
				}
			}
			for _, name := range namesOf(p.spec, testRegion).alarms() {
				if arn := home.arn("cloudwatch", "alarm:"+name); !covers(permissions, "cloudwatch:DescribeAlarms", arn) {
					t.Errorf("%s is asked for, and DescribeAlarms of it is not allowed", arn)
				}
			}
		}
	}
}

// Only what reads takes all resources, and the role is passed to Lambda alone.
func TestPermissionsAreScoped(t *testing.T) {
	for _, s := range Permissions(testSpec(), home).Statement {
		for _, action := range s.Action {
			_, operation, _ := strings.Cut(action, ":")
			reads := strings.HasPrefix(operation, "Get") || strings.HasPrefix(operation, "Describe") || strings.HasPrefix(operation, "List")
			if slices.Contains(s.Resource, "*") && !reads {
				t.Errorf("%s is allowed on everything", action)
			}
			if strings.Contains(action, "*") {
				t.Errorf("%s stands for more than one action", action)
			}
		}
		if slices.Contains(s.Action, "iam:PassRole") && asJSON(s.Condition) != `{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}` {
			t.Errorf("the role may be passed where %v", s.Condition)
		}
	}
}
