package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"eventscale": main})
}

// TestScripts runs the sessions of testdata/scripts: the program as a user types it, through the real
// SDK clients, on the sandbox.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/scripts",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:               onSandbox,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a program that must end with an exit code: exits CODE PROGRAM ARG...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// onSandbox keeps a session off the machine's AWS configuration and the sandbox's delays off the session.
func onSandbox(e *testscript.Env) error {
	e.Setenv("EVENTSCALE_SANDBOX", "1")
	e.Setenv("EVENTSCALE_SANDBOX_DELAYS", "0")
	e.Setenv("EVENTSCALE_SANDBOX_SPEED", "0.001") // no minute ends within a script that does not ask for it
	e.Setenv("AWS_CONFIG_FILE", "/dev/null")
	e.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	e.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return nil
}
