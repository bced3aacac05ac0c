package stack

import (
	"maps"
	"slices"

	"github.com/eventscale/eventscale/internal/provision"
)

// sortedNames returns the keys of a map in order.
func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// tagList turns tags into the list of pairs that most services take, sorted by key.
func tagList[T any](tags provision.Tags, pair func(key, value *string) T) []T {
	list := make([]T, 0, len(tags))
	for _, k := range sortedNames(tags) {
		v := tags[k]
		list = append(list, pair(&k, &v))
	}
	return list
}
