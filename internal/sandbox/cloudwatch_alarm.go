package sandbox

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// alarm is a CloudWatch metric alarm. It is evaluated once a minute: see course.
type alarm struct {
	Alarm     types.MetricAlarm
	Tags      map[string]string
	ManagedBy string `json:",omitempty"` // ARN of the target tracking policy that made it
}

func (w *world) cloudwatchOperations() []operation {
	return []operation{
		op("PutMetricAlarm", w.putMetricAlarm),
		op("DescribeAlarms", w.describeAlarms),
		op("DescribeAlarmHistory", w.describeAlarmHistory),
		op("DeleteAlarms", w.deleteAlarms),
		op("SetAlarmState", w.setAlarmState),
		op("EnableAlarmActions", w.enableAlarmActions),
		op("DisableAlarmActions", w.disableAlarmActions),
		op("TagResource", w.tagAlarm),
		op("UntagResource", w.untagAlarm),
		op("ListTagsForResource", w.listTagsForAlarm),
		op("GetMetricData", w.getMetricData),
		op("GetMetricStatistics", w.getMetricStatistics),
		op("ListMetrics", w.listMetrics),
	}
}

// putMetricAlarm replaces the whole definition of an alarm that exists, but keeps its state, and
// without a word ignores the tags given: those are for new alarms alone.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
func (w *world) putMetricAlarm(r *request, in *cloudwatch.PutMetricAlarmInput) (*cloudwatch.PutMetricAlarmOutput, error) {
	if err := checkAlarm(r, in); err != nil {
		return nil, err
	}
	place := w.in(r)
	name := *in.AlarmName
	a := &alarm{Alarm: definedBy(in)}
	a.Alarm.AlarmArn = aws.String(r.arn("cloudwatch", "alarm:"+name))
	a.Alarm.AlarmConfigurationUpdatedTimestamp = aws.Time(r.now.UTC())
	if old, exists := place.Alarms[name]; exists {
		a.Tags, a.ManagedBy = old.Tags, old.ManagedBy
		a.keepState(old.Alarm)
		place.remember(r.now, name, types.HistoryItemTypeConfigurationUpdate, "Alarm \""+name+"\" updated", configurationChange("Update"))
	} else {
		tags, fault := addTags(nil, alarmTags(in.Tags))
		if fault != "" {
			return nil, cloudwatchInvalid(fault)
		}
		a.Tags = tags
		a.enter(r.now, types.StateValueInsufficientData, "Unchecked: Initial alarm creation", nil)
		place.remember(r.now, name, types.HistoryItemTypeConfigurationUpdate, "Alarm \""+name+"\" created", configurationChange("Create"))
	}
	place.Alarms[name] = a
	return &cloudwatch.PutMetricAlarmOutput{}, nil
}

// definedBy returns the alarm that the input defines, with AWS's defaults, in no state yet.
func definedBy(in *cloudwatch.PutMetricAlarmInput) types.MetricAlarm {
	a := types.MetricAlarm{
		AlarmName:                        in.AlarmName,
		AlarmDescription:                 in.AlarmDescription,
		ActionsEnabled:                   in.ActionsEnabled,
		AlarmActions:                     slices.Concat([]string{}, in.AlarmActions), // answered as empty lists, not left out
		OKActions:                        slices.Concat([]string{}, in.OKActions),
		InsufficientDataActions:          slices.Concat([]string{}, in.InsufficientDataActions),
		ActionConfiguration:              in.ActionConfiguration,
		WarmUpConfiguration:              in.WarmUpConfiguration,
		ComparisonOperator:               in.ComparisonOperator,
		EvaluationPeriods:                in.EvaluationPeriods,
		DatapointsToAlarm:                in.DatapointsToAlarm,
		EvaluateLowSampleCountPercentile: in.EvaluateLowSampleCountPercentile,
		Dimensions:                       slices.Concat([]types.Dimension{}, in.Dimensions),
		MetricName:                       in.MetricName,
		Namespace:                        in.Namespace,
		Period:                           in.Period,
		Statistic:                        in.Statistic,
		ExtendedStatistic:                in.ExtendedStatistic,
		Unit:                             in.Unit,
		Metrics:                          in.Metrics,
		Threshold:                        in.Threshold,
		TreatMissingData:                 in.TreatMissingData,
	}
	setDefault(&a.ActionsEnabled, true)
	return a
}

// acts says whether one of the alarm's actions, in any state, is this ARN.
func (a *alarm) acts(arn string) bool {
	return slices.Contains(a.Alarm.AlarmActions, arn) || slices.Contains(a.Alarm.OKActions, arn) || slices.Contains(a.Alarm.InsufficientDataActions, arn)
}

func (a *alarm) dropAction(arn string) {
	for _, actions := range []*[]string{&a.Alarm.AlarmActions, &a.Alarm.OKActions, &a.Alarm.InsufficientDataActions} {
		*actions = slices.DeleteFunc(slices.Concat([]string{}, *actions), func(action string) bool { return action == arn })
	}
}

// describeAlarms finds nothing for a name that is not there, which is no error.
func (w *world) describeAlarms(r *request, in *cloudwatch.DescribeAlarmsInput) (*cloudwatch.DescribeAlarmsOutput, error) {
	const usual, most = 50, 100
	if err := cloudwatchFault(firstFault(
		checkOptional(in.MaxRecords, "maxRecords", 1, most),
		checkState(in.StateValue, true),
	)); err != nil {
		return nil, err
	}
	if len(in.AlarmNames) > most {
		return nil, cloudwatchInvalid(constraint("[...]", "alarmNames", "Member must have length less than or equal to 100"))
	}
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return nil, cloudwatchInvalid("AlarmNames and AlarmNamePrefix must not be specified together.")
	}
	var found []types.MetricAlarm
	for _, a := range byName(w.in(r).Alarms) {
		if a.isAskedFor(in) {
			found = append(found, a.Alarm)
		}
	}
	if len(in.AlarmTypes) > 0 && !slices.Contains(in.AlarmTypes, types.AlarmTypeMetricAlarm) {
		found = nil // composite and log alarms, of which there are none
	}
	part, next, ok := page(found, in.NextToken, pageSize(in.MaxRecords, usual, most))
	if !ok {
		return nil, cloudwatchBadToken()
	}
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: part, NextToken: next}, nil
}

