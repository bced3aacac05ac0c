package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keepMetrics is how long datapoints are kept. AWS keeps those of a minute for 15 days; here they must
// last for a day of history, and stay small in the world's file.
const keepMetrics = 3 * 24 * time.Hour

// minute is a minute since 1970. A datapoint has the minute that it is about, and is taken at its end.
type minute int64

func minuteOf(t time.Time) minute { return minute(t.Unix() / 60) }

func (m minute) time() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

// end is when the minute is over.
func (m minute) end() time.Time { return (m + 1).time() }

// series is a metric's datapoints, one a minute, some minutes without. Most metrics stand still most of
// the time, or grow evenly (an age), so the datapoints are kept as runs.
type series struct{ runs []run }

// run is n datapoints from a minute on, each a step more than the one before it.
type run struct {
	from        minute
	n           int64
	value, step float64
}

func (r run) end() minute { return r.from + minute(r.n) }

// add appends a datapoint, of a minute after all others.
func (s *series) add(m minute, value float64) {
	if n := len(s.runs); n > 0 {
		last := &s.runs[n-1]
		switch {
		case m != last.end():
		case last.n == 1 && (value == last.value || whole(value) && whole(last.value)):
			last.n, last.step = 2, value-last.value
			return
		case value == last.at(last.end()):
			last.n++
			return
		}
	}
	s.runs = append(s.runs, run{from: m, n: 1, value: value})
}

// whole reports whether sums of such numbers are exact.
func whole(x float64) bool { return x == math.Trunc(x) && math.Abs(x) < 1<<40 }

func (r run) at(m minute) float64 { return r.value + float64(m-r.from)*r.step }

// at returns the datapoint of a minute; false where there is none.
func (s *series) at(m minute) (float64, bool) {
	if s == nil {
		return 0, false
	}
	i, found := slices.BinarySearchFunc(s.runs, m, func(r run, m minute) int { return int(r.from - m) })
	if !found {
		i--
	}
	if i < 0 || m >= s.runs[i].end() {
		return 0, false
	}
	return s.runs[i].at(m), true
}

// predict reports whether a datapoint is what the newest ones let expect.
func (s *series) predict(m minute, value float64) bool {
	n := len(s.runs)
	return n > 0 && s.runs[n-1].n > 1 && s.runs[n-1].end() == m && s.runs[n-1].at(m) == value
}

// extend goes on for n minutes as it was. The newest run must end before the first of them.
func (s *series) extend(m minute, n int64) {
	if last := len(s.runs) - 1; last >= 0 && s.runs[last].end() == m {
		s.runs[last].n += n
	}
}

// forget drops the datapoints before a minute.
func (s *series) forget(before minute) {
	s.runs = slices.DeleteFunc(s.runs, func(r run) bool { return r.end() <= before })
	if len(s.runs) > 0 && s.runs[0].from < before {
		r := &s.runs[0]
		r.value = r.at(before)
		r.n -= int64(before - r.from)
		r.from = before
	}
}

// MarshalText writes "29381760:0x1440 3 5+60x12": a minute where one was left out, a value, its step, how often.
func (s *series) MarshalText() ([]byte, error) {
	var b strings.Builder
	var at minute
	for _, r := range s.runs {
		if r.from != at {
			fmt.Fprintf(&b, "%d:", r.from)
		}
		at = r.end()
		switch {
		case r.n == 2 && r.step != 0: // shorter so
			b.WriteString(decimal(r.value) + " " + decimal(r.at(r.from+1)))
		case r.n > 1 && r.step != 0:
			fmt.Fprintf(&b, "%s%+gx%d", decimal(r.value), r.step, r.n)
		case r.n > 1:
			fmt.Fprintf(&b, "%sx%d", decimal(r.value), r.n)
		default:
			b.WriteString(decimal(r.value))
		}
		b.WriteByte(' ')
	}
	return []byte(strings.TrimSuffix(b.String(), " ")), nil
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// UnmarshalText reads it.
func (s *series) UnmarshalText(text []byte) error {
	s.runs = nil
	var at minute
	for word := range strings.FieldsSeq(string(text)) {
		r, err := parseRun(word, at)
		if err != nil {
			return fmt.Errorf("%q is no run of datapoints: %w", word, err)
		}
		at = r.end()
		if r.n > 2 || r.n == 2 && r.step == 0 {
			s.runs = append(s.runs, r)
			continue
		}
		s.add(r.from, r.value)
		if r.n == 2 { // which make a run where their values do
			s.add(r.from+1, r.at(r.from+1))
		}
	}
	return nil
}

func parseRun(word string, at minute) (run, error) {
	r := run{from: at, n: 1}
	if from, rest, ok := strings.Cut(word, ":"); ok {
		n, err := strconv.ParseInt(from, 10, 64)
		if err != nil {
			return r, err
		}
		r.from, word = minute(n), rest
	}
	if value, times, ok := strings.Cut(word, "x"); ok {
		n, err := strconv.ParseInt(times, 10, 64)
		if err != nil || n < 1 {
			return r, fmt.Errorf("%q is no number of times", times)
		}
		r.n, word = n, value
	}
	value, step := word, ""
	i := strings.LastIndexAny(word, "+-")
	for i > 0 && word[i-1] == 'e' { // the sign of an exponent
		i = strings.LastIndexAny(word[:i], "+-")
	}
	if i > 0 {
		value, step = word[:i], word[i:]
	}
	var err error
	if step != "" {
		if r.step, err = strconv.ParseFloat(step, 64); err != nil {
			return r, err
		}
	}
	r.value, err = strconv.ParseFloat(value, 64)
	return r, err
}
