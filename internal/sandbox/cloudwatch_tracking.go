package sandbox

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	asg "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// What Auto Scaling gives the two alarms of a target tracking policy. Only these numbers of periods
// are well known. The low alarm's threshold as a share of the target is not documented: 0.9 is what
// most reports show, 0.7 what some do for CPU.
const (
	trackingHighPeriods = 3
	trackingLowPeriods  = 15
	trackingPeriod      = 60 // seconds
	trackingLowShare    = 0.9
)

// makeTrackingAlarms makes the alarms of a target tracking policy. They are Auto Scaling's: they
// come and go with the policy.
func (place *regional) makeTrackingAlarms(r *request, policy *asg.ScalingPolicy) []asg.Alarm {
	config := policy.TargetTrackingConfiguration
	target := *config.TargetValue
	made := []asg.Alarm{place.makeTrackingAlarm(r, policy, "AlarmHigh", types.ComparisonOperatorGreaterThanThreshold, target, trackingHighPeriods)}
	if !aws.ToBool(config.DisableScaleIn) {
		made = append(made, place.makeTrackingAlarm(r, policy, "AlarmLow", types.ComparisonOperatorLessThanThreshold, target*trackingLowShare, trackingLowPeriods))
	}
	return made
}

func (place *regional) makeTrackingAlarm(
	r *request, policy *asg.ScalingPolicy, side string, operator types.ComparisonOperator, threshold float64, periods int32,
) asg.Alarm {
	name := "TargetTracking-" + *policy.AutoScalingGroupName + "-" + side + "-" + newUUID()
	a := &alarm{ManagedBy: *policy.PolicyARN, Alarm: trackedMetric(policy)}
	a.Alarm.AlarmName = aws.String(name)
	a.Alarm.AlarmArn = aws.String(r.arn("cloudwatch", "alarm:"+name))
	a.Alarm.AlarmDescription = aws.String("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + *policy.PolicyARN + ".")
	a.Alarm.AlarmActions, a.Alarm.OKActions, a.Alarm.InsufficientDataActions = []string{*policy.PolicyARN}, []string{}, []string{}
	a.Alarm.ActionsEnabled = aws.Bool(true)
	a.Alarm.ComparisonOperator, a.Alarm.Threshold, a.Alarm.EvaluationPeriods = operator, aws.Float64(threshold), aws.Int32(periods)
	a.Alarm.AlarmConfigurationUpdatedTimestamp = aws.Time(r.now.UTC())
	a.enter(r.now, types.StateValueInsufficientData, "Unchecked: Initial alarm creation", nil)
	place.Alarms[name] = a
	place.remember(r.now, name, types.HistoryItemTypeConfigurationUpdate, "Alarm \""+name+"\" created", configurationChange("Create"))
	return asg.Alarm{AlarmName: a.Alarm.AlarmName, AlarmARN: a.Alarm.AlarmArn}
}

// trackedMetric returns an alarm on the metric that the policy keeps at its target.
func trackedMetric(policy *asg.ScalingPolicy) types.MetricAlarm {
	custom := policy.TargetTrackingConfiguration.CustomizedMetricSpecification
	if custom == nil {
		return types.MetricAlarm{
			MetricName: aws.String("CPUUtilization"), Namespace: aws.String("AWS/EC2"), Statistic: types.StatisticAverage, Period: aws.Int32(trackingPeriod),
			Dimensions: []types.Dimension{{Name: aws.String("AutoScalingGroupName"), Value: policy.AutoScalingGroupName}},
		}
	}
	if len(custom.Metrics) == 0 {
		return types.MetricAlarm{
			MetricName: custom.MetricName, Namespace: custom.Namespace, Statistic: types.Statistic(custom.Statistic),
			Period: aws.Int32(trackingPeriod), Dimensions: trackedDimensions(custom.Dimensions),
		}
	}
	var queries []types.MetricDataQuery
	for _, query := range custom.Metrics {
		queries = append(queries, trackedQuery(query))
	}
	return types.MetricAlarm{Metrics: queries}
}

func trackedQuery(query asg.TargetTrackingMetricDataQuery) types.MetricDataQuery {
	q := types.MetricDataQuery{Id: query.Id, Expression: query.Expression, Label: query.Label, ReturnData: aws.Bool(query.ReturnData == nil || *query.ReturnData)}
	if stat := query.MetricStat; stat != nil && stat.Metric != nil {
		q.MetricStat = &types.MetricStat{
			Stat: stat.Stat, Period: aws.Int32(trackingPeriod), Unit: types.StandardUnit(aws.ToString(stat.Unit)),
			Metric: &types.Metric{MetricName: stat.Metric.MetricName, Namespace: stat.Metric.Namespace, Dimensions: trackedDimensions(stat.Metric.Dimensions)},
		}
		if stat.Period != nil {
			q.MetricStat.Period = stat.Period
		}
	}
	return q
}

func trackedDimensions(list []asg.MetricDimension) []types.Dimension {
	dimensions := []types.Dimension{}
	for _, d := range list {
		dimensions = append(dimensions, types.Dimension{Name: d.Name, Value: d.Value})
	}
	return dimensions
}

// dropTrackingAlarms deletes the alarms that were made for a policy.
func (place *regional) dropTrackingAlarms(policy *asg.ScalingPolicy) {
	for name, a := range place.Alarms {
		if a.ManagedBy == *policy.PolicyARN {
			delete(place.Alarms, name)
		}
	}
}
