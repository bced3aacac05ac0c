package stack

import (
	"strings"

	"github.com/eventscale/eventscale/internal/state"
)

// OutputsOf returns the outputs of a snapshot: what is not recorded is left out.
func OutputsOf(s *state.Snapshot) Outputs {
	o := Outputs{SchemaVersion: SchemaVersion, Stack: s.Stack}
	add := func(key, logicalID string, value func(state.Record) string) {
		if r := s.Record(logicalID); r != nil && r.PhysicalID != "" {
			o.Values = append(o.Values, Output{key, value(*r)})
		}
	}
	name := func(r state.Record) string { return r.Name }
	id := func(r state.Record) string { return r.PhysicalID }
	arn := func(r state.Record) string { return r.ARN }
	add("lambda_function_name", IngestFunction, name)
	add("sqs_queue_name", JobQueue, name)
	add("queue_url", JobQueue, id)
	add("queue_arn", JobQueue, arn)
	add("dlq_name", DeadLetterQueue, name)
	add("dlq_url", DeadLetterQueue, id)
	add("dlq_arn", DeadLetterQueue, arn)
	add("function_arn", IngestFunction, arn)
	add("role_arn", IngestRole, arn)
	add("log_group_name", IngestLogGroup, name)
	o.Values = append(o.Values, Output{"asg", s.ASG})
	add("scale_out_policy_arn", ScaleOutPolicy, arn)
	add("scale_in_policy_arn", ScaleInPolicy, arn)
	add("scale_out_alarm_name", ScaleOutAlarm, name)
	add("scale_in_alarm_name", ScaleInAlarm, name)
	for _, r := range []ruleID{stepOutRule, stepInRule, tableRule, tableInRule, wakeRule} {
		key := strings.ReplaceAll(r.name, "-", "_")
		add(key+"_policy_arn", r.policyID, arn)
		add(key+"_alarm_name", r.alarmID, name)
	}
	o.Values = append(o.Values, Output{"account", s.Account}, Output{"region", s.Region})
	return o
}
