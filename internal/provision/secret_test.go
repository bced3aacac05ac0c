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
	back := saved(t, s)
	if back.Reveal() != "" || s.Reveal() != "hunter2" {
		t.Errorf("revealed: %q and %q", back.Reveal(), s.Reveal())
	}
	if c := diff(every{Password: back}, every{Password: s}); len(c) > 0 {
		t.Errorf("they differ: %v", c)
	}
	if c := diff(every{Password: back}, every{Password: NewSecret("hunter3")}); len(c) != 1 {
		t.Error("another value has the same digest")
	}
	if c := diff(every{Env: map[string]Secret{"A": s}}, every{Env: map[string]Secret{"A": back}}); len(c) > 0 {
		t.Errorf("they differ in a map: %v", c)
	}
}

// saved returns a secret as it is read from a file.
func saved(t *testing.T, s Secret) (back Secret) {
	t.Helper()
	if err := json.Unmarshal([]byte(written(t, s)), &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func written(t *testing.T, s Secret) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Who sees two state files must not see that they hold one password, nor find it in a table of digests.
func TestEachRunSaltsWithSaltsOfItsOwn(t *testing.T) {
	a := saved(t, NewSecret("hunter2"))
	b := Secret{digest: salted("hunter2", saltOf("hunter2", []byte("the pepper of another run")))}
	if a.digest == b.digest || a.Equal(b) {
		t.Errorf("two runs save one value as %s and %s", a.digest, b.digest)
	}
	if !b.Equal(NewSecret("hunter2")) || len(a.digest) != len(saltedScheme)+2*saltBytes+1+64 {
		t.Errorf("the digests are %s and %s", a.digest, b.digest)
	}
	if other := saved(t, NewSecret("hunter3")); saltIn(other) == saltIn(a) {
		t.Error("two values share a salt")
	}
}

func saltIn(s Secret) string { return s.digest[:len(saltedScheme)+2*saltBytes] }

func TestASecretThatIsUnchangedIsSavedAsItWas(t *testing.T) {
	before := Secret{digest: salted("hunter2", make([]byte, saltBytes))}
	if got := written(t, NewSecret("hunter2").As(before)); got != written(t, before) {
		t.Errorf("%s became %s", written(t, before), got)
	}
	if got := written(t, NewSecret("hunter3").As(before)); got == written(t, before) {
		t.Error("another value is saved as the one before")
	}
	if got := written(t, before.As(before)); got != written(t, before) {
		t.Errorf("a digest became %s", got)
	}
}

// Digests were once without salt.
func TestAnUnsaltedDigestIsReadAndLeftBehind(t *testing.T) {
	const digest = "sha256:f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7"
	var old Secret
	if err := json.Unmarshal([]byte(`"`+digest+`"`), &old); err != nil {
		t.Fatal(err)
	}
	s := NewSecret("hunter2")
	if !s.Equal(old) || !old.Equal(s) || NewSecret("hunter3").Equal(old) {
		t.Error("the value is not known by its unsalted digest")
	}
	if got := written(t, s.As(old)); !strings.HasPrefix(got, `"`+saltedScheme) {
		t.Errorf("it is saved as %s", got)
	}
}

func TestADigestThatNobodyWroteIsNobodys(t *testing.T) {
	for _, digest := range []string{"", ":", "hunter2", saltedScheme, saltedScheme + "zz:", saltedScheme + "00:", unsaltedScheme} {
		if s := (Secret{digest: digest}); s.Equal(NewSecret("hunter2")) || s.Equal(NewSecret("")) {
			t.Errorf("%q is taken for a digest", digest)
		}
	}
}
