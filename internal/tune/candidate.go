package tune

import (
	"fmt"
	"slices"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// The families of policies, the simplest first. Any stands for all of them.
const (
	Simple = stack.SimplePolicy
	Step   = stack.StepPolicy
	Table  = stack.TablePolicy
	Target = "target" // a comparison: `eventscale up` does not make it
	Any    = "any"
)

// Families are those that can be searched, the simplest first.
func Families() []string { return []string{Simple, Step, Table, Target} }

// Candidate is a scaling policy with all its settings, and the least of the group that it is for.
type Candidate struct {
	Family string
	Spec   stack.Spec   // of simple, step and table
	Target *loop.Target // of target
	Least  int
}

// settings are the candidate's in the words of the flags.
func (c *Candidate) settings() string {
	if c.Family != Target {
		return c.Spec.Settings()
	}
	counted := "waiting"
	if c.Target.CountInflight {
		counted = "waiting and running"
	}
	return fmt.Sprintf("target tracking: %v jobs an instance, %s", c.Target.Target, counted)
}

// rules are the candidate's policies as the model has them, for a group with these bounds.
func (c *Candidate) rules(least, most int) []loop.Policy {
	if c.Family == Target {
		return []loop.Policy{c.Target}
	}
	return c.Spec.Rules(least, most)
}

// config is the problem's with the candidate's rules.
func (c *Candidate) config(base *loop.Config) *loop.Config {
	config := *base
	config.Group.Min = max(config.Group.Min, c.Least)
	config.Group.Initial = max(config.Group.Initial, c.Least)
	queue := c.Spec.Queue()
	queue.Heartbeat = base.Queue.Heartbeat
	config.Queue = queue
	config.Policies = c.rules(config.Group.Min, config.Group.Max)
	return &config
}

// simplicity orders the families for ties.
func (c *Candidate) simplicity() int {
	return slices.Index(Families(), c.Family)
}
