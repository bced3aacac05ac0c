package sandbox

import (
	"encoding/json"
	"iter"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// builder turns the SDK's output types into plain Go values for an encoder. What is not set is left
// out.
type builder struct {
	wire  *wire
	time  func(time.Time) any
	float func(float64) any
}

// jsonTree returns the builder for JSON. It leaves blobs to encoding/json, which makes base64 of them.
func jsonTree(w *wire) builder {
	return builder{wire: w, time: jsonTime, float: jsonFloat}
}

// jsonTime returns seconds since 1970, with milliseconds where there are any.
func jsonTime(t time.Time) any {
	return json.Number(strconv.FormatFloat(float64(t.UnixMilli())/1e3, 'f', -1, 64))
}

// jsonFloat says as strings what JSON has no number for.
func jsonFloat(x float64) any {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	return x
}

// build returns false for a value that is not set. In lists and maps an unset value is sent as it is.
func (b builder) build(v reflect.Value) (any, bool) {
	switch v.Type() {
	case timeType:
		return b.time(v.Interface().(time.Time)), true
	case blobType:
		return v.Bytes(), !v.IsNil()
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, false
		}
		return b.build(v.Elem())
	case reflect.Interface:
		return b.buildUnion(v)
	case reflect.Struct:
		return b.buildStruct(v), true
	case reflect.Slice:
		return b.buildList(v), !v.IsNil()
	case reflect.Map:
		return b.buildMap(v), !v.IsNil()
	case reflect.String:
		return v.String(), v.String() != "" || v.Type() == reflect.TypeFor[string]()
	case reflect.Float32, reflect.Float64:
		return b.float(v.Float()), true
	}
	return v.Interface(), true
}

func (b builder) buildStruct(v reflect.Value) map[string]any {
	tree := map[string]any{}
	for name, member := range b.wire.outputs(v, b.wire.jsonName) {
		if value, ok := b.build(member); ok {
			tree[name] = value
		}
	}
	return tree
}

func (b builder) buildList(v reflect.Value) []any {
	tree := make([]any, v.Len())
	for i := range tree {
		tree[i], _ = b.build(v.Index(i))
	}
	return tree
}

func (b builder) buildMap(v reflect.Value) map[string]any {
	tree := make(map[string]any, v.Len())
	for key, value := range v.Seq2() {
		tree[key.String()], _ = b.build(value)
	}
	return tree
}

func (b builder) buildUnion(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	variant := v.Elem().Elem()
	value, _ := b.build(variant.FieldByName("Value"))
	return map[string]any{variantName(variant.Type()): value}, true
}

// outputs yields the members of an answer. Lists that AWS always sends are empty where they are unset.
func (w *wire) outputs(v reflect.Value, name naming) iter.Seq2[string, reflect.Value] {
	always := w.lists[v.Type().Name()]
	return func(yield func(string, reflect.Value) bool) {
		for name, member := range members(v, name) {
			if member.Kind() == reflect.Slice && member.IsNil() && slices.Contains(always, name) {
				member = reflect.MakeSlice(member.Type(), 0, 0)
			}
			if !yield(name, member) {
				return
			}
		}
	}
}

// collects tells by its name whether an operation returns collections. AWS sends those even when
// they are empty, and clients without types count on it (boto3: response["MetricAlarms"]).
func collects(operation string) bool {
	return strings.HasPrefix(operation, "List") || strings.HasPrefix(operation, "Describe") || strings.HasPrefix(operation, "GetMetric")
}

// emptyLists makes the unset lists of an output empty ones. Of lists further down wire.lists tells.
func emptyLists(output any) {
	v := reflect.ValueOf(output).Elem()
	for i := range v.NumField() {
		if field := v.Field(i); field.Kind() == reflect.Slice && field.IsNil() {
			field.Set(reflect.MakeSlice(field.Type(), 0, 0))
		}
	}
}
