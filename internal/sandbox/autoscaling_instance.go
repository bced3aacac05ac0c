package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/loop"
)

const (
	hexLetters = "0123456789abcdef"
	// instanceType is that of every instance: the sandbox reads no launch templates.
	instanceType = "g5.xlarge"
	// maxActivities is how many activities a group remembers; AWS keeps six weeks of them.
	maxActivities = 1000
)

// worker is what the sandbox knows of an instance beyond what AWS shows.
type worker struct {
	InService time.Time // when it is, or was
	Ready     time.Time // when its worker asks for its first job
	GiveUp    time.Time `json:",omitzero"`  // draining: when the rest of its jobs is lost
	Activity  string    `json:",omitempty"` // ID of the activity that is in progress: its launch, its termination
	Jobs      []job     `json:",omitempty"`
}

// job is a message that a worker works on.
type job struct {
	Queue, Message string // name and ID
	Start, End     time.Time

	message *message // nil until it is looked for
}

// described is the group as AWS shows it: an instance whose worker protects it while it works is
// protected.
func (g *group) described(w Workers) types.AutoScalingGroup {
	shown := g.Group
	shown.Instances = slices.Clone(shown.Instances)
	for i := range shown.Instances {
		if g.isProtected(&shown.Instances[i], w) {
			shown.Instances[i].ProtectedFromScaleIn = aws.Bool(true)
		}
	}
	return shown
}

func (g *group) isProtected(i *types.Instance, w Workers) bool {
	return aws.ToBool(i.ProtectedFromScaleIn) || w.ScaleIn == loop.Protect && len(g.Workers[*i.InstanceId].Jobs) > 0
}

// isTerminating tells an instance that drains; it is no part of the group's capacity any more.
func isTerminating(i *types.Instance) bool {
	return strings.HasPrefix(string(i.LifecycleState), "Terminating")
}

// active counts the instances that are not on their way out.
func (g *group) active() int {
	n := 0
	for i := range g.Group.Instances {
		if !isTerminating(&g.Group.Instances[i]) {
			n++
		}
	}
	return n
}

// suspended says whether a process of the group is.
func (g *group) suspended(process string) bool {
	return slices.ContainsFunc(g.Group.SuspendedProcesses, func(p types.SuspendedProcess) bool { return *p.ProcessName == process })
}

// change is a change of a group's capacity, with its reason: all its activities say the same of it.
type change struct {
	why      string
	from, to int
}

