package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// Limits of https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
const (
	maxActions      = 5 // for each state
	maxDimensions   = 30
	maxAlarmMetrics = 10
	aDay            = 86_400  // seconds that an alarm of short periods may look back
	aWeek           = 604_800 // and one of periods of an hour and more
	anHour          = 3600
)

var (
	metricID          = pattern(`^[a-z][a-zA-Z0-9_]*$`)
	extendedStatistic = pattern(`^(p(\d{1,2}(\.\d+)?|100)|IQM|(p|tm|wm|tc|ts)\d+(\.\d+)?|(PR|TM|WM|TC|TS)\(.*\))$`)
)

// checkAlarm checks the whole definition. It never looks whether an action exists: neither does AWS.
func checkAlarm(r *request, in *cloudwatch.PutMetricAlarmInput) error {
	if in.EvaluationCriteria != nil || in.EvaluationWindow != nil || in.ThresholdMetricId != nil {
		return &apiError{code: "NotImplemented", message: "the sandbox has no alarms on anomalies, on queries or with a window of their own", status: 501}
	}
	name := aws.ToString(in.AlarmName)
	return cloudwatchFault(firstFault(
		checkLength(name, "alarmName", 1, 255),
		checkPrintable(name, "alarmName"),
		checkLength(aws.ToString(in.AlarmDescription), "alarmDescription", 0, 1024),
		checkActions(r, in),
		checkThreshold(in),
		checkEvaluation(in),
		checkSubject(in),
	))
}

func checkPrintable(value, parameter string) string {
	if strings.ContainsFunc(value, func(c rune) bool { return c < unicode.MaxASCII && unicode.IsControl(c) }) {
		return constraint(value, parameter, "Member must not contain control characters")
	}
	return ""
}

func checkActions(r *request, in *cloudwatch.PutMetricAlarmInput) string {
	for parameter, actions := range map[string][]string{
		"alarmActions": in.AlarmActions, "oKActions": in.OKActions, "insufficientDataActions": in.InsufficientDataActions,
	} {
		if len(actions) > maxActions {
			return constraint("["+strings.Join(actions, ", ")+"]", parameter, "Member must have length less than or equal to 5")
		}
		for _, action := range actions {
			parts := strings.SplitN(action, ":", 6)
			if len(parts) < 6 || parts[0] != "arn" {
				return "Invalid arn syntax: " + action
			}
			if parts[3] != "" && parts[3] != r.region {
				return "Invalid region " + parts[3] + " specified. Only " + r.region + " is supported."
			}
		}
	}
	return ""
}

func checkThreshold(in *cloudwatch.PutMetricAlarmInput) string {
	simple := []types.ComparisonOperator{ // the others are for anomalies
		types.ComparisonOperatorGreaterThanOrEqualToThreshold, types.ComparisonOperatorGreaterThanThreshold,
		types.ComparisonOperatorLessThanThreshold, types.ComparisonOperatorLessThanOrEqualToThreshold,
	}
	if fault := checkEnum(in.ComparisonOperator, "comparisonOperator", simple); fault != "" {
		return fault
	}
	if in.Threshold == nil {
		return "The parameter Threshold must be specified."
	}
	return ""
}

func checkEvaluation(in *cloudwatch.PutMetricAlarmInput) string {
	periods := aws.ToInt32(in.EvaluationPeriods)
	if fault := checkRange(periods, "evaluationPeriods", 1, aWeek); fault != "" {
		return fault
	}
	if in.DatapointsToAlarm != nil && (*in.DatapointsToAlarm < 1 || *in.DatapointsToAlarm > periods) {
		return "DatapointsToAlarm must be between 1 and EvaluationPeriods."
	}
	if missing := aws.ToString(in.TreatMissingData); missing != "" && !slices.Contains([]string{"breaching", "notBreaching", "ignore", "missing"}, missing) {
		return "The value '" + missing + "' for TreatMissingData is not valid. Valid values are breaching, notBreaching, ignore and missing."
	}
	return checkLookback(periodOf(in), periods)
}

// checkLookback holds the time that an alarm looks back against its limits.
func checkLookback(period, periods int32) string {
	switch total := int(period) * int(periods); {
	case period < anHour && total > aDay:
		return "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."
	case total > aWeek:
		return "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800)."
	}
	return ""
}

// periodOf is the period of the alarm's one metric or of the first that has one.
func periodOf(in *cloudwatch.PutMetricAlarmInput) int32 {
	for _, query := range in.Metrics {
		if period := queryPeriod(query); period != 0 {
			return period
		}
	}
	return aws.ToInt32(in.Period)
}

func queryPeriod(query types.MetricDataQuery) int32 {
	if query.MetricStat != nil {
		return aws.ToInt32(query.MetricStat.Period)
	}
	return aws.ToInt32(query.Period)
}

