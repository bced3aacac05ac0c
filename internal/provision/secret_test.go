package provision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// holders are what a secret can be in when somebody prints it.
func holders(s Secret) map[string]any {
	type open struct{ Password Secret }
	type closed struct{ password Secret }
	return map[string]any{
		"itself":          s,
		"pointer":         &s,
		"field":           open{s},
		"unexported":      closed{s},
		"pointer to both": &struct{ A, b any }{open{s}, closed{s}},
		"map":             map[string]Secret{"PASSWORD": s},
		"slice":           []Secret{s},
		"event":           Event{Reason: fmt.Sprint(s)},
		"change":          diff(every{Env: map[string]Secret{"A": s}}, every{Password: s}),
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	const value = "hunter2"
	for in, held := range holders(NewSecret(value)) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%w", "%p"} {
			var err error
			if verb == "%w" {
				err = fmt.Errorf("%w: "+verb, errors.ErrUnsupported, held)
			}
			hidden(t, in+" by "+verb, value, fmt.Sprintf(verb, held)+fmt.Sprint(err))
		}
		b, _ := json.Marshal(held)
		hidden(t, in+" by JSON", value, string(b))
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("", "held", held)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("", "held", held)
		hidden(t, in+" by slog", value, logged.String())
	}
}

// hidden checks that a text does not hold the value in any spelling that a verb gives.
func hidden(t *testing.T, how, value, text string) {
	t.Helper()
	numbers := strings.Trim(fmt.Sprintf("%d", []byte(value)), "[]")
	for _, spelling := range []string{value, fmt.Sprintf("%x", value), numbers} {
		if strings.Contains(strings.ToLower(text), spelling) {
			t.Errorf("%s shows the secret: %s", how, text)
		}
	}
}

func TestSecretsPrintAsSensitive(t *testing.T) {
	s := NewSecret("hunter2")
	if got := fmt.Sprintf("%v %s %q %x %#v", s, s, s, s, s); got != strings.TrimSpace(strings.Repeat("(sensitive) ", 5)) {
		t.Error(got)
	}
	if s.String() != "(sensitive)" || s.GoString() != "(sensitive)" {
		t.Error(s.String(), s.GoString())
	}
}

func TestASecretThatWasSavedIsKnownByItsDigest(t *testing.T) {
	s := NewSecret("hunter2")
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := `"sha256:f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7"`; string(b) != want {
		t.Errorf("JSON is %s, not %s", b, want)
	}
	var back Secret
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Reveal() != "" || s.Reveal() != "hunter2" {
		t.Errorf("revealed: %q and %q", back.Reveal(), s.Reveal())
	}
	if c := diff(every{Password: back}, every{Password: s}); len(c) > 0 {
		t.Errorf("they differ: %v", c)
	}
	if c := diff(every{Password: back}, every{Password: NewSecret("hunter3")}); len(c) != 1 {
		t.Error("another value has the same digest")
	}
}
