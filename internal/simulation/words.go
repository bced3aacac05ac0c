package simulation

import (
	"fmt"

	"github.com/eventscale/eventscale/internal/loop"
)

// count is a number of things: 1 job, 3 jobs.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// were, are and take are a number of things with their verb.
func were(n int64, thing string) string { return count(n, thing) + verb(n, " was", " were") }
func are(n int64, thing string) string  { return count(n, thing) + verb(n, " is", " are") }
func take(n int64, thing string) string { return count(n, thing) + verb(n, " takes", " take") }

func verb(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// repeated says how often, where that is more than once.
func repeated(times int) string {
	if times <= 1 {
		return ""
	}
	return fmt.Sprintf(", %d times", times)
}

// span is a stretch of time in at most two units: 45s, 4m10s, 2h05m, 3d4h. A whole one needs one: 5m.
func span(m loop.Millis) string {
	s := int64(m+loop.Second/2) / int64(loop.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600 && s%60 == 0:
		return fmt.Sprintf("%dm", s/60)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400 && s/60%60 == 0:
		return fmt.Sprintf("%dh", s/3600)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%dh", s/86400, s/3600%24)
}

// hoursOf is a number of hours to the tenth.
func hoursOf(m loop.Millis) string { return fmt.Sprintf("%.1f", float64(m)/float64(loop.Hour)) }
