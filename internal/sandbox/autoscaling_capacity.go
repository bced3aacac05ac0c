package sandbox

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
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
	w.course(r).resize(g, int(desired), fmt.Sprintf(
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
