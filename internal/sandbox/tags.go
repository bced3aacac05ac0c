package sandbox

import (
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"
)

// The rules for tags are the same in all services the sandbox speaks for.
const (
	maxTags          = 50
	maxTagKeyChars   = 128
	maxTagValueChars = 256
)

// addTags returns old with added put over it, or says what is wrong with added.
// It leaves both as they are.
func addTags(old, added map[string]string) (tags map[string]string, fault string) {
	for key, value := range added {
		if fault := checkTag(key, value); fault != "" {
			return nil, fault
		}
	}
	tags = make(map[string]string, len(old)+len(added))
	maps.Copy(tags, old)
	maps.Copy(tags, added)
	if len(tags) > maxTags {
		return nil, fmt.Sprintf("The number of tags exceeds the limit of %d", maxTags)
	}
	return tags, ""
}

// withoutTags returns tags without those keys; keys that are not there do no harm.
func withoutTags(tags map[string]string, keys []string) map[string]string {
	left := maps.Clone(tags)
	for _, key := range keys {
		delete(left, key)
	}
	return left
}

func checkTag(key, value string) string {
	if fault := checkLength(key, "tags.member.key", 1, maxTagKeyChars); fault != "" {
		return fault
	}
	if utf8.RuneCountInString(value) > maxTagValueChars {
		return checkLength(value, "tags.member.value", 0, maxTagValueChars)
	}
	if strings.HasPrefix(strings.ToLower(key), "aws:") {
		return "aws: prefixed tag key names are not allowed for external use."
	}
	return ""
}
