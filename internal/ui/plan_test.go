package ui

import (
	"bytes"
	"testing"

	"github.com/eventscale/eventscale/internal/provision"
)

var stackItems = []Item{
	{"DeadLetterQueue", "AWS::SQS::Queue", "eventscale-gpu-workers-jobs-dlq"},
	{"JobQueue", "AWS::SQS::Queue", "eventscale-gpu-workers-jobs"},
	{"IngestRole", "AWS::IAM::Role", "eventscale-gpu-workers-eu-central-1"},
	{"IngestLogGroup", "AWS::Logs::LogGroup", "/aws/lambda/eventscale-gpu-workers-ingest"},
	{"IngestFunction", "AWS::Lambda::Function", "eventscale-gpu-workers-ingest"},
	{"ScaleOutPolicy", "AWS::AutoScaling::ScalingPolicy", "eventscale-gpu-workers-scale-out"},
	{"ScaleInPolicy", "AWS::AutoScaling::ScalingPolicy", "eventscale-gpu-workers-scale-in"},
	{"ScaleOutAlarm", "AWS::CloudWatch::Alarm", "eventscale-gpu-workers-scale-out"},
	{"ScaleInAlarm", "AWS::CloudWatch::Alarm", "eventscale-gpu-workers-scale-in"},
}

// planOf returns a plan of the stack's resources, all with one action.
func planOf(action provision.Action) *provision.Plan {
	plan := &provision.Plan{}
	for _, i := range stackItems {
		plan.Steps = append(plan.Steps, provision.Step{
			LogicalID: i.LogicalID, Type: i.Type, Name: i.Name, Action: action,
		})
	}
	return plan
}

const (
	policyBefore = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Logs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/eventscale-gpu-workers-ingest:*"},` +
		`{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-central-1:123456789012:old"}]}`
	policyAfter = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"Deny","Effect":"Deny","Action":"s3:*","Resource":"*"},` +
		`{"Sid":"Logs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/eventscale-gpu-workers-ingest:*"},` +
		`{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"${JobQueue.Arn}"}]}`
)

// mixedPlan has every action and every kind of change.
func mixedPlan() *provision.Plan {
	plan := planOf(provision.Keep)
	step := func(i int, edit func(*provision.Step)) { edit(&plan.Steps[i]) }
	step(0, func(s *provision.Step) { s.Action, s.Gone = provision.Create, true })
	step(1, func(s *provision.Step) {
		s.Action = provision.Replace
		s.Changes = []provision.Change{
			{Property: "FifoQueue", Have: "false", Want: "true", Replaces: true},
			{Property: "VisibilityTimeout", Have: "900", Want: "1200"},
		}
	})
	step(2, func(s *provision.Step) {
		s.Action = provision.Update
		s.Changes = []provision.Change{
			{Property: "Policy", Have: policyBefore, Want: policyAfter},
			{Property: "Tags.team", Want: "ml"},
		}
	})
	step(3, func(s *provision.Step) { s.Adopt = true })
	step(4, func(s *provision.Step) {
		s.Action, s.Adopt, s.Foreign = provision.Update, true, true
		s.Changes = []provision.Change{
			{Property: "Environment.TOKEN", Have: "(sensitive)", Want: "(sensitive)"},
			{Property: "Description", Have: "An older handler that put one job a record on the queue, without batches", Want: "Puts one job a record on the queue, in batches of ten, and sends again those that failed"},
			{Property: "Tags.owner", Have: "me"},
		}
	})
	plan.Steps = append(plan.Steps, provision.Step{
		LogicalID: "WakeAlarm", Type: "AWS::CloudWatch::Alarm", Name: "eventscale-gpu-workers-wake", Action: provision.Delete,
	})
	return plan
}

func TestPlanText(t *testing.T) {
	adopted := planOf(provision.Keep)
	adopted.Steps[1].Adopt = true
	for name, plan := range map[string]*provision.Plan{
		"plan-create": planOf(provision.Create),
		"plan-mixed":  mixedPlan(),
		"plan-adopt":  adopted,
		"plan-empty":  planOf(provision.Keep),
	} {
		goldens(t, name, false, func(o *Output) error { return Plan(o, plan) })
	}
}

func TestPlanDocument(t *testing.T) {
	var b bytes.Buffer
	if err := PlanJSON(&b, "gpu-workers", mixedPlan()); err != nil {
		t.Fatal(err)
	}
	golden(t, "plan-mixed.json", b.String())
}

func TestRemovalText(t *testing.T) {
	r := Removal{
		Stack: "gpu-workers", ASG: "gpu-workers", Account: "123456789012", Region: "eu-central-1",
		Items: stackItems[2:], Left: stackItems[:1], Foreign: stackItems[1:2],
		Losses: []string{"Jobs that are still on the queue are lost: 12 visible, 3 in flight."},
	}
	goldens(t, "removal", false, func(o *Output) error { return RemovalText(o, r) })
}
