package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/eventscale/eventscale/internal/provision"
)

// lastActivities is how many scaling activities a status shows.
const lastActivities = 5

type activityAPI interface {
	DescribeScalingActivities(context.Context, *autoscaling.DescribeScalingActivitiesInput, ...func(*autoscaling.Options)) (*autoscaling.DescribeScalingActivitiesOutput, error)
}

type metricAPI interface {
	GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error)
}

// Status reads the stack and says how it is. A group that does not exist is no error here but a part of
// the answer. The age of the oldest job costs a second round trip, and is asked only where there are jobs.
func (s *Stack) Status(ctx context.Context, now time.Time) (Status, error) {
	activities := fetch(ctx, func(ctx context.Context) ([]Activity, error) {
		return readActivities(ctx, s.Clients.autoscaling, s.Spec.ASG)
	})
	status := Status{
		SchemaVersion: SchemaVersion, Stack: s.Spec.Stack,
		Account: s.Snapshot.Account, Region: s.account.Region, Time: now,
		Alarms: []AlarmStatus{}, Policies: []PolicyStatus{}, Resources: []ResourceStatus{}, Activities: []Activity{},
	}
	err := s.Read(ctx)
	if lost, ok := errors.AsType[*GroupError](err); ok {
		err = lost.unread
	}
	if err != nil {
		return status, err
	}
	if s.Now != nil {
		now = s.Now()
		status.Time = now
	}
	if status.Activities, err = activities(); err != nil {
		return status, fmt.Errorf("reading the scaling activities of %s: %w", s.Spec.ASG, err)
	}
	if status.Resources, err = s.drift(); err != nil {
		return status, err
	}
	if s.group != nil {
		status.Group = groupStatus(s.group)
	}
	status.Queue = s.queueStatus()
	status.Alarms = s.alarmStatuses()
	status.Policies = s.policyStatuses()
	status.Function = functionStatus(s.seen.function)
	if q := status.Queue; q != nil && q.Visible+q.InFlight > 0 {
		if q.OldestAgeSeconds, err = oldestAge(ctx, s.Clients.cloudwatch, q.Name, now); err != nil {
			return status, fmt.Errorf("reading the age of the oldest job: %w", err)
		}
	}
	s.judge(&status)
	return status, nil
}

// drift compares every resource with what was last asked for. One that now belongs to somebody else by
// its tags shows these tags as changes.
func (s *Stack) drift() ([]ResourceStatus, error) {
	plan, err := s.engine.Plan(s.reading, true) // it takes nothing over; it shows
	if err != nil {
		return nil, err
	}
	var all []ResourceStatus
	for _, step := range plan.Steps {
		r := ResourceStatus{LogicalID: step.LogicalID, Type: step.Type, Name: step.Name, Drift: InSync, Foreign: step.Taken}
		switch step.Action {
		case provision.Create:
			r.Drift = NotCreated
			if step.Gone {
				r.Drift = Deleted
			}
		case provision.Update, provision.Replace, provision.Delete: // one that is there and shall not be is drift too
			r.Drift = Modified
		}
		for _, c := range step.Changes {
			r.Changes = append(r.Changes, PropertyDrift{c.Property, c.Have, c.Want})
		}
		all = append(all, r)
	}
	return all, nil
}

func groupStatus(g *astypes.AutoScalingGroup) *GroupStatus {
	status := &GroupStatus{
		Name: aws.ToString(g.AutoScalingGroupName),
		Min:  int(aws.ToInt32(g.MinSize)), Max: int(aws.ToInt32(g.MaxSize)), Desired: int(aws.ToInt32(g.DesiredCapacity)),
		SuspendedProcesses: []string{},
	}
	for _, i := range g.Instances {
		switch {
		case i.LifecycleState == astypes.LifecycleStateInService:
			status.InService++
		case strings.HasPrefix(string(i.LifecycleState), "Pending"):
			status.Pending++
		case strings.HasPrefix(string(i.LifecycleState), "Terminating"):
			status.Terminating++
		}
	}
	for _, p := range g.SuspendedProcesses {
		status.SuspendedProcesses = append(status.SuspendedProcesses, aws.ToString(p.ProcessName))
	}
	return status
}

func (s *Stack) queueStatus() *QueueStatus {
	n := namesOf(s.Spec, s.account.Region)
	jobs, ok := s.seen.queues[s.reading.PhysicalID(JobQueue)]
	if !ok {
		return nil
	}
	status := &QueueStatus{
		Name:     n.jobQueue,
		Visible:  count(jobs, "ApproximateNumberOfMessages"),
		InFlight: count(jobs, "ApproximateNumberOfMessagesNotVisible"),
		Delayed:  count(jobs, "ApproximateNumberOfMessagesDelayed"),
		Denial:   s.denial(),
	}
	if dead, ok := s.seen.queues[s.reading.PhysicalID(DeadLetterQueue)]; ok {
		n := count(dead, "ApproximateNumberOfMessages")
		status.DeadLetters = &n
	}
	return status
}

