package ui

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/stack"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return noon.Add(-d) }

func inSync() []stack.ResourceStatus {
	var all []stack.ResourceStatus
	for _, i := range stackItems {
		all = append(all, stack.ResourceStatus{LogicalID: i.LogicalID, Type: i.Type, Name: i.Name, Drift: stack.InSync})
	}
	return all
}

// healthyStatus is a loop at work.
func healthyStatus() *stack.Status {
	age, dead := 250, 0
	return &stack.Status{
		SchemaVersion: stack.SchemaVersion, Stack: "gpu-workers", Account: "123456789012", Region: "eu-central-1", Time: noon,
		Group: &stack.GroupStatus{Name: "gpu-workers", Min: 0, Max: 20, Desired: 5, InService: 3, Pending: 2},
		Queue: &stack.QueueStatus{Name: "eventscale-gpu-workers-jobs", Visible: 12, InFlight: 3, OldestAgeSeconds: &age, DeadLetters: &dead},
		Alarms: []stack.AlarmStatus{
			{LogicalID: "ScaleOutAlarm", Name: "eventscale-gpu-workers-scale-out", State: "ALARM", Since: before(3 * time.Minute), Rule: "visible >= 10 for 2 x 60 s", Enabled: true},
			{LogicalID: "ScaleInAlarm", Name: "eventscale-gpu-workers-scale-in", State: "OK", Since: before(2 * time.Hour), Rule: "visible + in flight <= 2 for 2 x 60 s", Enabled: true},
		},
		Policies: []stack.PolicyStatus{
			{LogicalID: "ScaleOutPolicy", Name: "eventscale-gpu-workers-scale-out", Rule: "+2 instances, cooldown 5m0s", Enabled: true},
			{LogicalID: "ScaleInPolicy", Name: "eventscale-gpu-workers-scale-in", Rule: "-1 instance, cooldown 5m0s", Enabled: true},
		},
		Function:  &stack.FunctionStatus{Name: "eventscale-gpu-workers-ingest", State: "Active", Runtime: "python3.13"},
		Resources: inSync(),
		Activities: []stack.Activity{
			{
				Start: before(10 * time.Second), Status: "InProgress",
				Description: "Launching a new EC2 instance: i-0fe1d2c3b4a596870",
				Cause: "At 2026-03-04T11:59:40Z a monitor alarm eventscale-gpu-workers-scale-out in state ALARM triggered policy " +
					"eventscale-gpu-workers-scale-out changing the desired capacity from 3 to 5.  At 2026-03-04T11:59:50Z an instance was " +
					"started in response to a difference between desired and actual capacity, increasing the capacity from 3 to 5.",
			},
			{
				Start: before(26 * time.Minute), Status: "Successful",
				Description: "Launching a new EC2 instance: i-0123456789abcdef0",
				Cause:       "At 2026-03-04T11:34:00Z a user request explicitly set group desired capacity changing the desired capacity from 1 to 3.",
			},
		},
		Healthy: true, Verdict: "9 resources in sync; the group grows from 3 to 5.",
	}
}

// unhealthyStatus has everything that can be wrong.
func unhealthyStatus() *stack.Status {
	s := healthyStatus()
	dead := 7
	s.Group.SuspendedProcesses = []string{"AlarmNotification", "Launch"}
	s.Group.Terminating = 1
	s.Queue.DeadLetters, s.Queue.OldestAgeSeconds, s.Queue.Delayed = &dead, nil, 4
	s.Alarms[0].State, s.Alarms[0].Since = "INSUFFICIENT_DATA", time.Time{}
	s.Alarms[1].Enabled = false
	s.Policies[0].Enabled = false
	s.Function.State, s.Function.Reason = "Failed", "The image cannot be pulled"
	s.Resources[2].Drift = stack.Modified
	s.Resources[2].Changes = []stack.PropertyDrift{{Property: "Policy", Have: policyBefore, Want: policyAfter}}
	s.Resources[7].Drift = stack.Modified
	s.Resources[7].Changes = []stack.PropertyDrift{{Property: "Threshold", Have: "12", Want: "10"}, {Property: "Tags.team", Want: "ml"}}
	s.Resources[8].Drift = stack.Deleted
	s.Activities[0].Failed, s.Activities[0].Status = true, "Failed"
	s.Activities[0].Description = "Launching a new EC2 instance"
	s.Activities[0].Message = "We currently do not have sufficient p5.48xlarge capacity in the Availability Zone you requested (eu-central-1a). Launching EC2 instance failed. (InsufficientInstanceCapacity)"
	s.Healthy, s.Verdict = false, "AWS has no capacity for the group's instances (InsufficientInstanceCapacity); 2 resources are modified and 1 is deleted."
	return s
}

