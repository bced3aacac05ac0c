package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

const (
	hexLetters = "0123456789abcdef"
	// instanceType is that of every instance: the sandbox reads no launch templates.
	instanceType = "g5.xlarge"
	// maxActivities is how many activities a group remembers; AWS keeps six weeks of them.
	maxActivities = 1000
)

// setDesiredCapacity ignores the cooldown unless told to honour it.
func (w *world) setDesiredCapacity(r *request, in *autoscaling.SetDesiredCapacityInput) (*autoscaling.SetDesiredCapacityOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if in.DesiredCapacity == nil {
		return nil, autoscalingInvalid("1 validation error detected: Value null at 'desiredCapacity' failed to satisfy constraint: Member must not be null")
	}
	desired, before := *in.DesiredCapacity, *g.Group.DesiredCapacity
	switch least, most := *g.Group.MinSize, *g.Group.MaxSize; {
	case desired > most:
		return nil, autoscalingInvalid(fmt.Sprintf("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", desired, most))
	case desired < least:
		return nil, autoscalingInvalid(fmt.Sprintf("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", desired, least))
	case aws.ToBool(in.HonorCooldown) && g.isCooling(r.now):
		return nil, &types.ScalingActivityInProgressFault{Message: aws.String("You cannot set the desired capacity while the group is in its cooldown period.")}
	}
	g.reach(r.now, int(desired), fmt.Sprintf(
		"a user request explicitly set group desired capacity changing the desired capacity from %d to %d", before, desired))
	return &autoscaling.SetDesiredCapacityOutput{}, nil
}

func (g *group) isCooling(now time.Time) bool {
	if len(g.Activities) == 0 || g.Activities[0].EndTime == nil {
		return false
	}
	cooldown := time.Duration(aws.ToInt32(g.Group.DefaultCooldown)) * time.Second
	return now.Before(g.Activities[0].EndTime.Add(cooldown))
}

// reach sets the desired capacity and at once launches or terminates instances until there are as
// many. Each is an activity that says why. Protected instances stay, and the desired capacity is
// lowered all the same, as in AWS.
func (g *group) reach(now time.Time, desired int, why string) {
	g.Group.DesiredCapacity = aws.Int32(int32(desired))
	for len(g.Group.Instances) < desired {
		g.launch(now, why)
	}
	for len(g.Group.Instances) > desired {
		i := g.nextToTerminate()
		if i < 0 {
			return
		}
		g.terminate(now, i, why)
	}
}

func (g *group) launch(now time.Time, why string) {
	before := len(g.Group.Instances)
	instance := types.Instance{
		InstanceId:              aws.String("i-0" + newID(hexLetters, 16)),
		InstanceType:            aws.String(instanceType),
		AvailabilityZone:        aws.String(g.emptiestZone()),
		LifecycleState:          types.LifecycleStateInService,
		HealthStatus:            aws.String("Healthy"),
		ProtectedFromScaleIn:    aws.Bool(aws.ToBool(g.Group.NewInstancesProtectedFromScaleIn)),
		LaunchTemplate:          g.Group.LaunchTemplate,
		LaunchConfigurationName: g.Group.LaunchConfigurationName,
	}
	g.Group.Instances = append(slices.Clone(g.Group.Instances), instance)
	g.record(now, *instance.AvailabilityZone, "Launching a new EC2 instance: "+*instance.InstanceId, fmt.Sprintf(
		"At %[1]s %[2]s.  At %[1]s an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %[3]d to %[4]d.",
		timestamp(now), why, before, before+1))
}

func (g *group) terminate(now time.Time, i int, why string) {
	before, gone := len(g.Group.Instances), g.Group.Instances[i]
	g.Group.Instances = slices.Delete(slices.Clone(g.Group.Instances), i, i+1)
	g.record(now, *gone.AvailabilityZone, "Terminating EC2 instance: "+*gone.InstanceId, fmt.Sprintf(
		"At %[1]s %[2]s.  At %[1]s an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from %[3]d to %[4]d.  At %[1]s instance %[5]s was selected for termination.",
		timestamp(now), why, before, before-1, *gone.InstanceId))
}

// record adds an activity that is done: the sandbox's instances start and stop at once.
func (g *group) record(now time.Time, zone, description, cause string) {
	activity := types.Activity{
		ActivityId:           aws.String(newUUID()),
		AutoScalingGroupName: g.Group.AutoScalingGroupName,
		AutoScalingGroupARN:  g.Group.AutoScalingGroupARN,
		Description:          aws.String(description),
		Cause:                aws.String(cause),
		Details:              aws.String(fmt.Sprintf(`{"Availability Zone":%q}`, zone)),
		StartTime:            aws.Time(now.UTC()),
		EndTime:              aws.Time(now.UTC()),
		Progress:             aws.Int32(100),
		StatusCode:           types.ScalingActivityStatusCodeSuccessful,
	}
	g.Activities = slices.Insert(g.Activities, 0, activity)
	g.Activities = g.Activities[:min(len(g.Activities), maxActivities)]
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (g *group) perZone() map[string]int {
	count := map[string]int{}
	for _, instance := range g.Group.Instances {
		count[*instance.AvailabilityZone]++
	}
	return count
}

func (g *group) emptiestZone() string {
	count := g.perZone()
	return slices.MinFunc(g.Group.AvailabilityZones, func(a, b string) int { return count[a] - count[b] })
}

// nextToTerminate picks the oldest unprotected instance of the fullest zone that has one, the
// beginning of AWS's default policy; -1 if all are protected.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
func (g *group) nextToTerminate() int {
	count, best := g.perZone(), -1
	for i, instance := range g.Group.Instances {
		if aws.ToBool(instance.ProtectedFromScaleIn) {
			continue
		}
		if best < 0 || count[*instance.AvailabilityZone] > count[*g.Group.Instances[best].AvailabilityZone] {
			best = i
		}
	}
	return best
}

// describeScalingActivities lists the newest first. Without a group's name it lists those of all.
func (w *world) describeScalingActivities(r *request, in *autoscaling.DescribeScalingActivitiesInput) (*autoscaling.DescribeScalingActivitiesOutput, error) {
	groups := byName(w.in(r).Groups)
	if in.AutoScalingGroupName != nil {
		g, err := w.groupNamed(r, in.AutoScalingGroupName)
		if err != nil {
			return nil, err
		}
		groups = []*group{g}
	}
	var found []types.Activity
	for _, g := range groups {
		for _, activity := range g.Activities {
			if len(in.ActivityIds) == 0 || slices.Contains(in.ActivityIds, *activity.ActivityId) {
				found = append(found, activity)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b types.Activity) int { return b.StartTime.Compare(*a.StartTime) })
	part, next, ok := page(found, in.NextToken, pageSize(in.MaxRecords, 100, 100))
	if !ok {
		return nil, autoscalingBadToken()
	}
	return &autoscaling.DescribeScalingActivitiesOutput{Activities: part, NextToken: next}, nil
}

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
