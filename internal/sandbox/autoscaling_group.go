package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// group is an Auto Scaling group with what belongs to it.
type group struct {
	Group      types.AutoScalingGroup
	Policies   map[string]*types.ScalingPolicy // without their Alarms, which follow from the alarms
	Activities []types.Activity                // newest first
	Workers    map[string]*worker              // by instance
	Cooldown   loop.Cooldown                   // of the simple policies
	Awaited    []string                        // the instances that the cooldown waits for, which drain
	Metrics    map[string]*series              // by CloudWatch's names
}

// firstGroup is the name of the group that every region holds from the start.
const firstGroup = "gpu-workers"

func newFirstGroup(account, region string, now time.Time) *group {
	g := newGroup(&request{account: account, region: region, partition: partition(region), now: now}, types.AutoScalingGroup{
		AutoScalingGroupName: aws.String(firstGroup),
		MinSize:              aws.Int32(0),
		MaxSize:              aws.Int32(20),
		DesiredCapacity:      aws.Int32(1),
		AvailabilityZones:    []string{region + "a", region + "b"},
		VPCZoneIdentifier:    aws.String("subnet-" + newID(hexLetters, 17) + ",subnet-" + newID(hexLetters, 17)),
		LaunchTemplate: &types.LaunchTemplateSpecification{
			LaunchTemplateId: aws.String("lt-0" + newID(hexLetters, 16)), LaunchTemplateName: aws.String(firstGroup), Version: aws.String("1"),
		},
	})
	g.launch(now, Workers{}, change{"a user request created an AutoScalingGroup changing the desired capacity from 0 to 1", 0, 1}) // it is there, and up
	return g
}

// newGroup fills in what AWS gives a group that was created without it. It has no instances yet.
func newGroup(r *request, g types.AutoScalingGroup) *group {
	g.AutoScalingGroupARN = aws.String(r.arn("autoscaling", "autoScalingGroup:"+newUUID()+":autoScalingGroupName/"+*g.AutoScalingGroupName))
	g.CreatedTime = aws.Time(r.now.UTC())
	g.ServiceLinkedRoleARN = aws.String("arn:" + r.partition + ":iam::" + r.account + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling")
	setDefault(&g.DefaultCooldown, 300) // seconds
	setDefault(&g.HealthCheckType, "EC2")
	setDefault(&g.HealthCheckGracePeriod, 0)
	setDefault(&g.NewInstancesProtectedFromScaleIn, false)
	setDefault(&g.CapacityRebalance, false)
	if len(g.TerminationPolicies) == 0 {
		g.TerminationPolicies = []string{"Default"}
	}
	return &group{Group: g, Policies: map[string]*types.ScalingPolicy{}, Workers: map[string]*worker{}}
}

func (w *world) autoscalingOperations() []operation {
	return []operation{
		op("CreateAutoScalingGroup", w.createAutoScalingGroup),
		op("DescribeAutoScalingGroups", w.describeAutoScalingGroups),
		op("UpdateAutoScalingGroup", w.updateAutoScalingGroup),
		op("DeleteAutoScalingGroup", w.deleteAutoScalingGroup),
		op("SetDesiredCapacity", w.setDesiredCapacity),
		op("SetInstanceProtection", w.setInstanceProtection),
		op("SuspendProcesses", w.suspendProcesses),
		op("ResumeProcesses", w.resumeProcesses),
		op("DescribeScalingActivities", w.describeScalingActivities),
		op("EnableMetricsCollection", w.enableMetricsCollection),
		op("DisableMetricsCollection", w.disableMetricsCollection),
		op("DescribeTags", w.describeTags),
		op("PutScalingPolicy", w.putScalingPolicy),
		op("DescribePolicies", w.describePolicies),
		op("DeletePolicy", w.deletePolicy),
		op("ExecutePolicy", w.executePolicy),
	}
}

// describeAutoScalingGroups finds nothing for a name that is not there, which is no error.
func (w *world) describeAutoScalingGroups(r *request, in *autoscaling.DescribeAutoScalingGroupsInput) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	var found []types.AutoScalingGroup
	for _, g := range byName(w.in(r).Groups) {
		if (len(in.AutoScalingGroupNames) == 0 || slices.Contains(in.AutoScalingGroupNames, *g.Group.AutoScalingGroupName)) && g.passes(in.Filters) {
			found = append(found, g.described(w.Workers))
		}
	}
	part, next, ok := page(found, in.NextToken, pageSize(in.MaxRecords, 50, 100))
	if !ok {
		return nil, autoscalingBadToken()
	}
	return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: part, NextToken: next}, nil
}

// passes applies the filters on tags: tag-key, tag-value and tag:KEY. All must pass.
func (g *group) passes(filters []types.Filter) bool {
	for _, filter := range filters {
		name := aws.ToString(filter.Name)
		if !slices.ContainsFunc(g.Group.Tags, func(tag types.TagDescription) bool {
			switch key, value := aws.ToString(tag.Key), aws.ToString(tag.Value); name {
			case "tag-key":
				return slices.Contains(filter.Values, key)
			case "tag-value":
				return slices.Contains(filter.Values, value)
			default:
				return name == "tag:"+key && slices.Contains(filter.Values, value)
			}
		}) {
			return false
		}
	}
	return true
}