func (a *alarm) isAskedFor(in *cloudwatch.DescribeAlarmsInput) bool {
	hasPrefix := func(action string) bool { return strings.HasPrefix(action, *in.ActionPrefix) }
	switch {
	case len(in.AlarmNames) > 0 && !slices.Contains(in.AlarmNames, *a.Alarm.AlarmName):
		return false
	case in.StateValue != "" && in.StateValue != a.Alarm.StateValue:
		return false
	case in.ActionPrefix != nil && !slices.ContainsFunc(slices.Concat(a.Alarm.AlarmActions, a.Alarm.OKActions, a.Alarm.InsufficientDataActions), hasPrefix):
		return false
	}
	return strings.HasPrefix(*a.Alarm.AlarmName, aws.ToString(in.AlarmNamePrefix))
}

// deleteAlarms deletes those that are there; it is an error only if none of them is.
func (w *world) deleteAlarms(r *request, in *cloudwatch.DeleteAlarmsInput) (*cloudwatch.DeleteAlarmsOutput, error) {
	if len(in.AlarmNames) > 100 {
		return nil, cloudwatchInvalid(constraint("[...]", "alarmNames", "Member must have length less than or equal to 100"))
	}
	place, deleted := w.in(r), 0
	for _, name := range in.AlarmNames {
		if _, ok := place.Alarms[name]; ok {
			place.deleteAlarm(r.now, name)
			deleted++
		}
	}
	if deleted == 0 && len(in.AlarmNames) > 0 {
		return nil, alarmNotFound()
	}
	return &cloudwatch.DeleteAlarmsOutput{}, nil
}

func (w *world) enableAlarmActions(r *request, in *cloudwatch.EnableAlarmActionsInput) (*cloudwatch.EnableAlarmActionsOutput, error) {
	w.switchActions(r, in.AlarmNames, true)
	return &cloudwatch.EnableAlarmActionsOutput{}, nil
}

func (w *world) disableAlarmActions(r *request, in *cloudwatch.DisableAlarmActionsInput) (*cloudwatch.DisableAlarmActionsOutput, error) {
	w.switchActions(r, in.AlarmNames, false)
	return &cloudwatch.DisableAlarmActionsOutput{}, nil
}

// switchActions passes over names that are not there, as AWS does.
func (w *world) switchActions(r *request, names []string, on bool) {
	for _, name := range names {
		if a, ok := w.in(r).Alarms[name]; ok {
			a.Alarm.ActionsEnabled = aws.Bool(on)
			a.Alarm.AlarmConfigurationUpdatedTimestamp = aws.Time(r.now.UTC())
		}
	}
}

func (w *world) tagAlarm(r *request, in *cloudwatch.TagResourceInput) (*cloudwatch.TagResourceOutput, error) {
	a, err := w.alarmAt(r, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	tags, fault := addTags(a.Tags, alarmTags(in.Tags))
	if fault != "" {
		return nil, cloudwatchInvalid(fault)
	}
	a.Tags = tags
	return &cloudwatch.TagResourceOutput{}, nil
}

func (w *world) untagAlarm(r *request, in *cloudwatch.UntagResourceInput) (*cloudwatch.UntagResourceOutput, error) {
	a, err := w.alarmAt(r, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	a.Tags = withoutTags(a.Tags, in.TagKeys)
	return &cloudwatch.UntagResourceOutput{}, nil
}

func (w *world) listTagsForAlarm(r *request, in *cloudwatch.ListTagsForResourceInput) (*cloudwatch.ListTagsForResourceOutput, error) {
	a, err := w.alarmAt(r, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListTagsForResourceOutput{Tags: []types.Tag{}}
	for _, key := range sortedKeys(a.Tags) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(a.Tags[key])})
	}
	return out, nil
}

func alarmTags(list []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, tag := range list {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return tags
}

func (w *world) alarmAt(r *request, arn *string) (*alarm, error) {
	name, ok := strings.CutPrefix(aws.ToString(arn), r.arn("cloudwatch", "alarm:"))
	if !ok {
		return nil, &types.InvalidParameterValueException{Message: aws.String("Resource ARN is not valid: " + aws.ToString(arn))}
	}
	a, ok := w.in(r).Alarms[name]
	if !ok {
		return nil, &types.ResourceNotFoundException{
			ResourceType: aws.String("AWS::CloudWatch::Alarm"), ResourceId: aws.String(name), Message: aws.String("The resource " + *arn + " does not exist."),
		}
	}
	return a, nil
}

func alarmNotFound() error {
	return &types.ResourceNotFound{Message: aws.String("Alarm not found")}
}

func cloudwatchBadToken() error {
	return &types.InvalidNextToken{Message: aws.String("The next token is not valid.")}
}

// cloudwatchInvalid is CloudWatch's code for most of what is wrong with a request. The SDK models
// no type for it.
func cloudwatchInvalid(message string) error {
	return &apiError{code: "ValidationError", message: message}
}

// cloudwatchFault returns the error for a fault, nil for none.
func cloudwatchFault(fault string) error {
	if fault == "" {
		return nil
	}
	return cloudwatchInvalid(fault)
}
