package ingest

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files, and fail")

// The hash decides whether `eventscale up` updates the functions of existing
// stacks: it may change with index.py, and with nothing else.
func TestZipIsTheSameEverywhere(t *testing.T) {
	sum := sha256.Sum256(Zip())
	got := hex.EncodeToString(sum[:]) + "\n"
	golden := filepath.Join("testdata", "zip.sha256")
	want, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("SHA-256 of the zip is %swant %sif index.py changed, run this test with -update", got, want)
}

func TestZipDoesNotVary(t *testing.T) {
	if !bytes.Equal(Zip(), Zip()) {
		t.Error("two calls gave two zips")
	}
}

func TestZipHoldsOneReadableFile(t *testing.T) {
	archive, err := zip.NewReader(bytes.NewReader(Zip()), int64(len(Zip())))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 1 {
		t.Fatalf("%d files, want 1", len(archive.File))
	}
	file := archive.File[0]
	if file.Name != "index.py" || file.Mode() != 0o644 || file.Method != zip.Store {
		t.Errorf("got %s, mode %v, method %d", file.Name, file.Mode(), file.Method)
	}
	if got := file.Modified.Format("2006-01-02 15:04:05"); got != "1980-01-01 00:00:00" {
		t.Errorf("modified %s", got)
	}
	content, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(content) // also checks the CRC
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, source) {
		t.Error("the file is not index.py")
	}
}

func TestEmbeddedHandlerPassesItsOwnCheck(t *testing.T) {
	if err := Check(Zip(), Handler, Runtime); err != nil {
		t.Error(err)
	}
}

// The handler's own tests are in Python, the language it is written in.
func TestHandlerInPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	// Looked at here so that a change of it makes a cached test result void.
	if _, err := os.Stat("index_test.py"); err != nil {
		t.Fatal(err)
	}
	// -B: leave no __pycache__ in the source tree.
	out, err := exec.Command(python, "-B", "-m", "unittest", "index_test").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
