package stack

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/eventscale/eventscale/internal/provision"
)

// kinds are the kinds that a stack is made of, bound to an account, a group and clients.
type kinds struct {
	queue      provision.Kind[queueProperties]
	role       provision.Kind[roleProperties]
	rolePolicy provision.Kind[rolePolicyProperties]
	logGroup   provision.Kind[logGroupProperties]
	function   provision.Kind[functionProperties]
	policy     provision.Kind[scalingPolicyProperties]
	metrics    provision.Kind[metricsCollectionProperties]
	alarm      provision.Kind[alarmProperties]
}

// types returns all kinds, for records of any of them.
func (k kinds) types() []provision.Type {
	return []provision.Type{
		provision.Erase(k.queue),
		provision.Erase(k.role),
		provision.Erase(k.rolePolicy),
		provision.Erase(k.logGroup),
		provision.Erase(k.function),
		provision.Erase(k.policy),
		provision.Erase(k.metrics),
		provision.Erase(k.alarm),
	}
}

// observation keeps of what the kinds read that which is no property: how the loop is doing. `status`
// shows it without asking AWS twice.
type observation struct {
	groups   groupReader
	alarms   *alarmBatch
	policies *policyBatch

	mu       sync.Mutex
	queues   map[string]map[string]string // attributes by queue URL
	function *lambda.GetFunctionOutput
}

func (o *observation) sawQueue(url string, attributes map[string]string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queues[url] = attributes
}

func (o *observation) sawFunction(f *lambda.GetFunctionOutput) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.function = f
}

// observe returns kinds and what they will have seen. Each fact is asked for once, so a command that
// waits for AWS to change needs new ones.
func observe(c *Clients, account Account, s Spec) (kinds, *observation) {
	return observeWith(newGroupReader(c.autoscaling), c, account, s)
}

// observeWith takes over what was read of groups.
func observeWith(groups groupReader, c *Clients, account Account, s Spec) (kinds, *observation) {
	o := &observation{
		groups:   groups,
		alarms:   newAlarmBatch(c.cloudwatch, namesOf(s, c.region).alarms()),
		policies: newPolicyBatch(c.autoscaling, s.ASG),
		queues:   map[string]map[string]string{},
	}
	return kinds{
		queue:      conciseKind(queueKind(c.sqs, account, o.sawQueue)),
		role:       conciseKind(roleKind(c.iam)),
		rolePolicy: conciseKind(rolePolicyKind(c.iam)),
		logGroup:   conciseKind(logGroupKind(c.logs, account)),
		function:   conciseKind(functionKind(c.lambda, o.sawFunction)),
		policy:     conciseKind(scalingPolicyKind(c.autoscaling, s.ASG, o.policies)),
		metrics:    conciseKind(metricsCollectionKind(c.autoscaling, o.groups)),
		alarm:      conciseKind(alarmKind(c.cloudwatch, account, o.alarms)),
	}, o
}
