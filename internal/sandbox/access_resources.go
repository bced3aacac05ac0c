package sandbox

import (
	"net/url"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// asked is a request whose access is judged: the input says by its members what it is about.
type asked struct {
	*request
	world *world
	input any // a pointer to the SDK's input
}

// member returns a member of the input; the zero Value where it has none of that name.
func (a *asked) member(name string) reflect.Value {
	return reflect.ValueOf(a.input).Elem().FieldByName(name)
}

// text returns a member that is text; "" where it is not given.
func (a *asked) text(name string) string {
	m := a.member(name)
	if !m.IsValid() {
		return ""
	}
	s, _ := m.Interface().(*string)
	return aws.ToString(s)
}

func (a *asked) texts(name string) []string {
	m := a.member(name)
	if !m.IsValid() {
		return nil
	}
	list, _ := m.Interface().([]string)
	return list
}

// tags returns the tags that the request gives: a map in some services, a list of pairs in others.
func (a *asked) tags() map[string]string {
	m := a.member("Tags")
	if !m.IsValid() {
		return nil
	}
	if tags, ok := m.Interface().(map[string]string); ok {
		return tags
	}
	tags := map[string]string{}
	for i := range m.Len() {
		pair := asked{input: m.Index(i).Addr().Interface()}
		tags[pair.text("Key")] = pair.text("Value")
	}
	return tags
}

func tagged(a *asked) bool { return len(a.tags()) > 0 }

func nothing(*asked) []string { return nil }

func everything(*asked) []string { return []string{"*"} }

// theARN is of the operations that take an ARN: of two spellings in three services.
func theARN(a *asked) []string {
	for _, member := range []string{"ResourceArn", "ResourceARN", "Resource"} {
		if arn := a.text(member); arn != "" {
			return []string{arn}
		}
	}
	return everything(a)
}

func theQueue(a *asked) []string {
	account, name := a.account, a.text("QueueName")
	if u, err := url.Parse(a.text("QueueUrl")); err == nil && name == "" {
		account, name, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	}
	return []string{strings.Join([]string{"arn", a.partition, "sqs", a.region, account, name}, ":")}
}

// theRole is by the path of the role that there is, else of the one that shall be.
func theRole(a *asked) []string {
	name, path := a.text("RoleName"), a.text("Path")
	if found, ok := a.world.Roles[strings.ToLower(name)]; ok {
		return []string{found.arn(a.request)}
	}
	if path == "" {
		path = a.text("PathPrefix")
	}
	if path == "" {
		path = "/"
	}
	return []string{"arn:" + a.partition + ":iam::" + a.account + ":role" + path + name}
}

// theRolePassed is the role that a function is given, if it is given one.
func theRolePassed(a *asked) []string {
	if role := a.text("Role"); role != "" {
		return []string{role}
	}
	return nil
}

// theFunction is named in many ways, all of which end alike.
func theFunction(a *asked) []string {
	reference := a.text("FunctionName")
	if reference == "" {
		reference = a.text("Resource")
	}
	parts := functionReference().FindStringSubmatch(reference)
	if parts == nil {
		return []string{a.arn("lambda", "function:"+reference)}
	}
	name := parts[10] // by the groups of the pattern, as in functionNamed
	if version := a.text("Qualifier"); version != "" {
		name += ":" + version
	} else if parts[12] != "" {
		name += ":" + parts[12]
	}
	return []string{a.arn("lambda", "function:"+name)}
}

// theLogGroup is as Logs asks about groups: as if about a stream without a name. A policy that names the
// group alone, without ":*", does not cover it; the tagging operations alone go by the group's ARN.
func theLogGroup(a *asked) []string {
	return []string{a.arn("logs", "log-group:"+a.text("LogGroupName")+":log-stream:")}
}

// allLogGroups is what Logs asks about for a list, whatever is to be in it.
func allLogGroups(a *asked) []string {
	return []string{a.arn("logs", "log-group::log-stream:")}
}

// theAlarms are all that are named; where none is, all there can be.
func theAlarms(a *asked) []string {
	names := a.texts("AlarmNames")
	if name := a.text("AlarmName"); name != "" {
		names = []string{name}
	}
	if len(names) == 0 {
		names = []string{"*"}
	}
	var arns []string
	for _, name := range names {
		arns = append(arns, a.arn("cloudwatch", "alarm:"+name))
	}
	return arns
}

// theGroup has an ID in its ARN, which a group that does not exist has not.
func theGroup(a *asked) []string {
	name := a.text("AutoScalingGroupName")
	if _, of, ok := strings.Cut(a.text("PolicyName"), ":autoScalingGroupName/"); ok && name == "" {
		name, _, _ = strings.Cut(of, ":policyName/") // a policy by its ARN
	}
	if g, ok := a.world.in(a.request).Groups[name]; ok {
		return []string{aws.ToString(g.Group.AutoScalingGroupARN)}
	}
	return []string{a.arn("autoscaling", "autoScalingGroup:*:autoScalingGroupName/"+name)}
}
