package provision

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Secret is a value that is sent to AWS and neither shown nor saved: it prints as "(sensitive)" and
// its JSON is a digest, by which two secrets are compared.
type Secret struct {
	digest string
	value  *string // fmt calls no method on an unexported field, and follows no pointer in it either
}

// NewSecret keeps a value secret.
func NewSecret(value string) Secret {
	sum := sha256.Sum256([]byte(value))
	return Secret{digest: "sha256:" + hex.EncodeToString(sum[:]), value: &value}
}

// Reveal returns the value; "" where only the digest is known, as in a secret read from the state.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

func (s Secret) String() string { return "(sensitive)" }

// GoString keeps %#v from showing the value.
func (s Secret) GoString() string { return "(sensitive)" }

// Format keeps every verb from showing the value.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalJSON writes the digest.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.digest) }

// UnmarshalJSON reads a digest.
func (s *Secret) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &s.digest) }
