package stack

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// ratesOfAWS are those that AWS publishes, and where it publishes none what is known to be borne.
func ratesOfAWS() []sandbox.Fault {
	rate := func(service string, persecond float64, operations ...string) sandbox.Fault {
		return sandbox.Fault{Service: service, Operations: operations, Do: sandbox.DoRate, Rate: persecond}
	}
	return []sandbox.Fault{
		rate("monitoring", 3, "PutMetricAlarm"), rate("monitoring", 3, "DeleteAlarms"), rate("monitoring", 9, "DescribeAlarms"),
		rate("lambda", 100, "GetFunction"),
		rate("lambda", 15, "CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "TagResource", "DeleteFunction"),
		rate("iam", 5), rate("autoscaling", 5), rate("logs", 5), rate("sqs", 100),
	}
}

// Many stacks made at once, each by a process that knows nothing of the others, share AWS's rates: all come
// through. EVENTSCALE_CROWD is another number of stacks, for measurements.
func TestACrowdOfStacksComesThrough(t *testing.T) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("EVENTSCALE_CROWD"), "20"))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t, sandbox.Options{Faults: ratesOfAWS()})
		crowd := make([]*project, n)
		for i := range crowd {
			name := fmt.Sprintf("crowd-%03d", i)
			c.addGroup(name, 0)
			crowd[i] = newProject(c)
			crowd[i].spec.ASG, crowd[i].spec.Stack = name, name
		}
		c.measure("up", crowd, func(p *project) error { _, err := p.try(); return err })
		c.measure("destroy", crowd, func(p *project) error { return p.destroy() })
	})
}

// measure lets all do the same at once, and logs what it cost.
func (c *cloud) measure(command string, crowd []*project, do func(*project) error) {
	c.Helper()
	time.Sleep(time.Minute) // the rates rest
	c.asked()
	start := time.Now()
	var all sync.WaitGroup
	for _, p := range crowd {
		ours := newClients(configOver(testRegion, c.faults), true)
		all.Go(func() {
			mine := *p
			mine.cloud = &cloud{T: c.T, ours: ours}
			if err := do(&mine); err != nil {
				c.Errorf("%s: %v", p.spec.Stack, err)
			}
			p.file = mine.file
		})
	}
	all.Wait()
	calls, throttled := c.asked(), 0
	for _, call := range calls {
		if call.Fault == sandbox.DoRate {
			throttled++
		}
	}
	c.Logf("%d x %s: %s, %d calls, %d of them throttled", len(crowd), command, time.Since(start).Round(time.Second), len(calls), throttled)
}
