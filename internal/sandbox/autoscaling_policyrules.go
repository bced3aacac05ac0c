package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const (
	changeInCapacity        = "ChangeInCapacity"
	exactCapacity           = "ExactCapacity"
	percentChangeInCapacity = "PercentChangeInCapacity"

	maxStepAdjustments = 20 // https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-quotas.html
)

// checkPolicy holds the fields against the policy's type.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
func checkPolicy(in *autoscaling.PutScalingPolicyInput) error {
	name := aws.ToString(in.PolicyName)
	if fault := checkLength(name, "policyName", 1, 255); fault != "" {
		return autoscalingInvalid(fault)
	}
	if slices.ContainsFunc([]rune(name), unicode.IsControl) {
		return autoscalingInvalid(constraint(name, "policyName", "Member must not contain control characters"))
	}
	if err := checkForeignFields(in); err != nil {
		return err
	}
	switch policyType(in) {
	case simpleScaling:
		if in.ScalingAdjustment == nil {
			return autoscalingInvalid("ScalingAdjustment is required for policy type SimpleScaling.")
		}
		return firstError(checkAdjustment(in), checkExact(in.AdjustmentType, *in.ScalingAdjustment))
	case stepScaling:
		return firstError(checkAdjustment(in), checkAggregation(in.MetricAggregationType), checkSteps(in))
	case targetTrackingScaling:
		return checkTracking(in.TargetTrackingConfiguration)
	case "PredictiveScaling":
		return &apiError{code: "NotImplemented", message: "the sandbox has no predictive scaling", status: 501}
	}
	return autoscalingInvalid("Policy type " + policyType(in) + " is not valid.")
}

// checkForeignFields refuses fields that belong to policies of another type.
func checkForeignFields(in *autoscaling.PutScalingPolicyInput) error {
	simple, step, tracking := []string{simpleScaling}, []string{stepScaling}, []string{targetTrackingScaling}
	for _, field := range []struct {
		name   string
		given  bool
		fields []string // the types that have it
	}{
		{"AdjustmentType", in.AdjustmentType != nil, []string{simpleScaling, stepScaling}},
		{"ScalingAdjustment", in.ScalingAdjustment != nil, simple},
		{"Cooldown", in.Cooldown != nil, simple},
		{"MinAdjustmentMagnitude", in.MinAdjustmentMagnitude != nil, []string{simpleScaling, stepScaling}},
		{"StepAdjustments", len(in.StepAdjustments) > 0, step},
		{"MetricAggregationType", in.MetricAggregationType != nil, step},
		{"EstimatedInstanceWarmup", in.EstimatedInstanceWarmup != nil, []string{stepScaling, targetTrackingScaling}},
		{"TargetTrackingConfiguration", in.TargetTrackingConfiguration != nil, tracking},
	} {
		if field.given && !slices.Contains(field.fields, policyType(in)) {
			return autoscalingInvalid(field.name + " is not supported for policy type " + policyType(in) + ".")
		}
	}
	return nil
}

func checkAdjustment(in *autoscaling.PutScalingPolicyInput) error {
	kind := aws.ToString(in.AdjustmentType)
	if !slices.Contains([]string{changeInCapacity, exactCapacity, percentChangeInCapacity}, kind) {
		return autoscalingInvalid("AdjustmentType " + kind + " is invalid. Valid values are ChangeInCapacity, ExactCapacity and PercentChangeInCapacity.")
	}
	if in.MinAdjustmentMagnitude != nil && kind != percentChangeInCapacity {
		return autoscalingInvalid("MinAdjustmentMagnitude is supported by only PercentChangeInCapacity adjustment type.")
	}
	return nil
}

func checkExact(kind *string, adjustment int32) error {
	if aws.ToString(kind) == exactCapacity && adjustment < 0 {
		return autoscalingInvalid("ScalingAdjustment must not be negative for adjustment type ExactCapacity.")
	}
	return nil
}

func checkAggregation(kind *string) error {
	if kind == nil || slices.Contains([]string{"Minimum", "Maximum", "Average"}, *kind) {
		return nil
	}
	return autoscalingInvalid("MetricAggregationType " + *kind + " is invalid. Valid values are Minimum, Maximum and Average.")
}

