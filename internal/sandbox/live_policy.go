package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/loop"
)

// act lets the policies of all groups propose that these alarms set off, and applies for each group the
// largest proposal. While an alarm is in a state, its Auto Scaling actions are repeated at every
// evaluation. It reports whether a group changed.
func (c *course) act(readings map[string]loop.Reading) bool {
	acted := false
	for _, g := range c.groups {
		if g.suspended("AlarmNotification") {
			continue
		}
		if c.actOn(g, readings) {
			acted = true
		}
	}
	return acted
}

// trigger is an alarm that sets off a policy.
type trigger struct {
	policy  *types.ScalingPolicy
	alarm   *alarm
	reading loop.Reading
}

// triggers are the alarms that set off a policy of the group now.
func (c *course) triggers(g *group, readings map[string]loop.Reading) []trigger {
	var all []trigger
	for _, policy := range byName(g.Policies) {
		if policy.Enabled != nil && !*policy.Enabled {
			continue
		}
		for _, a := range byName(c.place.Alarms) {
			reading, read := readings[*a.Alarm.AlarmName]
			if read && slices.Contains(a.actions(), *policy.PolicyARN) {
				reading.State = loop.StateAlarm // the state that sets it off
				all = append(all, trigger{policy, a, reading})
			}
		}
	}
	return all
}

func (c *course) actOn(g *group, readings map[string]loop.Reading) bool {
	triggers := c.triggers(g, readings)
	choice, by := c.choose(g, triggers, false)
	if choice.Policy == nil {
		if blocked, _ := c.choose(g, triggers, true); blocked.Policy != nil {
			c.restless = true // it will be applied when nothing blocks it any more
		}
		return false
	}
	why := fmt.Sprintf("a monitor alarm %s in state %s triggered policy %s", *by.alarm.Alarm.AlarmName, by.alarm.Alarm.StateValue, *by.policy.PolicyName)
	c.apply(g, choice, why)
	return true
}

// choose returns the largest proposal and what made it. Where it is unblocked no cooldown, no launch and no
// warm-up is in its way.
func (c *course) choose(g *group, triggers []trigger, unblocked bool) (loop.Choice, trigger) {
	var choice loop.Choice
	var by trigger
	for _, t := range triggers {
		policy := g.modelPolicy(t)
		if policy == nil {
			continue
		}
		view := c.view(g, t.policy)
		if unblocked {
			view.Launching, view.Warming, view.Draining, view.CooldownUntil = 0, 0, 0, 0
		}
		before := choice
		choice.Offer(policy, view, []loop.Reading{t.reading, t.reading}, millis(c.r.now))
		if choice != before {
			by = t
		}
	}
	return choice, by
}

// apply changes the capacity to what was chosen.
func (c *course) apply(g *group, choice loop.Choice, why string) {
	from := number32(g.Group.DesiredCapacity)
	activity := c.resize(g, choice.To, fmt.Sprintf("%s changing the desired capacity from %d to %d", why, from, choice.To))
	simple, ok := choice.Policy.(*loop.Simple)
	if !ok {
		return
	}
	g.Cooldown.Begin(simple.Cooldown, activity)
	g.Awaited = nil
	for _, in := range g.Group.Instances {
		if isTerminating(&in) {
			g.Awaited = append(g.Awaited, *in.InstanceId)
		}
	}
}

// view is the group as one of its policies sees it: which instances are warm depends on the policy.
func (c *course) view(g *group, policy *types.ScalingPolicy) loop.View {
	v := loop.View{
		Min: number32(g.Group.MinSize), Max: number32(g.Group.MaxSize), Desired: number32(g.Group.DesiredCapacity),
		CooldownUntil: g.Cooldown.Until,
	}
	warmup := seconds(cmp.Or(policy.EstimatedInstanceWarmup, g.Group.DefaultInstanceWarmup, g.Group.DefaultCooldown))
	for i := range g.Group.Instances {
		in := &g.Group.Instances[i]
		w := g.Workers[*in.InstanceId]
		switch {
		case isTerminating(in):
			v.Draining++
			continue
		case in.LifecycleState == types.LifecycleStatePending:
			v.Launching++
		}
		if w.InService.Add(warmup).After(c.r.now) {
			v.Warming++
		}
		v.Active++
	}
	return v
}

func seconds(n *int32) time.Duration { return time.Duration(aws.ToInt32(n)) * time.Second }

// modelPolicy is a policy of the group as the model has it; nil for one that the model has not.
func (g *group) modelPolicy(t trigger) loop.AlarmPolicy {
	p := t.policy
	kind := loop.AdjustmentType(aws.ToString(p.AdjustmentType))
	magnitude := number32(p.MinAdjustmentMagnitude)
	switch *p.PolicyType {
	case simpleScaling:
		return &loop.Simple{AdjustmentType: kind, Adjustment: number32(p.ScalingAdjustment), MinMagnitude: magnitude, Cooldown: millisOf(cmp.Or(p.Cooldown, g.Group.DefaultCooldown))}
	case stepScaling:
		step := &loop.Step{AdjustmentType: kind, MinMagnitude: magnitude}
		if t.alarm != nil {
			step.Alarm = alarmConfig(&t.alarm.Alarm)
		}
		for _, s := range p.StepAdjustments {
			step.Steps = append(step.Steps, loop.StepAdjustment{Lower: s.MetricIntervalLowerBound, Upper: s.MetricIntervalUpperBound, Adjustment: number32(s.ScalingAdjustment)})
		}
		return step
	case targetTrackingScaling:
		return targetPolicy(t)
	}
	return nil
}

func millisOf(seconds *int32) loop.Millis { return loop.Millis(aws.ToInt32(seconds)) * loop.Second }

// trackingParts is how many parts a metric's value is counted in, for the model to divide.
const trackingParts = 1_000_000

// tracking is one side of a target tracking policy: the model's has both alarms, and here each acts alone.
type tracking struct {
	*loop.Target
	low bool
}

// Propose implements [loop.AlarmPolicy]. The model keeps a number of messages an instance at its target;
// any other metric is such a number, of so many parts.
func (t tracking) Propose(g loop.View, alarms []loop.Reading, now loop.Millis) (int, bool) {
	r := alarms[0]
	r.Sample = loop.Sample{Visible: int(math.Floor(r.Newest.Value * trackingParts)), InService: trackingParts}
	if t.low {
		return t.Target.Propose(g, []loop.Reading{{}, r}, now)
	}
	return t.Target.Propose(g, []loop.Reading{r, {}}, now)
}

func targetPolicy(t trigger) loop.AlarmPolicy {
	config := t.policy.TargetTrackingConfiguration
	target := &loop.Target{Target: aws.ToFloat64(config.TargetValue), DisableScaleIn: aws.ToBool(config.DisableScaleIn)}
	return tracking{target, t.alarm != nil && strings.Contains(*t.alarm.Alarm.AlarmName, "-AlarmLow-")}
}
