package sandbox

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/eventscale/eventscale/internal/loop"
)

// resize changes the desired capacity of a group, and launches or removes instances.
func (c *course) resize(g *group, desired int, why string) loop.Activity {
	a := loop.Activity{From: int(*g.Group.DesiredCapacity), To: desired, End: millis(c.r.now)}
	g.Group.DesiredCapacity = aws.Int32(int32(desired))
	a.Launched = c.reach(g, why)
	if a.Launched > 0 {
		a.End = millis(c.r.now.Add(c.w.Workers.LaunchTime))
	}
	a.Draining = len(g.Group.Instances) - g.active()
	c.happened()
	return a
}

// maxInstances is how many a group gets, whatever it desires, as where a zone of AWS has no more: one request
// could else ask for more than the memory holds.
const maxInstances = 1000

// reach launches or removes instances until there are as many as desired, and returns how many it
// launched. Protected instances stay.
func (c *course) reach(g *group, why string) (launched int) {
	desired := int(*g.Group.DesiredCapacity)
	change := change{why, g.active(), desired}
	for g.active() < min(desired, maxInstances) && !g.suspended("Launch") {
		g.launch(c.r.now, c.w.Workers, change)
		launched++
		c.happened()
	}
	for g.active() > desired && !g.suspended("Terminate") {
		i := g.nextToTerminate(c.w.Workers)
		if i < 0 {
			return 0
		}
		c.dismiss(g, i, change)
	}
	return launched
}

// dismiss takes an instance out of the group. One that works on a job drains, or loses it.
func (c *course) dismiss(g *group, i int, why change) {
	c.happened()
	id := *g.Group.Instances[i].InstanceId
	w := g.Workers[id]
	g.dismiss(c.r.now, i, why)
	if len(w.Jobs) > 0 && c.w.Workers.ScaleIn == loop.Drain && c.w.Workers.DrainTimeout > 0 {
		w.GiveUp = c.r.now.Add(c.w.Workers.DrainTimeout)
		return
	}
	c.kill(w)
	g.bury(c.r.now, id)
}
