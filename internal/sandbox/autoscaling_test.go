package sandbox

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

func simplePolicy(name string, adjustment int32) *autoscaling.PutScalingPolicyInput {
	return &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(firstGroup), PolicyName: &name, PolicyType: aws.String("SimpleScaling"),
		AdjustmentType: aws.String("ChangeInCapacity"), ScalingAdjustment: &adjustment, Cooldown: aws.Int32(300),
	}
}

func stepPolicy(name string, steps ...types.StepAdjustment) *autoscaling.PutScalingPolicyInput {
	return &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(firstGroup), PolicyName: &name, PolicyType: aws.String("StepScaling"),
		AdjustmentType: aws.String("ExactCapacity"), StepAdjustments: steps,
	}
}

// step is a step between two bounds; "" is open.
func step(low, high string, adjustment int32) types.StepAdjustment {
	bound := func(s string) *float64 {
		if s == "" {
			return nil
		}
		var f float64
		must(fmt.Sscan(s, &f))
		return &f
	}
	return types.StepAdjustment{MetricIntervalLowerBound: bound(low), MetricIntervalUpperBound: bound(high), ScalingAdjustment: &adjustment}
}

func (s *stage) firstGroup() types.AutoScalingGroup {
	s.Helper()
	out, err := s.describeAutoScalingGroups(s.request(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{firstGroup}})
	s.accepts(err)
	return out.AutoScalingGroups[0]
}

func (s *stage) policies(names ...string) []types.ScalingPolicy {
	s.Helper()
	out, err := s.describePolicies(s.request(), &autoscaling.DescribePoliciesInput{AutoScalingGroupName: aws.String(firstGroup), PolicyNames: names})
	s.accepts(err)
	return out.ScalingPolicies
}

