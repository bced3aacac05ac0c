package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/eventscale/eventscale/internal/yamltree"
)

// parseYAML parses a configuration file's bytes.
func parseYAML(path string, data []byte, mode parser.Mode) (*ast.File, error) {
	file, err := yamltree.Parse(data, mode)
	bound, beyond := errors.AsType[*yamltree.BoundError](err)
	switch {
	case beyond && bound.Line > 0:
		return nil, &usageError{text: fmt.Sprintf("%s:%d: %s", path, bound.Line, bound.Problem)}
	case beyond:
		return nil, &usageError{text: path + ": " + bound.Problem}
	case err != nil:
		return nil, &usageError{text: path + ": " + withoutValues(err)}
	}
	return file, nil
}

// withoutValues is what the parser says, without the file's own words but for the settings' names: the file
// can hold secrets.
func withoutValues(err error) string {
	known, quoted := knownKeys(), regexp.MustCompile(`(?s)".*"`)
	return quoted.ReplaceAllStringFunc(yaml.FormatError(err, false, false), func(words string) string {
		if _, name := known[strings.Trim(words, `"`)]; name {
			return words
		}
		return "(not shown)"
	})
}

// cut is a word as an error shows it.
func cut(word string) string {
	const most = 60
	if len(word) <= most {
		return word
	}
	return strings.ToValidUTF8(word[:most], "") + "..."
}

// words turns a YAML value into what one would type behind the flag: a mapping into KEY=VALUE words. They
// are the file's own: 0123 and 1.10 stay what they are, which as numbers they would not.
func words(value ast.Node) ([]string, error) {
	switch v := value.(type) {
	case *ast.SequenceNode:
		return wordsOfAll(v.Values)
	case *ast.MappingNode:
		return pairsOfMap(v.Values)
	case *ast.MappingValueNode:
		return pairsOfMap([]*ast.MappingValueNode{v})
	}
	word, err := oneWord(value)
	return []string{word}, err
}

func wordsOfAll(items []ast.Node) ([]string, error) {
	var all []string
	for _, item := range items {
		w, err := words(item)
		if err != nil {
			return nil, err
		}
		all = append(all, w...)
	}
	return all, nil
}

func pairsOfMap(pairs []*ast.MappingValueNode) ([]string, error) {
	var all []string
	for _, pair := range pairs {
		key := pair.Key.GetToken().Value
		if !plain(pair.Value) {
			return nil, fmt.Errorf("the value of %s must be plain", cut(key))
		}
		value, err := oneWord(pair.Value)
		if errors.Is(err, errNoValue) {
			return nil, fmt.Errorf("%s has no value", cut(key))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", cut(key), err)
		}
		all = append(all, key+"="+value)
	}
	slices.Sort(all)
	return all, nil
}

var errNoValue = errors.New("it has no value")

// oneWord returns one plain value.
func oneWord(value ast.Node) (string, error) {
	switch v := value.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return "", errNoValue
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return v.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return v.GetToken().Value, nil
	case *ast.AnchorNode, *ast.AliasNode:
		return "", errors.New("anchors and aliases are not taken: write the value out")
	}
	return "", errors.New("it is neither a word, a list nor a mapping")
}

// plain reports whether a YAML value is one value.
func plain(value ast.Node) bool {
	switch value.(type) {
	case *ast.SequenceNode, *ast.MappingNode, *ast.MappingValueNode:
		return false
	}
	return true
}
