package sandbox

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSeriesKeepsEveryDatapoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s series
		want := map[minute]float64{}
		m := minute(29_000_000)
		for range rapid.IntRange(0, 60).Draw(t, "datapoints") {
			m += minute(rapid.SampledFrom([]int{1, 1, 1, 1, 3}).Draw(t, "gap"))
			value := rapid.SampledFrom([]float64{0, 0, 1, 60, 120, 180, -2, 0.5, 1e21, 1e-7}).Draw(t, "value")
			s.add(m, value)
			want[m] = value
		}
		for round := range 2 {
			for at := minute(28_999_999); at <= m+1; at++ {
				got, ok := s.at(at)
				if wanted, some := want[at]; ok != some || got != wanted {
					t.Fatalf("round %d, minute %d: %v, %v, want %v, %v of %+v", round, at, got, ok, wanted, some, s.runs)
				}
			}
			text, _ := s.MarshalText()
			s = series{}
			if err := s.UnmarshalText(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	})
}

func TestSeriesIsShort(t *testing.T) {
	var s series
	for m := range minute(2000) {
		s.add(1000+m, float64(60*max(0, m-1000)))
	}
	text, _ := s.MarshalText()
	if want := "1000:0x1001 60+60x999"; string(text) != want {
		t.Errorf("%s, want %s", text, want)
	}
	s.extend(3000, 500)
	if v, ok := s.at(3499); !ok || v != 60*1499 {
		t.Errorf("extended to %v, %v", v, ok)
	}
	s.forget(2500)
	if _, ok := s.at(1500); ok {
		t.Error("an old run is there")
	}
}

func TestSeriesRefusesWhatItDidNotWrite(t *testing.T) {
	for _, text := range []string{"x", "a:1", "1x0", "1xb", "1+x2", "1+zx2", ":1"} {
		if err := new(series).UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
