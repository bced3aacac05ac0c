package loop_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/eventscale/eventscale/internal/loop"
)

const casesDir = "../../testdata/loop/cases"

// readCase returns a conformance case's model and what it must come to, as JSON values.
func readCase(t *testing.T, file string) (*loop.Model, map[string]any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	model, err := loop.ParseModel(data)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Expect map[string]any `json:"expect"`
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	return model, whole.Expect
}

// asJSON is a result as a reader of its JSON sees it.
func asJSON(t *testing.T, v any) map[string]any {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(casesDir, "*.json"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d cases in %s (%v)", len(files), casesDir, err)
	}
	return files
}

func TestConformanceCasesComeOutToTheInteger(t *testing.T) {
	for _, file := range caseFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			model, want := readCase(t, file)
			result, err := loop.Run(model.Config, model.Trace, loop.Options{Series: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, asJSON(t, result)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestConfigurationsSurviveJSON(t *testing.T) {
	for _, file := range caseFiles(t) {
		model, _ := readCase(t, file)
		written, err := json.Marshal(model.Config)
		if err != nil {
			t.Fatal(err)
		}
		read, err := loop.ParseConfig(written)
		if err != nil {
			t.Fatalf("%s: %v\n%s", file, err, written)
		}
		again, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written, again) {
			t.Errorf("%s:\n%s\n%s", file, written, again)
		}
	}
}
