package stack

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// scalingPolicyProperties are the properties of an AWS::AutoScaling::ScalingPolicy.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
type scalingPolicyProperties struct {
	AutoScalingGroupName string `replace:"true"`
	PolicyType           string `replace:"true"` // SimpleScaling or StepScaling
	AdjustmentType       string // ChangeInCapacity or ExactCapacity
	ScalingAdjustment    int    `json:",omitempty"` // instances; of SimpleScaling
	Cooldown             int    `json:",omitempty"` // seconds; of SimpleScaling

	// Of StepScaling:
	StepAdjustments         stepAdjustments `json:",omitempty"`
	MetricAggregationType   string          `json:",omitempty"` // Maximum
	EstimatedInstanceWarmup *int            `json:",omitempty"` // seconds; nil where the group's default counts

	Enabled bool
}

type scalingPolicyAPI interface {
	PutScalingPolicy(context.Context, *autoscaling.PutScalingPolicyInput, ...func(*autoscaling.Options)) (*autoscaling.PutScalingPolicyOutput, error)
	DescribePolicies(context.Context, *autoscaling.DescribePoliciesInput, ...func(*autoscaling.Options)) (*autoscaling.DescribePoliciesOutput, error)
	DeletePolicy(context.Context, *autoscaling.DeletePolicyInput, ...func(*autoscaling.Options)) (*autoscaling.DeletePolicyOutput, error)
}

const scalingPolicyType = "AWS::AutoScaling::ScalingPolicy"

// scalingPolicyKind makes scaling policies. Name and physical ID are "GROUP/POLICY": a policy is found by
// both. The ARN holds a UUID, the one ARN of a stack that cannot be foretold. Policies carry no tags; one
// of our name on the group is ours.
func scalingPolicyKind(api scalingPolicyAPI, group string, all *policyBatch) provision.Kind[scalingPolicyProperties] {
	p := scalingPolicies{api, group, all}
	return provision.Kind[scalingPolicyProperties]{
		Type:   scalingPolicyType,
		Read:   p.read,
		Create: p.create,
		Update: p.update,
		Delete: p.delete,
	}
}

type scalingPolicies struct {
	api   scalingPolicyAPI
	group string // the stack's
	all   *policyBatch
}

// policyBatch holds the policies of a group, by name.
type policyBatch = batch[types.ScalingPolicy]

// newPolicyBatch describes the policies of a group in one call.
func newPolicyBatch(api scalingPolicyAPI, group string) *policyBatch {
	return &policyBatch{call: func(ctx context.Context) (map[string]types.ScalingPolicy, error) {
		return describePolicies(ctx, api, group)
	}}
}

func (p scalingPolicies) read(ctx context.Context, id provision.Identity) (provision.Live[scalingPolicyProperties], error) {
	policy, err := p.find(ctx, id)
	if err != nil {
		return provision.Live[scalingPolicyProperties]{}, err
	}
	return liveScalingPolicy(id.Name, aws.ToString(policy.PolicyARN), scalingPolicyFrom(policy)), nil
}

// scalingPolicyFrom leaves out what plays no part in a policy of its type: AWS returns some of that too.
func scalingPolicyFrom(policy types.ScalingPolicy) scalingPolicyProperties {
	p := scalingPolicyProperties{
		AutoScalingGroupName: aws.ToString(policy.AutoScalingGroupName),
		PolicyType:           aws.ToString(policy.PolicyType),
		AdjustmentType:       aws.ToString(policy.AdjustmentType),
		Enabled:              policy.Enabled == nil || *policy.Enabled,
	}
	if p.PolicyType != stepScaling {
		p.ScalingAdjustment, p.Cooldown = int(aws.ToInt32(policy.ScalingAdjustment)), int(aws.ToInt32(policy.Cooldown))
		return p
	}
	p.StepAdjustments = stepAdjustmentsFrom(policy.StepAdjustments)
	p.MetricAggregationType = aws.ToString(policy.MetricAggregationType)
	if seconds := policy.EstimatedInstanceWarmup; seconds != nil {
		p.EstimatedInstanceWarmup = aws.Int(int(*seconds))
	}
	return p
}

