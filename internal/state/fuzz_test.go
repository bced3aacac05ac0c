package state

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/hostile"
)

func FuzzDecode(f *testing.F) {
	paths, err := filepath.Glob("testdata/v*/*.json")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, b := range broken {
		f.Add([]byte(b.data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		if err != nil {
			namesThePlace(t, err)
			return
		}
		once := encode(t, s)
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, once)
		}
		if twice := encode(t, again); !bytes.Equal(once, twice) {
			t.Errorf("written\n%s\nand again\n%s", once, twice)
		}
	})
}

// namesThePlace checks that an error names a line, a field or a version.
func namesThePlace(t *testing.T, err error) {
	t.Helper()
	for _, place := range []string{"line ", "field ", "version ", "after the snapshot's end"} {
		if strings.Contains(err.Error(), place) {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes: %.200s", len(err.Error()), err)
			}
			return
		}
	}
	t.Errorf("no place: %v", err)
}

func TestAMegabyteOfStateIsBounded(t *testing.T) {
	head := `{"version": 1, "stack": "s", "account": "1", "region": "r", `
	for name, text := range map[string]string{
		"records":        head + `"resources": [` + hostile.Repeat("{},") + "{}]}",
		"tags":           head + `"resources": [{"tags": {` + hostile.Repeat(`"":"",`) + `"":""}}]}`,
		"references":     head + `"resources": [{"depends_on": [` + hostile.Repeat(`"",`) + `""]}]}`,
		"a deep spec":    head + `"spec": ` + hostile.Nest("[", "", "]") + "}",
		"a long spec":    head + `"spec": [` + hostile.Repeat("0,") + "0]}",
		"a long name":    head + `"` + hostile.Repeat("x") + `": 1}`,
		"a long stack":   strings.Replace(head, `"s"`, `"`+hostile.Repeat("x")+`"`, 1) + `"resources": []}`,
		"a long number":  `{"version": ` + hostile.Repeat("9") + "}",
		"many versions":  "{" + hostile.Repeat(`"version": 1,`) + `"version": 1}`,
		"white space":    hostile.Repeat(" "),
		"lists":          hostile.Nest("[", "", "]"),
		"cut":            hostile.Repeat(`{"version":`),
		"two of one ID":  head + `"resources": [` + hostile.Repeat(`{"logical_id":"A","type":"T","name":"a"},`) + "{}]}",
		"unknown fields": head + hostile.Repeat(`"a":1,`) + `"b":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			hostile.Within(t, func() {
				if _, err := Decode([]byte(text)); err != nil {
					namesThePlace(t, err)
				}
			})
		})
	}
}
