package simulation

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// told returns the finding that has a text in it.
func told(t *testing.T, o *Outcome, text string) Finding {
	t.Helper()
	for _, f := range o.Findings {
		if strings.Contains(f.Text, text) {
			return f
		}
	}
	t.Errorf("%s: nothing of %q in %q (%+v)", o.Name, text, o.Findings, o.Totals)
	return Finding{}
}

func hints(t *testing.T, f Finding, hint string) {
	t.Helper()
	if !strings.Contains(f.Hint, hint) {
		t.Errorf("%q: the hint is %q, not %q", f.Text, f.Hint, hint)
	}
}

func silent(t *testing.T, o *Outcome, text string) {
	t.Helper()
	for _, f := range o.Findings {
		if strings.Contains(f.Text, text) {
			t.Errorf("%s: %q", o.Name, f.Text)
		}
	}
}

// longJobs keep four instances busy though none of them waits.
func longJobs() []loop.Job { return every(4, loop.Second, 30*loop.Minute) }

func TestKilledJobsAreBlamedOnWhatTheAlarmDoesNotSee(t *testing.T) {
	o := &run(t, base(4), longJobs(), classic()).Outcomes[0]
	f := told(t, o, "running jobs: it does not see messages in flight")
	hints(t, f, "use --preset safe")
	if !strings.HasPrefix(f.Text, "scale-in killed 4 of 4 running jobs") || o.Totals.JobsKilled != 4 {
		t.Errorf("%q, %d killed", f.Text, o.Totals.JobsKilled)
	}
}

func TestKilledJobsAreBlamedOnTheThreshold(t *testing.T) {
	o := &run(t, base(2), longJobs()[:2], safe(2)).Outcomes[0]
	hints(t, told(t, o, "it acts while up to 2 jobs are left"), "--scale-in-at 0, or protect")
	protected := base(2)
	protected.Group.ScaleIn = loop.Protect
	silent(t, &run(t, protected, longJobs()[:2], safe(2)).Outcomes[0], "killed")
}

func TestKilledJobsAreBlamedOnTheDrainTimeout(t *testing.T) {
	c := base(4)
	c.Group.ScaleIn, c.Group.DrainTimeout = loop.Drain, 10*loop.Minute
	hints(t, told(t, &run(t, c, longJobs(), classic()).Outcomes[0], "draining them took longer than 10m"), "--drain-timeout")
}

func TestPoliciesThatAreOnlyComparedWithAreToldToProtect(t *testing.T) {
	k := loop.DefaultKEDA()
	k.Name, k.Stabilization, k.QueueLength = "keda", 0, 2
	o := &run(t, base(4), longJobs(), Candidate{Name: "keda", Policies: []loop.Policy{&k}}).Outcomes[0]
	hints(t, told(t, o, "it shrinks a group that is still at work"), "protect busy instances")
}

func TestJobsThatWereGivenUpAreCounted(t *testing.T) {
	c := base(4)
	c.Queue.MaxReceives = 1
	o := &run(t, c, longJobs(), classic()).Outcomes[0]
	told(t, o, "given up, to the dead-letter queue: 1 start each")
	if !strings.Contains(o.Findings[0].Text, "given up") {
		t.Errorf("jobs that are lost are not the worst: %q", o.Findings)
	}
}

func TestAQueueThatNothingScalesForIsTold(t *testing.T) {
	o := &run(t, base(0), every(3, loop.Second, loop.Minute), classic()).Outcomes[0]
	hints(t, told(t, o, "3 of 3 jobs were never done"), "use --preset safe")
	told(t, o, "too few jobs waited to start one")
}

// The wake rule brings an instance, and a scale-in that counts one job as few takes it away again before it
// has booted.
func TestAnInstanceThatIsTakenBeforeItIsReadyIsTold(t *testing.T) {
	c := base(0)
	c.Group.Boot = loop.Boots{10 * loop.Minute}
	o := &run(t, c, every(1, 0, loop.Minute), safe(2)).Outcomes[0]
	hints(t, told(t, o, "1 of 1 job was never done"), "--scale-in-at 0")
	told(t, o, "before they were ready")
	silent(t, &run(t, c, every(1, 0, loop.Minute), safe(0)).Outcomes[0], "never done")
}

func TestAGroupAtItsMaximumIsTold(t *testing.T) {
	c := base(1)
	c.Group.Max = 1
	o := &run(t, c, every(30, loop.Second, loop.Minute), safe(0)).Outcomes[0]
	f := told(t, o, "the group was at its maximum of 1 for 28m with jobs waiting, up to 28 of them")
	hints(t, f, "try --max 2")
}

func TestTheFirstJobOfAnEmptyGroupIsTold(t *testing.T) {
	jobs := append([]loop.Job{{Arrival: loop.Minute, Service: loop.Minute}}, every(10, loop.Second, loop.Minute)...)
	for i := range jobs[1:] {
		jobs[i+1].Arrival += 41 * loop.Minute
	}
	f := told(t, &run(t, base(0), jobs, classic()).Outcomes[0], "the first job of an empty group waited up to 41m30s until an instance was asked for")
	hints(t, f, "use --preset safe")
	silent(t, &run(t, base(0), jobs, safe(0)).Outcomes[0], "first job")
}

