package sandbox

import (
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// The types of policies that the sandbox has.
const (
	simpleScaling         = "SimpleScaling"
	stepScaling           = "StepScaling"
	targetTrackingScaling = "TargetTrackingScaling"
)

// maxPoliciesPerGroup counts disabled policies too.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
const maxPoliciesPerGroup = 50

// putScalingPolicy replaces the policy of this name whole, but its ARN stays. Whether AWS lets the
// type change under one name is not documented; Terraform's provider relies on it, so it may here.
func (w *world) putScalingPolicy(r *request, in *autoscaling.PutScalingPolicyInput) (*autoscaling.PutScalingPolicyOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if err := checkPolicy(in); err != nil {
		return nil, err
	}
	name := *in.PolicyName
	old, exists := g.Policies[name]
	if !exists && len(g.Policies) >= maxPoliciesPerGroup {
		return nil, &types.LimitExceededFault{Message: aws.String("You have reached the maximum number of scaling policies for this Auto Scaling group.")}
	}
	if g.tracksAlready(in) {
		return nil, autoscalingInvalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
	}
	policy := newPolicy(in)
	policy.PolicyARN = aws.String(r.arn("autoscaling", "scalingPolicy:"+newUUID()+":autoScalingGroupName/"+*in.AutoScalingGroupName+":policyName/"+name))
	place := w.in(r)
	if exists {
		policy.PolicyARN = old.PolicyARN
		place.dropTrackingAlarms(old)
	}
	g.Policies[name] = policy
	out := &autoscaling.PutScalingPolicyOutput{PolicyARN: policy.PolicyARN}
	if *policy.PolicyType == targetTrackingScaling {
		out.Alarms = place.makeTrackingAlarms(r, policy)
	}
	return out, nil
}

// newPolicy takes over what was given and what AWS adds to it.
func newPolicy(in *autoscaling.PutScalingPolicyInput) *types.ScalingPolicy {
	p := &types.ScalingPolicy{
		AutoScalingGroupName:        in.AutoScalingGroupName,
		PolicyName:                  in.PolicyName,
		PolicyType:                  aws.String(policyType(in)),
		AdjustmentType:              in.AdjustmentType,
		ScalingAdjustment:           in.ScalingAdjustment,
		Cooldown:                    in.Cooldown,
		MinAdjustmentMagnitude:      in.MinAdjustmentMagnitude,
		MinAdjustmentStep:           in.MinAdjustmentStep, //nolint:staticcheck // AWS still takes and returns it
		StepAdjustments:             in.StepAdjustments,
		MetricAggregationType:       in.MetricAggregationType,
		EstimatedInstanceWarmup:     in.EstimatedInstanceWarmup,
		TargetTrackingConfiguration: in.TargetTrackingConfiguration,
		Enabled:                     in.Enabled,
	}
	setDefault(&p.Enabled, true)
	if *p.PolicyType == stepScaling {
		setDefault(&p.MetricAggregationType, "Average")
	}
	return p
}

// policyType is SimpleScaling where the caller names none.
func policyType(in *autoscaling.PutScalingPolicyInput) string {
	if t := aws.ToString(in.PolicyType); t != "" {
		return t
	}
	return simpleScaling
}

// tracksAlready says whether another policy of the group keeps the same metric at a target.
func (g *group) tracksAlready(in *autoscaling.PutScalingPolicyInput) bool {
	if in.TargetTrackingConfiguration == nil {
		return false
	}
	for name, other := range g.Policies {
		c := other.TargetTrackingConfiguration
		if name != *in.PolicyName && c != nil &&
			reflect.DeepEqual(c.PredefinedMetricSpecification, in.TargetTrackingConfiguration.PredefinedMetricSpecification) &&
			reflect.DeepEqual(c.CustomizedMetricSpecification, in.TargetTrackingConfiguration.CustomizedMetricSpecification) {
			return true
		}
	}
	return false
}

// describePolicies passes over policy names that are not there, but not over a group's.
func (w *world) describePolicies(r *request, in *autoscaling.DescribePoliciesInput) (*autoscaling.DescribePoliciesOutput, error) {
	place := w.in(r)
	groups := byName(place.Groups)
	if in.AutoScalingGroupName != nil {
		g, err := w.groupNamed(r, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var found []types.ScalingPolicy
	for _, g := range groups {
		for _, policy := range byName(g.Policies) {
			if !isAskedFor(policy, in) {
				continue
			}
			described := *policy
			described.Alarms = place.alarmsOf(*policy.PolicyARN)
			found = append(found, described)
		}
	}
	part, next, ok := page(found, in.NextToken, pageSize(in.MaxRecords, 50, 100))
	if !ok {
		return nil, autoscalingBadToken()
	}
	return &autoscaling.DescribePoliciesOutput{ScalingPolicies: part, NextToken: next}, nil
}

func isAskedFor(p *types.ScalingPolicy, in *autoscaling.DescribePoliciesInput) bool {
	named := len(in.PolicyNames) == 0 || slices.Contains(in.PolicyNames, *p.PolicyName) || slices.Contains(in.PolicyNames, *p.PolicyARN)
	return named && (len(in.PolicyTypes) == 0 || slices.Contains(in.PolicyTypes, *p.PolicyType))
}

// alarmsOf lists the alarms of which an action is this policy, in any state.
func (place *regional) alarmsOf(policyARN string) []types.Alarm {
	var list []types.Alarm
	for _, a := range byName(place.Alarms) {
		if a.acts(policyARN) {
			list = append(list, types.Alarm{AlarmName: a.Alarm.AlarmName, AlarmARN: a.Alarm.AlarmArn})
		}
	}
	return list
}

// deletePolicy takes the policy by its name or its ARN.
func (w *world) deletePolicy(r *request, in *autoscaling.DeletePolicyInput) (*autoscaling.DeletePolicyOutput, error) {
	g, policy, err := w.policyNamed(r, in.AutoScalingGroupName, aws.ToString(in.PolicyName))
	if err != nil {
		return nil, err
	}
	w.in(r).dropPolicy(g, policy)
	return &autoscaling.DeletePolicyOutput{}, nil
}

// dropPolicy deletes a policy. An alarm that the caller made only loses its action and stays; one
// that target tracking made goes with its policy.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DeletePolicy.html
func (place *regional) dropPolicy(g *group, policy *types.ScalingPolicy) {
	place.dropTrackingAlarms(policy)
	for _, a := range place.Alarms {
		a.dropAction(*policy.PolicyARN)
	}
	delete(g.Policies, *policy.PolicyName)
}