// checkSteps wants the steps to lie side by side: no overlap, no gap, and open ends only outside.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-simple-step.html
func checkSteps(in *autoscaling.PutScalingPolicyInput) error {
	if len(in.StepAdjustments) == 0 {
		return autoscalingInvalid("At least one StepAdjustment must be specified for policy type StepScaling.")
	}
	if len(in.StepAdjustments) > maxStepAdjustments {
		return &types.LimitExceededFault{Message: aws.String(fmt.Sprintf("A scaling policy can have at most %d step adjustments.", maxStepAdjustments))}
	}
	steps := slices.Clone(in.StepAdjustments)
	slices.SortFunc(steps, compareSteps)
	for i, step := range steps {
		low, high := step.MetricIntervalLowerBound, step.MetricIntervalUpperBound
		switch {
		case step.ScalingAdjustment == nil:
			return autoscalingInvalid("ScalingAdjustment is required in each StepAdjustment.")
		case checkExact(in.AdjustmentType, *step.ScalingAdjustment) != nil:
			return checkExact(in.AdjustmentType, *step.ScalingAdjustment)
		case low == nil && high == nil:
			return autoscalingInvalid("At least one of MetricIntervalLowerBound and MetricIntervalUpperBound must be specified in each StepAdjustment.")
		case low != nil && high != nil && *low >= *high:
			return autoscalingInvalid("MetricIntervalUpperBound must be greater than MetricIntervalLowerBound.")
		case i > 0 && (low == nil || steps[i-1].MetricIntervalUpperBound == nil || *low < *steps[i-1].MetricIntervalUpperBound):
			return autoscalingInvalid("StepAdjustment intervals can't overlap.")
		case i > 0 && *low > *steps[i-1].MetricIntervalUpperBound:
			return autoscalingInvalid("StepAdjustment intervals can't have gaps between them.")
		}
	}
	return checkOuterSteps(steps[0], steps[len(steps)-1])
}

func compareSteps(a, b types.StepAdjustment) int {
	switch x, y := a.MetricIntervalLowerBound, b.MetricIntervalLowerBound; {
	case x == nil && y == nil:
		return 0
	case x == nil:
		return -1
	case y == nil:
		return 1
	default:
		return cmp.Compare(*x, *y)
	}
}

func checkOuterSteps(first, last types.StepAdjustment) error {
	if first.MetricIntervalLowerBound != nil && *first.MetricIntervalLowerBound < 0 {
		return autoscalingInvalid("There must be a StepAdjustment with an unspecified lower bound when one StepAdjustment has a negative lower bound.")
	}
	if last.MetricIntervalUpperBound != nil && *last.MetricIntervalUpperBound > 0 {
		return autoscalingInvalid("There must be a StepAdjustment with an unspecified upper bound when one StepAdjustment has a positive upper bound.")
	}
	return nil
}

func checkTracking(c *types.TargetTrackingConfiguration) error {
	if c == nil || c.TargetValue == nil {
		return autoscalingInvalid("TargetTrackingConfiguration with a TargetValue is required for policy type TargetTrackingScaling.")
	}
	if (c.PredefinedMetricSpecification == nil) == (c.CustomizedMetricSpecification == nil) {
		return autoscalingInvalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.")
	}
	custom := c.CustomizedMetricSpecification
	if custom == nil {
		return nil
	}
	if (len(custom.Metrics) > 0) == (custom.MetricName != nil) {
		return autoscalingInvalid("CustomizedMetricSpecification must have either Metrics or MetricName, Namespace and Statistic.")
	}
	returned := 0
	for _, query := range custom.Metrics {
		if !metricID().MatchString(aws.ToString(query.Id)) {
			return autoscalingInvalid("Metric Id " + aws.ToString(query.Id) + " is not valid.")
		}
		if query.ReturnData == nil || *query.ReturnData {
			returned++
		}
	}
	if len(custom.Metrics) > 0 && returned != 1 {
		return autoscalingInvalid("Exactly one metric of CustomizedMetricSpecification must have ReturnData set to true.")
	}
	return nil
}
