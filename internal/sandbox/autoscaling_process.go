package sandbox

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// processes are what a group does by itself. The sandbox looks at Launch, Terminate and AlarmNotification.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
func processes() []string {
	return []string{
		"AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh",
		"Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate",
	}
}

// suspendProcesses suspends those named; without names all.
func (w *world) suspendProcesses(r *request, in *autoscaling.SuspendProcessesInput) (*autoscaling.SuspendProcessesOutput, error) {
	g, names, err := w.processesOf(r, in.AutoScalingGroupName, in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	suspended := slices.Clone(g.Group.SuspendedProcesses)
	for _, name := range names {
		if !g.suspended(name) {
			suspended = append(suspended, types.SuspendedProcess{
				ProcessName: aws.String(name), SuspensionReason: aws.String("User suspended at " + timestamp(r.now)),
			})
		}
	}
	g.Group.SuspendedProcesses = suspended
	return &autoscaling.SuspendProcessesOutput{}, nil
}

// resumeProcesses resumes those named; without names all.
func (w *world) resumeProcesses(r *request, in *autoscaling.ResumeProcessesInput) (*autoscaling.ResumeProcessesOutput, error) {
	g, names, err := w.processesOf(r, in.AutoScalingGroupName, in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	g.Group.SuspendedProcesses = slices.DeleteFunc(slices.Clone(g.Group.SuspendedProcesses), func(p types.SuspendedProcess) bool {
		return slices.Contains(names, *p.ProcessName)
	})
	return &autoscaling.ResumeProcessesOutput{}, nil
}

func (w *world) processesOf(r *request, group *string, names []string) (*group, []string, error) {
	g, err := w.groupNamed(r, group)
	if err != nil {
		return nil, nil, err
	}
	if len(names) == 0 {
		return g, processes(), nil
	}
	for _, name := range names {
		if !slices.Contains(processes(), name) {
			return nil, nil, autoscalingInvalid("ScalingProcess " + name + " is not valid.")
		}
	}
	return g, names, nil
}

// setInstanceProtection protects instances from scale-in, or lets them go. The group takes one that it
// wants no more as soon as it may.
func (w *world) setInstanceProtection(r *request, in *autoscaling.SetInstanceProtectionInput) (*autoscaling.SetInstanceProtectionOutput, error) {
	g, err := w.groupNamed(r, in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if in.ProtectedFromScaleIn == nil {
		return nil, autoscalingInvalid("1 validation error detected: Value null at 'protectedFromScaleIn' failed to satisfy constraint: Member must not be null")
	}
	for _, id := range in.InstanceIds {
		if g.instance(id) == nil {
			return nil, autoscalingInvalid(fmt.Sprintf("The instance %s is not part of Auto Scaling group %s.", id, *in.AutoScalingGroupName))
		}
	}
	g.Group.Instances = slices.Clone(g.Group.Instances)
	for _, id := range in.InstanceIds {
		g.instance(id).ProtectedFromScaleIn = aws.Bool(*in.ProtectedFromScaleIn)
	}
	return &autoscaling.SetInstanceProtectionOutput{}, nil
}

func (g *group) instance(id string) *types.Instance {
	i := slices.IndexFunc(g.Group.Instances, func(in types.Instance) bool { return *in.InstanceId == id })
	if i < 0 {
		return nil
	}
	return &g.Group.Instances[i]
}
