package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

// alarm is one on a metric, of a period and an evaluation.
func alarm(metric loop.Metric, comparison loop.Comparison, threshold float64) loop.AlarmConfig {
	a := loop.DefaultAlarm()
	a.Metric, a.Comparison, a.Threshold, a.TreatMissingData = metric, comparison, threshold, loop.TreatNotBreaching
	return a
}

func simple(name string, a loop.AlarmConfig, adjustment int, cooldown loop.Millis) *loop.Simple {
	return &loop.Simple{Name: name, Alarm: a, AdjustmentType: loop.ChangeInCapacity, Adjustment: adjustment, Cooldown: cooldown}
}

// classic and safe are the reference design and the mended one, with a wake rule.
func classic() Candidate {
	return Candidate{Name: "classic", Policies: []loop.Policy{
		simple("scale-out", alarm(loop.Visible, loop.AtLeast, 10), 2, 5*loop.Minute),
		simple("scale-in", alarm(loop.Visible, loop.AtMost, 2), -1, 5*loop.Minute),
	}}
}

func safe(scaleInAt float64) Candidate {
	return Candidate{Name: "safe", Policies: []loop.Policy{
		simple("scale-out", alarm(loop.Visible, loop.AtLeast, 10), 2, 5*loop.Minute),
		simple("scale-in", alarm(loop.Backlog, loop.AtMost, scaleInAt), -1, 5*loop.Minute),
		simple("wake", alarm(loop.Stranded, loop.AtLeast, 1), 1, loop.Minute),
	}}
}

func base(initial int) loop.Config {
	c := loop.DefaultConfig()
	c.Group.Initial, c.Group.Launch, c.Group.Boot = initial, 30*loop.Second, loop.Boots{3 * loop.Minute}
	c.Queue.VisibilityTimeout = 15 * loop.Minute
	c.Metric.Delay = 30 * loop.Second
	return c
}

// every is so many jobs, each so long after the one before it, which take so long.
func every(n int, apart, takes loop.Millis) []loop.Job {
	jobs := make([]loop.Job, n)
	for i := range jobs {
		jobs[i] = loop.Job{Arrival: loop.Millis(i) * apart, Service: takes}
	}
	return jobs
}

func trace(t testing.TB, jobs []loop.Job) *loop.Trace {
	t.Helper()
	trace, err := loop.NewTrace(jobs)
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

func run(t testing.TB, c loop.Config, jobs []loop.Job, candidates ...Candidate) *Report {
	t.Helper()
	r, err := Run(t.Context(), c, trace(t, jobs), candidates)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOutcomesAreTheModelsInTheirOrder(t *testing.T) {
	jobs := every(300, 7*loop.Second, 40*loop.Second)
	config := base(0)
	candidates := []Candidate{classic(), safe(2), {Name: "fixed"}, safe(0)}
	r := run(t, config, jobs, candidates...)
	for i, c := range candidates {
		config.Policies = c.Policies
		want, err := loop.Run(&config, trace(t, jobs), loop.Options{Series: true})
		if err != nil {
			t.Fatal(err)
		}
		got := &r.Outcomes[i]
		if diff := cmp.Diff(want, &loop.Result{Totals: got.Totals, Series: got.Series, Actions: got.Actions}); diff != "" || got.Name != c.Name {
			t.Errorf("%s: -want +got:\n%s", got.Name, diff)
		}
	}
}

func TestRunsAreEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		jobs := every(rapid.IntRange(1, 400).Draw(t, "jobs"), loop.Millis(rapid.IntRange(0, 60_000).Draw(t, "apart")), loop.Millis(rapid.IntRange(1, 300_000).Draw(t, "takes")))
		config := base(rapid.IntRange(0, 3).Draw(t, "initial"))
		config.Group.ScaleIn = rapid.SampledFrom([]loop.ScaleIn{loop.Kill, loop.Protect, loop.Drain}).Draw(t, "scale-in")
		trace, err := loop.NewTrace(jobs)
		if err != nil {
			t.Fatal(err)
		}
		var documents [2]string
		for i := range documents {
			r, err := Run(context.Background(), config, trace, []Candidate{classic(), safe(0), {Name: "none"}})
			if err != nil {
				t.Fatal(err)
			}
			document, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			documents[i] = string(document)
		}
		if documents[0] != documents[1] {
			t.Fatal("two runs of the same differ")
		}
	})
}

func TestACandidateBringsItsOwnQueue(t *testing.T) {
	jobs := every(3, 0, loop.Minute)
	short := classic()
	short.Queue = &loop.QueueConfig{VisibilityTimeout: 30 * loop.Second, Heartbeat: true}
	r := run(t, base(3), jobs, classic(), short)
	if len(r.Outcomes[0].Findings) != 0 || len(r.Outcomes[1].Findings) != 1 {
		t.Errorf("%+v", r.Outcomes)
	}
}

func TestAWorkloadIsDescribed(t *testing.T) {
	jobs := append(every(120, loop.Second, 10*loop.Second), loop.Job{Arrival: 10 * loop.Minute, Service: loop.Minute})
	r := run(t, base(1), jobs, classic())
	want := Workload{Messages: 121, SpanSeconds: 600, BusySeconds: 1260, ServiceP50: 10, ServiceP95: 10, PeakPerMinute: 60}
	if diff := cmp.Diff(want, r.Workload); diff != "" {
		t.Error(diff)
	}
	if r.Group.BootSeconds != 180 || r.Group.Max != 10 || r.Group.ScaleIn != "kill" || r.SchemaVersion != 1 || len(r.NotModelled) != 9 {
		t.Errorf("%+v", r)
	}
	r.Price(2)
	if cost := r.Outcomes[0].Cost; cost == nil || *cost != 2*r.Outcomes[0].Totals.InstanceHours {
		t.Errorf("%v", cost)
	}
}

func TestRunsEndWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(ctx, base(1), trace(t, every(10, 1, 1)), []Candidate{classic()})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestABadCandidateIsNamed(t *testing.T) {
	bad := Candidate{Name: "odd", Policies: []loop.Policy{simple("", alarm(loop.Visible, loop.AtLeast, 1), 1, 0)}}
	_, err := Run(t.Context(), base(1), trace(t, every(10, 1, 1)), []Candidate{classic(), bad})
	if field, ok := errors.AsType[*loop.FieldError](err); !ok || !strings.HasPrefix(err.Error(), "simulating odd: policies[0].name") {
		t.Error(field, err)
	}
}
