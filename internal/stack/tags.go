package stack

import (
	"context"
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

// retag brings tags from what they are to what is wanted, by the two calls that every service has for it, of
// which each is made only if there is something to set or to remove.
func retag(have, want provision.Tags, set func(provision.Tags) error, remove func(keys []string) error) error {
	changed, gone := have.Changes(want)
	if len(changed) > 0 {
		if err := set(changed); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return remove(gone)
	}
	return nil
}

// tagsOf asks for the tags of an object whose ARN is recorded at once, beside the call that reads the object, and
// returns a function that waits for them. Given another ARN than the one recorded, it asks for the tags of that.
func tagsOf(ctx context.Context, recorded string, read func(context.Context, provision.Identity) (provision.Tags, error)) func(arn string) (provision.Tags, error) {
	ask := func(ctx context.Context, arn string) (provision.Tags, error) {
		return read(ctx, provision.Identity{ARN: arn})
	}
	if recorded == "" {
		return func(arn string) (provision.Tags, error) { return ask(ctx, arn) }
	}
	asked := fetch(ctx, func(ctx context.Context) (provision.Tags, error) { return ask(ctx, recorded) })
	return func(arn string) (provision.Tags, error) {
		if arn != recorded {
			return ask(ctx, arn)
		}
		return asked()
	}
}
