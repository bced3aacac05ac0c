package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(a *app) *cobra.Command {
	cmd := a.command("version", "Print the version", upTo(0), func(context.Context, *cobra.Command, []string) error {
		if a.json() {
			_, err := fmt.Fprintf(a.stdout, "{\"schema_version\":1,\"version\":%q,\"commit\":%q,\"date\":%q,\"go\":%q}\n", versionText(), commit, date, runtime.Version())
			return err
		}
		_, err := fmt.Fprintln(a.stdout, versionLine())
		return err
	})
	return cmd
}

// versionLine is what `version` and --version print.
func versionLine() string {
	return fmt.Sprintf("eventscale %s %s/%s %s", versionText(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
