package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// xmlWriter writes the SDK's output types as the XML of the Query protocol. Like builder it leaves
// out what is not set.
type xmlWriter struct {
	b     bytes.Buffer
	wire  *wire
	depth int
}

func newXMLWriter(w *wire) *xmlWriter {
	if w == nil {
		w = &wire{}
	}
	return &xmlWriter{wire: w}
}

func (w *xmlWriter) bytes() []byte { return w.b.Bytes() }

// open starts an element. The outermost carries the service's namespace.
func (w *xmlWriter) open(name string) {
	w.b.WriteString("<" + name)
	if w.depth == 0 && w.wire.namespace != "" {
		w.b.WriteString(` xmlns="` + w.wire.namespace + `"`)
	}
	w.b.WriteString(">")
	w.depth++
}

func (w *xmlWriter) close(name string) {
	w.depth--
	w.b.WriteString("</" + name + ">")
}

func (w *xmlWriter) text(name, value string) {
	w.open(name)
	_ = xml.EscapeText(&w.b, []byte(value)) // a bytes.Buffer does not fail
	w.close(name)
}

func (w *xmlWriter) value(name string, v reflect.Value) {
	switch v.Type() {
	case timeType:
		w.text(name, xmlTime(v.Interface().(time.Time)))
		return
	case blobType:
		if !v.IsNil() {
			w.text(name, base64.StdEncoding.EncodeToString(v.Bytes()))
		}
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			w.value(name, v.Elem())
		}
	case reflect.Interface:
		w.union(name, v)
	case reflect.Struct:
		w.structure(name, v)
	case reflect.Slice:
		w.list(name, v)
	case reflect.Map:
		w.entries(name, v)
	default:
		w.scalar(name, v)
	}
}

func (w *xmlWriter) scalar(name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.String() != "" || v.Type() == reflect.TypeFor[string]() {
			w.text(name, v.String())
		}
	case reflect.Float32, reflect.Float64:
		w.text(name, xmlFloat(v.Float()))
	default:
		w.text(name, fmt.Sprint(v.Interface()))
	}
}

// xmlTime is ISO 8601, with milliseconds where there are any.
func xmlTime(t time.Time) string {
	if t = t.UTC(); t.Nanosecond() < int(time.Millisecond) {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

func xmlFloat(x float64) string {
	if s, ok := jsonFloat(x).(string); ok {
		return s
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func (w *xmlWriter) structure(name string, v reflect.Value) {
	w.open(name)
	for member, value := range w.wire.outputs(v, w.wire.queryName) {
		w.value(member, value)
	}
	w.close(name)
}

func (w *xmlWriter) union(name string, v reflect.Value) {
	if v.IsNil() {
		return
	}
	variant := v.Elem().Elem()
	w.open(name)
	w.value(variantName(variant.Type()), variant.FieldByName("Value"))
	w.close(name)
}

func (w *xmlWriter) list(name string, v reflect.Value) {
	if v.IsNil() {
		return
	}
	item := name
	if !w.wire.flat {
		item = w.wire.listItem(name)
		w.open(name)
		defer w.close(name)
	}
	for i := range v.Len() {
		w.value(item, v.Index(i))
	}
}

func (w *xmlWriter) entries(name string, v reflect.Value) {
	if v.IsNil() {
		return
	}
	entry, key, value := "entry", "key", "value"
	switch {
	case !w.wire.flat:
		w.open(name)
		defer w.close(name)
	case name == "Tag":
		entry, key, value = name, "Key", "Value"
	default:
		entry, key, value = name, "Name", "Value"
	}
	byKey := map[string]reflect.Value{}
	for k, element := range v.Seq2() {
		byKey[k.String()] = element
	}
	for _, k := range slices.Sorted(maps.Keys(byKey)) {
		w.open(entry)
		w.text(key, k)
		w.value(value, byKey[k])
		w.close(entry)
	}
}
