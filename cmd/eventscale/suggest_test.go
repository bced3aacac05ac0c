package main

import "testing"

func TestSuggestsOnlyWhatIsNear(t *testing.T) {
	words := []string{"up", "asg", "status", "list", "scale-out-at", "visibility-timeout"}
	for word, want := range map[string]string{
		"staus":               "did you mean --status? ",
		"scale-outat":         "did you mean --scale-out-at? ",
		"visibilty_time-outs": "did you mean --visibility-timeout? ",
		"assg":                "did you mean --asg? ",
		"foo":                 "",
		"nope":                "",
		"ls":                  "",
		"frobnicate":          "",
		"":                    "",
	} {
		if got := didYouMean("--", word, words); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := didYouMean("", "up", nil); got != "" {
		t.Errorf("of no words: %q", got)
	}
}
