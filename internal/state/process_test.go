package state

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// helper names what this test binary does when it is started as another process.
const helper = "EVENTSCALE_TEST_HELPER"

var helpers = map[string]func(dir string) error{
	"hold":                    holdForever,
	"hold briefly":            holdBriefly,
	"save":                    saveForever,
	"save without permission": saveWithoutPermission,
	"save on a full disk":     saveOnFullDisk,
}

func TestMain(m *testing.M) {
	usualUmask()
	do, ok := helpers[os.Getenv(helper)]
	if !ok {
		os.Exit(m.Run()) //nolint:forbidigo // as the testing package asks for
	}
	if err := do(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stdout, err)
		os.Exit(1) //nolint:forbidigo // a process that is no test
	}
}

// process starts a helper, and returns when it has printed its first line.
func process(t *testing.T, do, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], dir)
	cmd.Env = append(os.Environ(), helper+"="+do)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	return cmd, lines.Text()
}

// kill ends a process as a loss of power would, and waits until it is gone.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process had ended by itself")
	}
}

// pause waits in a helper process, which no synctest reaches.
func pause(d time.Duration) { <-time.After(d) }
