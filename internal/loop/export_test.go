package loop

// Order is tested against sorting.
type Order = order

// Add takes a number.
func (o *Order) Add(v Millis) { o.add(v) }

// Distribution is over the numbers.
func (o *Order) Distribution() Distribution { return o.distribution() }

// Calendar is tested against a list.
type Calendar = calendar

// Add puts a job.
func (c *Calendar) Add(i int32, end Millis) { c.add(i, end) }

// First is the earliest end up to limit.
func (c *Calendar) First(limit Millis) (Millis, bool) { return c.first(limit) }

// Take removes the jobs that end at t.
func (c *Calendar) Take(t Millis) (jobs []int32) {
	for i := c.take(t); i >= 0; i = c.next(i) {
		jobs = append(jobs, i)
	}
	return jobs
}

// Remove takes one job out.
func (c *Calendar) Remove(i int32) { c.remove(i) }
