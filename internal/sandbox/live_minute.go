package sandbox

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// sample takes the datapoints of the minute that ends.
func (c *course) sample() {
	m := c.place.Sampled + 1
	c.place.Sampled = m
	for _, q := range c.place.Queues {
		if q.Created.Before(m.end()) {
			c.sampleQueue(q, m)
		}
	}
	for _, g := range c.groups {
		for _, metric := range g.Group.EnabledMetrics {
			c.note(&g.Metrics, *metric.Metric, m, g.gauge(*metric.Metric))
		}
	}
	if m%60 == 0 {
		c.forget(m)
	}
}

func (c *course) sampleQueue(q *queue, m minute) {
	visible, inFlight, delayed := q.count(c.r.now)
	for name, value := range map[string]float64{
		visibleMetric: float64(visible), inFlightMetric: float64(inFlight), delayedMetric: float64(delayed),
		ageMetric:  q.oldestAge(c.r.now).Seconds(),
		sentMetric: float64(q.Counts.Sent), receivedMetric: float64(q.Counts.Received),
		deletedMetric: float64(q.Counts.Deleted), emptyMetric: float64(q.Counts.Empty),
	} {
		c.note(&q.Metrics, name, m, value)
	}
	q.Counts = counts{}
}

// note adds a datapoint to a metric.
func (c *course) note(metrics *map[string]*series, name string, m minute, value float64) {
	if *metrics == nil {
		*metrics = map[string]*series{}
	}
	s := (*metrics)[name]
	if s == nil {
		s = &series{}
		(*metrics)[name] = s
	}
	if !s.predict(m, value) {
		c.restless = true
	}
	s.add(m, value)
}

// everySeries does something with all metrics.
func (c *course) everySeries(do func(*series)) {
	for _, q := range c.place.Queues {
		for _, s := range q.Metrics {
			do(s)
		}
	}
	for _, g := range c.groups {
		for _, s := range g.Metrics {
			do(s)
		}
	}
}

func (c *course) forget(m minute) {
	c.everySeries(func(s *series) { s.forget(m - minute(keepMetrics/time.Minute)) })
}

// restAfter is how many evaluations without any change must have been before time is passed over: one
// that saw the last change, and one that changed nothing.
const restAfter = 2

// rest passes over the time in which nothing can happen, so that a sandbox that was left alone for a month
// opens at once: no metric and no alarm changes, no policy would act if it could, and nothing is due.
func (c *course) rest(to time.Time) {
	if c.restless {
		c.restless, c.calm = false, 0
		return
	}
	if c.calm++; c.calm < restAfter {
		return
	}
	if next := c.nextInPlant(); !next.IsZero() && next.Before(to) {
		to = next
	}
	to = c.untilMessagesChange(to)
	// The last minute whose evaluation is before to.
	last := minuteOf(to.Add(-c.w.Workers.MetricDelay)) - 2
	if n := last - c.place.Sampled; n > 1 {
		first := c.place.Sampled + 1
		c.everySeries(func(s *series) { s.extend(first, int64(n)) })
		c.place.Sampled, c.place.Evaluated = last, last
		c.forget(last)
	}
	c.calm = 0
}

// untilMessagesChange is a time, or when the first message is visible or forgotten. What was so since the
// last datapoints counts: the next show it.
func (c *course) untilMessagesChange(to time.Time) time.Time {
	sampled := c.place.Sampled.end()
	for _, q := range c.place.Queues {
		for _, m := range q.Messages {
			to = sooner(to, m.Sent.Add(q.seconds("MessageRetentionPeriod")))
			if m.VisibleAt.After(sampled) {
				to = sooner(to, m.VisibleAt)
			}
		}
	}
	return to
}

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// number reads an optional one of AWS's.
func number32(n *int32) int { return int(aws.ToInt32(n)) }
