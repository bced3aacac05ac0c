package stack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/state"
)

// judge gives the verdict.
func (s *Stack) judge(status *Status) {
	status.Verdict = s.trouble(*status)
	if status.Healthy = status.Verdict == ""; status.Healthy {
		status.Verdict = fmt.Sprintf("%d resources in sync, %d of %d instances in service", len(status.Resources), status.Group.InService, status.Group.Desired)
	}
}

// trouble says in one sentence what is wrong with a stack, the gravest first, and what to type; "" where
// nothing is.
func (s *Stack) trouble(status Status) string {
	if t := cmp.Or(s.groupTrouble(status), s.unfinished(), s.claimed(status.Resources), s.drifted(status.Resources)); t != "" {
		return t
	}
	return cmp.Or(status.loopTrouble(), status.passingTrouble())
}

func (s *Stack) groupTrouble(status Status) string {
	if status.Group == nil {
		return fmt.Sprintf("the Auto Scaling group %s does not exist any more; `eventscale destroy` removes what is left", s.Spec.ASG)
	}
	if leaving := aws.ToString(s.group.Status); leaving != "" { // AWS: set while the group is being deleted, and only then
		return fmt.Sprintf("the group %s is being deleted (%s); `eventscale destroy` removes the stack", s.Spec.ASG, leaving)
	}
	if made := s.Snapshot.ASGARN; made != "" && made != aws.ToString(s.group.AutoScalingGroupARN) {
		return fmt.Sprintf("the group %s is not the one that the stack was made for: it was deleted and made anew; `%s` puts its policies back", s.Spec.ASG, s.Spec.Command())
	}
	return ""
}

// unfinished tells of a destroy that was cut off: an up would undo it.
func (s *Stack) unfinished() string {
	cut := func(r state.Record) bool { return r.Status == string(provision.DeleteInProgress) }
	if slices.ContainsFunc(s.Snapshot.Resources, cut) {
		return "a destroy was not finished; `eventscale destroy` goes on with it"
	}
	return ""
}

// claimed tells of what has come to be somebody else's: an up refuses it.
func (s *Stack) claimed(resources []ResourceStatus) string {
	var names []string
	for _, r := range resources {
		if r.Foreign {
			names = append(names, r.LogicalID)
		}
	}
	if len(names) == 0 {
		return ""
	}
	shows := strings.Replace(s.Spec.Command(), "eventscale up", "eventscale plan", 1) + " --adopt"
	return fmt.Sprintf("by the tags somebody else has %s; `%s` shows what it would change to take over", strings.Join(names, ", "), shows)
}

func (s *Stack) drifted(resources []ResourceStatus) string {
	counts := map[Drift]int{}
	for _, r := range resources {
		counts[r.Drift]++
	}
	var off []string
	for _, d := range []Drift{Modified, Deleted, NotCreated} {
		if counts[d] > 0 {
			off = append(off, fmt.Sprintf("%d %s", counts[d], d))
		}
	}
	if len(off) == 0 {
		return ""
	}
	return fmt.Sprintf("of %d resources %s; `%s` mends that", len(resources), strings.Join(off, ", "), s.Spec.Command())
}

func (s *Status) loopTrouble() string {
	if obstacles := s.Group.obstacles(); len(obstacles) > 0 {
		return obstacles[0]
	}
	f := s.Function
	switch {
	case f == nil:
	case f.State == string(lambdatypes.StateFailed):
		return fmt.Sprintf("the function %s is Failed: %s", f.Name, f.Reason)
	case f.ReservedConcurrency != nil && *f.ReservedConcurrency == 0:
		return fmt.Sprintf("the function %[1]s has a reserved concurrency of 0, so no event becomes a job; `aws lambda delete-function-concurrency --function-name %[1]s` takes that away", f.Name)
	}
	if q := s.Queue; q != nil && q.Denial != "" {
		return q.Denial + ", so jobs do not get through; `aws sqs set-queue-attributes` puts a policy without it"
	}
	return ""
}

// passingTrouble is what has gone wrong in a loop that is set up well.
func (s *Status) passingTrouble() string {
	if len(s.Activities) > 0 && s.Activities[0].Failed {
		return "the last scaling activity failed: " + s.Activities[0].Message
	}
	if q := s.Queue; q != nil && q.DeadLetters != nil && *q.DeadLetters > 0 {
		return fmt.Sprintf("%d in the dead-letter queue: received %d times and not finished", *q.DeadLetters, maxReceives)
	}
	return ""
}

// stopping are the processes of a group without which the loop does not run.
var stopping = []string{"Launch", "Terminate", "AlarmNotification"}

// obstacles are settings of the group that keep the loop from moving it.
func (g *GroupStatus) obstacles() []string {
	var all []string
	for _, p := range g.SuspendedProcesses {
		if slices.Contains(stopping, p) {
			all = append(all, fmt.Sprintf("the process %s of group %s is suspended, so it does not scale; `aws autoscaling resume-processes` resumes it", p, g.Name))
		}
	}
	if g.Min >= g.Max {
		all = append(all, fmt.Sprintf("group %s has minimum %d and maximum %d, so it cannot scale; `aws autoscaling update-auto-scaling-group` changes them", g.Name, g.Min, g.Max))
	}
	return all
}