// find looks on the group that the name says, which is another than the stack's after the stack was given
// another.
func (p scalingPolicies) find(ctx context.Context, id provision.Identity) (types.ScalingPolicy, error) {
	group, name := splitGroup(id.Name)
	if group == p.group {
		return p.all.find(ctx, name)
	}
	there, err := describePolicies(ctx, p.api, group)
	if err != nil {
		return types.ScalingPolicy{}, err
	}
	policy, ok := there[name]
	if !ok {
		return policy, provision.ErrNotFound
	}
	return policy, nil
}

// describePolicies returns the policies of a group by name: none where there is no such group.
func describePolicies(ctx context.Context, api scalingPolicyAPI, group string) (map[string]types.ScalingPolicy, error) {
	policies := map[string]types.ScalingPolicy{}
	pages := autoscaling.NewDescribePoliciesPaginator(api, &autoscaling.DescribePoliciesInput{AutoScalingGroupName: &group})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if notFoundOnGroup(err) {
			return policies, nil
		}
		if err != nil {
			return nil, err
		}
		for _, policy := range page.ScalingPolicies {
			policies[aws.ToString(policy.PolicyName)] = policy
		}
	}
	return policies, nil
}

// create looks the ARN up where the answer lacks it, as some emulators' does.
func (p scalingPolicies) create(ctx context.Context, id provision.Identity, want scalingPolicyProperties) (provision.Live[scalingPolicyProperties], error) {
	arn, err := p.put(ctx, id.Name, want)
	if err == nil && arn == "" {
		group, name := splitGroup(id.Name)
		var there map[string]types.ScalingPolicy
		there, err = describePolicies(ctx, p.api, group)
		arn = aws.ToString(there[name].PolicyARN)
	}
	return liveScalingPolicy(id.Name, arn, want), err
}

func (p scalingPolicies) update(ctx context.Context, live provision.Live[scalingPolicyProperties], want scalingPolicyProperties, _ provision.Changed) error {
	_, err := p.put(ctx, live.PhysicalID, want)
	return err
}

// put makes or overwrites a policy, and returns its ARN: the same one for the same group and name.
func (p scalingPolicies) put(ctx context.Context, id string, want scalingPolicyProperties) (string, error) {
	group, name := splitGroup(id)
	out, err := p.api.PutScalingPolicy(ctx, want.input(group, name))
	if err != nil {
		return "", err
	}
	return aws.ToString(out.PolicyARN), nil
}

// input is the whole policy. AWS refuses what plays no part in a policy of its type.
func (p scalingPolicyProperties) input(group, name string) *autoscaling.PutScalingPolicyInput {
	in := &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: &group, PolicyName: &name,
		PolicyType: &p.PolicyType, AdjustmentType: &p.AdjustmentType, Enabled: &p.Enabled,
	}
	if p.PolicyType != stepScaling {
		in.ScalingAdjustment, in.Cooldown = aws.Int32(int32(p.ScalingAdjustment)), aws.Int32(int32(p.Cooldown))
		return in
	}
	in.StepAdjustments, in.MetricAggregationType = p.StepAdjustments.input(), &p.MetricAggregationType
	if seconds := p.EstimatedInstanceWarmup; seconds != nil {
		in.EstimatedInstanceWarmup = aws.Int32(int32(*seconds))
	}
	return in
}

func (p scalingPolicies) delete(ctx context.Context, id provision.Identity) error {
	group, name := splitGroup(id.Name)
	_, err := p.api.DeletePolicy(ctx, &autoscaling.DeletePolicyInput{AutoScalingGroupName: &group, PolicyName: &name})
	if notFoundOnGroup(err) {
		return nil
	}
	return err
}

func liveScalingPolicy(id, arn string, p scalingPolicyProperties) provision.Live[scalingPolicyProperties] {
	return provision.Live[scalingPolicyProperties]{PhysicalID: id, ARN: arn, Properties: p}
}

// splitGroup takes "GROUP/NAME" apart. A group's name can hold slashes; what we name on it cannot.
func splitGroup(id string) (group, name string) {
	i := strings.LastIndexByte(id, '/')
	return id[:max(i, 0)], id[i+1:]
}

// notFoundOnGroup reports whether Auto Scaling says that a group, or a policy on it, is not there. It has
// no error type for that.
func notFoundOnGroup(err error) bool { return isAPIError(err, "ValidationError", "not found") }
