// Command eventscale puts an existing EC2 Auto Scaling group behind a job queue.
//
// This package is the words that the user types: one file a command, the exit codes, and the wiring.
// It is the only one that knows cobra and how AWS configuration is loaded.
package main

import (
	"os"

	"github.com/eventscale/eventscale/internal/ui"
)

// Set by the linker in a release.
var (
	version = ""
	commit  = ""
	date    = ""
)

func main() {
	a := &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		env: os.Getenv, interactive: ui.IsTerminal(os.Stdin),
	}
	os.Exit(a.run(os.Args[1:]))
}
