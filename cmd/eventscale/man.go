package main

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan prints the manual page, for packages.
func newMan(a *app) *cobra.Command {
	cmd := a.command("man", "Print the manual page", upTo(0), func(_ context.Context, cmd *cobra.Command, _ []string) error {
		return doc.GenMan(cmd.Root(), &doc.GenManHeader{Title: "EVENTSCALE", Section: "1", Source: "eventscale " + versionText()}, a.stdout)
	})
	cmd.Hidden = true
	return cmd
}