// checkSubject checks what the alarm watches: one metric, or metrics and an expression over them.
func checkSubject(in *cloudwatch.PutMetricAlarmInput) string {
	one := in.MetricName != nil || in.Namespace != nil || in.Period != nil || in.Statistic != "" || in.ExtendedStatistic != nil || in.Unit != "" || len(in.Dimensions) > 0
	switch {
	case one && len(in.Metrics) > 0:
		return "If Metrics is specified, MetricName, Namespace, Dimensions, Period, Unit, Statistic and ExtendedStatistic must not be specified."
	case len(in.Metrics) > 0:
		return checkQueries(in.Metrics)
	case in.MetricName == nil || in.Namespace == nil:
		return "Either MetricName and Namespace or Metrics must be specified."
	case (in.Statistic == "") == (in.ExtendedStatistic == nil):
		return "Exactly one of Statistic and ExtendedStatistic must be specified."
	case in.Statistic == "" && !extendedStatistic().MatchString(*in.ExtendedStatistic):
		return "The value " + *in.ExtendedStatistic + " for parameter ExtendedStatistic is not supported."
	}
	faults := []string{
		checkLength(*in.MetricName, "metricName", 1, 255),
		checkLength(*in.Namespace, "namespace", 1, 255),
		checkDimensions(in.Dimensions),
		checkPeriod(aws.ToInt32(in.Period)),
	}
	if in.Statistic != "" {
		faults = append(faults, checkEnum(in.Statistic, "statistic", in.Statistic.Values()))
	}
	if in.Unit != "" {
		faults = append(faults, checkEnum(in.Unit, "unit", in.Unit.Values()))
	}
	return firstFault(faults...)
}

func checkPeriod(seconds int32) string {
	if seconds == 10 || seconds == 20 || seconds == 30 || seconds > 0 && seconds%60 == 0 {
		return ""
	}
	return "Period must be 10, 20, 30 or a multiple of 60, not " + strconv.Itoa(int(seconds)) + "."
}

func checkDimensions(dimensions []types.Dimension) string {
	if len(dimensions) > maxDimensions {
		return constraint(fmt.Sprint(len(dimensions)), "dimensions", "Member must have length less than or equal to 30")
	}
	for _, d := range dimensions {
		if fault := firstFault(checkLength(aws.ToString(d.Name), "dimensions.member.name", 1, 255), checkLength(aws.ToString(d.Value), "dimensions.member.value", 1, 1024)); fault != "" {
			return fault
		}
	}
	return ""
}

// checkQueries checks the metrics of a metric math alarm. Only one may be the alarm's, and all of
// them have the same period. ReturnData is true where it is not given.
func checkQueries(queries []types.MetricDataQuery) string {
	if len(queries) > maxAlarmMetrics {
		return "Metrics list contains " + strconv.Itoa(len(queries)) + " metrics; the maximum is 10."
	}
	returned, period, seen := 0, int32(0), map[string]bool{}
	for _, query := range queries {
		if fault := checkQuery(query, seen); fault != "" {
			return fault
		}
		if query.ReturnData == nil || *query.ReturnData {
			returned++
		}
		p := queryPeriod(query)
		if p != 0 && period != 0 && p != period {
			return "All metrics of an alarm must have the same period."
		}
		period = max(period, p)
	}
	if returned != 1 {
		return "Exactly one element of the metrics list should return data."
	}
	return checkExpressions(queries)
}

// checkExpressions wants every expression to be one that can be evaluated over the others.
func checkExpressions(queries []types.MetricDataQuery) string {
	needs := map[string][]string{}
	for _, query := range queries {
		needs[*query.Id] = nil
	}
	for _, query := range queries {
		if query.Expression == nil {
			continue
		}
		e, err := parseMath(*query.Expression)
		if err != nil {
			return expressionFault(*query.Id, err.Error())
		}
		needs[*query.Id] = e.names(nil)
		for _, id := range needs[*query.Id] {
			if _, known := needs[id]; !known {
				return expressionFault(*query.Id, "the metric "+id+" is not in the list")
			}
		}
	}
	if id := cycle(needs); id != "" {
		return expressionFault(id, "it depends on itself")
	}
	return ""
}

func expressionFault(id, why string) string { return "Error in expression '" + id + "': " + why + "." }

// cycle returns an ID that depends on itself, or "". Each ID is looked at once: there can be many ways to one.
func cycle(needs map[string][]string) string {
	done, under := map[string]bool{}, map[string]bool{}
	var find func(id string) string
	find = func(id string) string {
		switch {
		case under[id]:
			return id
		case done[id]:
			return ""
		}
		under[id], done[id] = true, true
		defer delete(under, id)
		for _, next := range needs[id] {
			if found := find(next); found != "" {
				return found
			}
		}
		return ""
	}
	for _, id := range slices.Sorted(maps.Keys(needs)) {
		if found := find(id); found != "" {
			return found
		}
	}
	return ""
}

func checkQuery(query types.MetricDataQuery, seen map[string]bool) string {
	id := aws.ToString(query.Id)
	switch {
	case !metricID().MatchString(id):
		return "The value '" + id + "' for parameter Metrics.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
	case seen[id]:
		return "The values for parameter Metrics.member.Id must be unique: " + id + "."
	case (query.MetricStat == nil) == (query.Expression == nil):
		return "Metrics.member must have exactly one of MetricStat and Expression: " + id + "."
	}
	seen[id] = true
	if query.MetricStat == nil {
		return checkLength(*query.Expression, "metrics.member.expression", 1, 2048)
	}
	metric := query.MetricStat.Metric
	if metric == nil || aws.ToString(metric.MetricName) == "" || aws.ToString(metric.Namespace) == "" || aws.ToString(query.MetricStat.Stat) == "" {
		return "MetricStat must have a Metric with MetricName and Namespace, and a Stat: " + id + "."
	}
	return firstFault(checkPeriod(aws.ToInt32(query.MetricStat.Period)), checkDimensions(metric.Dimensions))
}

func checkState(state types.StateValue, optional bool) string {
	if optional && state == "" {
		return ""
	}
	return checkEnum(state, "stateValue", []types.StateValue{types.StateValueInsufficientData, types.StateValueAlarm, types.StateValueOk})
}
