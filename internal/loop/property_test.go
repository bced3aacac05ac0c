package loop_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// aboutSeconds draws a time; half of them whole tens of seconds, so that much falls on one instant.
func aboutSeconds(t *rapid.T, most int, label string) loop.Millis {
	if rapid.Bool().Draw(t, label+" round") {
		return loop.Millis(rapid.IntRange(0, most/10).Draw(t, label)) * 10 * loop.Second
	}
	return loop.Millis(rapid.IntRange(0, most*1000).Draw(t, label))
}

func drawJobs(t *rapid.T) []loop.Job {
	jobs := make([]loop.Job, rapid.IntRange(1, 60).Draw(t, "jobs"))
	for i := range jobs {
		jobs[i] = loop.Job{Arrival: aboutSeconds(t, 1200, "arrival"), Service: max(1, aboutSeconds(t, 300, "service"))}
	}
	return jobs
}

func drawAlarm(t *rapid.T, low bool) loop.AlarmConfig {
	a := loop.DefaultAlarm()
	a.Metric = rapid.SampledFrom([]loop.Metric{loop.Visible, loop.Backlog}).Draw(t, "metric")
	a.EvaluationPeriods = rapid.IntRange(1, 3).Draw(t, "N")
	a.DatapointsToAlarm = rapid.IntRange(1, a.EvaluationPeriods).Draw(t, "M")
	a.Threshold = float64(rapid.IntRange(0, 12).Draw(t, "threshold"))
	a.TreatMissingData = rapid.SampledFrom([]loop.Treatment{loop.TreatMissing, loop.TreatIgnore, loop.TreatBreaching, loop.TreatNotBreaching}).Draw(t, "treat")
	a.Comparison = rapid.SampledFrom([]loop.Comparison{loop.AtLeast, loop.MoreThan}).Draw(t, "comparison")
	if low {
		a.Comparison = rapid.SampledFrom([]loop.Comparison{loop.AtMost, loop.LessThan}).Draw(t, "comparison")
	}
	return a
}

func drawKind(t *rapid.T) loop.AdjustmentType {
	return rapid.SampledFrom([]loop.AdjustmentType{loop.ChangeInCapacity, loop.PercentChangeInCapacity}).Draw(t, "adjustment type")
}

func drawPolicy(t *rapid.T, i int) loop.Policy {
	name, low := fmt.Sprint("p", i), i%2 == 1
	up := rapid.IntRange(1, 4)
	if low {
		up = rapid.IntRange(-3, 0)
	}
	switch rapid.SampledFrom([]string{"simple", "simple", "step", "target"}).Draw(t, "type") {
	case "simple":
		p := &loop.Simple{
			Name: name, Alarm: drawAlarm(t, low), AdjustmentType: drawKind(t), Adjustment: up.Draw(t, "adjustment"),
			Cooldown: aboutSeconds(t, 400, "cooldown"), MinMagnitude: rapid.IntRange(0, 2).Draw(t, "magnitude"),
		}
		if p.AdjustmentType == loop.PercentChangeInCapacity {
			p.Adjustment *= 30
		}
		return p
	case "step":
		bound := float64(rapid.IntRange(-2, 6).Draw(t, "bound"))
		p := &loop.Step{Name: name, Alarm: drawAlarm(t, low), AdjustmentType: drawKind(t), Steps: []loop.StepAdjustment{
			{Upper: &bound, Adjustment: up.Draw(t, "first")}, {Lower: &bound, Adjustment: up.Draw(t, "second")},
		}}
		if !low && rapid.Bool().Draw(t, "exact") {
			p.AdjustmentType = loop.ExactCapacity
		}
		return p
	default:
		p := loop.DefaultTarget()
		p.Name, p.Target = name, float64(rapid.IntRange(1, 40).Draw(t, "target"))/4
		p.ZeroInstances, p.DisableScaleIn = loop.ZeroVisible, rapid.Bool().Draw(t, "no scale-in")
		p.LowPeriods = rapid.IntRange(2, 15).Draw(t, "low periods")
		return &p
	}
}

func drawConfig(t *rapid.T) *loop.Config {
	c := loop.DefaultConfig()
	g := &c.Group
	g.Min = rapid.IntRange(0, 3).Draw(t, "min")
	g.Max = g.Min + rapid.IntRange(0, 6).Draw(t, "max")
	g.Initial = rapid.IntRange(g.Min, g.Max).Draw(t, "initial")
	g.Slots = rapid.IntRange(1, 3).Draw(t, "slots")
	g.Launch, g.Warmup = aboutSeconds(t, 120, "launch"), aboutSeconds(t, 200, "warmup")
	g.Boot = loop.Boots{aboutSeconds(t, 200, "boot"), aboutSeconds(t, 60, "boot")}
	g.ScaleIn = rapid.SampledFrom([]loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain}).Draw(t, "scale-in")
	g.DrainTimeout = 1 + aboutSeconds(t, 300, "drain timeout")
	g.Victim = rapid.SampledFrom([]loop.Victim{loop.Oldest, loop.Newest}).Draw(t, "victim")
	c.Queue = loop.QueueConfig{
		VisibilityTimeout: aboutSeconds(t, 120, "visibility"), Heartbeat: rapid.Bool().Draw(t, "heartbeat"),
		MaxReceives: rapid.IntRange(0, 3).Draw(t, "receives"),
	}
	c.Metric.Delay = aboutSeconds(t, 130, "delay")
	if rapid.Bool().Draw(t, "gap") {
		from := aboutSeconds(t, 1200, "gap")
		c.Metric.Gaps = []loop.Gap{{From: from, To: from + aboutSeconds(t, 400, "gap for")}}
	}
	c.Horizon, c.DrainLimit = aboutSeconds(t, 2400, "horizon"), aboutSeconds(t, 3600, "drain limit")
	if slo := aboutSeconds(t, 300, "SLO"); slo > 0 {
		c.SLOWait = &slo
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "policies") {
		c.Policies = append(c.Policies, drawPolicy(t, i))
	}
	return &c
}

func run(t *rapid.T, c *loop.Config, jobs []loop.Job, o loop.Options) *loop.Result {
	trace, err := loop.NewTrace(append([]loop.Job(nil), jobs...))
	if err != nil {
		t.Fatal(err)
	}
	result, err := loop.Run(c, trace, o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// A hundred draws, which are rapid's default, meet few of the coincidences that an order is about.
func TestThePlainModelComesToTheSame(t *testing.T) {
	for range 10 {
		rapid.Check(t, func(t *rapid.T) {
			c, jobs := drawConfig(t), drawJobs(t)
			got := run(t, c, jobs, loop.Options{Series: true})
			want := simulate(c, jobs)
			if diff := cmp.Diff(&loop.Result{Totals: want.totals, Series: want.series, Actions: want.actions}, got); diff != "" {
				t.Fatalf("-plain +got:\n%s", diff)
			}
		})
	}
}
