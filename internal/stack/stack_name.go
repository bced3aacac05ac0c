package stack

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// DefaultStackName returns the stack's name for a group, where the user gives none: the group's own, and
// where that had to be changed or cut, with some digits of its digest, so that no two groups share one.
func DefaultStackName(group string) string {
	name := StackName(group)
	if name == group && name != reservedStack || group == "" {
		return name
	}
	sum := sha256.Sum256([]byte(group))
	short := strings.TrimRight(name[:min(len(name), maxStackName-1-digestDigits)], "-")
	return strings.TrimLeft(short+"-"+hex.EncodeToString(sum[:])[:digestDigits], "-")
}

// digestDigits tell some tens of groups of one account apart without doubt.
const digestDigits = 6

// reservedStack is the name that the sandbox's world has in the state folder.
const reservedStack = "sandbox"

// CheckStackName refuses a name that is none for a stack, before it is taken for a path. The error is a
// *FieldError.
func CheckStackName(name string) error {
	e := &FieldError{Field: "stack", Value: name, Advice: "for example --stack " + cmp.Or(StackName(name), "gpu-workers")}
	switch {
	case name == reservedStack:
		e.Allowed, e.Advice = "is the name of the sandbox's own file in the state folder", "for example --stack sandbox-1"
	case name != StackName(name):
		e.Allowed = "must be at most 32 characters of a-z, 0-9 and -"
	default:
		return nil
	}
	return e
}

// CheckGroupName refuses a name that no group can have. The error is a *FieldError.
func CheckGroupName(name string) error {
	if groupName().MatchString(name) {
		return nil
	}
	return &FieldError{Field: "asg", Value: name, Allowed: groupNameAllowed, Advice: "for example --asg gpu-workers"}
}

const groupNameAllowed = "must be 1 to 255 characters, none of them a control character"

// StackName makes a name of any text that is one for a stack: at most 32 characters of a-z, 0-9 and -.
func StackName(group string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(group) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	name := b.String()
	return strings.Trim(name[:min(len(name), maxStackName)], "-")
}
