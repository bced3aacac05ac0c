package simulation

import (
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

// spare is what safe is in a group that may be empty: the last instance stays while a job is left.
func spare(scaleInAt float64) Candidate {
	c := safe(scaleInAt)
	c.Policies[1] = simple("scale-in", alarm(loop.SpareBacklog, loop.AtMost, scaleInAt), -1, 5*loop.Minute)
	return c
}

func table() Candidate {
	const perInstance = 5
	rows := &loop.Step{Name: "table", Alarm: alarm(loop.Backlog, loop.AtLeast, 1), AdjustmentType: loop.ExactCapacity}
	for i := range 10 {
		lower, upper := float64(i*perInstance), float64((i+1)*perInstance)
		rows.Steps = append(rows.Steps, loop.StepAdjustment{Lower: &lower, Upper: &upper, Adjustment: i + 1})
	}
	rows.Steps[9].Upper = nil
	none := 0.0
	return Candidate{Name: "table", Policies: []loop.Policy{rows, &loop.Step{
		Name: "table-in", Alarm: alarm(loop.Backlog, loop.AtMost, 0), AdjustmentType: loop.ChangeInCapacity,
		Steps: []loop.StepAdjustment{{Upper: &none, Adjustment: -1}},
	}}}
}

func step() Candidate {
	lower, none := 0.0, 0.0
	return Candidate{Name: "step", Policies: []loop.Policy{
		&loop.Step{Name: "step-out", Alarm: alarm(loop.Visible, loop.AtLeast, 1), AdjustmentType: loop.ChangeInCapacity, Steps: []loop.StepAdjustment{{Lower: &lower, Adjustment: 5}}},
		&loop.Step{Name: "step-in", Alarm: alarm(loop.SpareBacklog, loop.AtMost, 2), AdjustmentType: loop.ChangeInCapacity, Steps: []loop.StepAdjustment{{Upper: &none, Adjustment: -1}}},
	}}
}

func keda() Candidate {
	k := loop.DefaultKEDA()
	k.Name = "keda"
	return Candidate{Name: "keda", Policies: []loop.Policy{&k}}
}

func target() Candidate {
	t := loop.DefaultTarget()
	t.Name, t.Target = "target", 5
	return Candidate{Name: "target", Policies: []loop.Policy{&t}}
}

func evidenceOf(c Candidate, least int) *evidence {
	config := base(least)
	config.Group.Min, config.Policies = least, c.Policies
	return &evidence{config: &config}
}

func TestAdviceNamesOnlySettingsThatThePolicyHas(t *testing.T) {
	lean := safe(0)
	lean.Policies[0].(*loop.Simple).Adjustment = 1
	const lower, one = "use --scale-in-at 0, so that a job that is left keeps its instance", "keep one with --min 1"
	for _, c := range []struct {
		Candidate
		fewer, later, calmer string // calmer: of the last policy that shrinks
		shrinks              int
	}{
		{classic(), "a lower --scale-out-by than 2, a higher --scale-out-at, or a shorter boot", lower + "; or " + one, "use --preset safe: jobs that run keep it from shrinking", 1},
		{spare(2), "a lower --scale-out-by than 2, a higher --scale-out-at, or a shorter boot", lower + "; or " + one, "try a lower --scale-in-at, or --periods 4", 1},
		{lean, "a higher --scale-out-at, or a shorter boot", one, "try --periods 4", 1},
		{step(), "more jobs or fewer instances in each --step, or a shorter boot", lower + "; or " + one, "try a lower --scale-in-at, or --periods 4", 1},
		{table(), "more jobs an instance (--jobs-per-instance or the rows of --table), or a shorter boot", one, "", 0},
		{table(), "more jobs an instance (--jobs-per-instance or the rows of --table), or a shorter boot", one, "", 1},
		{keda(), "a shorter boot", one, "", 0},
		{target(), "a shorter boot", one, "", 0},
	} {
		e := evidenceOf(c.Candidate, 0)
		if got := e.fewer(); got != c.fewer {
			t.Errorf("%s: fewer: %q, want %q", c.Name, got, c.fewer)
		}
		if got := e.later(); got != c.later {
			t.Errorf("%s: later: %q, want %q", c.Name, got, c.later)
		}
		if got := e.calmer(c.Policies[c.shrinks]); got != c.calmer {
			t.Errorf("%s: calmer: %q, want %q", c.Name, got, c.calmer)
		}
	}
	if got := evidenceOf(table(), 1).later(); got != "" {
		t.Errorf("%q", got)
	}
}

// The advice ends: who has followed it is not told to go on for ever.
func TestAdviceOnPeriodsDoesNotClimb(t *testing.T) {
	calm := safe(0)
	calm.Policies[1].(*loop.Simple).Alarm.EvaluationPeriods = calmPeriods
	if got := evidenceOf(calm, 0).calmer(calm.Policies[1]); got != "" {
		t.Errorf("%q", got)
	}
}

func TestIdleInstancesAreToldByWhatShrinksSooner(t *testing.T) {
	for _, c := range []struct {
		Candidate
		want string
	}{
		{safe(0), "shrink sooner: a larger --scale-in-by, or a shorter --cooldown"},
		{table(), "shrink sooner: a larger --scale-in-by"},
		{keda(), ""},
	} {
		if got := evidenceOf(c.Candidate, 0).sooner(); got != c.want {
			t.Errorf("%s: %q, want %q", c.Name, got, c.want)
		}
	}
}

// In a group that may be empty the alarm watches the spare backlog, and the blame is the threshold's there too.
func TestKilledJobsOfASpareGroupAreBlamedOnTheThreshold(t *testing.T) {
	f := told(t, &run(t, base(4), longJobs()[:2], spare(2)).Outcomes[0], "it acts while up to 2 jobs are left and there are more instances than jobs")
	hints(t, f, "--scale-in-at 0, or protect")
}

func TestJobsThatAreKilledAgainAreCountedOnce(t *testing.T) {
	c := base(2)
	c.Horizon = 6 * loop.Hour
	c.Queue.Heartbeat, c.Queue.VisibilityTimeout = true, loop.Minute
	o := &run(t, c, every(30, loop.Second, 8*loop.Minute), classic()).Outcomes[0]
	f := told(t, o, " of 30 running jobs")
	if o.Totals.JobsKilled <= 1 {
		t.Errorf("%d killed: %q", o.Totals.JobsKilled, f.Text)
	}
}

func TestWorkersWithoutAHeartbeatAreNotToldToHaveOne(t *testing.T) {
	for _, heartbeat := range []bool{true, false} {
		c := base(1)
		c.Queue.Heartbeat = heartbeat
		f := told(t, &run(t, c, every(1, 0, 20*loop.Minute), safe(0)).Outcomes[0], "longer than the visibility timeout of 15m")
		want := map[bool]Finding{
			true: {
				"1 job takes longer than the visibility timeout of 15m, up to 20m: the model takes workers to extend it while they work (a heartbeat); where they do not, SQS gives such a job to a second worker",
				"have workers extend it, or set --visibility-timeout 40m",
			},
			false: {
				"1 job takes longer than the visibility timeout of 15m, up to 20m, and workers do not extend it: SQS gives such a job to a second worker while the first is still at it, which the model leaves out",
				"set --visibility-timeout 40m",
			},
		}[heartbeat]
		if f != want {
			t.Errorf("heartbeat %v: %+v", heartbeat, f)
		}
	}
}
