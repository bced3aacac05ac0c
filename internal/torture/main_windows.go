// Command torture needs the signals and process groups of Unix.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "torture: it needs the signals and process groups of Unix")
	os.Exit(1) //nolint:forbidigo // main alone exits
}
