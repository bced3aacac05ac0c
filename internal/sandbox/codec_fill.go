package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// naming gives the name on the wire of a field of an SDK type.
type naming func(owner reflect.Type, field string) string

var (
	timeType = reflect.TypeFor[time.Time]()
	blobType = reflect.TypeFor[[]byte]()
)

// members yields the fields of an SDK struct that are members of the shape, under their wire names.
// The rest is the SDK's own: ResultMetadata, and an unexported marker.
func members(v reflect.Value, name naming) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if !yield(name(v.Type(), field.Name), v.Field(i)) {
				return
			}
		}
	}
}

// filler fills the SDK's input types from what a decoder left: JSON's and CBOR's plain Go values,
// or the form of a Query. It takes each type from whatever protocol has for it (a blob is base64 in
// JSON and bytes in CBOR), so it need not know which protocol spoke.
type filler struct{ name naming }

func (f filler) fill(dst reflect.Value, src any) error {
	if src == nil {
		return nil
	}
	switch {
	case dst.Type() == timeType:
		return fillTime(dst, src)
	case dst.Type() == blobType:
		return fillBlob(dst, src)
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return f.fill(dst.Elem(), src)
	case reflect.Struct:
		return f.fillStruct(dst, src)
	case reflect.Slice:
		return f.fillList(dst, src)
	case reflect.Map:
		return f.fillMap(dst, src)
	case reflect.Interface:
		return f.fillUnion(dst, src)
	}
	return fillScalar(dst, src)
}

func (f filler) fillStruct(dst reflect.Value, src any) error {
	from, ok := object(src)
	if !ok {
		return mismatch(dst, src)
	}
	for name, member := range members(dst, f.name) {
		if err := f.fill(member, from[name]); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// maxItems is far above what any list here may have: 500 metric queries are the most.
const maxItems = 10_000

func (f filler) fillList(dst reflect.Value, src any) error {
	items, ok := list(src)
	if !ok {
		return mismatch(dst, src)
	}
	if len(items) > maxItems {
		return fmt.Errorf("the list has %d items, and the sandbox takes %d", len(items), maxItems)
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(items), len(items)))
	for i, item := range items {
		if err := f.fill(dst.Index(i), item); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return nil
}

func (f filler) fillMap(dst reflect.Value, src any) error {
	entries, ok := entries(src)
	if !ok {
		return mismatch(dst, src)
	}
	dst.Set(reflect.MakeMapWithSize(dst.Type(), len(entries)))
	for key, value := range entries {
		element := reflect.New(dst.Type().Elem()).Elem()
		if err := f.fill(element, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		dst.SetMapIndex(reflect.ValueOf(key).Convert(dst.Type().Key()), element)
	}
	return nil
}

// fillUnion finds the type of the one member that is set.
func (f filler) fillUnion(dst reflect.Value, src any) error {
	from, ok := object(src)
	if !ok {
		return mismatch(dst, src)
	}
	for _, variant := range variants() {
		t := reflect.TypeOf(variant)
		value, set := from[variantName(t.Elem())]
		if !set || !t.Implements(dst.Type()) {
			continue
		}
		dst.Set(reflect.New(t.Elem()))
		return f.fill(dst.Elem().Elem().FieldByName("Value"), value)
	}
	return mismatch(dst, src)
}

func variantName(t reflect.Type) string {
	_, name, _ := strings.Cut(t.Name(), "Member")
	return name
}

func fillScalar(dst reflect.Value, src any) error {
	switch dst.Kind() {
	case reflect.String:
		if s, ok := src.(string); ok {
			dst.SetString(s)
			return nil
		}
	case reflect.Bool:
		if b, ok := boolean(src); ok {
			dst.SetBool(b)
			return nil
		}
	case reflect.Int32, reflect.Int64:
		if n, ok := integer(src); ok && !dst.OverflowInt(n) {
			dst.SetInt(n)
			return nil
		}
	case reflect.Float32, reflect.Float64:
		if x, ok := number(src); ok && !math.IsNaN(x) && !math.IsInf(x, 0) { // the world's file has neither
			dst.SetFloat(x)
			return nil
		}
	}
	return mismatch(dst, src)
}

// fillTime takes seconds since 1970, or ISO 8601 in the Query protocol. AWS keeps milliseconds, and
// what a float says beyond them is noise.
func fillTime(dst reflect.Value, src any) error {
	t, ok := src.(time.Time)
	if s, text := src.(string); text {
		parsed, err := time.Parse(time.RFC3339Nano, s)
		t, ok = parsed, err == nil
	}
	if !ok {
		seconds, isNumber := number(src)
		if !isNumber || !(math.Abs(seconds) < math.MaxInt64/1e3) {
			return mismatch(dst, src)
		}
		t = time.UnixMilli(int64(math.Round(seconds * 1e3)))
	}
	t = t.Round(time.Millisecond).UTC()
	if t.Year() < 1 || t.Year() > 9999 { // neither JSON nor XML has a form for them
		return mismatch(dst, src)
	}
	dst.Set(reflect.ValueOf(t))
	return nil
}

func fillBlob(dst reflect.Value, src any) error {
	switch src := src.(type) {
	case []byte:
		dst.SetBytes(src)
		return nil
	case string:
		blob, err := base64.StdEncoding.DecodeString(src)
		if err != nil {
			return fmt.Errorf("expected base64: %w", err)
		}
		dst.SetBytes(blob)
		return nil
	}
	return mismatch(dst, src)
}

func boolean(src any) (bool, bool) {
	switch src := src.(type) {
	case bool:
		return src, true
	case string:
		b, err := strconv.ParseBool(src)
		return b, err == nil
	}
	return false, false
}

func integer(src any) (int64, bool) {
	switch src := src.(type) {
	case int64:
		return src, true
	case uint64:
		return int64(src), src <= math.MaxInt64
	case json.Number:
		return integer(src.String())
	case string:
		n, err := strconv.ParseInt(src, 10, 64)
		return n, err == nil
	}
	return 0, false
}

// number takes what strconv does, so NaN and Infinity as well, which JSON sends as strings: the callers refuse them.
func number(src any) (float64, bool) {
	switch src := src.(type) {
	case float64:
		return src, true
	case float32:
		return float64(src), true
	case json.Number:
		return number(src.String())
	case string:
		x, err := strconv.ParseFloat(src, 64)
		return x, err == nil
	}
	n, ok := integer(src)
	return float64(n), ok
}

// object returns what has named members.
func object(src any) (map[string]any, bool) {
	switch src := src.(type) {
	case map[string]any:
		return src, true
	case form:
		return src, true
	}
	return nil, false
}

func list(src any) ([]any, bool) {
	switch src := src.(type) {
	case []any:
		return src, true
	case form:
		return src.list()
	case string: // Query says an empty list as "Name="
		return nil, src == ""
	}
	return nil, false
}

func entries(src any) (map[string]any, bool) {
	switch src := src.(type) {
	case map[string]any:
		return src, true
	case form:
		return src.entries()
	case string:
		return nil, src == ""
	}
	return nil, false
}

func mismatch(dst reflect.Value, src any) error {
	return fmt.Errorf("%T cannot be a %s", src, dst.Type())
}
