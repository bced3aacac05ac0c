//go:build unix && !(linux && amd64)

package main

import (
	"context"
	"fmt"
)

// saves needs ptrace as Linux has it on amd64.
func (t *torturer) saves(context.Context) error {
	fmt.Fprintln(t.log, "saves: skipped: it needs Linux on amd64")
	return nil
}
