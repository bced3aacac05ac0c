package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/eventscale/eventscale/internal/state"
	"github.com/eventscale/eventscale/internal/ui"
)

func newList(a *app) *cobra.Command {
	return a.command("list", "List the stacks of the state folder", upTo(0), func(context.Context, *cobra.Command, []string) error {
		return a.list()
	})
}

func (a *app) list() error {
	store := a.store()
	names, err := store.List()
	if err != nil {
		return err
	}
	var rows []ui.StackRow
	for _, name := range names {
		row := ui.StackRow{Name: name, Path: store.Path(name)}
		if s, err := store.Load(name); err != nil {
			row.Problem = problem(err)
		} else {
			row.ASG, row.Account, row.Region, row.Resources = s.ASG, s.Account, s.Region, len(s.Resources)
		}
		rows = append(rows, row)
	}
	if a.json() {
		return ui.ListJSON(a.stdout, rows)
	}
	if len(rows) == 0 {
		a.note("there is no stack in " + a.global.stateDir)
		return nil
	}
	return ui.List(a.out(), rows)
}

// problem says why a file cannot be read, without its path, which stands beside it.
func problem(err error) string {
	if broken, ok := errors.AsType[*state.BrokenError](err); ok {
		return broken.Err.Error()
	}
	return err.Error()
}
