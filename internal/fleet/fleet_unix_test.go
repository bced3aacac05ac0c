//go:build unix

package fleet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// trial is a fleet under test: all that it prints and says.
type trial struct {
	*testing.T
	*Fleet
	changed *sync.Cond
	text    strings.Builder
	events  []Event
}

func newTrial(t *testing.T, command string, grace time.Duration) *trial {
	f := &trial{T: t, changed: sync.NewCond(&sync.Mutex{})}
	f.Fleet = New(Options{
		Command: command, Grace: grace, Output: f,
		Say: func(e Event) {
			f.changed.L.Lock()
			defer f.changed.L.Unlock()
			f.events = append(f.events, e)
			f.changed.Broadcast()
		},
	})
	t.Cleanup(f.Close)
	return f
}

func (f *trial) start(instance string) {
	f.Start(instance, append(os.Environ(), "INSTANCE_ID="+instance))
}

func (f *trial) Write(p []byte) (int, error) {
	f.changed.L.Lock()
	defer f.changed.L.Unlock()
	defer f.changed.Broadcast()
	return f.text.Write(p)
}

// until waits for a condition on what was printed and said. A test that waits in vain ends by go test's timeout.
func (f *trial) until(condition func() bool) {
	f.changed.L.Lock()
	defer f.changed.L.Unlock()
	for !condition() {
		f.changed.Wait()
	}
}

func (f *trial) untilPrinted(text string) {
	f.until(func() bool { return strings.Contains(f.text.String(), text) })
}

func (f *trial) untilSaid(what What) (said Event) {
	f.until(func() bool {
		for _, e := range f.events {
			if e.What == what {
				said = e
				return true
			}
		}
		return false
	})
	return said
}

func (f *trial) printed() string {
	f.changed.L.Lock()
	defer f.changed.L.Unlock()
	return f.text.String()
}

// waits is a shell that goes on until a signal ends it.
const waits = "while :; do sleep 0.01; done"

func TestEachInstanceHasAProcessOfItsOwn(t *testing.T) {
	f := newTrial(t, `echo "hello from $INSTANCE_ID"; echo "to stderr" >&2; `+waits, time.Hour)
	for _, id := range []string{"i-1", "i-2", "i-2"} {
		f.start(id)
	}
	f.Stop("i-3")
	f.untilPrinted("i-1 | hello from i-1\n")
	f.untilPrinted("i-2 | hello from i-2\n")
	f.untilPrinted("i-2 | to stderr\n")
	f.Close()
	f.start("i-4")
	started := map[string]int{}
	for _, e := range f.events {
		if e.What == Started {
			started[e.Instance]++
		}
	}
	if diff := cmp.Diff(map[string]int{"i-1": 1, "i-2": 1}, started); diff != "" {
		t.Errorf("started (-want +got):\n%s", diff)
	}
}

func TestAWorkerFinishesItsJobWhenItsInstanceGoes(t *testing.T) {
	worker := `trap 'echo finished; exit 0' TERM; echo ready; ` + waits
	for name, command := range map[string]string{
		"the shell itself": worker,
		"below a shell":    "sh -c " + quote(worker) + "; echo not reached",
		"below, without its output": "sh -c " + quote(`trap 'touch "$DONE"; exit 0' TERM; touch "$DONE.ready"; `+waits) +
			` >/dev/null 2>&1 & until [ -e "$DONE.ready" ]; do sleep 0.01; done; echo ready; wait`,
	} {
		t.Run(name, func(t *testing.T) {
			done := filepath.Join(t.TempDir(), "done")
			t.Setenv("DONE", done)
			f := newTrial(t, command, time.Hour)
			f.start("i-1")
			f.untilPrinted("ready")
			f.Stop("i-1")
			f.untilSaid(Stopped)
			_, err := os.Stat(done)
			if !strings.Contains(f.printed(), "finished") && err != nil {
				t.Errorf("the job was not finished:\n%s", f.printed())
			}
		})
	}
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func TestAWorkerThatDoesNotStopIsKilled(t *testing.T) {
	f := newTrial(t, `trap '' TERM; echo ready; `+waits, 10*time.Millisecond)
	f.start("i-1")
	f.untilPrinted("ready")
	f.Stop("i-1")
	f.untilSaid(Killed)
	if pid := f.untilSaid(Started).PID; alive(pid) {
		t.Errorf("process %d is alive", pid)
	}
}

// alive reports whether a process runs: it is there, and not only its entry in the table.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true // no Linux
	}
	_, rest, _ := bytes.Cut(stat, []byte(") "))
	return len(rest) > 0 && rest[0] != 'Z'
}

// In the bubble the clock stands while a process runs, and leaps over the pauses.
func TestAWorkerThatExitsIsStartedAgainLaterAndLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newTrial(t, `echo "$$"; exit 3`, time.Hour)
		begun := time.Now()
		f.start("i-1")
		var pauses []time.Duration
		f.until(func() bool { return len(f.events) >= 16 })
		f.Stop("i-1")
		f.Close()
		for _, e := range f.events[:16] {
			if e.What == Exited {
				pauses = append(pauses, e.After)
				if e.Reason != "exit status 3" {
					t.Errorf("reason %q", e.Reason)
				}
			}
		}
		var want []time.Duration
		for _, s := range []int{1, 2, 4, 8, 16, 30, 30, 30} {
			want = append(want, time.Duration(s)*time.Second)
		}
		if diff := cmp.Diff(want, pauses); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if d := time.Since(begun); d < 91*time.Second {
			t.Errorf("all this in %s", d)
		}
	})
}

func TestAWorkerThatCannotBeStartedIsTriedAgain(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		f := newTrial(t, "true", time.Hour)
		f.start("i-1")
		f.until(func() bool { return len(f.events) >= 3 })
		if e := f.untilSaid(Unstartable); !strings.Contains(e.Reason, "sh") || e.After != firstPause {
			t.Errorf("%+v", e)
		}
		f.Close()
	})
}

func TestWhatAnExitedWorkerLeftBehindIsStopped(t *testing.T) {
	f := newTrial(t, `trap 'echo left; exit' TERM; sh -c `+quote(`trap "echo swept; exit" TERM; echo ready; `+waits)+` & sleep 0.2; exit 4`, time.Hour)
	f.start("i-1")
	f.untilSaid(Exited)
	f.untilPrinted("swept")
}

func TestALongLineIsBroken(t *testing.T) {
	f := newTrial(t, `head -c 70000 /dev/zero | tr '\0' x; echo; echo done; `+waits, time.Hour)
	f.start("i-1")
	f.untilPrinted("i-1 | done\n")
	if lines := strings.Count(f.printed(), "\n"); lines != 3 {
		t.Errorf("%d lines", lines)
	}
}

// parentVariable makes the test program a parent that is killed.
const parentVariable = "EVENTSCALE_TEST_FLEET_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentVariable) == "" {
		m.Run()
		return
	}
	f := New(Options{
		Command: `sh -c 'echo "$$"; trap "" TERM; ` + waits + `'; true`,
		Grace:   time.Hour, Output: os.Stdout,
	})
	f.Start("i-1", os.Environ())
	select {}
}

func TestWorkersDieWithTheFleet(t *testing.T) {
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"=1")
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(output, "i-1 | %d\n", &pid); err != nil || !alive(pid) {
		t.Fatalf("process %d: %v", pid, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for alive(pid) {
		time.Sleep(time.Millisecond)
	}
}
