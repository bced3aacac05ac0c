package tune

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
)

func TestObjectivesAreRead(t *testing.T) {
	for text, want := range map[string]SLO{
		"p95 wait < 5m":                            {{P95, Wait, true, 5 * loop.Minute}},
		"p50 sojourn <= 90s":                       {{P50, Sojourn, false, 90 * loop.Second}},
		"max wait<1h30m":                           {{Max, Wait, true, 90 * loop.Minute}},
		"  P90\tWait  <=\n250ms ":                  {{P90, Wait, false, 250}},
		"mean wait < 1.5s":                         {{Mean, Wait, true, 1500}},
		"p99 wait < 1ms":                           {{P99, Wait, true, 1}},
		"max sojourn <= 8760h":                     {{Max, Sojourn, false, 8760 * loop.Hour}},
		"p95 wait < 5m and max wait < 20m":         {{P95, Wait, true, 5 * loop.Minute}, {Max, Wait, true, 20 * loop.Minute}},
		"p95 wait < 5m,p95 sojourn<=10m":           {{P95, Wait, true, 5 * loop.Minute}, {P95, Sojourn, false, 10 * loop.Minute}},
		"p50 wait<1s AND p90 wait<2s, max wait<3s": {{P50, Wait, true, 1000}, {P90, Wait, true, 2000}, {Max, Wait, true, 3000}},
	} {
		got, err := ParseSLO(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

func TestErrorsOfObjectivesShowPlaceAndGrammar(t *testing.T) {
	for _, tt := range []struct {
		text    string
		column  int
		problem string
	}{
		{"", 1, "it ends, where one of p50, p90, p95, p99, max, mean must be"},
		{"p96 wait < 5m", 1, `"p96", where one of p50, p90, p95, p99, max, mean must be`},
		{"p95", 4, "it ends, where one of wait, sojourn must be"},
		{"p95 age < 5m", 5, `"age", where one of wait, sojourn must be`},
		{"p95 wait > 5m", 10, `">", where one of <, <= must be`},
		{"p95 wait = 5m", 10, `"=", where one of <, <= must be`},
		{"p95 wait => 5m", 10, `"=", where one of <, <= must be`},
		{"p95 wait 5m", 10, `"5m", where one of <, <= must be`},
		{"p95 wait <", 11, "it ends, where a duration such as 5m must be"},
		{"p95 wait < 5", 12, `"5", where a duration such as 5m must be`},
		{"p95 wait < 5 minutes", 12, `"5", where a duration such as 5m must be`},
		{"p95 wait < 0s", 12, "0s must be from 1ms to 8760h"},
		{"p95 wait < -5m", 12, "-5m must be from 1ms to 8760h"},
		{"p95 wait < 900us", 12, "900us must be from 1ms to 8760h"},
		{"p95 wait < 8761h", 12, "8761h must be from 1ms to 8760h"},
		{"p95 wait < 5m max wait < 9m", 15, `"max", where "and", a comma or the end must be`},
		{"p95 wait < 5m or max wait < 9m", 15, `"or", where "and", a comma or the end must be`},
		{"p95 wait < 5m and", 18, "it ends, where one of p50, p90, p95, p99, max, mean must be"},
		{"p95 wait < 5m,, max wait < 9m", 15, `",", where one of p50, p90, p95, p99, max, mean must be`},
		{"p95 wait < 5m and p95 wait <= 4m", 19, "p95 wait is limited twice"},
	} {
		_, err := ParseSLO(tt.text)
		var e *SLOError
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if e.Column != tt.column || e.Problem != tt.problem || e.Text != tt.text {
			t.Errorf("%q: column %d: %s\nwant column %d: %s", e.Text, e.Column, e.Problem, tt.column, tt.problem)
		}
		for _, words := range []string{"--slo", tt.problem} {
			if !strings.Contains(e.Error(), words) {
				t.Errorf("%q: %q does not say %q", tt.text, e.Error(), words)
			}
		}
		if !strings.Contains(e.Hint(), Grammar) {
			t.Errorf("%q: the hint is %q", tt.text, e.Hint())
		}
	}
}

func drawSLO(t *rapid.T) SLO {
	var s SLO
	for range rapid.IntRange(1, 4).Draw(t, "limits") {
		l := Limit{
			rapid.SampledFrom([]Statistic{P50, P90, P95, P99, Max, Mean}).Draw(t, "statistic"),
			rapid.SampledFrom([]Measure{Wait, Sojourn}).Draw(t, "measure"),
			rapid.Bool().Draw(t, "strict"),
			loop.Millis(rapid.Int64Range(1, longestBound.Milliseconds()).Draw(t, "bound")),
		}
		if rapid.Bool().Draw(t, "round") {
			l.Bound = max(1, l.Bound/loop.Minute) * loop.Minute
		}
		if !strings.Contains(s.String(), l.Figure()) {
			s = append(s, l)
		}
	}
	return s
}

func TestAnObjectiveIsReadAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawSLO(t)
		got, err := ParseSLO(want.String())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%q (-want +got):\n%s", want, d)
		}
	})
}

func TestAnObjectiveHoldsUpToItsBound(t *testing.T) {
	totals := &loop.Totals{
		Wait:    loop.Distribution{P50: 1, P90: 2, P95: 3, P99: 4, Max: 5, Mean: 6},
		Sojourn: loop.Distribution{P50: 11, P90: 12, P95: 13, P99: 14, Max: 15, Mean: 16},
	}
	for i, s := range []Statistic{P50, P90, P95, P99, Max, Mean} {
		for m, figure := range map[Measure]loop.Millis{Wait: loop.Millis(1 + i), Sojourn: loop.Millis(11 + i)} {
			if got := (Limit{Statistic: s, Measure: m}).Of(totals); got != figure {
				t.Errorf("%s %s is %d, want %d", s, m, got, figure)
			}
			for _, tt := range []struct {
				strict bool
				bound  loop.Millis
				want   bool
			}{{true, figure, false}, {false, figure, true}, {true, figure + 1, true}, {false, figure - 1, false}} {
				l := Limit{s, m, tt.strict, tt.bound}
				if got := (SLO{l}).Holds(totals); got != tt.want {
					t.Errorf("%v holds for %d: %v", l, figure, got)
				}
				if (SLO{{P50, Wait, false, 1}, l}).Holds(totals) != tt.want || (SLO{l, {P50, Wait, true, 1}}).Holds(totals) {
					t.Errorf("%v does not count beside another", l)
				}
			}
		}
	}
}

// Three tenths less than a whole number of seconds is a whole number of tenths, whatever floating point says.
func TestAMarginMakesRoundBounds(t *testing.T) {
	for seconds := range 1000 {
		l := Limit{P95, Wait, true, loop.Millis(seconds+1) * loop.Second}
		if got, want := (SLO{l}).scaled(.7)[0].Bound, l.Bound/10*7; got != want {
			t.Fatalf("0.7 of %v is %v, want %v", time.Duration(l.Bound)*time.Millisecond, got, want)
		}
	}
	if got := (SLO{{P95, Wait, true, 1}}).scaled(.1)[0].Bound; got != 1 {
		t.Errorf("a bound became %d", got)
	}
}