func (w *world) createAutoScalingGroup(r *request, in *autoscaling.CreateAutoScalingGroupInput) (*autoscaling.CreateAutoScalingGroupOutput, error) {
	name := aws.ToString(in.AutoScalingGroupName)
	if err := checkNewGroup(in); err != nil {
		return nil, err
	}
	place := w.in(r)
	if _, exists := place.Groups[name]; exists {
		return nil, &types.AlreadyExistsFault{Message: aws.String("AutoScalingGroup by this name already exists - A group with the name " + name + " already exists")}
	}
	desired := in.MinSize
	if in.DesiredCapacity != nil {
		desired = in.DesiredCapacity
	}
	g := newGroup(r, types.AutoScalingGroup{
		AutoScalingGroupName:             in.AutoScalingGroupName,
		MinSize:                          in.MinSize,
		MaxSize:                          in.MaxSize,
		DesiredCapacity:                  desired,
		AvailabilityZones:                zonesOf(r, in),
		VPCZoneIdentifier:                in.VPCZoneIdentifier,
		LaunchTemplate:                   in.LaunchTemplate,
		LaunchConfigurationName:          in.LaunchConfigurationName,
		MixedInstancesPolicy:             in.MixedInstancesPolicy,
		DefaultCooldown:                  in.DefaultCooldown,
		DefaultInstanceWarmup:            warmupOf(in.DefaultInstanceWarmup),
		HealthCheckType:                  in.HealthCheckType,
		HealthCheckGracePeriod:           in.HealthCheckGracePeriod,
		NewInstancesProtectedFromScaleIn: in.NewInstancesProtectedFromScaleIn,
		CapacityRebalance:                in.CapacityRebalance,
		TerminationPolicies:              in.TerminationPolicies,
		Tags:                             groupTags(name, in.Tags),
	})
	place.Groups[name] = g
	w.course(r).resize(g, int(*desired), fmt.Sprintf("a user request created an AutoScalingGroup changing the desired capacity from 0 to %d", *desired))
	return &autoscaling.CreateAutoScalingGroupOutput{}, nil
}

func checkNewGroup(in *autoscaling.CreateAutoScalingGroupInput) error {
	if fault := checkLength(aws.ToString(in.AutoScalingGroupName), "autoScalingGroupName", 1, 255); fault != "" {
		return autoscalingInvalid(fault)
	}
	if in.LaunchTemplate == nil && in.LaunchConfigurationName == nil && in.MixedInstancesPolicy == nil && in.InstanceId == nil {
		return autoscalingInvalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
	}
	if len(in.AvailabilityZones) == 0 && aws.ToString(in.VPCZoneIdentifier) == "" {
		return autoscalingInvalid("At least one Availability Zone or VPC Subnet is required.")
	}
	if in.MinSize == nil || in.MaxSize == nil {
		return autoscalingInvalid("MinSize and MaxSize are required.")
	}
	tags := map[string]string{}
	for _, tag := range in.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if _, fault := addTags(nil, tags); fault != "" {
		return autoscalingInvalid(fault)
	}
	return checkSizes(*in.MinSize, *in.MaxSize, in.DesiredCapacity)
}

func checkSizes(least, most int32, desired *int32) error {
	switch {
	case least < 0 || most < 0:
		return autoscalingInvalid("Group sizes must not be negative.")
	case least > most:
		return autoscalingInvalid(fmt.Sprintf("Max bound, %d, must be greater than or equal to min bound, %d", most, least))
	case desired != nil && (*desired < least || *desired > most):
		return autoscalingInvalid(fmt.Sprintf("Desired capacity:%d must be between the specified min size:%d and max size:%d", *desired, least, most))
	}
	return nil
}

// zonesOf gives a group of subnets two zones: the sandbox has no subnets to ask.
func zonesOf(r *request, in *autoscaling.CreateAutoScalingGroupInput) []string {
	if len(in.AvailabilityZones) > 0 {
		return in.AvailabilityZones
	}
	return []string{r.region + "a", r.region + "b"}
}

// warmupOf reads -1 as "none", as AWS does.
func warmupOf(given *int32) *int32 {
	if given != nil && *given < 0 {
		return nil
	}
	return given
}

func groupTags(name string, tags []types.Tag) []types.TagDescription {
	var list []types.TagDescription
	for _, tag := range tags {
		list = append(list, types.TagDescription{
			Key: tag.Key, Value: aws.String(aws.ToString(tag.Value)), PropagateAtLaunch: aws.Bool(aws.ToBool(tag.PropagateAtLaunch)),
			ResourceId: aws.String(name), ResourceType: aws.String("auto-scaling-group"),
		})
	}
	slices.SortFunc(list, func(a, b types.TagDescription) int { return strings.Compare(aws.ToString(a.Key), aws.ToString(b.Key)) })
	return list
}

