package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSessionsOfTheDocumentsAreTrue runs the sessions of the README and of docs, and compares what is printed
// with what they show. A line of three dots stands for any lines.
func TestSessionsOfTheDocumentsAreTrue(t *testing.T) {
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := programs(t)
	for _, path := range append(documents, "../../README.md") {
		t.Run(filepath.Base(path), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			sessions := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllSubmatch(text, -1)
			if len(sessions) == 0 {
				t.Fatal("it shows no session")
			}
			for _, s := range sessions {
				runSession(t, bin, string(s[1]))
			}
		})
	}
}

// programs returns a folder that holds this test's own program as eventscale.
func programs(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("eventscale") // testscript.Main has put it there
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}

// runSession types a session's commands into one shell after another, in a folder of their own that has the
// repository's testdata in it.
func runSession(t *testing.T, bin, session string) {
	t.Helper()
	dir := t.TempDir()
	testdata, err := filepath.Abs("../../testdata")
	if err == nil {
		err = os.Symlink(testdata, filepath.Join(dir, "testdata"))
	}
	if err != nil {
		t.Fatal(err)
	}
	exports := ""
	for step := range strings.SplitSeq(strings.TrimPrefix(session, "$ "), "\n$ ") {
		command, want, _ := strings.Cut(strings.TrimSuffix(step, "\n")+"\n", "\n")
		if strings.HasPrefix(command, "export ") {
			exports += command + "\n"
			continue
		}
		cmd := exec.Command("sh", "-c", exports+command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "EVENTSCALE_SANDBOX_DELAYS=0", slowWorld, "LC_ALL=C.UTF-8")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		got, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v\n%s", command, err, stderr.String())
		}
		want = changing.ReplaceAllString(want, "just now ")
		if diff := cmp.Diff(want, elide(string(got), want)); diff != "" {
			t.Errorf("%s: the document shows (-), the program prints (+):\n%s", command, diff)
		}
	}
}

// slowWorld all but stops the sandbox's time: what the documents show is not to depend on the second of the
// minute at which they are tested.
const slowWorld = "EVENTSCALE_SANDBOX_SPEED=0.001"

var changing = regexp.MustCompile(`(just now|\d+[sm] ago) +`)

// elide puts dots where the document has them, and its times in the place of others.
func elide(got, want string) string {
	got = changing.ReplaceAllString(got, "just now ")
	if want == "" {
		return "" // the document shows nothing of the output
	}
	lines, wanted := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	var kept []string
	for i, w := range wanted {
		if w != "...\n" {
			if len(lines) > 0 {
				kept, lines = append(kept, lines[0]), lines[1:]
			}
			continue
		}
		kept = append(kept, w)
		for len(lines) > 1 && wanted[i+1] != lines[0] { // the last is what follows the last line end
			lines = lines[1:]
		}
	}
	return strings.Join(append(kept, lines...), "")
}
