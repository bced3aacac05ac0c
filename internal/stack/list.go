package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// The logical IDs.
const (
	DeadLetterQueue  = "DeadLetterQueue"
	JobQueue         = "JobQueue"
	IngestRole       = "IngestRole"
	IngestRolePolicy = "IngestRolePolicy"
	IngestLogGroup   = "IngestLogGroup"
	IngestFunction   = "IngestFunction"
	ScaleOutPolicy   = "ScaleOutPolicy"
	ScaleInPolicy    = "ScaleInPolicy"
	ScaleOutAlarm    = "ScaleOutAlarm"
	ScaleInAlarm     = "ScaleInAlarm"
	GroupMetrics     = "GroupMetrics"
	WakePolicy       = "WakePolicy"
	WakeAlarm        = "WakeAlarm"
)

// list returns THE LIST: every resource of a stack, each after those it depends on. It is a pure
// function of the spec, the account and what the group needs.
func list(s design, k kinds) []provision.Resource {
	n := namesOf(s.Spec, s.account.Region)
	declare := lister{design: s, kinds: k, names: n}
	var l []provision.Resource
	if s.safe() {
		l = append(l, declare.deadLetterQueue())
	}
	l = append(l,
		declare.jobQueue(),
		declare.role(),
		declare.rolePolicy(),
		declare.logGroup(),
		declare.function(),
		declare.policy(ScaleOutPolicy, n.scaleOut, s.ScaleOutBy, s.Cooldown),
		declare.policy(ScaleInPolicy, n.scaleIn, -s.ScaleInBy, s.Cooldown),
		declare.scaleOutAlarm(),
		declare.scaleInAlarm(),
	)
	if s.safe() && s.wakes {
		l = append(l,
			declare.groupMetrics(),
			declare.policy(WakePolicy, n.wake, 1, s.Period),
			declare.wakeAlarm(),
		)
	}
	return l
}

// design is a spec and all else that the list depends on.
type design struct {
	Spec
	account Account
	version string // of eventscale
	zip     []byte // the function's package; nil where it will not be sent
	wakes   bool   // the group can be empty, and must be woken by the first job
}

func (d design) safe() bool { return d.Preset != Classic }

// names are the physical names of a stack's resources.
type names struct {
	deadLetterQueue, jobQueue string
	role, rolePolicy          string
	logGroup, function        string
	scaleOut, scaleIn, wake   string // of policies and alarms alike
	groupMetrics              string
}

// alarms returns the names of all alarms that a stack can have.
func (n names) alarms() []string { return []string{n.scaleOut, n.scaleIn, n.wake} }

func namesOf(s Spec, region string) names {
	prefix := "eventscale-" + s.Stack
	suffix := ""
	if s.FIFO {
		suffix = ".fifo" // SQS knows a FIFO queue by its name
	}
	return names{
		deadLetterQueue: prefix + "-jobs-dlq" + suffix,
		jobQueue:        prefix + "-jobs" + suffix,
		role:            prefix + "-" + region, // roles are global: two regions, two roles
		rolePolicy:      prefix + "-" + region + "/ingest",
		logGroup:        "/aws/lambda/" + prefix + "-ingest",
		function:        prefix + "-ingest",
		scaleOut:        prefix + "-scale-out",
		scaleIn:         prefix + "-scale-in",
		wake:            prefix + "-wake",
		groupMetrics:    s.ASG + "/" + inServiceMetric,
	}
}

// inServiceMetric is the group metric by which the wake rule knows an empty group.
const inServiceMetric = "GroupInServiceInstances"

// lister declares the members of the list.
type lister struct {
	design
	kinds
	names names
}

// groupTag names the group that a stack was made for: a stack of the same name around another is another.
const groupTag = "eventscale:asg"

