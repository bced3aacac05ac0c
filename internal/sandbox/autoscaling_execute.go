package sandbox

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// executePolicy does what an alarm would, cooldown aside, unless the caller honours it.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_ExecutePolicy.html
func (w *world) executePolicy(r *request, in *autoscaling.ExecutePolicyInput) (*autoscaling.ExecutePolicyOutput, error) {
	g, policy, err := w.policyNamed(r, in.AutoScalingGroupName, aws.ToString(in.PolicyName))
	if err != nil {
		return nil, err
	}
	t := trigger{policy: policy, reading: loop.Reading{State: loop.StateAlarm}}
	switch {
	case *policy.PolicyType == targetTrackingScaling:
		return nil, autoscalingInvalid("Policy type TargetTrackingScaling cannot be executed.")
	case *policy.PolicyType == stepScaling && (in.MetricValue == nil || in.BreachThreshold == nil):
		return nil, autoscalingInvalid("MetricValue and BreachThreshold are required for policy type StepScaling.")
	case *policy.PolicyType == stepScaling:
		// With no alarm the threshold is 0, and the distance from it is the value.
		t.reading.Newest = loop.Datapoint{Value: *in.MetricValue - *in.BreachThreshold, Real: true}
	}
	c := w.course(r)
	if aws.ToBool(in.HonorCooldown) && millis(r.now) < g.Cooldown.Until {
		return nil, &types.ScalingActivityInProgressFault{Message: aws.String("The policy was not executed: the group is in its cooldown period.")}
	}
	choice, _ := c.choose(g, []trigger{t}, true)
	if choice.Policy != nil {
		c.apply(g, choice, "a user request executed policy "+*policy.PolicyName)
	}
	return &autoscaling.ExecutePolicyOutput{}, nil
}

// policyNamed finds a policy by its name or its ARN; a name needs the group's.
func (w *world) policyNamed(r *request, group *string, wanted string) (*group, *types.ScalingPolicy, error) {
	place := w.in(r)
	groups := byName(place.Groups)
	switch {
	case group != nil:
		g, err := w.groupNamed(r, group)
		if err != nil {
			return nil, nil, err
		}
		groups = groups[:0]
		groups = append(groups, g)
	case !isPolicyARN(wanted):
		return nil, nil, autoscalingInvalid("AutoScalingGroupName is required when PolicyName is not an ARN.")
	}
	for _, g := range groups {
		for _, policy := range g.Policies {
			if wanted == *policy.PolicyName || wanted == *policy.PolicyARN {
				return g, policy, nil
			}
		}
	}
	return nil, nil, autoscalingInvalid(fmt.Sprintf("Policy name not found - Policy %s not found", wanted))
}

func isPolicyARN(text string) bool {
	return strings.HasPrefix(text, "arn:") && strings.Contains(text, ":autoscaling:")
}

// policyAt finds a policy by its ARN; nil where there is none.
func (place *regional) policyAt(arn string) (*group, *types.ScalingPolicy) {
	for _, g := range place.Groups {
		for _, policy := range g.Policies {
			if *policy.PolicyARN == arn {
				return g, policy
			}
		}
	}
	return nil, nil
}
