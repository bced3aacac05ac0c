package stack

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// documents are all policy documents that go into resources.
func documents() map[string]string {
	n := namesOf(testSpec(), testRegion)
	return map[string]string{
		"trust":  trustLambda(),
		"ingest": ingestPermissions(home.arn("logs", "log-group:"+n.logGroup), home.arn("sqs", n.jobQueue)),
		"queue":  refusePlainHTTP(home.arn("sqs", n.jobQueue)),
	}
}

func TestPolicyDocumentsAreAsDocumented(t *testing.T) {
	for name, document := range documents() {
		golden(t, "policy-"+name+".golden.json", indented(t, json.RawMessage(document)))
	}
}

// words returns a member of a statement that is one string or a list of them.
func words(t *testing.T, member any) []string {
	switch m := member.(type) {
	case nil:
		return nil
	case string:
		return []string{m}
	case []any:
		var list []string
		for _, v := range m {
			list = append(list, v.(string))
		}
		return list
	case map[string]any:
		var list []string
		for _, v := range m {
			list = append(list, words(t, v)...)
		}
		return list
	}
	t.Fatalf("%v is no part of a policy document", member)
	return nil
}

func TestPolicyDocumentsGiveTheLeast(t *testing.T) {
	for name, text := range documents() {
		if text != canonical(text) {
			t.Errorf("%s is not in canonical form: %s", name, text)
		}
		var d struct {
			Version   string
			Statement []struct {
				Effect                      string
				Principal, Action, Resource any
			}
		}
		if err := json.Unmarshal([]byte(text), &d); err != nil || d.Version != "2012-10-17" || len(d.Statement) == 0 {
			t.Errorf("%s: %s %v", name, text, err)
		}
		for _, s := range d.Statement {
			if s.Effect == "Deny" {
				continue
			}
			actions, resources := words(t, s.Action), words(t, s.Resource)
			if slices.Contains(words(t, s.Principal), "*") {
				t.Errorf("%s lets everybody %v", name, actions)
			}
			if name != "trust" && len(resources) == 0 {
				t.Errorf("%s names no resource for %v", name, actions)
			}
			for _, action := range actions {
				if action == "logs:CreateLogGroup" || strings.Contains(action, "*") {
					t.Errorf("%s allows %s", name, action)
				}
			}
			for _, resource := range resources {
				if !strings.Contains(resource, ":"+testRegion+":"+testAccount+":") || !strings.Contains(resource, "eventscale-gpu-workers") {
					t.Errorf("%s allows %v on %s", name, actions, resource)
				}
			}
		}
	}
}

// The documents name the ARNs that the objects turn out to have.
func TestPolicyDocumentsNameTheObjectsOfTheStack(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	for _, r := range p.made() {
		want := map[string][]string{
			JobQueue: {p.load().Record(JobQueue).ARN}, DeadLetterQueue: {p.load().Record(DeadLetterQueue).ARN},
			IngestRolePolicy: {p.load().Record(JobQueue).ARN, p.load().Record(IngestLogGroup).ARN + ":*"},
		}[r.LogicalID]
		text := asJSON(r.Properties)
		for _, arn := range want {
			if !strings.Contains(text, `\"`+arn+`\"`) {
				t.Errorf("%s does not name %s: %s", r.LogicalID, arn, text)
			}
		}
	}
}

// In China, for the US government and in Europe's own cloud ARNs begin otherwise, and regions have other partitions.
func TestARNsAreOfThePartitionOfTheRegion(t *testing.T) {
	for region, partition := range map[string]string{"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "eusc-de-east-1": "aws-eusc", "us-isob-east-1": "aws-iso-b", "eu-central-1": "aws"} {
		if got := PartitionOf(region); got != partition {
			t.Errorf("%s is of %s, want %s", region, got, partition)
		}
		p := newProject(newCloud(t, sandbox.Options{}))
		p.ours = clientsOver(region, p.faults)
		p.up()
		p.settled()
		for _, r := range p.load().Resources {
			if r.ARN != "" && !strings.HasPrefix(r.ARN, "arn:"+partition+":") {
				t.Errorf("%s has the ARN %s", r.LogicalID, r.ARN)
			}
		}
		if s := p.status(); !s.Healthy {
			t.Error(s.Verdict)
		}
		if err := p.destroy(); err != nil {
			t.Error(err)
		}
	}
}
