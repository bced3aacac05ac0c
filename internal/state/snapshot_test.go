package state

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files, and fail")

// A file of any version is read, and written back as the newest one. Files in testdata are never
// changed: those that exist at our users' are not either.
func TestEveryVersionIsReadAndWrittenAsTheNewest(t *testing.T) {
	inputs, err := filepath.Glob("testdata/v*/*.in.json")
	if err != nil || len(inputs) < 2*Version {
		t.Fatalf("%v: only %d files for %d versions", err, len(inputs), Version)
	}
	for _, in := range inputs {
		t.Run(in, func(t *testing.T) {
			s := decode(t, read(t, in))
			out := strings.Replace(in, ".in.", ".out.", 1)
			got := encode(t, s)
			golden(t, out, got)
			if d := cmp.Diff(string(got), string(encode(t, decode(t, got)))); d != "" {
				t.Errorf("written, read and written again (-before +after):\n%s", d)
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, data []byte) *Snapshot {
	t.Helper()
	s, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encode(t *testing.T, s *Snapshot) []byte {
	t.Helper()
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err == nil && string(want) == string(got) {
		return
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s (-want +got):\n%s", path, cmp.Diff(string(want), string(got)))
}

const valid = `{
  "version": 1,
  "stack": "workers",
  "account": "123456789012",
  "region": "eu-central-1",
  "resources": [
    {"logical_id": "A", "type": "T", "name": "a", "status": "S"}
  ]
}
`

// broken are files that no eventscale wrote, and what the user is told.
var broken = []struct{ name, data, message string }{
	{"empty", "", "line 1, column 1: unexpected end of JSON input"},
	{"cut off", valid[:40], "line 3, column 22: unexpected end of JSON input"},
	{"not JSON", "{\n  version: 1\n}", "line 2, column 3: invalid character 'v' looking for beginning of object key string"},
	{"a line end in a string", "{\n  \"version\n\": 1}", "line 2, column 11: invalid character '\\n' in string literal"},
	{"a conflict of versions", "<<<<<<< HEAD\n" + valid, "line 1, column 1: invalid character '<' looking for beginning of value"},
	{"more after the end", valid + "{}", "line 10, column 1: invalid character '{' after top-level value"},
	{"null", "null", "field version: 0 is not a version: it starts at 1"},
	{"no version", `{"stack": "workers"}`, "field version: 0 is not a version: it starts at 1"},
	{"a negative version", `{"version": -1}`, "field version: -1 is not a version: it starts at 1"},
	{"a version that is no number", "{\n\"version\": \"1\"}", "line 2, column 14: field version: it is a string, and must be a whole number"},
	{"a newer version", `{"version": 2, "what": "ever"}`, "state version 2 is newer than 1, the newest that this eventscale reads"},
	{"an unknown field", strings.Replace(valid, `"stack"`, `"stak"`, 1), `json: unknown field "stak"`},
	{"an unknown field of a record", strings.Replace(valid, `"status"`, `"stat"`, 1), `json: unknown field "stat"`},
	{"a wrong type", strings.Replace(valid, `"workers"`, `7`, 1), "line 3, column 12: field stack: it is a number, and must be a string"},
	{"no stack", strings.Replace(valid, `"workers"`, `""`, 1), "field stack: it is empty"},
	{"no account", strings.Replace(valid, `"123456789012"`, `""`, 1), "field account: it is empty"},
	{"no region", strings.Replace(valid, `"eu-central-1"`, `""`, 1), "field region: it is empty"},
	{"a record without an ID", strings.Replace(valid, `"A"`, `""`, 1), "field resources[0]: logical_id, type and name are required"},
	{"a record without a type", strings.Replace(valid, `"T"`, `""`, 1), "field resources[0]: logical_id, type and name are required"},
	{"a record without a name", strings.Replace(valid, `"a"`, `""`, 1), "field resources[0]: logical_id, type and name are required"},
	{"far too many records", strings.Replace(valid, `[`, `[`+strings.Repeat("1,", 1000), 1), "field resources: there are 1001; a stack has at most 1000"},
	{"resources that are no list", `{"version": 1, "resources": 7}`, "line 1, column 29: field resources: it is a number, and must be an array"},
	{"a list", "[1]", "line 1, column 1: it is an array, and must be an object"},
	{"half a version", `{"version": 1.5}`, "line 1, column 15: field version: it is a number 1.5, and must be a whole number"},
	{"a record twice", strings.Replace(valid, `[`, `[{"logical_id": "A", "type": "T", "name": "b", "status": "S"},`, 1), `field resources[1]: logical_id "A" is there twice`},
}

func TestBrokenFilesAreRefused(t *testing.T) {
	decode(t, []byte(valid))
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			if _, err := Decode([]byte(b.data)); err == nil || err.Error() != b.message {
				t.Errorf("the error is\n%v, not\n%s", err, b.message)
			}
		})
	}
}

func TestANewerVersionSaysHowToReadIt(t *testing.T) {
	_, err := Decode([]byte(`{"version": 99}`))
	newer, ok := errors.AsType[*NewerError](err)
	if !ok || newer.Found != 99 || !strings.Contains(newer.Hint(), "install the eventscale that wrote it") {
		t.Errorf("the error is %v", err)
	}
}

func TestSnapshotsHaveLineagesOfTheirOwn(t *testing.T) {
	a, b := New("s", "1", "r", "g"), New("s", "1", "r", "g")
	if a.Lineage == "" || a.Lineage == b.Lineage {
		t.Errorf("lineages %q and %q", a.Lineage, b.Lineage)
	}
	if got := string(encode(t, a)); !strings.Contains(got, `"resources": []`) || !strings.HasSuffix(got, "}\n") {
		t.Errorf("encoded:\n%s", got)
	}
}

func TestRecords(t *testing.T) {
	s := New("s", "1", "r", "g")
	s.Put(Record{LogicalID: "A", Name: "a"})
	s.Put(Record{LogicalID: "B", Name: "b"})
	c := s.Clone()
	s.Put(Record{LogicalID: "A", Name: "a2"})
	s.Forget("B")
	s.Forget("C")
	if len(s.Resources) != 1 || s.Record("A").Name != "a2" || s.Record("B") != nil {
		t.Errorf("records are %+v", s.Resources)
	}
	if len(c.Resources) != 2 || c.Record("A").Name != "a" || c.Record("B").Name != "b" {
		t.Errorf("the copy's records are %+v", c.Resources)
	}
	c.Arrange(func(id string) int { return -int(id[0]) })
	if c.Resources[0].LogicalID != "B" {
		t.Errorf("arranged records are %+v", c.Resources)
	}
}
