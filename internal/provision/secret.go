package provision

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

// Secret is a value that is sent to AWS and neither shown nor saved: it prints as "(sensitive)" and
// its JSON is a digest, by which it is known again. The digests of two runs have two salts, so they differ
// where the values do not: secrets are compared by Equal.
type Secret struct {
	digest string  // as it is saved; "" for a value that never was
	value  *string // fmt calls no method on an unexported field, and follows no pointer in it either
}

// NewSecret keeps a value secret.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the value; "" where only the digest is known, as in a secret read from the state.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Equal reports whether two secrets have one value. Of two that are known by their digests alone it can
// tell only where the digests are the same.
func (s Secret) Equal(other Secret) bool {
	switch {
	case s.value != nil && other.value != nil:
		return *s.value == *other.value
	case s.value == nil && other.value == nil:
		return s.digest == other.digest
	case s.value == nil:
		return other.Equal(s)
	}
	return s.digest != "" && s.digest == other.digest || matches(*s.value, other.digest)
}

// As returns the secret with the digest that is recorded of it, where its value is still the same, so
// that saving it again changes nothing. A digest of the form before salts is left for a new one.
func (s Secret) As(recorded Secret) Secret {
	if strings.HasPrefix(recorded.digest, saltedScheme) && s.Equal(recorded) {
		s.digest = recorded.digest
	}
	return s
}

func (s Secret) String() string { return "(sensitive)" }

// GoString keeps %#v from showing the value.
func (s Secret) GoString() string { return "(sensitive)" }

// Format keeps every verb from showing the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalJSON writes the digest.
func (s Secret) MarshalJSON() ([]byte, error) {
	if s.digest == "" && s.value != nil {
		s.digest = salted(*s.value, saltOf(*s.value, pepper()))
	}
	return json.Marshal(s.digest)
}

// UnmarshalJSON reads a digest.
func (s *Secret) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.digest) }

// What stands before a digest and says how it was made.
const (
	saltedScheme   = "pbkdf2-sha256:" // and the salt, a colon and the key, both in hex
	unsaltedScheme = "sha256:"        // and the sum in hex; read, no longer written
)

// saltBytes are many enough that no two secrets share a salt.
const saltBytes = 16

// pepper is drawn once a run and kept nowhere.
var pepper = sync.OnceValue(func() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key
})

// saltOf returns what nobody can tell from chance without the pepper. That it is the same for a value
// throughout a run lets equal secrets have equal JSON there.
func saltOf(value string, pepper []byte) []byte {
	mac := hmac.New(sha256.New, pepper)
	mac.Write([]byte(value))
	return mac.Sum(nil)[:saltBytes]
}

// rounds make a guess cost some milliseconds, for a state file in wrong hands: values such as a short
// password are soon guessed otherwise. A run computes one digest for each variable that the user gives.
const rounds = 20_000

func salted(value string, salt []byte) string {
	key, err := pbkdf2.Key(sha256.New, value, salt, rounds, sha256.Size)
	if err != nil {
		panic("cannot happen: salt and key are long enough: " + err.Error())
	}
	return saltedScheme + hex.EncodeToString(salt) + ":" + hex.EncodeToString(key)
}

// matches reports whether a digest is that of a value.
func matches(value, digest string) bool {
	if rest, ok := strings.CutPrefix(digest, saltedScheme); ok {
		text, _, _ := strings.Cut(rest, ":")
		salt, err := hex.DecodeString(text)
		return err == nil && len(salt) == saltBytes && salted(value, salt) == digest
	}
	sum := sha256.Sum256([]byte(value))
	return digest == unsaltedScheme+hex.EncodeToString(sum[:])
}
