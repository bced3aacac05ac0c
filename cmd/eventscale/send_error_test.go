package main

import (
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/ui"
)

func TestRefusedJobsComeWithTheAdviceOnTheFirst(t *testing.T) {
	throttled := stack.Refusal{Job: 1, Code: "KmsThrottled"}
	raised := stack.Refusal{Job: 2, Code: "KeyError", Advice: "look into the log"}
	for want, refusals := range map[string][]stack.Refusal{
		"send those jobs again": {throttled, raised},
		"look into the log":     {raised, throttled},
	} {
		err := &refusedError{&ui.Delivery{Sent: stack.Sent{Jobs: 5, Refused: 2, Refusals: refusals}}}
		if !strings.HasPrefix(err.Hint(), want) || err.Error() != "2 of 7 jobs were refused" {
			t.Errorf("%v, with the advice %q, not %q", err, err.Hint(), want)
		}
	}
}