// launch starts an instance, as an activity of a change.
func (g *group) launch(now time.Time, w Workers, c change) {
	instance := types.Instance{
		InstanceId:              aws.String("i-0" + newID(hexLetters, 16)),
		InstanceType:            aws.String(instanceType),
		AvailabilityZone:        aws.String(g.emptiestZone()),
		LifecycleState:          types.LifecycleStatePending,
		HealthStatus:            aws.String("Healthy"),
		ProtectedFromScaleIn:    aws.Bool(aws.ToBool(g.Group.NewInstancesProtectedFromScaleIn)),
		LaunchTemplate:          g.Group.LaunchTemplate,
		LaunchConfigurationName: g.Group.LaunchConfigurationName,
	}
	id := *instance.InstanceId
	g.Group.Instances = append(slices.Clone(g.Group.Instances), instance)
	activity := g.record(now, *instance.AvailabilityZone, "Launching a new EC2 instance: "+id, fmt.Sprintf(
		"At %[1]s %[2]s.  At %[1]s an instance was started in response to a difference between desired and actual capacity, increasing the capacity from %[3]d to %[4]d.",
		timestamp(now), c.why, c.from, c.to))
	at := now.Add(w.LaunchTime)
	g.Workers[id] = &worker{InService: at, Ready: later(at, now.Add(w.BootTime)), Activity: activity}
	g.enterService(now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// enterService puts the instances into service that are due, and reports whether there was one.
func (g *group) enterService(now time.Time) bool {
	changed := false
	for i := range g.Group.Instances {
		in := &g.Group.Instances[i]
		w := g.Workers[*in.InstanceId]
		if in.LifecycleState == types.LifecycleStatePending && !now.Before(w.InService) {
			in.LifecycleState = types.LifecycleStateInService
			g.finish(now, w, types.ScalingActivityStatusCodeSuccessful)
			changed = true
		}
	}
	return changed
}

// nextToTerminate picks the oldest unprotected instance of the fullest zone that has one, the
// beginning of AWS's default policy; -1 if all are protected.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-termination-policies.html
func (g *group) nextToTerminate(w Workers) int {
	count, best := g.perZone(), -1
	for i := range g.Group.Instances {
		in := &g.Group.Instances[i]
		if isTerminating(in) || g.isProtected(in, w) {
			continue
		}
		if best < 0 || count[*in.AvailabilityZone] > count[*g.Group.Instances[best].AvailabilityZone] {
			best = i
		}
	}
	return best
}

func (g *group) perZone() map[string]int {
	count := map[string]int{}
	for i := range g.Group.Instances {
		if in := &g.Group.Instances[i]; !isTerminating(in) {
			count[*in.AvailabilityZone]++
		}
	}
	return count
}

func (g *group) emptiestZone() string {
	count := g.perZone()
	return slices.MinFunc(g.Group.AvailabilityZones, func(a, b string) int { return count[a] - count[b] })
}

// dismiss begins to terminate an instance, as an activity of a change.
func (g *group) dismiss(now time.Time, i int, c change) {
	in := &g.Group.Instances[i]
	w := g.Workers[*in.InstanceId]
	g.finish(now, w, types.ScalingActivityStatusCodeCancelled) // its launch, if it is not in service yet
	w.Activity = g.record(now, *in.AvailabilityZone, "Terminating EC2 instance: "+*in.InstanceId, fmt.Sprintf(
		"At %[1]s %[2]s.  At %[1]s an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from %[3]d to %[4]d.  At %[1]s instance %[5]s was selected for termination.",
		timestamp(now), c.why, c.from, c.to, *in.InstanceId))
	in.LifecycleState = types.LifecycleStateTerminatingWait
}

// bury forgets an instance that is gone.
func (g *group) bury(now time.Time, id string) {
	g.finish(now, g.Workers[id], types.ScalingActivityStatusCodeSuccessful)
	delete(g.Workers, id)
	g.Group.Instances = slices.DeleteFunc(slices.Clone(g.Group.Instances), func(in types.Instance) bool { return *in.InstanceId == id })
	if i := slices.Index(g.Awaited, id); i >= 0 {
		g.Awaited = slices.Delete(g.Awaited, i, i+1)
		if len(g.Awaited) == 0 {
			g.Cooldown.Drained(millis(now))
		}
	}
}

// millis is a time as the model has it.
func millis(t time.Time) loop.Millis { return loop.Millis(t.UnixMilli()) }

// record adds an activity that begins, and returns its ID.
func (g *group) record(now time.Time, zone, description, cause string) string {
	activity := types.Activity{
		ActivityId:           aws.String(newUUID()),
		AutoScalingGroupName: g.Group.AutoScalingGroupName,
		AutoScalingGroupARN:  g.Group.AutoScalingGroupARN,
		Description:          aws.String(description),
		Cause:                aws.String(cause),
		Details:              aws.String(fmt.Sprintf(`{"Availability Zone":%q}`, zone)),
		StartTime:            aws.Time(now.UTC()),
		Progress:             aws.Int32(30), // what AWS shows for most of the way
		StatusCode:           types.ScalingActivityStatusCodeInProgress,
	}
	g.Activities = slices.Insert(g.Activities, 0, activity)
	g.Activities = g.Activities[:min(len(g.Activities), maxActivities)]
	return *activity.ActivityId
}

// finish ends the activity that is in progress for a worker's instance, if one is.
func (g *group) finish(now time.Time, w *worker, status types.ScalingActivityStatusCode) {
	if w.Activity == "" {
		return
	}
	for i := range g.Activities {
		if a := &g.Activities[i]; *a.ActivityId == w.Activity {
			a.StatusCode, a.EndTime, a.Progress = status, aws.Time(now.UTC()), aws.Int32(100)
		}
	}
	w.Activity = ""
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