func (s *stage) activities() []types.Activity {
	s.Helper()
	out, err := s.describeScalingActivities(s.request(), &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String(firstGroup)})
	s.accepts(err)
	return out.Activities
}

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`

func TestFirstGroup(t *testing.T) {
	s := newStage(t)
	g := s.firstGroup()
	same(t, []int32{*g.MinSize, *g.MaxSize, *g.DesiredCapacity, *g.DefaultCooldown}, []int32{0, 20, 1, 300})
	same(t, []string{*g.HealthCheckType, *g.LaunchTemplate.LaunchTemplateName}, []string{"EC2", "gpu-workers"})
	same(t, g.AvailabilityZones, []string{"us-east-1a", "us-east-1b"})
	if !regexp.MustCompile(`^arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:` + uuid + `:autoScalingGroupName/gpu-workers$`).MatchString(*g.AutoScalingGroupARN) {
		t.Errorf("ARN %s", *g.AutoScalingGroupARN)
	}
	same(t, len(g.Instances), 1)
	instance := g.Instances[0]
	same(t, []string{string(instance.LifecycleState), *instance.HealthStatus, *instance.InstanceType}, []string{"InService", "Healthy", "g5.xlarge"})
	if !regexp.MustCompile(`^i-0[0-9a-f]{16}$`).MatchString(*instance.InstanceId) {
		t.Errorf("instance %s", *instance.InstanceId)
	}
	first := s.activities()
	same(t, len(first), 1)
	same(t, []string{string(first[0].StatusCode), *first[0].Description}, []string{"Successful", "Launching a new EC2 instance: " + *instance.InstanceId})
}

func TestUnknownGroup(t *testing.T) {
	s := newStage(t)
	const fault = "AutoScalingGroup name not found - AutoScalingGroup none not found"
	none := aws.String("none")
	same(t, len(must(s.describeAutoScalingGroups(s.request(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"none"}})).AutoScalingGroups), 0)
	put := simplePolicy("out", 2)
	put.AutoScalingGroupName = none
	_, err := s.putScalingPolicy(s.request(), put)
	s.refuses(err, "ValidationError", fault)
	_, err = s.describePolicies(s.request(), &autoscaling.DescribePoliciesInput{AutoScalingGroupName: none})
	s.refuses(err, "ValidationError", fault)
	_, err = s.deletePolicy(s.request(), &autoscaling.DeletePolicyInput{AutoScalingGroupName: none, PolicyName: none})
	s.refuses(err, "ValidationError", fault)
	_, err = s.enableMetricsCollection(s.request(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: none, Granularity: aws.String("1Minute")})
	s.refuses(err, "ValidationError", fault)
}

func TestPolicyKeepsItsARN(t *testing.T) {
	s := newStage(t)
	first := must(s.putScalingPolicy(s.request(), simplePolicy("out", 2))).PolicyARN
	if !regexp.MustCompile(`^arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:` + uuid + `:autoScalingGroupName/gpu-workers:policyName/out$`).MatchString(*first) {
		t.Errorf("ARN %s", *first)
	}
	changed := simplePolicy("out", 3)
	changed.Cooldown = nil
	same(t, *must(s.putScalingPolicy(s.request(), changed)).PolicyARN, *first)
	must(s.putScalingPolicy(s.request(), stepPolicy("table", step("0", "", 5))))
	got := s.policies()
	same(t, len(got), 2)
	same(t, []int32{*got[0].ScalingAdjustment}, []int32{3})
	same(t, got[0].Cooldown, nil)
	same(t, []string{*got[0].PolicyType, *got[1].MetricAggregationType}, []string{"SimpleScaling", "Average"})
	same(t, *got[0].Enabled, true)
	same(t, len(s.policies("table", "none")), 1)
	same(t, len(s.policies(*first)), 1)
}

func TestPolicyFieldsBelongToItsType(t *testing.T) {
	s := newStage(t)
	type in = autoscaling.PutScalingPolicyInput
	open := step("0", "", 1)
	for fragment, c := range map[string]struct {
		base   *in
		change func(*in)
	}{
		"'policyName'": {simplePolicy("", 1), func(*in) {}},
		"Policy type Other is not valid": {simplePolicy("p", 1), func(p *in) {
			*p = in{AutoScalingGroupName: p.AutoScalingGroupName, PolicyName: p.PolicyName, PolicyType: aws.String("Other")}
		}},
		"AdjustmentType  is invalid":         {simplePolicy("p", 1), func(p *in) { p.AdjustmentType = nil }},
		"ScalingAdjustment is required":      {simplePolicy("p", 1), func(p *in) { p.ScalingAdjustment = nil }},
		"adjustment type ExactCapacity":      {simplePolicy("p", -1), func(p *in) { p.AdjustmentType = aws.String("ExactCapacity") }},
		"only PercentChangeInCapacity":       {simplePolicy("p", 1), func(p *in) { p.MinAdjustmentMagnitude = aws.Int32(1) }},
		"EstimatedInstanceWarmup is not":     {simplePolicy("p", 1), func(p *in) { p.EstimatedInstanceWarmup = aws.Int32(1) }},
		"MetricAggregationType is not":       {simplePolicy("p", 1), func(p *in) { p.MetricAggregationType = aws.String("Average") }},
		"StepAdjustments is not supported":   {simplePolicy("p", 1), func(p *in) { p.StepAdjustments = []types.StepAdjustment{open} }},
		"Cooldown is not supported":          {stepPolicy("p", open), func(p *in) { p.Cooldown = aws.Int32(1) }},
		"ScalingAdjustment is not supported": {stepPolicy("p", open), func(p *in) { p.ScalingAdjustment = aws.Int32(1) }},
		"MetricAggregationType Sum":          {stepPolicy("p", open), func(p *in) { p.MetricAggregationType = aws.String("Sum") }},
		"At least one StepAdjustment":        {stepPolicy("p"), func(*in) {}},
		"At least one of MetricInterval":     {stepPolicy("p", step("", "", 1)), func(*in) {}},
		"must be greater than MetricInt":     {stepPolicy("p", step("5", "5", 1)), func(*in) {}},
		"can't overlap":                      {stepPolicy("p", step("0", "10", 1), step("5", "", 2)), func(*in) {}},
		"overlap":                            {stepPolicy("p", step("", "5", 1), step("", "10", 2)), func(*in) {}},
		"intervals can't overlap":            {stepPolicy("p", step("0", "", 1), step("5", "", 2)), func(*in) {}},
		"Metric Id M1 is not valid": {trackingPolicy("p"), func(p *in) {
			p.TargetTrackingConfiguration.CustomizedMetricSpecification.Metrics[0].Id = aws.String("M1")
		}},
		"must have ReturnData":                    {trackingPolicy("p"), func(p *in) { p.TargetTrackingConfiguration.CustomizedMetricSpecification.Metrics[0].ReturnData = nil }},
		"either Metrics or":                       {trackingPolicy("p"), func(p *in) { p.TargetTrackingConfiguration.CustomizedMetricSpecification.Metrics = nil }},
		"gaps":                                    {stepPolicy("p", step("0", "10", 1), step("20", "", 2)), func(*in) {}},
		"negative lower bound":                    {stepPolicy("p", step("-5", "0", 1), step("0", "", 2)), func(*in) {}},
		"positive upper bound":                    {stepPolicy("p", step("", "0", 1), step("0", "5", 2)), func(*in) {}},
		"must not be negative for adj":            {stepPolicy("p", step("0", "", -1)), func(*in) {}},
		"TargetTrackingConfiguration with":        {simplePolicy("p", 1), func(p *in) { *p = *trackingPolicy("p"); p.TargetTrackingConfiguration = nil }},
		"Exactly one of PredefinedMetric":         {trackingPolicy("p"), func(p *in) { p.TargetTrackingConfiguration.CustomizedMetricSpecification = nil }},
		"Cooldown is not supported for policy ty": {trackingPolicy("p"), func(p *in) { p.Cooldown = aws.Int32(1) }},
	} {
		c.change(c.base)
		_, err := s.putScalingPolicy(s.request(), c.base)
		s.refuses(err, "ValidationError", fragment)
	}
	var many []types.StepAdjustment
	for i := range 21 {
		many = append(many, step(fmt.Sprint(i), fmt.Sprint(i+1), 1))
	}
	_, err := s.putScalingPolicy(s.request(), stepPolicy("p", many...))
	s.refuses(err, "LimitExceeded", "20")
	for i := range 50 {
		must(s.putScalingPolicy(s.request(), simplePolicy(fmt.Sprint(i), 1)))
	}
	_, err = s.putScalingPolicy(s.request(), simplePolicy("one too many", 1))
	s.refuses(err, "LimitExceeded", "maximum number of scaling policies")
	must(s.putScalingPolicy(s.request(), stepPolicy("0", step("10", "", 3), step("-10", "0", 1), step("0", "10", 2), step("", "-10", 0)))) // in any order
}

func TestDeletePolicyTakesTheActionButNotTheAlarm(t *testing.T) {
	s := newStage(t)
	arn := must(s.putScalingPolicy(s.request(), simplePolicy("out", 2))).PolicyARN
	alarm := simpleAlarm("busy")
	alarm.AlarmActions = []string{*arn, "arn:aws:sns:us-east-1:123456789012:topic"}
	must(s.putMetricAlarm(s.request(), alarm))
	same(t, s.policies("out")[0].Alarms, []types.Alarm{{AlarmName: aws.String("busy"), AlarmARN: s.alarm("busy").AlarmArn}})

	must(s.deletePolicy(s.request(), &autoscaling.DeletePolicyInput{PolicyName: aws.String("out"), AutoScalingGroupName: aws.String(firstGroup)}))
	same(t, s.alarm("busy").AlarmActions, alarm.AlarmActions[1:])
	same(t, len(s.policies()), 0)
	_, err := s.deletePolicy(s.request(), &autoscaling.DeletePolicyInput{PolicyName: aws.String("out"), AutoScalingGroupName: aws.String(firstGroup)})
	s.refuses(err, "ValidationError", "not found")

	arn = must(s.putScalingPolicy(s.request(), simplePolicy("out", 2))).PolicyARN
	_, err = s.deletePolicy(s.request(), &autoscaling.DeletePolicyInput{PolicyName: aws.String("out")})
	s.refuses(err, "ValidationError", "AutoScalingGroupName is required")
	must(s.deletePolicy(s.request(), &autoscaling.DeletePolicyInput{PolicyName: arn}))
	same(t, len(s.policies()), 0)
}

func trackingPolicy(name string) *autoscaling.PutScalingPolicyInput {
	return &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(firstGroup), PolicyName: &name, PolicyType: aws.String("TargetTrackingScaling"),
		TargetTrackingConfiguration: &types.TargetTrackingConfiguration{
			TargetValue: aws.Float64(10),
			CustomizedMetricSpecification: &types.CustomizedMetricSpecification{Metrics: []types.TargetTrackingMetricDataQuery{
				{Id: aws.String("m1"), ReturnData: aws.Bool(false), MetricStat: &types.TargetTrackingMetricStat{
					Metric: &types.Metric{Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateNumberOfMessagesVisible")}, Stat: aws.String("Maximum"),
				}},
				{Id: aws.String("e1"), Expression: aws.String("m1 / 2")},
			}},
		},
	}
}

func TestTargetTrackingOwnsItsAlarms(t *testing.T) {
	s := newStage(t)
	out := must(s.putScalingPolicy(s.request(), trackingPolicy("track")))
	same(t, len(out.Alarms), 2)
	high, low := s.alarm(*out.Alarms[0].AlarmName), s.alarm(*out.Alarms[1].AlarmName)
	if !strings.HasPrefix(*high.AlarmName, "TargetTracking-gpu-workers-AlarmHigh-") || !strings.HasPrefix(*low.AlarmName, "TargetTracking-gpu-workers-AlarmLow-") {
		t.Errorf("names %s, %s", *high.AlarmName, *low.AlarmName)
	}
	same(t, []float64{*high.Threshold, *low.Threshold}, []float64{10, 9})
	same(t, []int32{*high.EvaluationPeriods, *low.EvaluationPeriods, *high.Metrics[0].MetricStat.Period}, []int32{3, 15, 60})
	same(t, high.AlarmActions, []string{*out.PolicyARN})
	_, err := s.putScalingPolicy(s.request(), trackingPolicy("twin"))
	s.refuses(err, "ValidationError", "Only one TargetTrackingScaling policy for a given metric specification is allowed.")
	again := trackingPolicy("track")
	again.TargetTrackingConfiguration.DisableScaleIn = aws.Bool(true)
	must(s.putScalingPolicy(s.request(), again))
	same(t, len(s.alarms(cloudwatch.DescribeAlarmsInput{})), 1)
	must(s.deletePolicy(s.request(), &autoscaling.DeletePolicyInput{PolicyName: out.PolicyARN}))
	same(t, len(s.alarms(cloudwatch.DescribeAlarmsInput{})), 0)
}

func (s *stage) desire(n int32, honor bool) error {
	_, err := s.setDesiredCapacity(s.request(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String(firstGroup), DesiredCapacity: &n, HonorCooldown: &honor})
	return err
}

func TestDesiredCapacityIsReachedAtOnce(t *testing.T) {
	s := newStage(t)
	s.pass(time.Hour)
	s.accepts(s.desire(3, true))
	g := s.firstGroup()
	same(t, []int{int(*g.DesiredCapacity), len(g.Instances)}, []int{3, 3})
	zones := map[string]int{}
	for _, instance := range g.Instances {
		zones[*instance.AvailabilityZone]++
	}
	if zones["us-east-1b"] == 0 || zones["us-east-1a"] == 0 {
		t.Errorf("zones %v", zones)
	}
	list := s.activities()
	same(t, len(list), 3)
	for fragment, activity := range map[string]types.Activity{
		"a user request explicitly set group desired capacity changing the desired capacity from 1 to 3": list[0],
		"increasing the capacity from 1 to 3": list[0],
		"in response to a difference between desired and actual capacity, increasing the capacity from 1 to 3": list[1], // of both the same
	} {
		if !strings.Contains(*activity.Cause, fragment) {
			t.Errorf("%q does not say %q", *activity.Cause, fragment)
		}
	}
	s.refuses(s.desire(4, true), "ScalingActivityInProgress", "cooldown")
	s.pass(time.Minute)
	s.accepts(s.desire(1, false))
	same(t, len(s.firstGroup().Instances), 1)
	if newest := *s.activities()[0].Description; !strings.HasPrefix(newest, "Terminating EC2 instance: i-0") {
		t.Error(newest)
	}
	s.refuses(s.desire(21, false), "ValidationError", "New SetDesiredCapacity value 21 is above max value 20 for the AutoScalingGroup.")
	s.refuses(s.desire(-1, false), "ValidationError", "New SetDesiredCapacity value -1 is below min value 0 for the AutoScalingGroup.")
}

func TestProtectedInstancesStay(t *testing.T) {
	s := newStage(t)
	must(s.updateAutoScalingGroup(s.request(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String(firstGroup), NewInstancesProtectedFromScaleIn: aws.Bool(true)}))
	s.accepts(s.desire(3, false))
	s.accepts(s.desire(0, false))
	g := s.firstGroup()
	same(t, []int{int(*g.DesiredCapacity), len(g.Instances)}, []int{0, 2})
}

func TestMetricsCollection(t *testing.T) {
	s := newStage(t)
	name := aws.String(firstGroup)
	enable := func(granularity string, metrics ...string) error {
		_, err := s.enableMetricsCollection(s.request(), &autoscaling.EnableMetricsCollectionInput{AutoScalingGroupName: name, Granularity: &granularity, Metrics: metrics})
		return err
	}
	s.refuses(enable(""), "ValidationError", "1Minute")
	s.refuses(enable("1Minute", "GroupJoy"), "ValidationError", "GroupJoy")
	for range 2 {
		s.accepts(enable("1Minute", "GroupInServiceInstances"))
	}
	same(t, s.firstGroup().EnabledMetrics, []types.EnabledMetric{{Metric: aws.String("GroupInServiceInstances"), Granularity: aws.String("1Minute")}})
	s.accepts(enable("1Minute"))
	same(t, len(s.firstGroup().EnabledMetrics), len(groupMetrics()))
	must(s.disableMetricsCollection(s.request(), &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: name, Metrics: []string{"GroupMinSize"}}))
	same(t, len(s.firstGroup().EnabledMetrics), len(groupMetrics())-1)
	must(s.disableMetricsCollection(s.request(), &autoscaling.DisableMetricsCollectionInput{AutoScalingGroupName: name}))
	same(t, len(s.firstGroup().EnabledMetrics), 0)
}

func TestGroupsOfTheCallersOwn(t *testing.T) {
	s := newStage(t)
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("mine"), MinSize: aws.Int32(1), MaxSize: aws.Int32(3), AvailabilityZones: []string{"us-east-1c"},
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("t")},
		Tags:           []types.Tag{{Key: aws.String("team"), Value: aws.String("gpu"), PropagateAtLaunch: aws.Bool(true)}},
	}
	must(s.createAutoScalingGroup(s.request(), in))
	_, err := s.createAutoScalingGroup(s.request(), in)
	s.refuses(err, "AlreadyExists", "A group with the name mine already exists")
	found := must(s.describeAutoScalingGroups(s.request(), &autoscaling.DescribeAutoScalingGroupsInput{Filters: []types.Filter{{Name: aws.String("tag:team"), Values: []string{"gpu"}}}})).AutoScalingGroups
	same(t, len(found), 1)
	same(t, []int{int(*found[0].DesiredCapacity), len(found[0].Instances)}, []int{1, 1})
	tags := must(s.describeTags(s.request(), &autoscaling.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("auto-scaling-group"), Values: []string{"mine"}}}})).Tags
	same(t, []string{*tags[0].Key, *tags[0].ResourceId}, []string{"team", "mine"})

	must(s.updateAutoScalingGroup(s.request(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName, MinSize: aws.Int32(2)}))
	found = must(s.describeAutoScalingGroups(s.request(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"mine"}})).AutoScalingGroups
	same(t, []int{int(*found[0].DesiredCapacity), len(found[0].Instances)}, []int{2, 2})
	_, err = s.updateAutoScalingGroup(s.request(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName, MinSize: aws.Int32(9)})
	s.refuses(err, "ValidationError", "Max bound, 3, must be greater than or equal to min bound, 9")
	_, err = s.updateAutoScalingGroup(s.request(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName, DesiredCapacity: aws.Int32(9)})
	s.refuses(err, "ValidationError", "Desired capacity:9 must be between the specified min size:2 and max size:3")

	policy := simplePolicy("out", 1)
	policy.AutoScalingGroupName = in.AutoScalingGroupName
	alarm := simpleAlarm("busy")
	alarm.AlarmActions = []string{*must(s.putScalingPolicy(s.request(), policy)).PolicyARN}
	must(s.putMetricAlarm(s.request(), alarm))
	_, err = s.deleteAutoScalingGroup(s.request(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName})
	s.refuses(err, "ResourceInUse", "while there are instances")
	must(s.deleteAutoScalingGroup(s.request(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName, ForceDelete: aws.Bool(true)}))
	same(t, len(s.alarm("busy").AlarmActions), 0)
	_, err = s.deleteAutoScalingGroup(s.request(), &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: in.AutoScalingGroupName})
	s.refuses(err, "ValidationError", "not found")
	in.LaunchTemplate = nil
	_, err = s.createAutoScalingGroup(s.request(), in)
	s.refuses(err, "ValidationError", "LaunchTemplate")
}
