package ingest

import (
	"strings"
	"testing"
	"time"
)

func TestWarning(t *testing.T) {
	tests := []struct {
		runtime, today string
		want           string // part of the sentence, "" where there is none
	}{
		{"python3.13", "2026-11-23", ""},
		{"python3.15", "2040-01-01", ""}, // nothing announced
		{"python3.11", "2026-06-29", ""},
		{"python3.11", "2026-06-30", "deprecated since 2026-06-30; AWS announced that no new functions can be created with it from 2026-07-31"},
		{"python3.11", "2026-07-31", "no new functions can be created with it, and none changed from 2026-08-31"},
		{"python3.11", "2026-08-31", "can no longer be created or changed"},
		{"dotnet8", "2026-11-23", "deprecated since 2026-11-10"},
		{"python2.7", "2026-11-23", "deprecated since 2021-07-15"},
		{"python4.0", "2026-11-23", "not one that this version of eventscale knows"},
		{"", "2026-11-23", "not one that this version of eventscale knows"},
	}
	for _, tt := range tests {
		t.Run(tt.runtime+" on "+tt.today, func(t *testing.T) {
			today, err := time.Parse(time.DateOnly, tt.today)
			if err != nil {
				t.Fatal(err)
			}
			got := Warning(tt.runtime, today)
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOurOwnRuntimeIsCurrent(t *testing.T) {
	released := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	if got := Warning(Runtime, released.AddDate(2, 0, 0)); got != "" {
		t.Errorf("within two years: %s", got)
	}
}

func TestRuntimesAreListedOnceWithDatesInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Runtimes() {
		if seen[r.Runtime] {
			t.Errorf("%s is listed twice", r.Runtime)
		}
		seen[r.Runtime] = true
		for _, date := range []string{r.Deprecated, r.CreateBlocked, r.UpdateBlocked} {
			if _, err := time.Parse(time.DateOnly, date); date != "" && err != nil {
				t.Errorf("%s: %v", r.Runtime, err)
			}
		}
		if r.Deprecated > r.CreateBlocked || r.CreateBlocked > r.UpdateBlocked {
			t.Errorf("%s: dates out of order", r.Runtime)
		}
	}
}
