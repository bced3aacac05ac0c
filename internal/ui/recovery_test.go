package ui

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/state"
)

// recovery has a finding of every kind.
func recovery() *Recovery {
	r := &Recovery{
		Stack: "gpu-workers", ASG: "gpu-workers", Account: "123456789012", Region: "eu-central-1",
		Carried:   []Item{{"ScaleInPolicy.replaced", "AWS::AutoScaling::ScalingPolicy", "old-workers/eventscale-gpu-workers-scale-in"}},
		Command:   "eventscale up --asg gpu-workers --preset table --jobs-per-instance 8 --visibility-timeout 1h --env TOKEN=... --tag team=ml",
		Settings:  json.RawMessage(`{"asg":"gpu-workers"}`),
		Unknown:   []string{"IngestFunction is missing: handler, runtime, memory are taken as by default"},
		StateFile: ".eventscale/gpu-workers.json", Before: Broken, Problem: "line 2, column 3: unexpected end of JSON input",
	}
	for _, i := range stackItems {
		r.Findings = append(r.Findings, provision.Finding{LogicalID: i.LogicalID, Type: i.Type, Name: i.Name, Claim: provision.Found})
	}
	r.Findings[0].Claim, r.Findings[0].Reason = provision.Foreign, "its tags say eventscale:stack=others"
	r.Findings[1].Claim = provision.Adopted
	r.Findings[4].Claim = provision.Missing
	r.Findings = append(r.Findings,
		provision.Finding{LogicalID: stack.GroupMetrics, Type: "AWS::AutoScaling::MetricsCollection", Name: "gpu-workers/GroupInServiceInstances", Claim: provision.Adopted},
		provision.Finding{LogicalID: provision.Superseded("JobQueue"), Type: "AWS::SQS::Queue", Name: "eventscale-gpu-workers-jobs.fifo", Claim: provision.Found},
	)
	return r
}

func TestRecoveryText(t *testing.T) {
	goldens(t, "recovery", true, func(o *Output) error { return RecoveryText(o, recovery()) }) // the command is to be copied whole
	r := recovery()
	r.Findings, r.Carried, r.Unknown, r.Before = r.Findings[2:4], nil, nil, Readable
	goldens(t, "recovery-readable", true, func(o *Output) error { return RecoveryText(o, r) })
}

func TestRecoveryJSON(t *testing.T) {
	r := recovery()
	r.Recorded, r.Kept = true, r.StateFile+".broken-20260801T120000.000Z"
	var b bytes.Buffer
	if err := RecoveryJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	golden(t, "recovery.json", b.String())
}

// recorded is a state with settings and records of every kind.
func recorded() *state.Snapshot {
	s := state.New("gpu-workers", "123456789012", "eu-central-1", "gpu-workers")
	s.Serial, s.Lineage = 7, "LINEAGE"
	s.Spec = json.RawMessage(`{"asg":"gpu-workers","scale-out-at":10,"step":["10:+2","50:+5"],"env":{"TOKEN":"sha256:abc"},"tag":{"team":"ml"}}`)
	s.Put(state.Record{
		LogicalID: "JobQueue", Type: "AWS::SQS::Queue", Name: "eventscale-gpu-workers-jobs", Status: "CREATE_COMPLETE",
		PhysicalID: "https://sqs.eu-central-1.amazonaws.com/123456789012/eventscale-gpu-workers-jobs",
		ARN:        "arn:aws:sqs:eu-central-1:123456789012:eventscale-gpu-workers-jobs",
		DependsOn:  []string{"DeadLetterQueue"}, Adopted: true, Tags: map[string]string{"team": "ml", "eventscale:stack": "gpu-workers"},
	})
	s.Put(state.Record{
		LogicalID: "IngestLogGroup", Type: "AWS::Logs::LogGroup", Name: "/aws/lambda/eventscale-gpu-workers-ingest",
		PhysicalID: "/aws/lambda/eventscale-gpu-workers-ingest", Status: "UPDATE_IN_PROGRESS",
	})
	return s
}

func TestState(t *testing.T) {
	goldens(t, "state", false, func(o *Output) error { return State(o, ".eventscale/gpu-workers.json", recorded()) })
	empty := state.New("gpu-workers", "123456789012", "eu-central-1", "gpu-workers")
	empty.Lineage = "LINEAGE"
	goldens(t, "state-empty", false, func(o *Output) error { return State(o, ".eventscale/gpu-workers.json", empty) })
}

func TestStateJSON(t *testing.T) {
	var b bytes.Buffer
	if err := StateJSON(&b, recorded()); err != nil {
		t.Fatal(err)
	}
	golden(t, "state.json", b.String())
}

// A spec that is none, in a file edited by hand, is shown as it is.
func TestStateShowsASpecThatIsNone(t *testing.T) {
	for _, spec := range []string{`[1]`, `{"a":`, `7`} {
		if got := settingsOf(json.RawMessage(spec)); len(got) != 1 || got[0] != [2]string{"spec", spec} {
			t.Errorf("%s is shown as %v", spec, got)
		}
	}
}

func TestUnlockedJSON(t *testing.T) {
	var b bytes.Buffer
	l := state.LockFile{Path: ".eventscale/gpu-workers.lock", There: true, Holder: state.Holder{User: "ann", Host: "laptop", PID: 42, Since: noon, Command: "eventscale up"}}
	for _, l := range []state.LockFile{l, {Path: l.Path}} {
		if err := UnlockedJSON(&b, "gpu-workers", l); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "unlocked.json", b.String())
}
