package stack

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
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
	StepOutPolicy    = "StepOutPolicy"
	StepInPolicy     = "StepInPolicy"
	StepOutAlarm     = "StepOutAlarm"
	StepInAlarm      = "StepInAlarm"
	TableRowsPolicy  = "TablePolicy"
	TableInPolicy    = "TableInPolicy"
	TableRowsAlarm   = "TableAlarm"
	TableInAlarm     = "TableInAlarm"
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
	)
	rules := s.rules()
	for _, r := range rules {
		l = append(l, declare.policy(r))
	}
	if s.wakes() {
		l = append(l, declare.groupMetrics())
	}
	for _, r := range rules {
		l = append(l, declare.alarm(r))
	}
	return l
}

// design is a spec and all else that the list depends on.
type design struct {
	Spec
	account Account
	version string // of eventscale
	zip     []byte // the function's package; nil where it will not be sent
	bounds         // of the group
}

// bounds are the minimum and the maximum of a group.
type bounds struct{ least, most int }

func (d design) safe() bool { return d.Preset != Classic }

// names are the physical names of a stack's resources.
type names struct {
	deadLetterQueue, jobQueue string
	role, rolePolicy          string
	logGroup, function        string
	groupMetrics              string
	prefix                    string // of all but the group's metrics
}

// rule returns the name of a rule's policy and of its alarm alike.
func (n names) rule(id ruleID) string { return n.prefix + "-" + id.name }

// alarms returns the names of all alarms that a stack can have.
func (n names) alarms() []string {
	var all []string
	for _, id := range allRules {
		all = append(all, n.rule(id))
	}
	return all
}

func namesOf(s Spec, region string) names {
	prefix := "eventscale-" + s.Stack
	suffix := ""
	if s.FIFO {
		suffix = fifoSuffix // SQS knows a FIFO queue by its name
	}
	return names{
		deadLetterQueue: prefix + "-jobs-dlq" + suffix,
		jobQueue:        prefix + "-jobs" + suffix,
		role:            prefix + "-" + region, // roles are global: two regions, two roles
		rolePolicy:      prefix + "-" + region + "/" + ingestPolicy,
		logGroup:        "/aws/lambda/" + prefix + "-ingest",
		function:        prefix + "-ingest",
		groupMetrics:    s.ASG + "/" + inServiceMetric,
		prefix:          prefix,
	}
}

// ingestPolicy is the name of the one policy of the role.
const ingestPolicy = "ingest"

// fifoSuffix ends the name of every FIFO queue, and of no other.
const fifoSuffix = ".fifo"

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

// digestPrefix begins a tag that holds a digest in the place of the name.
const digestPrefix = "sha256:"

// groupTagValue is the group's name, or its digest where it has characters that tags cannot have.
func groupTagValue(group string) string {
	if tagText().MatchString(group) {
		return group
	}
	sum := sha256.Sum256([]byte(group))
	return digestPrefix + hex.EncodeToString(sum[:])
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
	largestMessage    = 1 << 20             // bytes: the most that SQS takes, and its default
)

func (l lister) deadLetterQueue() provision.Resource {
	return provision.Declare(DeadLetterQueue, l.queue, l.names.deadLetterQueue, func(provision.Refs) queueProperties {
		return queueProperties{
			FifoQueue:              l.FIFO,
			MessageRetentionPeriod: int(deadJobRetention.Seconds()),
			VisibilityTimeout:      defaultVisibility,
			MaximumMessageSize:     largestMessage,
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
			MaximumMessageSize:            largestMessage,
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
			Role: refs.ARN(IngestRole), RoleID: refs.UniqueID(IngestRole),
			Environment: env,
			Code:        code{l.CodeSHA256, l.zip},
			LogGroup:    l.names.logGroup,
			Tags:        l.tags(IngestFunction),
		}
	}
	return provision.Declare(IngestFunction, l.kinds.function, l.names.function, want, IngestRole, IngestLogGroup, firstQueue)
}

func (l lister) groupMetrics() provision.Resource {
	return provision.Declare(GroupMetrics, l.metrics, l.names.groupMetrics, func(provision.Refs) metricsCollectionProperties {
		return metricsCollectionProperties{Metric: inServiceMetric}
	})
}

func (l lister) policy(r rule) provision.Resource {
	return provision.Declare(r.policyID, l.kinds.policy, l.ASG+"/"+l.names.rule(r.ruleID), func(provision.Refs) scalingPolicyProperties {
		return r.policy
	})
}

// alarm declares the alarm that runs the rule's policy. One that watches the group needs its metrics.
func (l lister) alarm(r rule) provision.Resource {
	want := func(refs provision.Refs) alarmProperties {
		p := r.alarm
		p.AlarmActions = []string{refs.ARN(r.policyID)}
		p.Tags = l.tags(r.alarmID)
		return p
	}
	dependsOn := []string{r.policyID}
	if slices.ContainsFunc(r.alarm.Metrics, func(m alarmMetric) bool { return m.MetricName == inServiceMetric }) {
		dependsOn = append(dependsOn, GroupMetrics)
	}
	return provision.Declare(r.alarmID, l.kinds.alarm, l.names.rule(r.ruleID), want, dependsOn...)
}
