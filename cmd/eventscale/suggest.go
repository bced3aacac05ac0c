package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/stack"
)

// didYouMean begins a hint with the word that was probably meant, prefix and all; it is "" where none is
// near, since a far-fetched guess misleads.
func didYouMean(prefix, word string, words []string) string {
	nearest := stack.Nearest(word, words, 1)
	if len(nearest) == 0 || !near(word, nearest[0]) {
		return ""
	}
	return "did you mean " + prefix + nearest[0] + "? "
}

// near reports whether a word may be a slip of the pen: two letters of it, or a third if it is long, but
// never all of them.
func near(word, other string) bool {
	n := stack.Distance(word, other)
	return n <= max(2, len(word)/3) && n < len(word)
}

// subcommand refuses every argument of a command of commands: it names one that does not exist.
func subcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(append(names, c.Name()), c.Aliases...)
		}
	}
	return &usageError{
		text: fmt.Sprintf("%s: there is no command %q", cmd.CommandPath(), args[0]),
		hint: didYouMean("", args[0], names) + "see `" + cmd.CommandPath() + " --help`",
	}
}