// groupTagValue is the group's name, or its digest where it has characters that tags cannot have.
func groupTagValue(group string) string {
	if tagText().MatchString(group) {
		return group
	}
	sum := sha256.Sum256([]byte(group))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// tags returns what a resource is tagged with.
func (l lister) tags(logicalID string) provision.Tags {
	tags := provision.Tags{
		provision.StackTag:     l.Stack,
		provision.LogicalIDTag: logicalID,
		provision.VersionTag:   l.version,
		groupTag:               groupTagValue(l.ASG),
	}
	maps.Copy(tags, l.Tags)
	return tags
}

// Numbers of the queues that are no settings.
const (
	longPoll          = 20                  // seconds: the longest that SQS allows, and so the fewest empty receives
	maxReceives       = 5                   // then a job is taken for poison; AWS advises at least 5
	jobRetention      = 4 * 24 * time.Hour  // SQS's default
	deadJobRetention  = 14 * 24 * time.Hour // the longest that SQS allows
	defaultVisibility = 30                  // seconds; nobody works on dead letters
)

func (l lister) deadLetterQueue() provision.Resource {
	return provision.Declare(DeadLetterQueue, l.queue, l.names.deadLetterQueue, func(provision.Refs) queueProperties {
		return queueProperties{
			FifoQueue:              l.FIFO,
			MessageRetentionPeriod: int(deadJobRetention.Seconds()),
			VisibilityTimeout:      defaultVisibility,
			SqsManagedSseEnabled:   true,
			Policy:                 refusePlainHTTP(l.account.arn("sqs", l.names.deadLetterQueue)),
			Tags:                   l.tags(DeadLetterQueue),
		}
	})
}

func (l lister) jobQueue() provision.Resource {
	want := func(refs provision.Refs) queueProperties {
		p := queueProperties{
			FifoQueue:                     l.FIFO,
			MessageRetentionPeriod:        int(jobRetention.Seconds()),
			VisibilityTimeout:             l.VisibilityTimeout.Seconds(),
			ReceiveMessageWaitTimeSeconds: longPoll,
			SqsManagedSseEnabled:          true,
			Policy:                        refusePlainHTTP(l.account.arn("sqs", l.names.jobQueue)),
			Tags:                          l.tags(JobQueue),
		}
		if l.safe() {
			p.RedrivePolicy = mustJSON(map[string]any{
				"deadLetterTargetArn": refs.ARN(DeadLetterQueue), "maxReceiveCount": maxReceives,
			})
		}
		return p
	}
	return provision.Declare(JobQueue, l.queue, l.names.jobQueue, want, l.ifSafe(DeadLetterQueue)...)
}

func (l lister) ifSafe(logicalID string) []string {
	if l.safe() {
		return []string{logicalID}
	}
	return nil
}

func (l lister) role() provision.Resource {
	return provision.Declare(IngestRole, l.kinds.role, l.names.role, func(provision.Refs) roleProperties {
		return roleProperties{
			AssumeRolePolicyDocument: trustLambda(),
			Description:              "The ingest function of eventscale stack " + l.Stack,
			Tags:                     l.tags(IngestRole),
		}
	})
}

func (l lister) rolePolicy() provision.Resource {
	want := func(provision.Refs) rolePolicyProperties {
		return rolePolicyProperties{PolicyDocument: ingestPermissions(
			l.account.arn("logs", "log-group:"+l.names.logGroup),
			l.account.arn("sqs", l.names.jobQueue),
		)}
	}
	return provision.Declare(IngestRolePolicy, l.kinds.rolePolicy, l.names.rolePolicy, want, IngestRole)
}

func (l lister) logGroup() provision.Resource {
	return provision.Declare(IngestLogGroup, l.kinds.logGroup, l.names.logGroup, func(provision.Refs) logGroupProperties {
		return logGroupProperties{RetentionInDays: l.LogRetention, Tags: l.tags(IngestLogGroup)}
	})
}

// queueURLVariable is where the function finds the queue.
const queueURLVariable = "QUEUE_URL"

// function depends on the log group so that destroy deletes it first: a function still running could
// write to the group and so keep it alive. For the queue's URL it needs not wait for the job queue: the
// dead-letter queue, made a round trip earlier, has the same URL up to the name.
func (l lister) function() provision.Resource {
	firstQueue := JobQueue
	if l.safe() {
		firstQueue = DeadLetterQueue
	}
	want := func(refs provision.Refs) functionProperties {
		env := maps.Clone(l.Env)
		if env == nil {
			env = map[string]provision.Secret{}
		}
		env[queueURLVariable] = provision.NewSecret(siblingURL(refs.Ref(firstQueue), l.names.jobQueue))
		return functionProperties{
			Handler: l.Handler, Runtime: l.Runtime, Architecture: "arm64",
			MemorySize: l.Memory, Timeout: l.FunctionTimeout.Seconds(),
			Role:        refs.ARN(IngestRole),
			Environment: env,
			Code:        code{l.CodeSHA256, l.zip},
			Tags:        l.tags(IngestFunction),
		}
	}
	return provision.Declare(IngestFunction, l.kinds.function, l.names.function, want, IngestRole, IngestLogGroup, firstQueue)
}

func (l lister) policy(logicalID, name string, adjustment int, cooldown Duration) provision.Resource {
	return provision.Declare(logicalID, l.kinds.policy, l.ASG+"/"+name, func(provision.Refs) scalingPolicyProperties {
		return scalingPolicyProperties{
			AutoScalingGroupName: l.ASG,
			PolicyType:           "SimpleScaling", AdjustmentType: "ChangeInCapacity",
			ScalingAdjustment: adjustment, Cooldown: cooldown.Seconds(),
			Enabled: true,
		}
	})
}

// scaleOutAlarm watches the jobs that wait: those under work have their instance already.
func (l lister) scaleOutAlarm() provision.Resource {
	return l.alarm(ScaleOutAlarm, l.names.scaleOut, ScaleOutPolicy, alarmProperties{
		AlarmDescription:   fmt.Sprintf("%d jobs or more wait for %s", l.ScaleOutAt, l.ASG),
		Metrics:            []alarmMetric{l.jobs("", visibleMetric)},
		Threshold:          float64(l.ScaleOutAt),
		ComparisonOperator: atLeast,
	})
}

// scaleInAlarm watches, in the safe preset, the jobs under work too: an empty queue does not mean that
// the instances are idle, and an instance taken away takes its jobs with it.
func (l lister) scaleInAlarm() provision.Resource {
	metrics := []alarmMetric{l.jobs("", visibleMetric)}
	what := "wait for"
	if l.safe() {
		what = "wait for or run on"
		metrics = []alarmMetric{
			{ID: "backlog", Expression: "visible + in_flight"},
			l.jobs("in_flight", inFlightMetric),
			l.jobs("visible", visibleMetric),
		}
	}
	return l.alarm(ScaleInAlarm, l.names.scaleIn, ScaleInPolicy, alarmProperties{
		AlarmDescription:   fmt.Sprintf("%d jobs or fewer %s %s", l.ScaleInAt, what, l.ASG),
		Metrics:            metrics,
		Threshold:          float64(l.ScaleInAt),
		ComparisonOperator: atMost,
	})
}

func (l lister) groupMetrics() provision.Resource {
	return provision.Declare(GroupMetrics, l.metrics, l.names.groupMetrics, func(provision.Refs) metricsCollectionProperties {
		return metricsCollectionProperties{Metric: inServiceMetric}
	})
}

// wakeAlarm brings an empty group its first instance: there the first job must not wait for the tenth.
func (l lister) wakeAlarm() provision.Resource {
	inService := alarmMetric{
		ID: "in_service", Namespace: "AWS/AutoScaling", MetricName: inServiceMetric,
		Dimensions: map[string]string{"AutoScalingGroupName": l.ASG},
		Statistic:  "Maximum", Period: l.Period.Seconds(),
	}
	p := alarmProperties{
		AlarmDescription: "a job waits and no instance of " + l.ASG + " is in service",
		Metrics: []alarmMetric{
			{ID: "wake", Expression: "IF(visible > 0 AND in_service < 1, 1, 0)"},
			inService,
			l.jobs("visible", visibleMetric),
		},
		Threshold:          1,
		ComparisonOperator: atLeast,
		EvaluationPeriods:  1,
	}
	return l.alarm(WakeAlarm, l.names.wake, WakePolicy, p, GroupMetrics)
}

// The words of CloudWatch.
const (
	visibleMetric  = "ApproximateNumberOfMessagesVisible"
	inFlightMetric = "ApproximateNumberOfMessagesNotVisible"
	atLeast        = "GreaterThanOrEqualToThreshold"
	atMost         = "LessThanOrEqualToThreshold"
)

// jobs is a metric of the job queue. Both count messages at one moment; a window can hold two of these
// samples, and Sum, the reference design's, then counts every job twice.
func (l lister) jobs(id, metric string) alarmMetric {
	statistic := "Maximum"
	if !l.safe() {
		statistic = "Sum"
	}
	return alarmMetric{
		ID: id, Namespace: "AWS/SQS", MetricName: metric,
		Dimensions: map[string]string{"QueueName": l.names.jobQueue},
		Statistic:  statistic, Period: l.Period.Seconds(),
	}
}

// alarm declares an alarm that runs a policy, with what all of them have in common.
func (l lister) alarm(logicalID, name, policy string, p alarmProperties, dependsOn ...string) provision.Resource {
	if p.EvaluationPeriods == 0 {
		p.EvaluationPeriods = l.Periods
	}
	p.DatapointsToAlarm = p.EvaluationPeriods
	p.ActionsEnabled = true
	p.TreatMissingData = "missing"
	if l.safe() {
		p.TreatMissingData = "notBreaching"
	}
	p.Tags = l.tags(logicalID)
	want := func(refs provision.Refs) alarmProperties {
		p := p
		p.AlarmActions = []string{refs.ARN(policy)}
		return p
	}
	return provision.Declare(logicalID, l.kinds.alarm, name, want, append(dependsOn, policy)...)
}
