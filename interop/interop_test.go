//go:build interop

// Package interop_test lets clients that nobody here wrote talk to the sandbox, and eventscale to a server
// that nobody here wrote: what we and the sandbox get wrong in the same way shows here.
//
// It needs programs that not everybody has, so it runs by `make interop` only, and fails where one is
// missing. It knows eventscale by its command line.
package interop_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// region is where everything is.
const region = "us-east-1"

// TestMain builds eventscale and puts it before all else in the path.
func TestMain(m *testing.M) {
	os.Exit(withEventscale(m)) //nolint:forbidigo // the main of tests
}

func withEventscale(m *testing.M) int {
	dir, err := os.MkdirTemp("", "eventscale-interop-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "../cmd/eventscale")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building eventscale:", err)
		return 1
	}
	if err := os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// shell runs programs in one folder and one environment.
type shell struct {
	*testing.T
	dir string
	env []string
}

// newShell returns a shell in a folder of its own, whose programs send AWS calls to the endpoint and see
// nothing of the user's own AWS configuration.
func newShell(t *testing.T, endpoint string) shell {
	t.Helper()
	s := shell{T: t, dir: t.TempDir()}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "EVENTSCALE_") && !strings.HasPrefix(v, "TF_") {
			s.env = append(s.env, v)
		}
	}
	s.env = append(s.env,
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"AWS_ACCESS_KEY_ID=interop", "AWS_SECRET_ACCESS_KEY=interop",
		"AWS_REGION="+region, "AWS_DEFAULT_REGION="+region,
	)
	if endpoint != "" {
		s.env = append(s.env, "AWS_ENDPOINT_URL="+endpoint)
	}
	return s
}

func (s shell) command(name string, args ...string) *exec.Cmd {
	s.Helper()
	if _, err := exec.LookPath(name); err != nil {
		s.Fatalf("%s is not installed: `make interop` needs aws, python3 with boto3, moto_server and terraform", name)
	}
	cmd := exec.CommandContext(s.Context(), name, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// answer is what a program that has ended said.
type answer struct {
	code           int
	stdout, stderr string
}

// try runs a program to its end.
func (s shell) try(name string, args ...string) answer {
	s.Helper()
	var stdout, stderr bytes.Buffer
	cmd := s.command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		s.Fatalf("%s: %v", name, err)
	}
	return answer{cmd.ProcessState.ExitCode(), strings.TrimSpace(stdout.String()), stderr.String()}
}

// run runs a program that must succeed.
func (s shell) run(name string, args ...string) answer {
	s.Helper()
	a := s.try(name, args...)
	if a.code != 0 {
		s.Fatalf("%s %s: exit code %d\n%s\n%s", name, strings.Join(args, " "), a.code, a.stdout, a.stderr)
	}
	return a
}

// script runs a Python script of testdata, which must succeed.
func (s shell) script(file string, args ...string) answer {
	s.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", file))
	if err != nil {
		s.Fatal(err)
	}
	return s.run("python3", append([]string{path}, args...)...)
}

// serveSandbox runs `eventscale sandbox serve` until the test ends, and returns its URL. The delays are in
// the form of EVENTSCALE_SANDBOX_DELAYS.
func serveSandbox(t *testing.T, delays string) string {
	t.Helper()
	s := newShell(t, "")
	s.env = append(s.env, "EVENTSCALE_SANDBOX_DELAYS="+delays)
	cmd := s.command("eventscale", "sandbox", "serve", "--memory", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("reading where the sandbox answers: %v", err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "serving on "))
}

// serveMoto runs moto_server until the test ends, and returns its URL.
func serveMoto(t *testing.T) string {
	t.Helper()
	port := freePort(t)
	cmd := newShell(t, "").command("moto_server", "-H", "127.0.0.1", "-p", port)
	start(t, cmd)
	url := "http://127.0.0.1:" + port
	waitFor(t, url+"/moto-api/")
	return url
}

// start starts a program that is stopped when the test ends.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// freePort returns a port that nobody listens on, at least for now.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// waitFor returns when somebody answers.
func waitFor(t *testing.T, url string) {
	t.Helper()
	deadline := time.After(time.Minute)
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if answer, err := http.Get(url); err == nil {
			answer.Body.Close()
			return
		}
		select {
		case <-deadline:
			t.Fatalf("nobody answers at %s", url)
		case <-again.C:
		}
	}
}
