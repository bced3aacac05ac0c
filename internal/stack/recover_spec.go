package stack

import (
	"fmt"
	"strings"
	"time"

	"github.com/eventscale/eventscale/internal/provision"
)

// evidence is what was found of a stack, from which its settings follow. It is read the other way round than
// list and rules write it, and a test holds the two against each other.
type evidence struct {
	found   map[string]provision.Finding // by logical ID
	unknown []string                     // what could not be told, each a sentence
}

// ours returns the properties of an object that is the stack's.
func ours[P any](e *evidence, logicalID string) (P, bool) {
	f := e.found[logicalID]
	if !f.Claim.Ours() {
		var none P
		return none, false
	}
	return provision.PropertiesOf[P](f)
}

// told returns the properties of an object, and notes which settings cannot be told without it.
func told[P any](e *evidence, logicalID string, settings ...string) (P, bool) {
	p, ok := ours[P](e, logicalID)
	if !ok {
		verb := "is"
		if len(settings) > 1 {
			verb = "are"
		}
		why := "is missing"
		if e.found[logicalID].Claim == provision.Foreign {
			why = "is somebody else's"
		}
		e.unknown = append(e.unknown, fmt.Sprintf("%s %s: %s %s taken as by default", logicalID, why, strings.Join(settings, ", "), verb))
	}
	return p, ok
}

// spec returns the settings that explain what was found.
func (e *evidence) spec(named Spec, builtIn string) Spec {
	policy := e.policy()
	preset := presetOf(policy)
	if policy == SimplePolicy && e.classic() {
		preset = Classic
	}
	s := DefaultsOf(preset)
	s.Stack, s.ASG, s.FIFO = named.Stack, named.ASG, e.fifo()
	if q, ok := told[queueProperties](e, JobQueue, "visibility-timeout"); ok {
		s.VisibilityTimeout = secondsLong(q.VisibilityTimeout)
	}
	e.scaling(&s)
	e.function(&s, builtIn)
	if g, ok := told[logGroupProperties](e, IngestLogGroup, "log-retention"); ok && g.RetentionInDays > 0 {
		s.LogRetention = g.RetentionInDays
	}
	s.Tags = e.tags()
	if err := s.Check(); err != nil {
		e.unknown = append(e.unknown, "what AWS shows is not what `up` would make: "+strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return s
}

// fifo reports whether the queues in use are FIFO queues: the function and the alarms name them, and where they
// are gone, what is left of the queues tells.
func (e *evidence) fifo() bool {
	if f, ok := ours[functionProperties](e, IngestFunction); ok {
		return strings.HasSuffix(f.Environment[queueURLVariable].Reveal(), fifoSuffix)
	}
	for _, r := range allRules {
		if a, ok := ours[alarmProperties](e, r.alarmID); ok {
			return strings.HasSuffix(a.jobs().Dimensions["QueueName"], fifoSuffix)
		}
	}
	if q, ok := ours[queueProperties](e, JobQueue); ok {
		return q.FifoQueue
	}
	return e.found[provision.Superseded(JobQueue)].Claim.Ours()
}

// swapQueues takes the FIFO queues for those in use, and the others for replaced ones.
func (e *evidence) swapQueues() {
	for id, dependsOn := range map[string][]string{JobQueue: {DeadLetterQueue}, DeadLetterQueue: nil} {
		old := provision.Superseded(id)
		plain, fifo := e.found[id], e.found[old]
		e.found[id], e.found[old] = fifo.As(id, dependsOn), plain.As(old, dependsOn)
	}
}

func (e *evidence) function(s *Spec, builtIn string) {
	s.CodeSHA256 = builtIn
	f, ok := told[functionProperties](e, IngestFunction, "handler", "runtime", "memory", "function-timeout", "env", "function-zip")
	if !ok {
		return
	}
	s.Handler, s.Runtime, s.Memory = f.Handler, f.Runtime, f.MemorySize
	s.FunctionTimeout, s.CodeSHA256 = secondsLong(f.Timeout), f.Code.sha256
	s.Env = map[string]provision.Secret{}
	for name, value := range f.Environment {
		if name != queueURLVariable {
			s.Env[name] = value
		}
	}
	if s.CodeSHA256 != builtIn {
		e.unknown = append(e.unknown, "the function's code is not this eventscale's own: where its package lies is not known, and `up` without --function-zip puts the built-in function in its place")
	}
}

// tags returns the user's tags: those that all objects of the stack carry alike.
func (e *evidence) tags() map[string]string {
	var common map[string]string
	for _, f := range e.found {
		if f.Claim != provision.Found || f.Tags == nil {
			continue
		}
		if common == nil {
			common = userTags(f.Tags)
		}
		for key, value := range common {
			if f.Tags[key] != value {
				delete(common, key)
			}
		}
	}
	return common
}

func userTags(tags provision.Tags) map[string]string {
	users := map[string]string{}
	for key, value := range tags {
		if !strings.HasPrefix(key, "eventscale:") && !strings.HasPrefix(strings.ToLower(key), "aws:") {
			users[key] = value
		}
	}
	return users
}

func secondsLong(n int) Duration { return Duration(time.Duration(n) * time.Second) }
