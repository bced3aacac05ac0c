package ui

import (
	"fmt"
	"strconv"
	"time"

	"github.com/eventscale/eventscale/internal/simulation"
)

// workloadLine is a workload in a sentence without a verb.
func workloadLine(w *simulation.Workload) string {
	return fmt.Sprintf("%s jobs in %s, at most %s in a minute · %s of work, p50 %s and p95 %s a job",
		thousands(w.Messages), duration(w.SpanSeconds), thousands(w.PeakPerMinute),
		duration(w.BusySeconds), duration(w.ServiceP50), duration(w.ServiceP95))
}

// groupLine is a group in the same manner.
func groupLine(g *simulation.Group) string {
	slots := "1 job"
	if g.Slots != 1 {
		slots = fmt.Sprintf("%d jobs", g.Slots)
	}
	return fmt.Sprintf("%d to %d instances, %d at first, %s each · launch %s, boot %s, warm-up %s · scale-in: %s",
		g.Min, g.Max, g.Initial, slots, duration(g.LaunchSeconds), duration(g.BootSeconds), duration(g.WarmupSeconds), g.ScaleIn)
}

// figures are what came of a policy, in the few words that fit over its panel.
func figures(outcome *simulation.Outcome) []string {
	t := &outcome.Totals
	words := []string{"wait p95 " + millis(t.Wait.P95), "max " + millis(t.Wait.Max), hours(t.InstanceHours) + " instance-hours"}
	if outcome.Cost != nil {
		words = append(words, "cost "+money(*outcome.Cost))
	}
	words = append(words, thousands(t.JobsKilled)+" killed")
	if t.Unfinished > 0 {
		words = append(words, thousands(t.Unfinished)+" unfinished")
	}
	if t.DeadLettered > 0 {
		words = append(words, thousands(t.DeadLettered)+" dead letters")
	}
	return words
}

// duration is a stretch of seconds as text: tenths where it is short.
func duration(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second && d%time.Second != 0 {
		return seconds(d)
	}
	return span(d)
}

// hours is a number of hours with the digits that matter.
func hours(h float64) string {
	if h < 100 {
		return strconv.FormatFloat(h, 'f', 2, 64)
	}
	return thousands(int64(h + 0.5))
}

// money is a price in whatever currency the price of an instance was given in.
func money(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// thousands sets a comma after each three digits.
func thousands(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// key is a pen and what it stands for.
type key struct {
	pen  pen
	text string
}

func keys() []key {
	return []key{
		{penWaiting, "waiting"}, {penRunning, "in flight"}, {penServing, "in service"}, {penDesired, "desired"},
		{penAlarm, "ALARM"}, {penOK, "OK"}, {penUnknown, "INSUFFICIENT_DATA"},
	}
}

// Measures of a key, in pixels.
const (
	swatchWidth, swatchHeight = 18., 10.
	letterWidth               = 6.2 // of small text, on average and in most fonts
	keyGap                    = 18.
)

// key draws a key whose text stands on y, and returns where the next one begins.
func (s *scene) key(x, y float64, k key) float64 {
	s.swatch(x, y-swatchHeight+1, k.pen)
	s.write(penMuted, point{x + swatchWidth + 6, y}, start, k.text)
	return x + swatchWidth + 6 + letterWidth*float64(len(k.text)) + keyGap
}

// swatch draws what a pen pens like.
func (s *scene) swatch(x, y float64, l pen) {
	half := y + swatchHeight/2
	switch {
	case inks()[l].stroke > 0:
		s.line(l, point{x, half}, point{x + swatchWidth, half})
	case l == penUnknown:
		s.add(shape{pen: l, paths: [][]point{box(x, half-1, 2, 2), box(x+6, half-1, 2, 2), box(x+12, half-1, 2, 2)}})
	default:
		s.line(l, box(x, y, swatchWidth, swatchHeight)...)
	}
}