func TestWaitsForAnInstanceAreTakenApart(t *testing.T) {
	o := &run(t, base(0), every(1, loop.Second, loop.Second), safe(0)).Outcomes[0]
	f := told(t, o, "the slowest 5 % of jobs waited 4m30s on average: 1m30s until an instance was launched, 3m while it booted, 0s behind")
	hints(t, f, "--min")
}

func TestWaitsWhileTheGroupGrowsAreTold(t *testing.T) {
	f := told(t, &run(t, base(1), every(100, loop.Second, 2*loop.Minute), safe(0)).Outcomes[0], "while the group was still growing")
	hints(t, f, "this policy adds 2 instances and then pauses for 5m: --preset table asks for all at once")
}

func TestAGroupThatFlapsIsTold(t *testing.T) {
	nervous := Candidate{Name: "nervous", Policies: []loop.Policy{
		simple("scale-out", alarm(loop.Visible, loop.AtLeast, 1), 1, 0),
		simple("scale-in", alarm(loop.Visible, loop.AtMost, 0), -1, 0),
	}}
	jobs := every(40, 90*loop.Second, 85*loop.Second)
	hints(t, told(t, &run(t, base(0), jobs, nervous).Outcomes[0], "the group grew and shrank again within 10m"), "--preset safe")
}

func TestIdleInstancesAreTold(t *testing.T) {
	never := Candidate{Name: "never", Policies: []loop.Policy{simple("scale-out", alarm(loop.Visible, loop.AtLeast, 100), 1, 0)}}
	c := base(2)
	c.Horizon = 3 * loop.Hour
	told(t, &run(t, c, every(1, 0, loop.Minute), never).Outcomes[0], "6.0 of 6.0 instance-hours went by without a single job in the system, above the minimum of 0: scale-in never fired")
	silent(t, &run(t, c, every(1, 0, loop.Minute), Candidate{Name: "fixed"}).Outcomes[0], "went by")
}

func TestAShortVisibilityTimeoutIsTold(t *testing.T) {
	c := base(2)
	c.Queue.VisibilityTimeout = 30 * loop.Second
	f := told(t, &run(t, c, []loop.Job{{Service: 20 * loop.Second}, {Service: 95 * loop.Second}}, safe(0)).Outcomes[0], "1 job takes longer than the visibility timeout of 30s, up to 1m35s")
	hints(t, f, "--visibility-timeout 4m")
	c.Queue.VisibilityTimeout = 95 * loop.Second
	silent(t, &run(t, c, []loop.Job{{Service: 95 * loop.Second}}, safe(0)).Outcomes[0], "visibility")
}

func TestAGroupThatFitsHasNoFinding(t *testing.T) {
	if f := run(t, base(4), every(10, loop.Minute, loop.Minute), Candidate{Name: "fixed"}).Outcomes[0].Findings; f == nil || len(f) > 0 {
		t.Errorf("%q", f)
	}
}

// What a wait is made of comes to the wait, whatever happens.
func TestThePartsOfAWaitComeToTheWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs := every(rapid.IntRange(1, 200).Draw(t, "jobs"), loop.Millis(rapid.IntRange(0, 60_000).Draw(t, "apart")), loop.Millis(rapid.IntRange(1, 300_000).Draw(t, "takes")))
		config := base(rapid.IntRange(0, 3).Draw(t, "initial"))
		config.Policies = classic().Policies
		w := newWatch(len(jobs), config.Group.Initial)
		made, err := loop.NewTrace(jobs)
		if err != nil {
			t.Fatal(err)
		}
		result, err := loop.Run(&config, made, loop.Options{Series: true, Watch: w.event})
		if err != nil {
			t.Fatal(err)
		}
		e := &evidence{config: &config, jobs: jobs, result: result, watch: w}
		growth := e.growth()
		for i, r := range w.first {
			if r.at < 0 {
				continue
			}
			one := wait{jobs[i].Arrival, r}
			p := e.partsOf(one)
			if p.launch < 0 || p.boot < 0 || p.behind < 0 || p.launch+p.boot+p.behind != one.length() || within(growth, one.arrival, r.at) > one.length() {
				t.Fatalf("job %d: %+v of %v", i, p, one)
			}
		}
	})
}

func TestSpansHaveAtMostTwoUnits(t *testing.T) {
	for ms, want := range map[loop.Millis]string{
		0: "0s", 499: "0s", 500: "1s", 45_000: "45s", 300_000: "5m", 250_000: "4m10s", loop.Hour: "1h", 125 * loop.Minute: "2h05m", 76 * loop.Hour: "3d4h",
	} {
		if got := span(ms); got != want {
			t.Errorf("%d: %s, want %s", ms, got, want)
		}
	}
}
