package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/stack"
	"github.com/eventscale/eventscale/internal/yamltree"
)

// configFile is looked for in the working directory.
const configFile = "eventscale.yaml"

// globalKeys are the global flags that a configuration file may set. An endpoint is not among them: a
// file that came with a repository must not send credentials elsewhere.
var globalKeys = []string{"stack", "region", "profile", "state-dir"}

// withoutConfig are the commands that use neither settings nor the state folder: a configuration file
// that is broken must not keep the user from what could help.
var withoutConfig = []string{"version", "man", "help", "completion", cobra.ShellCompRequestCmd}

// usesConfig reports whether a command reads the configuration file. One of commands only prints its help.
func usesConfig(cmd *cobra.Command) bool {
	if cmd.HasAvailableSubCommands() {
		return false
	}
	for c := cmd; c != nil; c = c.Parent() {
		if slices.Contains(withoutConfig, c.Name()) {
			return false
		}
	}
	return true
}

// fill sets the flags that were not given: from EVENTSCALE_*, else from the configuration file.
func (a *app) fill(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		flags, f := meant(cmd, f.Name)
		if f == nil {
			return
		}
		name := variable(f.Name)
		if value := a.env(name); value != "" && !f.Changed && f.Name != "help" && f.Name != "version" {
			errs = append(errs, setFlag(flags, f, name, splitWords(f, value)))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if !usesConfig(cmd) {
		return nil
	}
	entries, err := a.readConfig()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if flags, f := meant(cmd, e.key); f != nil && !f.Changed {
			errs = append(errs, setFlag(flags, f, e.place+": "+e.key, e.values))
		}
	}
	return errors.Join(errs...)
}

// meant returns the flag that a name means in the environment and in a configuration file, which are for all
// commands: the global one, even where a command has another of that name. It is nil where there is none.
func meant(cmd *cobra.Command, name string) (*pflag.FlagSet, *pflag.Flag) {
	global := cmd.Root().PersistentFlags()
	if f := global.Lookup(name); f != nil {
		return global, f
	}
	f := cmd.Flags().Lookup(name)
	if f != nil && f.Annotations[notFromOutside] != nil {
		f = nil
	}
	return cmd.Flags(), f
}

// notFromOutside marks a flag that has the name of a setting and another meaning: neither the environment nor
// a configuration file sets it.
const notFromOutside = "eventscale_not_from_outside"

// variable is the environment variable of a flag: EVENTSCALE_SCALE_OUT_AT.
func variable(flag string) string {
	return "EVENTSCALE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// splitWords takes the value of a repeatable flag's variable apart at its line ends, or else at its commas. A
// comma after which no NAME= comes belongs to the value before it: HOSTS=a,b,MODE=fast is two variables.
func splitWords(f *pflag.Flag, value string) []string {
	switch {
	case !repeatable(f):
		return []string{value}
	case strings.Contains(value, "\n"):
		return slices.DeleteFunc(strings.Split(value, "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
	case f.Value.Type() != pairsType:
		return strings.Split(value, ",")
	}
	var words []string
	for _, word := range strings.Split(value, ",") {
		if len(words) > 0 && !strings.Contains(word, "=") {
			words[len(words)-1] += "," + word
			continue
		}
		words = append(words, word)
	}
	return words
}

// pairsType is what pflag calls the flags whose values are KEY=VALUE.
const pairsType = "stringArray"

func repeatable(f *pflag.Flag) bool {
	_, many := f.Value.(pflag.SliceValue)
	return many
}

// setFlag gives a flag the values that were found in some place, and names the place if they do not fit.
func setFlag(flags *pflag.FlagSet, f *pflag.Flag, place string, values []string) error {
	for _, v := range values {
		if err := flags.Set(f.Name, v); err != nil {
			reason := err.Error()
			if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
				reason = allowed(f, invalid.Unwrap())
			}
			return &usageError{text: fmt.Sprintf("%s: %q: %s", place, v, reason)}
		}
	}
	if err := flags.SetAnnotation(f.Name, fromOutside, []string{place}); err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	return nil
}

// fromOutside marks a flag whose value is the environment's or the configuration file's, with the place.
const fromOutside = "eventscale_from_outside"

// onTheLine reports whether a flag was given on the command line.
func onTheLine(f *pflag.Flag) bool { return f.Changed && f.Annotations[fromOutside] == nil }

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
	data, err := readAtMost(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) && a.global.file == "" {
		return nil, nil
	}
	if err != nil {
		return nil, &stack.FieldError{Field: "file", Value: path, Allowed: "cannot be read: " + cause(err)}
	}
	return parseConfig(path, data)
}

// maxConfig is more than a configuration file may have, also behind a byte order mark.
const maxConfig = 2 * yamltree.MaxBytes

// readAtMost reads a file, or as much of it as shows that it is too large.
func readAtMost(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(f, size))
}

// byteOrderMark is what some editors on Windows put before UTF-8.
var byteOrderMark = []byte("\uFEFF")

// parseConfig reads a file's bytes: a mapping whose keys are settings.
func parseConfig(path string, data []byte) ([]entry, error) {
	file, err := parseYAML(path, bytes.TrimPrefix(data, byteOrderMark), 0)
	if err != nil {
		return nil, err
	}
	if len(file.Docs) > 1 {
		return nil, &usageError{text: fmt.Sprintf("%s:%d: a second document begins; there must be only one", path, lineOf(file.Docs[1]))}
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

// lineOf returns where a document begins.
func lineOf(doc *ast.DocumentNode) int {
	if doc.Start != nil {
		return doc.Start.Position.Line
	}
	return doc.GetToken().Position.Line
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

// readEntry reads one pair. The known keys are mapped to whether they take more than one value.
func readEntry(path string, pair *ast.MappingValueNode, known map[string]bool) (entry, error) {
	e := entry{
		place: fmt.Sprintf("%s:%d", path, pair.Key.GetToken().Position.Line),
		key:   pair.Key.GetToken().Value,
	}
	many, ok := known[e.key]
	if !ok {
		return e, &usageError{
			text: fmt.Sprintf("%s: %s: there is no such setting", e.place, cut(e.key)),
			hint: didYouMean("", e.key, sortedKeys(known)) + "`eventscale up --help` lists them all",
		}
	}
	values, err := words(pair.Value)
	if !many && err == nil && !plain(pair.Value) {
		err = errors.New("takes one value, not a list or a mapping")
	}
	if err != nil {
		return e, &usageError{text: fmt.Sprintf("%s: %s: %v", e.place, e.key, err)}
	}
	e.values = values
	return e, nil
}

// knownKeys are all keys that a configuration file may have, and whether they take more than one value.
func knownKeys() map[string]bool {
	keys := map[string]bool{}
	for _, key := range globalKeys {
		keys[key] = false
	}
	for _, group := range (&settings{}).groups() {
		group.VisitAll(func(f *pflag.Flag) { keys[f.Name] = repeatable(f) })
	}
	return keys
}
