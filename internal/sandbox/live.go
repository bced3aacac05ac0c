package sandbox

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// course is a region on its way through time. It follows the order within one instant of the model that
// internal/loop is, so that a group does here what a simulation said it would: first the jobs that are
// done, the instances and the messages that come; then a minute's datapoints; then the alarms and what
// they set off.
type course struct {
	w       *world
	place   *regional
	r       *request // r.now is the instant
	groups  []*group
	queues  map[*group]*queue // that the groups are wired to
	changed bool

	restless bool // something happened since the last evaluation
	calm     int  // evaluations since something happened
}

// happened notes what is more than the passing of time.
func (c *course) happened() { c.changed, c.restless = true, true }

// course is a region where a request finds it.
func (w *world) course(r *request) *course {
	place := w.in(r)
	return &course{w: w, place: place, r: r, groups: byName(place.Groups), queues: map[*group]*queue{}}
}

// regions are courses for all regions.
func (w *world) regions(now time.Time) []*course {
	var all []*course
	for _, name := range sortedKeys(w.Regions) {
		all = append(all, w.course(&request{ctx: context.Background(), now: now, account: w.Account, region: name, partition: partition(name)}))
	}
	return all
}

func (w *world) advance(from, to time.Time) bool {
	changed := false
	for _, c := range w.regions(from) {
		c.advance(to)
		changed = changed || c.changed
	}
	return changed
}

func (w *world) settle(now time.Time) {
	for _, c := range w.regions(now) {
		c.settle()
	}
}

func (w *world) employ(change func(*Workers)) bool {
	before := w.Workers
	change(&w.Workers)
	return w.Workers != before
}

func (w *world) working() []placement {
	var all []placement
	for _, c := range w.regions(time.Time{}) {
		for _, g := range c.groups {
			q := c.queueOf(g)
			for _, in := range g.Group.Instances {
				if q != nil && in.LifecycleState == types.LifecycleStateInService {
					all = append(all, placement{c.r.region, w.Account, *g.Group.AutoScalingGroupName, *in.InstanceId, q.Name})
				}
			}
		}
	}
	return all
}

// upgrade gives the instances workers that have been there for long, and time a place to begin.
func (w *world) upgrade(now time.Time) {
	w.Workers = DefaultWorkers()
	for _, place := range w.Regions {
		place.Sampled, place.Evaluated = minuteOf(now)-1, minuteOf(now)-1
		for _, g := range place.Groups {
			g.Workers = map[string]*worker{}
			for _, in := range g.Group.Instances {
				g.Workers[*in.InstanceId] = &worker{InService: now, Ready: now}
			}
		}
		for _, q := range place.Queues {
			q.sort()
		}
	}
}

// advance lets all happen that is due. Of what is due at to itself, the minute's datapoints and the
// alarms wait until time goes on: what a request does at this instant comes before them.
func (c *course) advance(to time.Time) {
	for {
		plant, sample, evaluation := c.nextInPlant(), c.sampling(), c.evaluation()
		switch {
		case !plant.IsZero() && !plant.After(to) && !plant.After(sample) && !plant.After(evaluation):
			c.r.now = plant
			c.work()
		case sample.Before(to) && !sample.After(evaluation):
			c.r.now = sample
			c.sample()
		case evaluation.Before(to):
			c.r.now = evaluation
			c.evaluate()
			c.rest(to)
		default:
			c.r.now = to
			return
		}
	}
}

// sampling is when the next datapoints are taken.
func (c *course) sampling() time.Time { return later((c.place.Sampled + 1).end(), c.r.now) }

// evaluation is when the alarms see the next datapoints.
func (c *course) evaluation() time.Time {
	return later((c.place.Evaluated + 1).end().Add(c.w.Workers.MetricDelay), c.r.now)
}

// nextInPlant is when the next job ends, instance changes or hidden message can be taken; zero is never.
func (c *course) nextInPlant() time.Time {
	var next time.Time
	consider := func(t time.Time) { next = earlier(next, t, c.r.now) }
	for _, g := range c.groups {
		free := false
		for i := range g.Group.Instances {
			in := &g.Group.Instances[i]
			w := g.Workers[*in.InstanceId]
			consider(w.InService)
			consider(w.GiveUp)
			for _, j := range w.Jobs {
				consider(j.End)
			}
			if c.w.Workers.JobTime > 0 && !isTerminating(in) {
				consider(w.Ready)
				free = free || len(w.Jobs) < c.w.Workers.Slots
			}
		}
		if q := c.queueOf(g); q != nil && (free || c.buries(q)) {
			consider(q.nextVisible(c.r.now))
		}
	}
	return next
}

// work is what is due in the plant at an instant: jobs, instances, and what follows.
func (c *course) work() {
	for _, g := range c.groups {
		c.complete(g)
	}
	for _, g := range c.groups {
		if g.enterService(c.r.now) {
			c.happened()
		}
		c.giveUp(g)
	}
	for _, g := range c.groups {
		c.giveUpMessages(g)
	}
	c.settle()
}

// settle brings the groups to their desired capacity, and gives out the messages that wait.
func (c *course) settle() {
	for _, g := range c.groups {
		c.reconcile(g)
		c.dispatch(g)
	}
}
