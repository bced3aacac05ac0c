package main

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

func TestVariablesOfManyValuesArePartedWhereTheirValuesEnd(t *testing.T) {
	var s settings
	flags := pflag.NewFlagSet("up", pflag.ContinueOnError)
	for _, group := range s.groups() {
		flags.AddFlagSet(group)
	}
	for _, c := range []struct {
		flag, value string
		want        []string
	}{
		{"tag", "a=b", []string{"a=b"}},
		{"tag", "a=b,c=d", []string{"a=b", "c=d"}},
		{"env", "HOSTS=a,b,MODE=fast", []string{"HOSTS=a,b", "MODE=fast"}},
		{"env", "HOSTS=a,b,", []string{"HOSTS=a,b,"}},
		{"env", "LIST=a=1,b=2\nMODE=fast\n", []string{"LIST=a=1,b=2", "MODE=fast"}},
		{"env", "LIST=a=1,b=2\n", []string{"LIST=a=1,b=2"}},
		{"env", "nothing,else", []string{"nothing,else"}},
		{"table", "1:1,8:2", []string{"1:1", "8:2"}},
		{"table", "1:1\n8:2", []string{"1:1", "8:2"}},
		{"asg", "a,b=c", []string{"a,b=c"}},
	} {
		if got := splitWords(flags.Lookup(c.flag), c.value); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is parted into %q, not %q", c.flag, c.value, got, c.want)
		}
	}
}
