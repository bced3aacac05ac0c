package ui

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// moments are looks at a loop, one a minute, as the model has it: 60 jobs of 2 minutes for a group that has
// one instance and may have none.
func moments(t *testing.T) []Moment {
	t.Helper()
	const jobs = 60
	config := loop.DefaultConfig()
	config.Group = loop.GroupConfig{
		Max: 20, Initial: 1, Slots: 1, Launch: 30 * loop.Second, Boot: loop.Boots{90 * loop.Second},
		ScaleIn: loop.Protect, DrainTimeout: loop.Hour, Victim: loop.Oldest,
	}
	config.Metric.Delay = 30 * loop.Second
	simple := func(name string, metric loop.Metric, comparison loop.Comparison, threshold float64, adjustment int) loop.Policy {
		return &loop.Simple{
			Name: name, AdjustmentType: loop.ChangeInCapacity, Adjustment: adjustment, Cooldown: 5 * loop.Minute,
			Alarm: loop.AlarmConfig{
				Metric: metric, Comparison: comparison, Threshold: threshold, Statistic: loop.Maximum, Period: loop.Minute,
				EvaluationPeriods: 2, DatapointsToAlarm: 2, TreatMissingData: loop.TreatNotBreaching, ZeroInstances: loop.ZeroMissing,
			},
		}
	}
	config.Policies = []loop.Policy{
		simple("scale-out", loop.Visible, loop.AtLeast, 10, 2),
		simple("scale-in", loop.Backlog, loop.AtMost, 2, -1),
		simple("wake", loop.Stranded, loop.AtLeast, 1, 1),
	}
	config.Horizon = 80 * loop.Minute
	var all []loop.Job
	for range jobs {
		all = append(all, loop.Job{Arrival: 0, Service: 2 * loop.Minute})
	}
	trace, err := loop.NewTrace(all)
	if err != nil {
		t.Fatal(err)
	}
	result, err := loop.Run(&config, trace, loop.Options{Series: true})
	if err != nil {
		t.Fatal(err)
	}
	looks := []Moment{momentOf(jobs, loop.Row{Visible: jobs, Desired: 1, InService: 1}, nil)}
	for _, row := range result.Series {
		looks = append(looks, momentOf(jobs, row, result.Actions))
	}
	return looks
}

// momentOf is a row of the model as AWS shows it.
func momentOf(jobs int, row loop.Row, actions []loop.Action) Moment {
	at := time.Duration(row.Minute) * time.Minute
	pending := max(row.Desired-row.InService, 0)
	s := &stack.Status{
		Stack: "gpu-workers", Account: "123456789012", Region: "us-east-1", Time: noon.Add(at),
		Group: &stack.GroupStatus{
			Name: "gpu-workers", Max: 20, Desired: row.Desired, InService: row.InService, Pending: pending,
			Terminating: max(row.Draining, 0),
		},
		Queue: &stack.QueueStatus{Name: "eventscale-gpu-workers-jobs", Visible: row.Visible, InFlight: row.Inflight},
	}
	for _, name := range []string{"scale-out", "scale-in", "wake"} {
		state := row.Alarms[name]
		if state == "" {
			state = loop.StateUnknown
		}
		s.Alarms = append(s.Alarms, stack.AlarmStatus{LogicalID: logicalIDs[name], Name: "eventscale-gpu-workers-" + name, State: string(state)})
	}
	for _, a := range actions {
		if when := time.Duration(a.Time * float64(time.Second)); when <= at {
			s.Activities = append([]stack.Activity{{
				Start: noon.Add(when), Status: "Successful",
				Cause: fmt.Sprintf("At %s a monitor alarm eventscale-gpu-workers-%s in state ALARM triggered policy eventscale-gpu-workers-%s changing the desired capacity from %d to %d.  At %s an instance was started.",
					noon.Add(when).Format(time.RFC3339), a.Policy, a.Policy, a.From, a.To, noon.Add(when).Format(time.RFC3339)),
			}}, s.Activities...)
		}
	}
	s.Activities = s.Activities[:min(len(s.Activities), 5)]
	return Moment{At: at, Begun: noon, Jobs: jobs, Status: s}
}

var logicalIDs = map[string]string{"scale-out": "ScaleOutAlarm", "scale-in": "ScaleInAlarm", "wake": "WakeAlarm"}

func TestDemoLines(t *testing.T) {
	goldens(t, "demo-plain", true, func(o *Output) error {
		d := NewDemo(o, 60)
		for _, m := range moments(t) {
			d.Look(m)
		}
		d.Note("Interrupted.")
		d.End()
		return nil
	})
}

func TestDemoDocument(t *testing.T) {
	var b bytes.Buffer
	d := NewJSONDemo(&b)
	for _, m := range moments(t)[:12] {
		d.Look(m)
	}
	golden(t, "demo.json", b.String())
}

// sizes are the terminals at which the demo is looked at.
var sizes = []struct{ width, height int }{{40, 24}, {80, 24}, {120, 40}}

func TestDemoFrames(t *testing.T) {
	looks := moments(t)
	for _, size := range sizes {
		for _, color := range []bool{false, true} {
			name := fmt.Sprintf("demo-live.%dx%d", size.width, size.height)
			if color {
				name += ".color"
			}
			var b strings.Builder
			v := demoView{out: NewFixedOutput(&b, Fixed{Width: size.width, Height: size.height, Unicode: true, Color: color}), speed: 60, story: newStory()}
			for _, m := range looks {
				v.look(m)
				switch m.At {
				case 0, 6 * time.Minute, 18 * time.Minute, 60 * time.Minute:
					fmt.Fprintf(&b, "%s\n\n", strings.Join(v.frame(size.width, size.height), "\n"))
				}
			}
			golden(t, name+".golden", b.String())
			noWiderThan(t, size.width-1, b.String())
		}
	}
}

func TestADemoFrameFitsEveryTerminal(t *testing.T) {
	v := demoView{out: NewFixedOutput(nil, Fixed{Unicode: true}), speed: 60, story: newStory()}
	for _, m := range moments(t) {
		v.look(m)
	}
	for width := 10; width < 150; width += 7 {
		for height := 4; height < 50; height += 3 {
			frame := v.frame(width, height)
			if len(frame) > height-1 {
				t.Fatalf("%d lines in %d rows of %d", len(frame), height, width)
			}
			if width >= 40 {
				noWiderThan(t, width-1, strings.Join(frame, "\n"))
			}
		}
	}
}

func TestTheDemoRedrawsInPlaceAndLeavesItsLastView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		d := NewDemo(NewFixedOutput(s, Fixed{Width: 80, Height: 24, Unicode: true, Interactive: true}), 60)
		for _, m := range moments(t) {
			d.Look(m)
			<-time.After(time.Second)
		}
		d.Note("interrupted: finishing the calls in flight")
		d.End()
		d.End()
		if s.hidden {
			t.Error("the cursor is hidden")
		}
		text := s.text()
		if strings.Count(text, "eventscale demo") != 1 || !strings.Contains(text, "interrupted") || !strings.Contains(text, "1h20m") {
			t.Errorf("\n%s", text)
		}
	})
}
