//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/eventscale/eventscale/internal/state"
)

// sameAs returns an error that names every difference between what is there and what should be, in an
// account that nothing has disturbed.
func (a account) sameAs(want account) error {
	var errs []error
	have, wanted := a.lines(), want.lines()
	over := minus(have, wanted)
	for _, line := range minus(wanted, have) {
		i := slices.IndexFunc(over, func(other string) bool { return subject(other) == subject(line) })
		if i < 0 {
			errs = append(errs, fmt.Errorf("missing: %s", subject(line)))
			continue
		}
		errs = append(errs, fmt.Errorf("%s is %s", subject(line), differing(over[i], line)))
		over = slices.Delete(over, i, i+1)
	}
	for _, line := range over {
		errs = append(errs, fmt.Errorf("left over: %s", subject(line)))
	}
	return errors.Join(errs...)
}

// subject is the kind and the name of a line.
func subject(line string) string {
	words := strings.SplitN(line, " ", 3)
	return words[0] + " " + words[1]
}

// differing shows two texts from where they differ on.
func differing(have, want string) string {
	at := 0
	for at < min(len(have), len(want)) && have[at] == want[at] {
		at++
	}
	from := max(0, at-40)
	return fmt.Sprintf("...%s..., and should be ...%s...", have[from:min(len(have), at+80)], want[from:min(len(want), at+80)])
}

// beyond counts the objects that an account has beyond another.
func (a account) beyond(base account) int {
	n := 0
	for _, i := range a {
		if len(base.find(i.kind, i.name)) == 0 {
			n++
		}
	}
	return n
}

// minus returns the lines of a that are not in b, each as often as it is there too often.
func minus(a, b []string) []string {
	rest := slices.Clone(b)
	return slices.DeleteFunc(slices.Clone(a), func(line string) bool {
		i := slices.Index(rest, line)
		if i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		}
		return i >= 0
	})
}

// recordedIn returns an error that names every difference between the state of the stack and the account:
// what is recorded and not there, there and not recorded, or not done.
func (a account) recordedIn(store *state.Store, base account) error {
	records, err := recordsOf(store)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range records {
		errs = append(errs, a.holds(r))
	}
	return errors.Join(append(errs, a.knownTo(store, base))...)
}

// knownTo returns an error that names all that is there and not recorded with its ID. That is what must hold
// when a run was stopped in order: the calls in flight have ended, and their results are saved.
func (a account) knownTo(store *state.Store, base account) error {
	records, err := recordsOf(store)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range a {
		known := func(r state.Record) bool { return r.Type == i.kind && r.Name == i.name && r.PhysicalID == i.id }
		if len(base.find(i.kind, i.name)) == 0 && !slices.ContainsFunc(records, known) {
			errs = append(errs, fmt.Errorf("there, and not recorded as such: %s %s", i.kind, i.name))
		}
	}
	return errors.Join(errs...)
}

// recordsOf returns what the state records; nothing where there is no state.
func recordsOf(store *state.Store) ([]state.Record, error) {
	snapshot, err := store.Load(stackName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return snapshot.Resources, nil
}

// holds returns an error where a record is not what the account has.
func (a account) holds(r state.Record) error {
	found := a.find(r.Type, r.Name)
	switch {
	case len(found) != 1:
		return fmt.Errorf("recorded, and there %d times: %s %s", len(found), r.Type, r.Name)
	case r.PhysicalID != found[0].id || r.ARN != found[0].arn:
		return fmt.Errorf("recorded as %q, %q and there as %q, %q: %s %s", r.PhysicalID, r.ARN, found[0].id, found[0].arn, r.Type, r.Name)
	case !strings.HasSuffix(r.Status, "_COMPLETE"):
		return fmt.Errorf("recorded as %s: %s %s", r.Status, r.Type, r.Name)
	}
	return nil
}
