package loop_test

import (
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/loop"
)

func parse(t *testing.T, text string) *loop.Config {
	t.Helper()
	config, err := loop.ParseConfig([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestABadConfigurationIsNamedToTheField(t *testing.T) {
	policy := func(text string) string { return "{\n \"policies\": [" + text + "]}" }
	const alarm = `"alarm": {"threshold": 1}, "adjustment_type": "ChangeInCapacity"`
	for _, tt := range []struct{ text, want string }{
		{``, "line 1, column 1: this is not JSON: it ends too soon"},
		{`{"group": {"min": 1,}}`, "line 1, column 21: this is not JSON"},
		{"{}\n{}", "line 2, column 1: this is not JSON: there is more"},
		{`[]`, "line 1, column 1: a list is not an object"},
		{strings.Repeat("[", 17), "line 1, column 17: lists and objects stand in each other more than 16 deep"},
		{`{"group": {"boot_s": [` + strings.Repeat("1,", 50_000) + `1]}}`, "line 1, column 22: group.boot_s: the list has 50001 entries; there must be at most 50000"},
		{`{"` + strings.Repeat("é", 500) + `": 1}`, "ééé ... é"},
		{`{"group": 5}`, "line 1, column 11: group: 5 is not an object"},
		{`{"group": {"min": 3, "max": 2}}`, "line 1, column 29: group.max: 2 is below group.min, which is 3"},
		{`{"group": {"min": 30}}`, "group.max: 10 is below group.min, which is 30"},
		{`{"group": {"slot": 3}}`, "line 1, column 20: group.slot: there is no such field; there are min, max, initial, slots"},
		{`{"group": {"min": 1, "min": 2}}`, "line 1, column 22: min: the field is there twice"},
		{`{"group": {"min": "one"}}`, `group.min: "one" is not a number`},
		{`{"group": {"min": 1.5}}`, "group.min: 1.5 is not an integer"},
		{`{"group": {"initial": 11}}`, "group.initial: 11 is not between group.min and group.max, 0 and 10"},
		{`{"group": {"slots": 0}}`, "group.slots: 0 is below 1"},
		{`{"group": {"boot_s": [3, -1]}}`, "line 1, column 26: group.boot_s[1]: -1 s is below 0 s"},
		{`{"group": {"boot_s": []}}`, "group.boot_s: the list is empty"},
		{`{"group": {"launch_s": 1e12}}`, "group.launch_s: 1e12 s is more than 1000000000 s"},
		{`{"group": {"scale_in": "stop"}}`, `group.scale_in: "stop" is not one of kill, protect, drain`},
		{`{"group": {"victim": 1}}`, "group.victim: 1 is not a string"},
		{`{"queue": {"heartbeat": "yes"}}`, `queue.heartbeat: "yes" is not true or false`},
		{`{"queue": {"max_receives": -1}}`, "queue.max_receives: -1 is below 0"},
		{`{"metric": {"gaps_s": [[1, 2], [5, 3]]}}`, "line 1, column 32: metric.gaps_s[1]: it ends at 3 s, before it begins at 5 s"},
		{`{"metric": {"gaps_s": [[1]]}}`, "metric.gaps_s[0]: a list is not [from, to] in seconds"},
		{`{"slo_wait_s": -4}`, "slo_wait_s: -4 s is below 0 s"},
		{`{"arrivals": {"pick": "any"}}`, `arrivals.pick: "any" is not one of cycle, hash`},
		{`{"arrivals": {"seed": -1}}`, "arrivals.seed: -1 is not an integer from 0 to 18446744073709551615"},
		{policy(`{}`), "line 2, column 15: policies[0].type: it is missing"},
		{policy(`{"type": "simpel"}`), `policies[0].type: "simpel" is not one of simple, step, target, keda, schedule`},
		{policy(`{"type": "simple"}`), "policies[0].alarm: it is missing"},
		{policy(`{"type": "simple", ` + alarm + `}`), "policies[0].adjustment: it is missing"},
		{policy(`{"type": "simple", ` + alarm + `, "adjustment": 1, "steps": []}`), "policies[0].steps: there is no such field"},
		{policy(`{"type": "simple", "alarm": {}}`), "policies[0].alarm.threshold: it is missing"},
		{policy(`{"type": "simple", "alarm": {"threshold": 1, "period_s": 90}, "adjustment_type": "ChangeInCapacity", "adjustment": 1}`), "policies[0].alarm.period_s: 90 s is not a multiple of 60 s"},
		{policy(`{"type": "simple", "alarm": {"threshold": 1, "datapoints_to_alarm": 2}, "adjustment_type": "ChangeInCapacity", "adjustment": 1}`), "policies[0].alarm.datapoints_to_alarm: 2 is above 1"},
		{policy(`{"type": "simple", "alarm": {"threshold": 1, "metric": "cpu"}, "adjustment_type": "ChangeInCapacity", "adjustment": 1}`), `policies[0].alarm.metric: "cpu" is not one of visible, inflight, backlog, age, backlog_per_instance`},
		{policy(`{"type": "simple", "alarm": {"threshold": 1}, "adjustment_type": "Exact", "adjustment": 1}`), `policies[0].adjustment_type: "Exact" is not one of ChangeInCapacity, PercentChangeInCapacity, ExactCapacity`},
		{policy(`{"type": "step", ` + alarm + `, "steps": []}`), "policies[0].steps: there are none"},
		{policy(`{"type": "step", ` + alarm + `, "steps": [{"lower": 2, "upper": 1, "adjustment": 1}]}`), "policies[0].steps[0]: lower is not below upper"},
		{policy(`{"type": "target", "target": 0}`), "policies[0].target: 0 is not between 0.001 and 1e+09"},
		{policy(`{"type": "keda", "poll_s": 0}`), "policies[0].poll_s: 0 s is below 0.001 s"},
		{policy(`{"type": "keda", "name": "a"}, {"type": "keda", "name": "a"}`), `policies[1].name: "a" is the name of another policy too`},
		{policy(`{"type": "schedule", "plan": [[-5, 2]]}`), "policies[0].plan[0][0]: -5 s is below 0 s"},
		{policy(`{"type": "schedule", "plan": [[5, 2.5]]}`), "policies[0].plan[0][1]: 2.5 is not an integer"},
		{`{"polices": []}`, "polices: there is no such field; there are group, queue, metric, horizon_s"},
	} {
		_, err := loop.ParseConfig([]byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func TestABadModelIsNamedToTheField(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`{"config": {"group": {"min": -1}}, "trace": {"rows": []}}`, "line 1, column 30: config.group.min: -1 is below 0"},
		{`{"trace": {"rows": []}}`, "trace.rows: the trace has no messages"},
		{`{"trace": {}}`, `trace: it needs either "rows" or "counts"`},
		{`{"trace": {"rows": [[0, 1], [0]]}}`, "line 1, column 29: trace.rows[1]: a list is not [time_s, service_s]"},
		{`{"trace": {"rows": [[0, "x"]]}}`, "trace.rows[0]: a list is not [time_s, service_s]"},
		{`{"trace": {"rows": [[1e10, 1]]}}`, "trace.rows[0][0]: 1e+10 is above 1e+09 s"},
		{`{"trace": {"counts": [[0, 1]]}}`, "counts need service_s or service_values_s"},
		{`{"trace": {"counts": [[0, 1.5]], "service_s": 1}}`, "trace.counts[0][1]: 1.5 is not an integer from 0 to 1000000000"},
		{`{"trace": {"counts": [[0, 1]], "service_s": 1, "bin_s": 0}}`, "line 1, column 57: trace.bin_s: 0 s is below 0.001 s"},
		{`{"trace": {"counts": [[0, 1], [-60, 1]], "service_s": 1}}`, "line 1, column 32: trace.counts[1][0]: it is before the start"},
		{`{"traces": {}}`, "traces: there is no such field"},
	} {
		_, err := loop.ParseModel([]byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

func TestAConfigurationMadeByAProgramIsCheckedToo(t *testing.T) {
	c := loop.DefaultConfig()
	c.Group.Slots = 0
	trace, _ := loop.NewTrace([]loop.Job{{Service: 1}})
	if _, err := loop.Run(&c, trace, loop.Options{}); err == nil || err.Error() != "group.slots: 0 is below 1" {
		t.Error(err)
	}
}

func TestWhatIsLeftOutHasItsDefault(t *testing.T) {
	c := parse(t, `{"group": {"min": 2}, "policies": [{"type": "simple", "alarm": {"threshold": 3, "evaluation_periods": 4},
		"adjustment_type": "ChangeInCapacity", "adjustment": 1}, {"type": "target", "target": 1}]}`)
	if c.Group.Initial != 2 || c.Group.Max != 10 || c.Group.Slots != 1 || !c.Queue.Heartbeat || c.Queue.VisibilityTimeout != 30*loop.Second || c.DrainLimit != 24*loop.Hour {
		t.Errorf("%+v", c)
	}
	p := c.Policies[0].(*loop.Simple)
	if p.Name != "simple0" || p.Cooldown != 300*loop.Second || p.Alarm.DatapointsToAlarm != 4 || p.Alarm.Statistic != loop.Sum {
		t.Errorf("%+v", p)
	}
	if q := c.Policies[1].(*loop.Target); q.Name != "target1" || q.HighPeriods != 3 || q.LowPeriods != 15 {
		t.Errorf("%+v", q)
	}
}

func FuzzParseModel(f *testing.F) {
	f.Add([]byte(`{"group": {"boot_s": [1, 2]}, "policies": [{"type": "step", "alarm": {"threshold": 1}, "steps": [{"lower": null}]}]}`))
	f.Add([]byte(`{"config": {"metric": {"gaps_s": [[1, 2]]}}, "trace": {"counts": [[0, 3]], "service_values_s": [1], "pick": "hash"}}`))
	f.Add([]byte(`{"trace": {"rows": [[0, 1], [2, 3.5]]}, "policies": [{"type": "schedule", "plan": [[0, 1]]}, {"type": "keda"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := loop.ParseModel(data)
		if err == nil && m.Config.Validate() != nil {
			t.Errorf("%s is read and not valid: %v", data, m.Config.Validate())
		}
	})
}
