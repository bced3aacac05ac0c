package loop

import (
	"fmt"
	"math"
)

// Bounds that no sensible setting meets: within them no product of settings overflows.
const (
	maxInstances  = 1_000_000
	maxAdjustment = 1_000_000_000
	maxReach      = 100_000 // samples that an alarm looks back
	maxNumber     = 1e9
)

// Validate returns a *[FieldError] for the first setting that can not be.
func (c *Config) Validate() error {
	k := &checker{}
	c.Group.check(k)
	k.time("queue.visibility_timeout_s", c.Queue.VisibilityTimeout, 0)
	k.count("queue.max_receives", c.Queue.MaxReceives, 0, math.MaxInt32)
	k.time("metric.delay_s", c.Metric.Delay, 0)
	for i, g := range c.Metric.Gaps {
		k.require(g.From <= g.To, fmt.Sprintf("metric.gaps_s[%d]", i), "it ends at %v s, before it begins at %v s", g.To.Seconds(), g.From.Seconds())
	}
	k.time("horizon_s", c.Horizon, 0)
	k.time("drain_limit_s", c.DrainLimit, 0)
	if c.SLOWait != nil {
		k.time("slo_wait_s", *c.SLOWait, 0)
	}
	if c.Arrivals != nil {
		c.Arrivals.check(k, "arrivals.")
	}
	c.checkPolicies(k)
	if k.err != nil {
		return k.err
	}
	return nil
}

func (g *GroupConfig) check(k *checker) {
	k.count("group.min", g.Min, 0, maxInstances)
	k.count("group.max", g.Max, 0, maxInstances)
	k.require(g.Max >= g.Min, "group.max", "%d is below group.min, which is %d", g.Max, g.Min)
	k.require(g.Initial >= g.Min && g.Initial <= g.Max, "group.initial", "%d is not between group.min and group.max, %d and %d", g.Initial, g.Min, g.Max)
	k.count("group.slots", g.Slots, 1, maxInstances)
	k.time("group.launch_s", g.Launch, 0)
	k.require(len(g.Boot) > 0, "group.boot_s", "the list is empty")
	for i, b := range g.Boot {
		path := "group.boot_s"
		if len(g.Boot) > 1 {
			path = fmt.Sprintf("group.boot_s[%d]", i)
		}
		k.time(path, b, 0)
	}
	k.time("group.warmup_s", g.Warmup, 0)
	within(k, "group.scale_in", g.ScaleIn, Kill, Protect, Drain)
	k.time("group.drain_timeout_s", g.DrainTimeout, 0)
	within(k, "group.victim", g.Victim, Oldest, Newest)
}

func (a *Arrivals) check(k *checker, path string) {
	k.time(path+"bin_s", a.Bin, 1)
	k.time(path+"service_s", a.Service, 0)
	for i, v := range a.ServiceValues {
		k.time(fmt.Sprintf("%sservice_values_s[%d]", path, i), v, 0)
	}
	within(k, path+"pick", a.Pick, PickCycle, PickHash)
}

// checkPolicies checks each, and that no two alarms have one name: the output tells them apart by it.
func (c *Config) checkPolicies(k *checker) {
	names := map[string]bool{}
	for i, p := range c.Policies {
		path := fmt.Sprintf("policies[%d]", i)
		k.require(p != nil, path, "there is no policy")
		if p == nil {
			return
		}
		k.require(p.Label() != "", path+".name", "it is empty")
		k.require(!names[p.Label()], path+".name", "%q is the name of another policy too", p.Label())
		names[p.Label()] = true
		p.check(k, path+".")
	}
}