// count reads one of the queue's approximate numbers; one that is missing is 0.
func count(attributes map[string]string, name string) int {
	n, _ := strconv.Atoi(attributes[name])
	return n
}

func (s *Stack) alarmStatuses() []AlarmStatus {
	all := []AlarmStatus{}
	for _, r := range allRules {
		a, ok := s.seen.alarms.got[s.name(r.alarmID)]
		if !ok {
			continue
		}
		all = append(all, AlarmStatus{
			LogicalID: r.alarmID, Name: aws.ToString(a.AlarmName),
			State: string(a.StateValue), Since: stateSince(a),
			Rule: alarmRule(alarmFrom(a)), Enabled: aws.ToBool(a.ActionsEnabled),
		})
	}
	return all
}

// stateSince is when the alarm came into its state; AWS counts a change of the reason as an update too.
func stateSince(a cwtypes.MetricAlarm) time.Time {
	return aws.ToTime(cmp.Or(a.StateTransitionedTimestamp, a.StateUpdatedTimestamp))
}

func (s *Stack) policyStatuses() []PolicyStatus {
	all := []PolicyStatus{}
	for _, r := range allRules {
		_, name := splitGroup(s.name(r.policyID))
		p, ok := s.seen.policies.got[name]
		if !ok {
			continue
		}
		var alarm *alarmProperties
		if a, ok := s.seen.alarms.got[s.name(r.alarmID)]; ok {
			watched := alarmFrom(a)
			alarm = &watched
		}
		all = append(all, PolicyStatus{
			LogicalID: r.policyID, Name: aws.ToString(p.PolicyName),
			Rule: policyRule(scalingPolicyFrom(p), alarm), Enabled: p.Enabled == nil || *p.Enabled,
		})
	}
	return all
}

// name returns the physical name of a member of the list; "" of none.
func (s *Stack) name(logicalID string) string {
	for _, r := range s.engine.Resources {
		if r.LogicalID == logicalID {
			return r.Name
		}
	}
	return ""
}

func functionStatus(f *lambda.GetFunctionOutput) *FunctionStatus {
	if f == nil {
		return nil
	}
	c := f.Configuration
	status := &FunctionStatus{
		Name: aws.ToString(c.FunctionName), State: string(c.State),
		Reason: aws.ToString(c.StateReason), Runtime: string(c.Runtime),
	}
	if reserved := f.Concurrency; reserved != nil && reserved.ReservedConcurrentExecutions != nil {
		status.ReservedConcurrency = aws.Int(int(*reserved.ReservedConcurrentExecutions))
	}
	return status
}

func readActivities(ctx context.Context, api activityAPI, group string) ([]Activity, error) {
	out, err := api.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{
		AutoScalingGroupName: &group, MaxRecords: aws.Int32(lastActivities),
	})
	if notFoundOnGroup(err) {
		return []Activity{}, nil
	}
	if err != nil {
		return nil, concise(err)
	}
	all := []Activity{}
	for _, a := range out.Activities[:min(len(out.Activities), lastActivities)] {
		all = append(all, Activity{
			Start: aws.ToTime(a.StartTime), Status: string(a.StatusCode),
			Description: aws.ToString(a.Description), Cause: aws.ToString(a.Cause),
			Message: aws.ToString(a.StatusMessage),
			Failed:  a.StatusCode == astypes.ScalingActivityStatusCodeFailed,
		})
	}
	return all, nil
}

// ageWindow is how far back the newest datapoint of the age is looked for: SQS publishes once a minute,
// some minutes late.
const ageWindow = 10 * time.Minute

// oldestAge returns the age of the oldest job in seconds, or nil where CloudWatch has no datapoint.
func oldestAge(ctx context.Context, api metricAPI, queue string, now time.Time) (*int, error) {
	out, err := api.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-ageWindow)), EndTime: aws.Time(now),
		ScanBy: cwtypes.ScanByTimestampDescending,
		MetricDataQueries: []cwtypes.MetricDataQuery{{
			Id: aws.String("age"),
			MetricStat: &cwtypes.MetricStat{
				Metric: &cwtypes.Metric{
					Namespace: aws.String("AWS/SQS"), MetricName: aws.String("ApproximateAgeOfOldestMessage"),
					Dimensions: dimensions(map[string]string{"QueueName": queue}),
				},
				Stat: aws.String("Maximum"), Period: aws.Int32(60),
			},
		}},
	})
	if err != nil {
		return nil, concise(err)
	}
	if len(out.MetricDataResults) == 0 || len(out.MetricDataResults[0].Values) == 0 {
		return nil, nil
	}
	return aws.Int(int(out.MetricDataResults[0].Values[0])), nil
}
