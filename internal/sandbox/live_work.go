package sandbox

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// queueOf is the queue to which a group is wired: the one that the alarms of its policies watch. Where
// they watch several it is the first by name; nil where they watch none.
func (c *course) queueOf(g *group) *queue {
	q, known := c.queues[g]
	if known {
		return q
	}
	name := ""
	for _, policy := range g.Policies {
		for _, a := range c.place.Alarms {
			if a.acts(*policy.PolicyARN) {
				for _, watched := range a.queues() {
					if c.place.Queues[watched] != nil && (name == "" || watched < name) {
						name = watched
					}
				}
			}
		}
	}
	c.queues[g] = c.place.Queues[name]
	return c.queues[g]
}

// queues names the queues that an alarm watches.
func (a *alarm) queues() []string {
	var names []string
	note := func(namespace *string, dimensions []cwtypes.Dimension) {
		if namespace != nil && *namespace == queueNamespace && len(dimensions) == 1 && *dimensions[0].Name == "QueueName" {
			names = append(names, *dimensions[0].Value)
		}
	}
	note(a.Alarm.Namespace, a.Alarm.Dimensions)
	for _, query := range a.Alarm.Metrics {
		if query.MetricStat != nil {
			note(query.MetricStat.Metric.Namespace, query.MetricStat.Metric.Dimensions)
		}
	}
	return names
}

// complete ends the jobs that are due. An instance that drains goes with its last.
func (c *course) complete(g *group) {
	for _, in := range slices.Clone(g.Group.Instances) {
		w := g.Workers[*in.InstanceId]
		kept := w.Jobs[:0]
		for _, j := range w.Jobs {
			if c.r.now.Before(j.End) {
				kept = append(kept, j)
				continue
			}
			c.happened()
			if q, m := c.find(&j); m != nil {
				q.delete(m)
			}
		}
		w.Jobs = kept
		if isTerminating(&in) && len(w.Jobs) == 0 {
			c.happened()
			g.bury(c.r.now, *in.InstanceId)
		}
	}
}

// find returns a job's queue and message; nil where somebody deleted it.
func (c *course) find(j *job) (*queue, *message) {
	q := c.place.Queues[j.Queue]
	if q == nil {
		return nil, nil
	}
	at := slices.IndexFunc(q.Messages, func(m *message) bool { return m == j.message || j.message == nil && m.ID == j.Message })
	if at < 0 {
		return q, nil
	}
	j.message = q.Messages[at]
	return q, j.message
}

// giveUp ends the instances that drained for too long.
func (c *course) giveUp(g *group) {
	for _, in := range slices.Clone(g.Group.Instances) {
		w := g.Workers[*in.InstanceId]
		if !w.GiveUp.IsZero() && !c.r.now.Before(w.GiveUp) {
			c.kill(w)
			g.bury(c.r.now, *in.InstanceId)
			c.happened()
		}
	}
}

// kill loses a worker's jobs: they come back when their visibility timeout ends.
func (c *course) kill(w *worker) {
	for i := range w.Jobs {
		j := &w.Jobs[i]
		q, m := c.find(j)
		if m == nil {
			continue
		}
		timeout := max(q.seconds("VisibilityTimeout"), time.Millisecond)
		back := c.r.now.Add(timeout) // the worker extended it until now
		if c.w.Workers.NoHeartbeat {
			back = later(c.r.now.Add(time.Millisecond), j.Start.Add(timeout))
		}
		q.hide(m, back)
	}
	w.Jobs = nil
}

// buries is whether the sandbox's own workers take the jobs of a queue that has a dead-letter queue.
func (c *course) buries(q *queue) bool {
	dlq, _ := c.w.deadLetters(c.r, q)
	return c.w.Workers.JobTime > 0 && dlq != nil
}

// giveUpMessages makes dead letters of the messages that come back now and were received too often, as the
// model has it. In AWS it is done when somebody next asks for a message, and so it is of a queue of the user's own
// workers; those that the sandbox plays ask no one, and a full group would not ask at all.
func (c *course) giveUpMessages(g *group) {
	q := c.queueOf(g)
	if q == nil || !c.buries(q) {
		return
	}
	dlq, most := c.w.deadLetters(c.r, q)
	back := q.Messages
	if !q.isFIFO() {
		back = back[q.firstAfter(c.r.now.Add(-1)):q.firstAfter(c.r.now)]
	}
	var dead []*message
	for _, m := range back {
		if m.VisibleAt.Equal(c.r.now) && m.Receives >= most {
			dead = append(dead, m)
			c.happened()
		}
	}
	q.bury(c.r, dead, dlq)
}

// dispatch gives messages to the free slots of the instances in service, the oldest instance first, which
// is filled before the next.
func (c *course) dispatch(g *group) {
	q := c.queueOf(g)
	if q == nil || c.w.Workers.JobTime <= 0 || len(q.Messages) == 0 {
		return
	}
	for i := range g.Group.Instances {
		in := &g.Group.Instances[i]
		w := g.Workers[*in.InstanceId]
		if in.LifecycleState != types.LifecycleStateInService || c.r.now.Before(w.Ready) {
			continue
		}
		for len(w.Jobs) < c.w.Workers.Slots {
			// One by one: two instances must not work on one group of a FIFO queue.
			taken := c.w.take(c.r, q, 1)
			if len(taken) == 0 {
				return
			}
			c.start(w, q, taken[0])
		}
	}
}

// start gives a message to a worker. It is hidden for as long as the worker would extend its timeout.
func (c *course) start(w *worker, q *queue, m *message) {
	end := c.r.now.Add(m.jobTime(c.w.Workers.JobTime))
	q.receive(m, c.r.now, end.Add(max(q.seconds("VisibilityTimeout"), time.Second)))
	w.Jobs = append(w.Jobs, job{Queue: q.Name, Message: m.ID, Start: c.r.now, End: end, message: m})
	c.happened()
}

// JobTimeAttribute is the message attribute that says how long the sandbox's workers take for this one
// message, as a duration such as 1m30s, instead of what Workers say.
const JobTimeAttribute = "SandboxJobTime"

func (m *message) jobTime(usual time.Duration) time.Duration {
	given, err := time.ParseDuration(aws.ToString(m.Attributes[JobTimeAttribute].StringValue))
	if err != nil || given <= 0 {
		return usual
	}
	return given
}

// reasonToSettle is why an instance goes, or comes, that could not when the capacity was changed.
const reasonToSettle = "a difference between desired and actual capacity was found"

// reconcile removes instances that were protected while the group wanted fewer, and are not any more;
// and launches those that could not be while launching was suspended.
func (c *course) reconcile(g *group) {
	if g.active() != int(*g.Group.DesiredCapacity) {
		c.reach(g, reasonToSettle)
	}
}
