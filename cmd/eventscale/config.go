package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/stack"
)

// configFile is looked for in the working directory.
const configFile = "eventscale.yaml"

// globalKeys are the global flags that a configuration file may set. An endpoint is not among them: a
// file that came with a repository must not send credentials elsewhere.
var globalKeys = []string{"stack", "region", "profile", "state-dir"}

// fill sets the flags that were not given: from EVENTSCALE_*, else from the configuration file.
func (a *app) fill(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		name := variable(f.Name)
		if value := a.env(name); value != "" && !f.Changed && f.Name != "help" {
			errs = append(errs, setFlag(flags, f, name, splitWords(f, value)))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	entries, err := a.readConfig()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if f := flags.Lookup(e.key); f != nil && !f.Changed {
			errs = append(errs, setFlag(flags, f, e.place+": "+e.key, e.values))
		}
	}
	return errors.Join(errs...)
}

// variable is the environment variable of a flag: EVENTSCALE_SCALE_OUT_AT.
func variable(flag string) string {
	return "EVENTSCALE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// splitWords takes the value of a repeatable flag's variable apart at its commas.
func splitWords(f *pflag.Flag, value string) []string {
	if _, many := f.Value.(pflag.SliceValue); many {
		return strings.Split(value, ",")
	}
	return []string{value}
}

// setFlag gives a flag the values that were found in some place, and names the place if they do not fit.
func setFlag(flags *pflag.FlagSet, f *pflag.Flag, place string, values []string) error {
	for _, v := range values {
		if err := flags.Set(f.Name, v); err != nil {
			reason := err
			if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
				reason = invalid.Unwrap()
			}
			return &usageError{text: fmt.Sprintf("%s: %q: %v", place, v, reason)}
		}
	}
	return nil
}

// entry is one key of a configuration file.
type entry struct {
	place  string // "eventscale.yaml:3"
	key    string
	values []string
}

// readConfig reads the file of --file, or the one in the working directory if there is one.
func (a *app) readConfig() ([]entry, error) {
	path := a.global.file
	if path == "" {
		path = configFile
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && a.global.file == "" {
		return nil, nil
	}
	if err != nil {
		return nil, &stack.FieldError{Field: "file", Value: path, Allowed: "cannot be read: " + cause(err)}
	}
	return parseConfig(path, data)
}

// parseConfig reads a file's bytes: a mapping whose keys are settings.
func parseConfig(path string, data []byte) ([]entry, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, &usageError{text: path + ": " + yaml.FormatError(err, false, true)}
	}
	known := knownKeys()
	var entries []entry
	for _, doc := range file.Docs {
		for _, pair := range pairsOf(doc.Body) {
			if pair == nil {
				return nil, &usageError{text: path + ": must be a mapping of settings, such as `scale-out-at: 20`"}
			}
			e, err := readEntry(path, pair, known)
			if err != nil {
				return nil, err
			}
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// pairsOf returns the pairs of a mapping, none of an empty document, and a nil one of anything else.
func pairsOf(body ast.Node) []*ast.MappingValueNode {
	switch n := body.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return []*ast.MappingValueNode{nil}
}

func readEntry(path string, pair *ast.MappingValueNode, known []string) (entry, error) {
	e := entry{
		place: fmt.Sprintf("%s:%d", path, pair.Key.GetToken().Position.Line),
		key:   pair.Key.GetToken().Value,
	}
	if !slices.Contains(known, e.key) {
		return e, &usageError{
			text: fmt.Sprintf("%s: %s: there is no such setting", e.place, e.key),
			hint: "did you mean " + stack.Nearest(e.key, known, 1)[0] + "? `eventscale up --help` lists them all",
		}
	}
	var value any
	if err := yaml.NodeToValue(pair.Value, &value); err != nil {
		return e, &usageError{text: fmt.Sprintf("%s: %s: %v", e.place, e.key, err)}
	}
	values, err := words(value)
	if err != nil {
		return e, &usageError{text: fmt.Sprintf("%s: %s: %v", e.place, e.key, err)}
	}
	e.values = values
	return e, nil
}

// words turns a YAML value into what one would type behind the flag: a mapping into KEY=VALUE words.
func words(value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return nil, errors.New("it has no value")
	case []any:
		var all []string
		for _, item := range v {
			w, err := words(item)
			if err != nil {
				return nil, err
			}
			all = append(all, w...)
		}
		return all, nil
	case map[string]any:
		var all []string
		for key, item := range v {
			if _, nested := item.(map[string]any); nested {
				return nil, errors.New("its values must be plain")
			}
			all = append(all, key+"="+fmt.Sprint(item))
		}
		slices.Sort(all)
		return all, nil
	}
	return []string{fmt.Sprint(value)}, nil
}

// knownKeys are all keys that a configuration file may have.
func knownKeys() []string {
	keys := slices.Clone(globalKeys)
	for _, group := range (&settings{}).groups() {
		group.VisitAll(func(f *pflag.Flag) { keys = append(keys, f.Name) })
	}
	return keys
}
