package stack

import (
	"os"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// Whoever knows the type knows the file: AWS::Lambda::Function is in lambda_function.go.
func TestEveryKindHasItsFile(t *testing.T) {
	for _, kind := range newCloud(t, sandbox.Options{}).kinds().types() {
		words := strings.Split(strings.ToLower(kind.Name), "::")
		if len(words) != 3 || words[0] != "aws" {
			t.Errorf("%s is no type of CloudFormation's", kind.Name)
			continue
		}
		file := words[1] + "_" + words[2]
		source, err := os.ReadFile(file + ".go")
		if err != nil {
			t.Errorf("%s: %v", kind.Name, err)
		}
		if !strings.Contains(string(source), `"`+kind.Name+`"`) {
			t.Errorf("%s.go does not say %q", file, kind.Name)
		}
		tests, err := os.ReadFile(file + "_test.go")
		if err != nil || !strings.Contains(string(tests), "conforms(t, ") {
			t.Errorf("%s_test.go does not call the conformance suite: %v", file, err)
		}
	}
}

// A record of any kind of the list can be deleted.
func TestTheListIsMadeOfTheKinds(t *testing.T) {
	known := map[string]bool{}
	for _, kind := range newCloud(t, sandbox.Options{}).kinds().types() {
		if known[kind.Name] {
			t.Errorf("%s is there twice", kind.Name)
		}
		known[kind.Name] = true
	}
	used := map[string]bool{}
	for _, r := range listed(testSpec(), testRegion, true) {
		used[r.Type.Name] = true
		if !known[r.Type.Name] {
			t.Errorf("%s is of the type %s, which a destroy does not know", r.LogicalID, r.Type.Name)
		}
	}
	if len(used) != len(known) {
		t.Errorf("%d types are used, %d known", len(used), len(known))
	}
}
