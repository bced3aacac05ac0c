package sandbox

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// groupMetrics are those a group can publish.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html
func groupMetrics() []string {
	return []string{
		"GroupAndWarmPoolDesiredCapacity", "GroupAndWarmPoolTotalCapacity", "GroupDesiredCapacity", "GroupInServiceCapacity",
		"GroupInServiceInstances", "GroupMaxSize", "GroupMinSize", "GroupPendingCapacity", "GroupPendingInstances", "GroupStandbyCapacity",
		"GroupStandbyInstances", "GroupTerminatingCapacity", "GroupTerminatingInstances", "GroupTotalCapacity", "GroupTotalInstances",
		"WarmPoolDesiredCapacity", "WarmPoolMinSize", "WarmPoolPendingCapacity", "WarmPoolTerminatingCapacity", "WarmPoolTotalCapacity",
		"WarmPoolWarmedCapacity",
	}
}

// enableMetricsCollection adds to what is enabled; without names it enables all.
func (w *world) enableMetricsCollection(r *request, in *autoscaling.EnableMetricsCollectionInput) (*autoscaling.EnableMetricsCollectionOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.Granularity) != "1Minute" {
		return nil, autoscalingInvalid("Granularity " + aws.ToString(in.Granularity) + " is not valid, the only valid value is 1Minute")
	}
	names, err := metricNames(in.Metrics)
	if err != nil {
		return nil, err
	}
	enabled := slices.Clone(g.Group.EnabledMetrics)
	for _, name := range names {
		if !slices.ContainsFunc(enabled, func(m types.EnabledMetric) bool { return *m.Metric == name }) {
			enabled = append(enabled, types.EnabledMetric{Metric: aws.String(name), Granularity: aws.String("1Minute")})
		}
	}
	g.Group.EnabledMetrics = enabled
	return &autoscaling.EnableMetricsCollectionOutput{}, nil
}

// disableMetricsCollection takes away those named; without names all.
func (w *world) disableMetricsCollection(r *request, in *autoscaling.DisableMetricsCollectionInput) (*autoscaling.DisableMetricsCollectionOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	names, err := metricNames(in.Metrics)
	if err != nil {
		return nil, err
	}
	g.Group.EnabledMetrics = slices.DeleteFunc(slices.Clone(g.Group.EnabledMetrics), func(m types.EnabledMetric) bool {
		return slices.Contains(names, *m.Metric)
	})
	return &autoscaling.DisableMetricsCollectionOutput{}, nil
}

func metricNames(given []string) ([]string, error) {
	if len(given) == 0 {
		return groupMetrics(), nil
	}
	for _, name := range given {
		if !slices.Contains(groupMetrics(), name) {
			return nil, autoscalingInvalid("Metric type " + name + " is not valid")
		}
	}
	return given, nil
}
