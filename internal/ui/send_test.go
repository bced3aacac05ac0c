package ui

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eventscale/eventscale/internal/stack"
)

const jobQueueName = "eventscale-gpu-workers-jobs"

// deliveries are sendings in all their ends.
func deliveries() []Delivery {
	toQueue := Delivery{Stack: "gpu-workers", Via: stack.ViaQueue, To: jobQueueName}
	with := func(count int, s stack.Sent) Delivery {
		d := toQueue
		d.Count, d.Sent = count, s
		return d
	}
	var many []stack.Refusal
	for n := range 100 {
		many = append(many, stack.Refusal{Job: 3 * (n + 1), Code: "InvalidBody", Message: "the body must not be empty"})
	}
	some := append([]stack.Refusal{{Job: 7, Code: "KmsThrottled", Message: "Rate exceeded for the key arn:aws:kms:eu-central-1:123456789012:key/1"}}, many[:2]...)
	return []Delivery{
		with(1, stack.Sent{Jobs: 1, Elapsed: 12 * time.Millisecond}),
		with(60, stack.Sent{Jobs: 60, Elapsed: 99 * time.Millisecond}),
		with(90, stack.Sent{Jobs: 90, Elapsed: 30 * time.Minute}),
		with(1000, stack.Sent{Jobs: 412, Elapsed: 41 * time.Second}),
		with(0, stack.Sent{Jobs: 200, Refused: 100, Refusals: many, Elapsed: 20 * time.Second}),
		with(60, stack.Sent{Jobs: 57, Refused: 3, Refusals: some, Elapsed: 2 * time.Second}),
		with(0, stack.Sent{Jobs: 200, Refused: 45_100, Refusals: many, Elapsed: 20 * time.Second}),
		{Stack: "gpu-workers", Via: stack.ViaFunction, To: "eventscale-gpu-workers-ingest", Count: 3, Sent: stack.Sent{Jobs: 3, Elapsed: time.Second}},
	}
}

func TestSentText(t *testing.T) {
	goldens(t, "sent", false, func(o *Output) error {
		for _, d := range deliveries() {
			if err := Sent(o, &d); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestSentDocument(t *testing.T) {
	var b bytes.Buffer
	for _, i := range []int{1, 5} {
		if err := SentJSON(&b, &deliveries()[i]); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "sent.json", b.String())
}

func TestSendProgressFrames(t *testing.T) {
	goldens(t, "send-progress", false, func(o *Output) error {
		w := o.Width()
		if w == 0 {
			w = unbounded
		}
		for _, d := range deliveries() {
			p := &SendProgress{live: live{out: o}, delivery: d, notes: []string{"interrupted: finishing the calls in flight; once more leaves at once"}}
			fmt.Fprintf(o, "%s\n", strings.Join(p.lines(w, unbounded, false), "\n"))
		}
		return nil
	})
}

func TestAShortSendingShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		p := NewSendProgress(NewFixedOutput(s, Fixed{Width: 80, Height: 24, Interactive: true}), deliveries()[1])
		<-time.After(patientFor - time.Millisecond)
		p.End()
		if s.frames() != 0 {
			t.Errorf("%d frames:\n%s", s.frames(), s.text())
		}
	})
}

func TestALongSendingIsShownUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{}
		d := deliveries()[3]
		p := NewSendProgress(NewFixedOutput(s, Fixed{Width: 80, Height: 24, Interactive: true}), d)
		p.Update(d.Sent)
		<-time.After(patientFor + frameTime/2)
		if text := s.text(); !strings.Contains(text, "412 of 1000  10/s  59s left") {
			t.Errorf("while it goes on:\n%s", text)
		}
		p.Note("interrupted")
		p.End()
		p.End()
		if text := s.text(); text != "interrupted\n" || s.hidden {
			t.Errorf("at the end:\n%s", text)
		}
	})
}
