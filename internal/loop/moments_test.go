package loop_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/loop"
)

func TestSecondsAreRoundedHalfUp(t *testing.T) {
	for s, want := range map[float64]loop.Millis{0.0005: 1, 0.00049: 0, 2.0006: 2001, 1.0015: 1002, -0.0005: 0, -0.0006: -1} {
		if got := loop.FromSeconds(s); got != want {
			t.Errorf("%v s: %d ms, want %d", s, got, want)
		}
	}
}

// One worker, killed at 60 s; the message is back at 90 s, when another arrives: the one that is back is first.
func TestWhatComesBackIsBeforeWhatArrivesThen(t *testing.T) {
	config := parse(t, `{"group": {"initial": 1}, "policies": [{"type": "schedule", "plan": [[60, 0], [95, 1]]}]}`)
	trace, err := loop.NewTrace([]loop.Job{{0, 100_000}, {89_999, 1000}, {90_000, 1000}})
	if err != nil {
		t.Fatal(err)
	}
	var taken []int64
	_, err = loop.Run(config, trace, loop.Options{Watch: func(e loop.Event) {
		if e.Kind == loop.Received {
			taken = append(taken, e.Message)
		}
	}})
	if diff := cmp.Diff([]int64{0, 1, 0, 2}, taken); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// A simple policy's drain is over when the last of its own instances is gone: the cooldown starts there.
func TestACooldownStartsWhenTheDrainIsOver(t *testing.T) {
	config := parse(t, `{"group": {"initial": 3, "scale_in": "drain"}, "horizon_s": 900, "policies": [{"type": "simple",
		"alarm": {"comparison": "LessThanThreshold", "threshold": 1}, "adjustment_type": "ChangeInCapacity", "adjustment": -1, "cooldown_s": 100}]}`)
	trace, err := loop.NewTrace([]loop.Job{{0, 190_000}, {0, 500_000}, {0, 500_000}})
	if err != nil {
		t.Fatal(err)
	}
	result, err := loop.Run(config, trace, loop.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// 60 s: the first drains until 190 s, then 100 s; 300 s: the second, until 500 s; 600 s: the third is idle.
	want := []loop.Action{{Time: 60, Policy: "simple0", From: 3, To: 2}, {Time: 300, Policy: "simple0", From: 2, To: 1}, {Time: 600, Policy: "simple0", From: 1}}
	if diff := cmp.Diff(want, result.Actions); diff != "" {
		t.Error(diff)
	}
}

// Without a timeout a drain is a kill.
func TestADrainWithoutTimeKillsAtOnce(t *testing.T) {
	text := `{"group": {"initial": 2, "scale_in": "%s", "drain_timeout_s": 0}, "policies": [{"type": "schedule", "plan": [[60, 1]]}]}`
	trace, err := loop.NewTrace([]loop.Job{{0, 100_000}, {0, 100_000}})
	if err != nil {
		t.Fatal(err)
	}
	var results []*loop.Result
	for _, way := range []string{"drain", "kill"} {
		result, err := loop.Run(parse(t, fmt.Sprintf(text, way)), trace, loop.Options{Series: true})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, result)
	}
	if diff := cmp.Diff(results[0], results[1]); diff != "" {
		t.Error(diff)
	}
}
