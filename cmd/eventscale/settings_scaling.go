package main

import (
	"encoding"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// scaling returns the flags that say how the group follows the jobs.
func (s *settings) scaling() *pflag.FlagSet {
	p := &s.spec
	f := pflag.NewFlagSet("Scaling", pflag.ContinueOnError)
	f.StringVar(&p.Policy, "policy", p.Policy, "simple: a fixed step; step: the more jobs wait, the more instances at once; table: as many as a table says")
	intVar(f, &p.ScaleOutAt, "scale-out-at", "simple: waiting `jobs` at or above which the group grows")
	intVar(f, &p.ScaleOutBy, "scale-out-by", "simple: `instances` that it grows by")
	listVar(f, &p.Steps, "step", "step: `JOBS:+INSTANCES` to add from so many waiting jobs on; repeatable (default 10:+2,50:+5)")
	listVar(f, &p.Table, "table", "table: `JOBS:INSTANCES` to have from so many jobs on, waiting or running; repeatable")
	intVar(f, &p.JobsPerInstance, "jobs-per-instance", "table: `jobs` for each instance, up to the group's maximum, in place of --table (default 5)")
	intVar(f, &p.ScaleInAt, "scale-in-at", "`jobs` at or below which it shrinks, waiting and running; classic: waiting (table: 0)")
	intVar(f, &p.ScaleInBy, "scale-in-by", "`instances` that it shrinks by")
	durationVar(f, &p.Cooldown, "cooldown", "simple: pause after a change of the group before the next")
	durationVar(f, &p.Warmup, "warmup", "step, table: `duration` until a new instance counts; 0s leaves it to the group")
	durationVar(f, &p.Period, "period", "length of an alarm's period, a multiple of 1m")
	intVar(f, &p.Periods, "periods", "`number` of periods in a row before an alarm acts (step, table: 1)")
	return f
}

// given reports whether a setting was given: by its flag, by EVENTSCALE_* or by the configuration file.
func (s *settings) given(setting string) bool {
	f := s.flag(setting)
	return f != nil && f.Changed
}

// flag returns the flag of a setting; nil where there is none.
func (s *settings) flag(setting string) *pflag.Flag {
	for _, g := range s.flags {
		if f := g.Lookup(setting); f != nil {
			return f
		}
	}
	return nil
}

// listValue is a flag of many values: it may be given more than once, and takes a comma between them.
type listValue[T fmt.Stringer] struct {
	at   *[]T
	read func(string) (T, error)
}

// listVar declares a flag whose values say themselves how they are read.
func listVar[T fmt.Stringer, P interface {
	*T
	encoding.TextUnmarshaler
}](f *pflag.FlagSet, at *[]T, name, usage string) {
	read := func(s string) (T, error) {
		var v T
		err := P(&v).UnmarshalText([]byte(strings.TrimSpace(s)))
		return v, err
	}
	f.Var(&listValue[T]{at, read}, name, usage)
}

func (v *listValue[T]) String() string {
	if v.at == nil {
		return ""
	}
	return strings.Join(v.GetSlice(), ",")
}

// Type is the flag's, for pflag.
func (v *listValue[T]) Type() string { return "list" }

// Set adds one or more values.
func (v *listValue[T]) Set(s string) error {
	words := strings.Split(s, ",")
	for _, word := range words {
		err := v.Append(word)
		if err != nil && len(words) > 1 {
			return fmt.Errorf("%q %w", word, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Append, Replace and GetSlice make it a pflag.SliceValue: a flag of which there can be many.
func (v *listValue[T]) Append(word string) error {
	parsed, err := v.read(word)
	if err == nil {
		*v.at = append(*v.at, parsed)
	}
	return err
}

// Replace forgets the values and takes these.
func (v *listValue[T]) Replace(words []string) error {
	*v.at = nil
	return v.Set(strings.Join(words, ","))
}

// GetSlice returns the values as they are typed.
func (v *listValue[T]) GetSlice() []string {
	var words []string
	for _, value := range *v.at {
		words = append(words, value.String())
	}
	return words
}
