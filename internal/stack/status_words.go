package stack

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// alarmRule is what an alarm watches, in words.
func alarmRule(p alarmProperties) string {
	metric := p.Metrics[0]
	what, period := metricWord(metric.MetricName), metric.Period
	if metric.Expression != "" && len(p.Metrics) > 1 {
		what, period = metric.Expression, p.Metrics[1].Period
	}
	threshold := comparisonSign(p.ComparisonOperator) + " " + strconv.FormatFloat(p.Threshold, 'f', -1, 64)
	return fmt.Sprintf("%s for %d x %d s", condition(what, threshold), p.EvaluationPeriods, period)
}

// condition is when a metric is beyond a threshold. Of "IF(condition, 1, 0)" it is the condition, of
// "IF(condition, value, other)" both.
func condition(metric, threshold string) string {
	inner, ok := strings.CutPrefix(metric, "IF(")
	parts := strings.Split(inner, ", ")
	switch {
	case !ok || len(parts) != 3:
		return metric + " " + threshold
	case parts[1] == "1":
		return parts[0]
	}
	return fmt.Sprintf("%s %s AND %s", parts[1], threshold, strings.TrimPrefix(parts[0], parts[1]+" "))
}

func metricWord(metric string) string {
	switch metric {
	case visibleMetric:
		return "visible"
	case inFlightMetric:
		return "in_flight"
	}
	return metric
}

func comparisonSign(operator string) string {
	switch operator {
	case atLeast:
		return ">="
	case atMost:
		return "<="
	case "GreaterThanThreshold":
		return ">"
	case "LessThanThreshold":
		return "<"
	}
	return operator
}

// policyRule is what a policy does, in words. The bounds of steps are relative to the threshold of the alarm
// that runs it; where there is no alarm they stay so.
func policyRule(p scalingPolicyProperties, alarm *alarmProperties) string {
	switch p.PolicyType {
	case simpleScaling:
		return fmt.Sprintf("%s %s, cooldown %s", adjustmentText(p.AdjustmentType, p.ScalingAdjustment), plural(p.ScalingAdjustment, "instance"), seconds(p.Cooldown))
	case stepScaling:
	default:
		return p.PolicyType
	}
	var words []string
	for _, s := range p.StepAdjustments {
		words = append(words, s.text(alarm)+": "+adjustmentText(p.AdjustmentType, s.ScalingAdjustment))
	}
	rule := strings.Join(words, ", ")
	if w := p.EstimatedInstanceWarmup; w != nil {
		rule += "; warm-up " + seconds(*w)
	}
	return rule
}

func seconds(n int) string { return Duration(time.Duration(n) * time.Second).String() }

func adjustmentText(kind string, n int) string {
	switch kind {
	case "ExactCapacity":
		return strconv.Itoa(n)
	case "PercentChangeInCapacity":
		return fmt.Sprintf("%+d%%", n)
	}
	return fmt.Sprintf("%+d", n)
}

// text says when an adjustment is made: "10 jobs", or "2 jobs or fewer".
func (s stepAdjustment) text(alarm *alarmProperties) string {
	bound, suffix := s.MetricIntervalLowerBound, ""
	if bound == nil {
		bound, suffix = s.MetricIntervalUpperBound, " or fewer"
	}
	switch {
	case bound == nil:
		return "always"
	case alarm == nil:
		return fmt.Sprintf("threshold%+g", *bound) + suffix
	case suffix != "" && alarm.Threshold+*bound == 0:
		return "no jobs"
	}
	return jobCount(int(alarm.Threshold+*bound)) + suffix
}

func plural(n int, word string) string {
	if n == 1 || n == -1 {
		return word
	}
	return word + "s"
}
