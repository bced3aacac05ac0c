package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/eventscale/eventscale/"

// mayImport says, for each package, which others of ours it may import. Imports point one way:
// cmd -> ui -> {tune, simulation, stack} -> {provision, loop} -> state, and cmd -> {sandbox, workload} -> loop.
var mayImport = map[string][]string{
	"cmd/eventscale": {
		"internal/fleet", "internal/ingest", "internal/loop", "internal/provision", "internal/sandbox", "internal/simulation",
		"internal/stack", "internal/state", "internal/tune", "internal/ui", "internal/workload", "internal/yamltree",
	},
	"internal/bench":      {"internal/sandbox"},
	"internal/fleet":      {},
	"internal/hostile":    {},
	"internal/ingest":     {},
	"internal/loop":       {},
	"internal/provision":  {"internal/state"},
	"internal/sandbox":    {"internal/ingest", "internal/loop", "internal/yamltree"},
	"internal/simulation": {"internal/loop"},
	"internal/stack":      {"internal/loop", "internal/provision", "internal/state"},
	"internal/state":      {},
	"internal/torture":    {"internal/sandbox", "internal/state"},
	"internal/tune":       {"internal/loop", "internal/simulation", "internal/stack"},
	"internal/ui":         {"internal/loop", "internal/provision", "internal/simulation", "internal/stack", "internal/state", "internal/tune"},
	"internal/workload":   {"internal/loop"},
	"internal/yamltree":   {},
}

// mayBeImportedBy says which packages may import a module that is not ours. One part of the program
// hides each of them from the rest.
var mayBeImportedBy = map[string][]string{
	"github.com/aws/":            {"cmd/eventscale", "internal/sandbox", "internal/stack", "internal/torture"},
	"github.com/spf13/":          {"cmd/eventscale"},
	"github.com/goccy/go-yaml":   {"cmd/eventscale", "internal/sandbox", "internal/yamltree"},
	"github.com/charmbracelet/":  {"internal/ui"},
	"github.com/muesli/":         {"internal/ui"},
	"github.com/fxamacker/cbor/": {"internal/sandbox"},
	"github.com/gofrs/flock":     {"internal/sandbox", "internal/state"},
	"github.com/rogpeppe/":       {"internal/ui"},
	"golang.org/x/image/":        {"internal/ui"},
	"golang.org/x/net/netutil":   {"internal/sandbox"},
	"golang.org/x/time/":         {"internal/stack"},
}

func TestImportsPointOneWay(t *testing.T) {
	seen := map[string]bool{}
	for dir, paths := range importsOfProduct(t) {
		seen[dir] = true
		ours, known := mayImport[dir]
		if !known {
			t.Errorf("%s: this test does not know the package: say in mayImport what it may import", dir)
			continue
		}
		for _, path := range paths {
			if own, ok := strings.CutPrefix(path, module); ok {
				if !slices.Contains(ours, own) {
					t.Errorf("%s imports %s", dir, own)
				}
				continue
			}
			if isStandard(path) {
				continue
			}
			if by, hidden := hiddenBy(path); hidden && !slices.Contains(by, dir) {
				t.Errorf("%s imports %s, which is for %v", dir, path, by)
			} else if !hidden {
				t.Errorf("%s imports %s: say in mayBeImportedBy who may", dir, path)
			}
		}
	}
	for _, dir := range []string{"cmd/eventscale", "internal/provision", "internal/sandbox", "internal/stack", "internal/state", "internal/ui"} {
		if !seen[dir] {
			t.Errorf("%s was not found: the test looks in the wrong place", dir)
		}
	}
}

// hiddenBy returns the packages that may import a path of another module.
func hiddenBy(path string) (packages []string, hidden bool) {
	for prefix, by := range mayBeImportedBy {
		if strings.HasPrefix(path, prefix) {
			return by, true
		}
	}
	return nil, false
}

// isStandard tells a path of the standard library: its first element has no dot.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// importsOfProduct returns what each package imports, its tests left out, by its folder.
func importsOfProduct(t *testing.T) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	imports := map[string][]string{}
	for _, tree := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, tree), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			dir = filepath.ToSlash(dir)
			for _, spec := range file.Imports {
				name, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				imports[dir] = append(imports[dir], name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return imports
}