// partialStatus is of a stack whose first up was interrupted: its words differ in length.
func partialStatus() *stack.Status {
	s := healthyStatus()
	s.Activities = nil
	s.Resources[1].Drift = stack.Modified
	s.Resources[2].Drift = stack.NotCreated
	s.Healthy, s.Verdict = false, "2 of 9 resources are not as the stack wants them."
	return s
}

// emptyStatus is of a stack of which all is gone.
func emptyStatus() *stack.Status {
	return &stack.Status{
		Stack: "gpu-workers", Account: "123456789012", Region: "eu-central-1", Time: noon,
		Verdict: "The Auto Scaling group gpu-workers does not exist.",
	}
}

// tableStatus is of a stack whose group follows a table, by rules too long for a line.
func tableStatus() *stack.Status {
	s := healthyStatus()
	s.Alarms[0].LogicalID, s.Alarms[0].Rule = "TableAlarm", "visible + in_flight >= 1 for 1 x 60 s"
	s.Alarms[1].LogicalID, s.Alarms[1].Rule = "TableInAlarm", "visible + in_flight <= 0 for 1 x 60 s"
	rows := "1 job: 1"
	for i := 2; i <= 20; i++ {
		rows += fmt.Sprintf(", %d jobs: %d", 5*(i-1)+1, i)
	}
	s.Policies = []stack.PolicyStatus{
		{LogicalID: "TablePolicy", Rule: rows, Enabled: true},
		{LogicalID: "TableInPolicy", Rule: "no jobs: -1", Enabled: true},
		{LogicalID: "StepOutPolicy", Rule: rows + "; warm-up 3m", Enabled: false},
		{LogicalID: "StepInPolicy", Rule: "10 jobs: +2, 50 jobs: +5; warm-up 3m", Enabled: true},
	}
	s.Activities = nil
	return s
}

func TestStatusText(t *testing.T) {
	for name, s := range map[string]*stack.Status{
		"status-table":   tableStatus(),
		"status-healthy": healthyStatus(), "status-unhealthy": unhealthyStatus(), "status-empty": emptyStatus(), "status-partial": partialStatus(),
	} {
		goldens(t, name, false, func(o *Output) error { return Status(o, s) })
	}
}

func TestStatusDocument(t *testing.T) {
	for name, s := range map[string]*stack.Status{
		"status-unhealthy.json": unhealthyStatus(), "status-empty.json": emptyStatus(),
	} {
		var b bytes.Buffer
		if err := StatusJSON(&b, s); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
}

func TestOnlyTheFirstSentenceOfACauseIsShown(t *testing.T) {
	for cause, want := range map[string]string{
		"":                                       "",
		"At 2026-03-04T11:34:00Z a user did it.": "a user did it.",
		"At 2026-03-04T11:34:00Z a user did it.  At 2026-03-04T11:34:01Z x.": "a user did it.",
		"At noon the user did it, at last.":                                  "At noon the user did it, at last.",
		"a b. At 2026-03-04T11:34:00Z c.":                                    "a b.",
	} {
		if got := firstCause(cause); got != want {
			t.Errorf("firstCause(%q) = %q, not %q", cause, got, want)
		}
	}
}

func TestBarShowsTheFirstAndTheLastInstance(t *testing.T) {
	for _, c := range []struct {
		inService, desired, max int
		want                    string
	}{
		{0, 0, 0, ""},
		{0, 0, 4, "...."},
		{1, 3, 4, "#++."},
		{4, 4, 4, "####"},
		{1, 1, 1000, "#..................."},
		{999, 1000, 1000, "###################+"},
		{5, 2, 4, "####"},
	} {
		r := &report{Output: NewFixedOutput(nil, Fixed{})}
		got := r.bar(&stack.GroupStatus{InService: c.inService, Desired: c.desired, Max: c.max})
		if got != c.want {
			t.Errorf("%d of %d, max %d: %s, not %s", c.inService, c.desired, c.max, got, c.want)
		}
	}
}
