package provision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Change is one property that differs. An entry of a map is named by its key: "Tags.team".
type Change struct {
	Property string
	Have     string // "" where it is not set
	Want     string // "" where it shall not be set
	Replaces bool   // AWS cannot change it: the object must be made anew
}

// diff compares two property structs of one type, field by field in their order.
func diff(have, want any) []Change {
	h, w := reflect.ValueOf(have), reflect.ValueOf(want)
	var changes []Change
	for i := range h.NumField() {
		field := h.Type().Field(i)
		replaces := field.Tag.Get("replace") == "true"
		switch {
		case field.Type.Kind() == reflect.Map:
			changes = append(changes, diffMap(field.Name, replaces, h.Field(i), w.Field(i))...)
		case !equal(h.Field(i), w.Field(i)):
			changes = append(changes, Change{field.Name, text(h.Field(i)), text(w.Field(i)), replaces})
		}
	}
	return changes
}

// diffMap compares two maps with string keys, key by key in order.
func diffMap(name string, replaces bool, have, want reflect.Value) []Change {
	keys := map[string]reflect.Value{}
	for _, m := range []reflect.Value{have, want} {
		for _, k := range m.MapKeys() {
			keys[k.String()] = k
		}
	}
	var changes []Change
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		h, w := have.MapIndex(keys[key]), want.MapIndex(keys[key])
		if !equal(h, w) {
			changes = append(changes, Change{name + "." + key, text(h), text(w), replaces})
		}
	}
	return changes
}

// equal compares by JSON, and takes nothing, null and empty for one. Secrets know better what equals them.
func equal(a, b reflect.Value) bool {
	have, secret := secretIn(a)
	want, other := secretIn(b)
	if secret || other {
		return secret && other && have.Equal(want)
	}
	return bytes.Equal(encoded(a), encoded(b))
}

func secretIn(v reflect.Value) (Secret, bool) {
	if !v.IsValid() {
		return Secret{}, false
	}
	s, ok := v.Interface().(Secret)
	return s, ok
}

func encoded(v reflect.Value) []byte {
	if !v.IsValid() {
		return nil
	}
	b, err := json.Marshal(v.Interface())
	if err != nil {
		panic("cannot happen: properties are plain data: " + err.Error())
	}
	switch string(b) {
	case "null", "{}", "[]":
		return nil
	}
	return b
}

// text is a value as the user reads it.
func text(v reflect.Value) string {
	if !v.IsValid() {
		return ""
	}
	switch value := v.Interface().(type) {
	case fmt.Stringer:
		return value.String()
	case string:
		return value
	default:
		return string(encoded(v))
	}
}

// changedProperties returns the names of the properties among the changes, without map keys.
func changedProperties(changes []Change) Changed {
	c := Changed{}
	for _, change := range changes {
		name, _, _ := strings.Cut(change.Property, ".")
		c[name] = true
	}
	return c
}

// keepTags returns the properties with those tags left out that are neither wanted nor ever applied by
// us: others (a cost-allocation rule, an organisation's policy) may tag our objects too. The version
// tag tells which program made the object, and is no reason to change it.
func keepTags(properties any, have, want, applied Tags) any {
	kept := Tags{}
	for k, v := range have {
		_, wanted := want[k]
		_, ours := applied[k]
		if wanted || ours {
			kept[k] = v
		}
	}
	if _, made := have[VersionTag]; made {
		kept[VersionTag] = want[VersionTag]
	}
	return withTags(properties, kept)
}

// withTags returns the properties with other tags.
func withTags(properties any, tags Tags) any {
	copied := reflect.New(reflect.TypeOf(properties)).Elem()
	copied.Set(reflect.ValueOf(properties))
	copied.FieldByName("Tags").Set(reflect.ValueOf(tags))
	return copied.Interface()
}
