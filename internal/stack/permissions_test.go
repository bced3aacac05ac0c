package stack

import (
	"github.com/eventscale/eventscale/internal/sandbox"
)

// actionsOf returns the actions that a policy document allows.
func actionsOf(d PolicyDocument) map[string]bool {
	actions := map[string]bool{}
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
		return "cloudwatch:" + call.Operation
	}
	return call.Service + ":" + call.Operation
}
