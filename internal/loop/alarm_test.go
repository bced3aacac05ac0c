package loop_test

import (
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

// was stands for a state that is kept. Its value is none that an evaluation could come to.
const was = loop.State("was")

// marks reads datapoints as CloudWatch's tables write them: the newest last, 0 fine, X breaching, - missing.
func marks(text string) (list []loop.Mark) {
	kinds := map[string]loop.Mark{"-": loop.Missing, "0": loop.Fine, "X": loop.Breaching}
	for _, word := range strings.Fields(text) {
		list = append([]loop.Mark{kinds[word]}, list...)
	}
	return list
}

// The rows of the tables of "Configuring how CloudWatch alarms treat missing data", for three evaluation
// periods. In the last ones the documentation only says that there is no alarm yet, or nothing at all: the
// model says INSUFFICIENT_DATA for missing, where another reading would keep the state.
func TestAlarmsTreatMissingDataAsPublished(t *testing.T) {
	const ok, alarm, unknown = loop.StateOK, loop.StateAlarm, loop.StateUnknown
	for _, tt := range []struct {
		points                                   string
		m                                        int
		missing, ignore, breaching, notBreaching loop.State
	}{
		{"0 - X - X", 3, ok, ok, ok, ok},
		{"0 - - - -", 3, ok, ok, ok, ok},
		{"- - - - -", 3, unknown, was, alarm, ok},
		{"0 X X - X", 3, alarm, alarm, alarm, alarm},
		{"- - X - -", 3, alarm, was, alarm, ok},

		{"0 - X - X", 2, alarm, alarm, alarm, alarm},
		{"0 0 X 0 X", 2, alarm, alarm, alarm, alarm},
		{"0 - X - -", 2, ok, ok, alarm, ok},
		{"- - - - 0", 2, ok, ok, alarm, ok},
		{"- - - X -", 2, alarm, was, alarm, ok},

		{"- - - - X", 3, unknown, was, alarm, ok},
		{"- - - X -", 3, unknown, was, alarm, ok},
		{"- - - - X", 2, unknown, was, alarm, ok},
	} {
		for treat, want := range map[loop.Treatment]loop.State{
			loop.TreatMissing: tt.missing, loop.TreatIgnore: tt.ignore,
			loop.TreatBreaching: tt.breaching, loop.TreatNotBreaching: tt.notBreaching,
		} {
			if got := loop.Judge(was, marks(tt.points), 3, tt.m, treat); got != want {
				t.Errorf("%s, %d of 3, %s: %s, want %s", tt.points, tt.m, treat, got, want)
			}
		}
	}
}

// evaluate runs an alarm over samples, of which those below 0 are missing.
func evaluate(c loop.AlarmConfig, visible ...int) loop.Reading {
	samples, k := loop.NewSamples(100), 0
	for _, v := range visible {
		k = samples.Add(loop.Sample{Visible: v, Inflight: 7, InService: v % 2, Age: 1500, Missing: v < 0})
	}
	return loop.NewAlarm("a", c).Evaluate(samples, k)
}

func TestAStatisticIsOverThePeriodAndSlides(t *testing.T) {
	for _, tt := range []struct {
		statistic loop.Statistic
		want      float64
	}{{loop.Sum, 10}, {loop.Average, 5}, {loop.Maximum, 6}, {loop.Minimum, 4}} {
		c := loop.DefaultAlarm()
		c.Statistic, c.Period, c.Threshold = tt.statistic, 3*loop.Minute, tt.want
		if got := evaluate(c, 100, 6, -1, 4); got.Newest.Value != tt.want || got.State != loop.StateAlarm {
			t.Errorf("%s: %+v, want %v and ALARM", tt.statistic, got, tt.want)
		}
		c.Comparison = loop.MoreThan
		if got := evaluate(c, 100, 6, -1, 4); got.State != loop.StateOK {
			t.Errorf("%s: equal to the threshold is not greater: %+v", tt.statistic, got)
		}
	}
}

func TestMetricsAreThoseOfTheSample(t *testing.T) {
	for _, tt := range []struct {
		metric  loop.Metric
		zero    loop.ZeroInstances
		visible int
		want    loop.Datapoint
	}{
		{loop.Visible, "", 3, loop.Datapoint{Value: 3, Real: true}},
		{loop.Inflight, "", 3, loop.Datapoint{Value: 7, Real: true}},
		{loop.Backlog, "", 3, loop.Datapoint{Value: 10, Real: true}},
		{loop.Age, "", 3, loop.Datapoint{Value: 1.5, Real: true}},
		{loop.BacklogPerInstance, loop.ZeroMissing, 3, loop.Datapoint{Value: 3, Real: true}},
		{loop.BacklogPerInstance, loop.ZeroMissing, 4, loop.Datapoint{}},
		{loop.BacklogPerInstance, loop.ZeroVisible, 4, loop.Datapoint{Value: 4, Real: true}},
	} {
		c := loop.DefaultAlarm()
		c.Metric, c.ZeroInstances = tt.metric, tt.zero
		if got := evaluate(c, tt.visible).Newest; got != tt.want {
			t.Errorf("%s of %d: %+v, want %+v", tt.metric, tt.visible, got, tt.want)
		}
	}
}

func TestAnEvaluationSeesNoLaterSample(t *testing.T) {
	samples := loop.NewSamples(10)
	for _, v := range []int{1, 2, 50} {
		samples.Add(loop.Sample{Visible: v})
	}
	c := loop.DefaultAlarm()
	c.Threshold = 10
	if got := loop.NewAlarm("a", c).Evaluate(samples, 2); got.State != loop.StateOK || got.Newest.Value != 2 {
		t.Errorf("%+v", got)
	}
}
