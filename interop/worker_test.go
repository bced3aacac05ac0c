//go:build interop

package interop_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestTheLoopScalesAWorkerOfPython runs the example worker for each instance of the sandbox's group, at 60
// times real time: a burst of jobs makes processes come, and when all is done they go.
func TestTheLoopScalesAWorkerOfPython(t *testing.T) {
	worker, err := filepath.Abs(filepath.Join("testdata", "worker.py"))
	if err != nil {
		t.Fatal(err)
	}
	serve := newShell(t, "").command("eventscale", "sandbox", "serve", "--memory", "--addr", "127.0.0.1:0", "--speed", "60", "--worker", "exec python3 '"+worker+"'")
	out, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := serve.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, serve)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	s := newShell(t, strings.TrimSpace(strings.TrimPrefix(line, "serving on ")))
	s.run("eventscale", "up", "--asg", "gpu-workers")
	s.run("eventscale", "send", "--count", "20")

	lines := bufio.NewScanner(said)
	started, done, stopped := 0, map[string]int{}, 0
	for (len(done) < 20 || stopped == 0) && lines.Scan() {
		switch text := lines.Text(); {
		case regexp.MustCompile(` : worker \d+ started$`).MatchString(text):
			started++
		case strings.HasSuffix(text, " : worker stopped"):
			stopped++
		default:
			if _, job, ok := strings.Cut(text, " | working on "); ok {
				done[job]++
			}
		}
	}
	if started < 3 {
		t.Errorf("%d workers were started, and a scale-out brings 2 more", started)
	}
	for job, times := range done {
		if times != 1 {
			t.Errorf("%s was worked on %d times", job, times)
		}
	}
	var status struct {
		Queue struct {
			Visible int `json:"visible"`
		} `json:"queue"`
	}
	if err := json.Unmarshal([]byte(s.run("eventscale", "status", "-o", "json").stdout), &status); err != nil || status.Queue.Visible != 0 {
		t.Errorf("%d jobs wait: %v", status.Queue.Visible, err)
	}

	go func() {
		for lines.Scan() {
			continue // or serve would wait for us
		}
	}()
	begun := time.Now()
	if err := serve.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("serve ended after %s: %v", time.Since(begun), err)
	}
}
