//go:build interop

package interop_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLifeOnMoto is a stack's whole life on a server that is not ours, around a group that is never empty and
// around one that can be, which has the wake rule too.
func TestLifeOnMoto(t *testing.T) {
	for _, minimum := range []string{"1", "0"} {
		t.Run("min="+minimum, func(t *testing.T) { liveOnMoto(t, minimum) })
	}
}

func liveOnMoto(t *testing.T, minimum string) {
	t.Helper()
	s := newShell(t, serveMoto(t))
	s.script("moto.py", "group", "gpu-workers", minimum)

	s.run("eventscale", "up", "--asg", "gpu-workers")
	s.changesNothing("up", "--asg", "gpu-workers")
	s.run("eventscale", "status", "--exit-code")

	other := []string{
		"--asg", "gpu-workers", "--scale-out-at", "20", "--scale-in-at", "3", "--scale-out-by", "4", "--cooldown", "10m",
		"--periods", "3", "--visibility-timeout", "20m", "--memory", "512", "--function-timeout", "45s",
		"--log-retention", "30", "--env", "COLOUR=blue", "--tag", "team=gpu",
	}
	s.run("eventscale", append([]string{"up"}, other...)...)
	s.changesNothing(append([]string{"up"}, other...)...)
	s.run("eventscale", append([]string{"plan", "--exit-code"}, other...)...)
	s.run("eventscale", "status", "--exit-code")

	for _, scaling := range []string{
		"--preset table", "--preset table --table 2:1,8:2,15:6 --scale-in-by 2 --warmup 3m",
		"--preset step --warmup 90s", "--policy step --step 5:+1,20:+4 --scale-in-at 1",
	} {
		args := append([]string{"up", "--asg", "gpu-workers"}, strings.Fields(scaling)...)
		s.run("eventscale", args...)
		s.changesNothing(args...)
		s.run("eventscale", "status", "--exit-code")
	}

	if got := s.run("eventscale", "output", "sqs_queue_name").stdout; got != "eventscale-gpu-workers-jobs" {
		t.Errorf("output sqs_queue_name: %s", got)
	}
	s.run("eventscale", "destroy", "--yes")
	if got := s.script("moto.py", "list").stdout; got != "group gpu-workers" {
		t.Errorf("left behind:\n%s", got)
	}
	if _, err := os.Stat(filepath.Join(s.dir, ".eventscale", "gpu-workers.json")); !os.IsNotExist(err) {
		t.Errorf("the state is still there: %v", err)
	}
}

// changesNothing runs eventscale, which must find everything as it should be.
func (s shell) changesNothing(args ...string) {
	s.Helper()
	if a := s.run("eventscale", args...); !strings.Contains(a.stderr, "nothing to change") {
		s.Errorf("eventscale %s changed something:\n%s", strings.Join(args, " "), a.stderr)
	}
}
