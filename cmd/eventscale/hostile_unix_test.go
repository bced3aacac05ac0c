//go:build !windows

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/yamltree"
)

// said runs a command in this process, and returns all that it prints.
func said(t *testing.T, stdin *os.File, args ...string) (code int, printed string) {
	t.Helper()
	var out bytes.Buffer
	a := &app{stdin: stdin, stdout: &out, stderr: &out, env: func(string) string { return "" }}
	code = a.run(append([]string{"--state-dir", filepath.Join(t.TempDir(), "state")}, args...))
	return code, out.String()
}

// A file without an end is refused like any that is too large.
func TestAFileWithoutEndIsRefused(t *testing.T) {
	const endless = "/dev/zero"
	zero, err := os.Open(endless)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = zero.Close() })
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"policy":   {[]string{"sandbox", "serve", "--addr", "127.0.0.1:0", "--memory", "--policy", endless}, "must be at most 131072 characters"},
		"faults":   {[]string{"sandbox", "serve", "--addr", "127.0.0.1:0", "--memory", "--faults", endless}, "the file is larger than 65536 bytes"},
		"settings": {[]string{"plan", "--sandbox", "--file", endless}, "the file is larger than 65536 bytes"},
		"package":  {[]string{"plan", "--sandbox", "--asg", "gpu-workers", "--function-zip", endless}, "must be a zip file"},
		"model":    {[]string{"simulate", "--model", endless}, "/dev/zero: has more than 64 MB"},
		"stdin":    {[]string{"simulate", "--model", "-"}, "stdin: has more than 64 MB"},
		"trace":    {[]string{"simulate", "--trace", endless}, "is not text"},
	} {
		t.Run(name, func(t *testing.T) {
			if code, printed := said(t, zero, c.args...); code != exitUsage || !strings.Contains(printed, c.says) {
				t.Errorf("exit code %d\n%.500s", code, printed)
			}
		})
	}
}

// A file that is too large is never read in part, whatever it begins with.
func TestALargeConfigurationIsNotCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), configFile)
	text := append(bytes.Clone(byteOrderMark), strings.Repeat("# a remark\n", yamltree.MaxBytes/11)+"asg: a\nregion: eu-central-1\n"...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(text) <= yamltree.MaxBytes+1 {
		t.Fatalf("%d bytes are too few", len(text))
	}
	if code, printed := said(t, nil, "iam-policy", "--file", path); code != exitUsage || !strings.Contains(printed, "the file is larger than 65536 bytes") {
		t.Errorf("exit code %d\n%.500s", code, printed)
	}
}

// A policy is looked at before it is given to somebody: a name in it must not turn its text around.
func TestAPolicyIsPrintedWithoutCharactersThatSteer(t *testing.T) {
	code, printed := said(t, nil, "iam-policy", "--asg", "a\u202eb\u200bc", "--stack", "jobs")
	if code != exitDone || strings.ContainsAny(printed, "\u202e\u200b") || !strings.Contains(printed, `autoScalingGroupName/a\u202eb\u200bc"`) {
		t.Errorf("exit code %d\n%s", code, printed)
	}
}

// The lock of the sandbox's world is the user's own file, as the world is.
func TestALinkIsNoLockOfTheSandbox(t *testing.T) {
	dir, target := t.TempDir(), filepath.Join(t.TempDir(), "target")
	if err := os.Symlink(target, filepath.Join(dir, "sandbox.json.lock")); err != nil {
		t.Fatal(err)
	}
	code, printed := said(t, nil, "plan", "--asg", "gpu-workers", "--sandbox", "--state-dir", dir)
	if code != exitUsage || !strings.Contains(printed, "sandbox.json.lock is a symbolic link") {
		t.Errorf("exit code %d\n%s", code, printed)
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("the file to which the link leads was made")
	}
}

// What others have sent or said is not written to a terminal as it came.
func TestWhatIsSaidBesideTheResultsDoesNotSteer(t *testing.T) {
	const steering = "\x1b]52;c;QQ==\x07\u009b31m\u202e"
	var out bytes.Buffer
	a := &app{stdout: &out, stderr: &out, env: func(string) string { return "" }}
	a.global.verbose = true
	a.logServed(sandbox.Call{Service: "sqs", Operation: steering + "\nsqs DeleteQueue", Status: 404})
	if lines := strings.Count(out.String(), "\n"); lines != 1 {
		t.Errorf("one call is %d lines: %q", lines, out.String())
	}
	a.note("reading the group: " + steering)
	a.rescue(&state.SaveError{Path: "jobs.json", Data: []byte("{\n  \"name\": \"\u009b31m\u202e\"\n}\n")})
	if strings.ContainsAny(out.String(), "\x1b\x07\u009b\u202e") {
		t.Errorf("it printed %q", out.String())
	}
	if !strings.HasSuffix(out.String(), "jobs.json:\n{\n  \"name\": \"\\u009b31m\\u202e\"\n}\n") {
		t.Errorf("the state is another document: %q", out.String())
	}
}

func TestWhatIsNoRegionIsInNoPolicy(t *testing.T) {
	for region, want := range map[string]int{"us-east-1:*": exitUsage, "us-*": exitUsage, `a"b`: exitUsage, "*": exitDone, "us-isob-east-1": exitDone, "cn-north-1": exitDone} {
		if code, printed := said(t, nil, "iam-policy", "--asg", "jobs", "--region", region); code != want {
			t.Errorf("%s: exit code %d\n%.300s", region, code, printed)
		}
	}
}
