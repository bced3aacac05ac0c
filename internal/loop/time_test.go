package loop_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/loop"
)

func TestATimeIsReadAsItWasWritten(t *testing.T) {
	now := loop.Millis(time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC).UnixMilli())
	for _, want := range []loop.Millis{0, 1, 999, loop.Second, 90 * loop.Second, now, now + 1, now + 970} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got loop.Millis
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%d ms were written as %s and read as %d ms: %v", want, text, got, err)
		}
	}
}
