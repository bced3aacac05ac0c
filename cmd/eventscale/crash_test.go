package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/eventscale/eventscale/internal/sandbox"
)

// cloud is a sandbox over HTTP that can kill the program at one request.
type cloud struct {
	*httptest.Server
	t        *testing.T
	dir      string // of the program's state
	requests atomic.Int32
	killAt   atomic.Int32 // which request; 0 for none
	effect   atomic.Bool  // whether the request takes effect before the kill
	victim   atomic.Pointer[os.Process]
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	aws, err := sandbox.Open(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{t: t, dir: t.TempDir()}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.requests.Add(1) != c.killAt.Load() {
			aws.ServeHTTP(w, r)
			return
		}
		if c.effect.Load() {
			aws.ServeHTTP(httptest.NewRecorder(), r)
		}
		if err := c.victim.Load().Kill(); err != nil {
			t.Error(err)
		}
		panic(http.ErrAbortHandler) // no answer
	}))
	t.Cleanup(c.Close)
	return c
}

// run runs the program to its end, or to the kill, and returns what it printed and how it ended.
func (c *cloud) run(args ...string) (string, error) {
	c.t.Helper()
	cmd := exec.Command(filepath.Join(programs(c.t), "eventscale"), args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL="+c.URL, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_PROFILE=", "AWS_CA_BUNDLE=")
	var printed strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.victim.Store(cmd.Process)
	err := cmd.Wait()
	return printed.String(), err
}

// killed runs the program and kills it at its n-th request, before or after the effect.
func (c *cloud) killed(n int32, effect bool, args ...string) {
	c.requests.Store(0)
	c.killAt.Store(n)
	c.effect.Store(effect)
	_, _ = c.run(args...)
	c.killAt.Store(0)
}

// must runs the program, which must work.
func (c *cloud) must(args ...string) {
	c.t.Helper()
	if printed, err := c.run(args...); err != nil {
		c.t.Errorf("eventscale %s: %v\n%s", strings.Join(args, " "), err, printed)
	}
}

// count returns how many requests the program makes.
func (c *cloud) count(args ...string) int32 {
	c.t.Helper()
	c.requests.Store(0)
	c.must(args...)
	return c.requests.Load()
}

// mustBeEmpty looks for every resource by name, since the state is gone.
func (c *cloud) mustBeEmpty() {
	c.t.Helper()
	printed, err := c.run("plan", "--asg", "gpu-workers")
	if err != nil || !strings.Contains(printed, "Plan: 13 to create, 0 to update, 0 to replace, 0 to delete, 0 unchanged") {
		c.t.Errorf("something is left: %v\n%s", err, printed)
	}
}

// TestConvergesFromAKillAtEveryCall kills the program at each of its calls, before and after the call
// takes effect, and runs it again.
func TestConvergesFromAKillAtEveryCall(t *testing.T) {
	up := []string{"up", "--asg", "gpu-workers"}
	probe := newCloud(t)
	calls := map[string]int32{"up": probe.count(up...), "destroy": probe.count("destroy", "--yes")}
	for _, effect := range []bool{false, true} {
		for n := int32(1); n <= calls["up"]; n++ {
			t.Run(fmt.Sprintf("up/call=%d/effect=%t", n, effect), func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				c.killed(n, effect, up...)
				c.must(up...)
				c.must("plan", "--asg", "gpu-workers", "--exit-code")
				c.must("status", "--exit-code")
				c.must("destroy", "--yes")
				c.mustBeEmpty()
			})
		}
		for n := int32(1); n <= calls["destroy"]; n++ {
			t.Run(fmt.Sprintf("destroy/call=%d/effect=%t", n, effect), func(t *testing.T) {
				t.Parallel()
				c := newCloud(t)
				c.must(up...)
				c.killed(n, effect, "destroy", "--yes")
				c.must("destroy", "--yes")
				c.mustBeEmpty()
			})
		}
	}
}