// updateAutoScalingGroup moves the desired capacity into new bounds, unless the caller names one.
func (w *world) updateAutoScalingGroup(r *request, in *autoscaling.UpdateAutoScalingGroupInput) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	changed := g.Group
	setIfGiven(&changed.MinSize, in.MinSize)
	setIfGiven(&changed.MaxSize, in.MaxSize)
	if err := checkSizes(*changed.MinSize, *changed.MaxSize, in.DesiredCapacity); err != nil {
		return nil, err
	}
	setIfGiven(&changed.DefaultCooldown, in.DefaultCooldown)
	setIfGiven(&changed.HealthCheckType, in.HealthCheckType)
	setIfGiven(&changed.HealthCheckGracePeriod, in.HealthCheckGracePeriod)
	setIfGiven(&changed.NewInstancesProtectedFromScaleIn, in.NewInstancesProtectedFromScaleIn)
	setIfGiven(&changed.CapacityRebalance, in.CapacityRebalance)
	setIfGiven(&changed.LaunchTemplate, in.LaunchTemplate)
	setIfGiven(&changed.LaunchConfigurationName, in.LaunchConfigurationName)
	setIfGiven(&changed.MixedInstancesPolicy, in.MixedInstancesPolicy)
	setIfGiven(&changed.VPCZoneIdentifier, in.VPCZoneIdentifier)
	if in.DefaultInstanceWarmup != nil {
		changed.DefaultInstanceWarmup = warmupOf(in.DefaultInstanceWarmup)
	}
	if len(in.TerminationPolicies) > 0 {
		changed.TerminationPolicies = in.TerminationPolicies
	}
	if len(in.AvailabilityZones) > 0 {
		changed.AvailabilityZones = in.AvailabilityZones
	}
	g.Group = changed
	before := *changed.DesiredCapacity
	desired := min(max(before, *changed.MinSize), *changed.MaxSize)
	if in.DesiredCapacity != nil {
		desired = *in.DesiredCapacity
	}
	w.course(r).resize(g, int(desired), fmt.Sprintf(
		"a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d changing the desired capacity from %d to %d",
		*changed.MinSize, *changed.MaxSize, desired, before, desired))
	return &autoscaling.UpdateAutoScalingGroupOutput{}, nil
}

// deleteAutoScalingGroup deletes the group's policies too.
func (w *world) deleteAutoScalingGroup(r *request, in *autoscaling.DeleteAutoScalingGroupInput) (*autoscaling.DeleteAutoScalingGroupOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if len(g.Group.Instances) > 0 && !aws.ToBool(in.ForceDelete) {
		return nil, &types.ResourceInUseFault{Message: aws.String(
			"You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")}
	}
	place := w.in(r)
	for _, policy := range byName(g.Policies) {
		place.dropPolicy(g, policy)
	}
	delete(place.Groups, *in.AutoScalingGroupName)
	return &autoscaling.DeleteAutoScalingGroupOutput{}, nil
}

func (w *world) describeTags(r *request, in *autoscaling.DescribeTagsInput) (*autoscaling.DescribeTagsOutput, error) {
	var tags []types.TagDescription
	for _, g := range byName(w.in(r).Groups) {
		for _, tag := range g.Group.Tags {
			if tagPasses(tag, in.Filters) {
				tags = append(tags, tag)
			}
		}
	}
	part, next, ok := page(tags, in.NextToken, pageSize(in.MaxRecords, 50, 100))
	if !ok {
		return nil, autoscalingBadToken()
	}
	return &autoscaling.DescribeTagsOutput{Tags: part, NextToken: next}, nil
}

func tagPasses(tag types.TagDescription, filters []types.Filter) bool {
	fields := map[string]string{
		"auto-scaling-group": aws.ToString(tag.ResourceId), "key": aws.ToString(tag.Key), "value": aws.ToString(tag.Value),
		"propagate-at-launch": fmt.Sprint(aws.ToBool(tag.PropagateAtLaunch)),
	}
	for _, filter := range filters {
		if !slices.Contains(filter.Values, fields[aws.ToString(filter.Name)]) {
			return false
		}
	}
	return true
}

// groupNamed finds a group that an operation must have; the error's words are those that clients
// look for, as the code stands for much else.
func (w *world) groupNamed(r *request, name *string) (*group, error) {
	g, ok := w.in(r).Groups[aws.ToString(name)]
	if !ok {
		return nil, autoscalingInvalid("AutoScalingGroup name not found - AutoScalingGroup " + aws.ToString(name) + " not found")
	}
	return g, nil
}

// autoscalingInvalid is Auto Scaling's one code for all that is wrong with a request, names that do
// not exist included. The SDK models no type for it.
func autoscalingInvalid(message string) error {
	return &apiError{code: "ValidationError", message: message}
}

func autoscalingBadToken() error {
	return &types.InvalidNextToken{Message: aws.String("The token is not valid.")}
}
