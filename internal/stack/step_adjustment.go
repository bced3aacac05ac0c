package stack

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// stepAdjustment is what a policy does while the metric is between two bounds, which are relative to the
// alarm's threshold; nil is no bound.
type stepAdjustment struct {
	MetricIntervalLowerBound *float64 `json:",omitempty"`
	MetricIntervalUpperBound *float64 `json:",omitempty"`
	ScalingAdjustment        int      // instances
}

// stepAdjustments are those of a policy, the lowest first.
type stepAdjustments []stepAdjustment

// from appends an adjustment from so many jobs above the threshold on, up to which the one before goes.
func (steps stepAdjustments) from(jobs, adjustment int) stepAdjustments {
	bound := float64(jobs)
	if n := len(steps); n > 0 {
		steps[n-1].MetricIntervalUpperBound = &bound
	}
	return append(steps, stepAdjustment{MetricIntervalLowerBound: &bound, ScalingAdjustment: adjustment})
}

// String writes the steps as a plan shows them: "0..40: 2, 40..: 5".
func (steps stepAdjustments) String() string {
	words := make([]string, len(steps))
	for i, s := range steps {
		words[i] = fmt.Sprintf("%s..%s: %d", boundText(s.MetricIntervalLowerBound), boundText(s.MetricIntervalUpperBound), s.ScalingAdjustment)
	}
	return strings.Join(words, ", ")
}

func boundText(bound *float64) string {
	if bound == nil {
		return ""
	}
	return strconv.FormatFloat(*bound, 'f', -1, 64)
}

func (steps stepAdjustments) input() []types.StepAdjustment {
	var in []types.StepAdjustment
	for _, s := range steps {
		in = append(in, types.StepAdjustment{
			MetricIntervalLowerBound: s.MetricIntervalLowerBound, MetricIntervalUpperBound: s.MetricIntervalUpperBound,
			ScalingAdjustment: aws.Int32(int32(s.ScalingAdjustment)),
		})
	}
	return in
}

// stepAdjustmentsFrom puts the steps in order: AWS promises none.
func stepAdjustmentsFrom(list []types.StepAdjustment) stepAdjustments {
	var steps stepAdjustments
	for _, s := range list {
		steps = append(steps, stepAdjustment{s.MetricIntervalLowerBound, s.MetricIntervalUpperBound, int(aws.ToInt32(s.ScalingAdjustment))})
	}
	slices.SortFunc(steps, func(a, b stepAdjustment) int { return cmp.Compare(a.lower(), b.lower()) })
	return steps
}

func (s stepAdjustment) lower() float64 {
	if s.MetricIntervalLowerBound == nil {
		return math.Inf(-1)
	}
	return *s.MetricIntervalLowerBound
}
