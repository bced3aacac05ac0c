package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/eventscale/eventscale/internal/ingest"
	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/stack"
)

// settings are the flags that shape a stack. The same words are keys of the configuration file and, in
// capitals behind EVENTSCALE_, names of environment variables.
type settings struct {
	spec  stack.Spec
	env   []string // NAME=VALUE
	tags  []string // KEY=VALUE
	flags []*pflag.FlagSet
}

// groups returns the flags of the settings, as help shows them.
func (s *settings) groups() []*pflag.FlagSet {
	s.spec = stack.Defaults()
	p := &s.spec

	stackFlags := pflag.NewFlagSet("Stack", pflag.ContinueOnError)
	stackFlags.StringVar(&p.ASG, "asg", p.ASG, "the Auto Scaling group; it must exist (required)")
	stackFlags.StringVar(&p.Preset, "preset", p.Preset, "safe; step or table: safe with that policy; classic: the reference design to the letter")
	stackFlags.StringArrayVar(&s.tags, "tag", nil, "tag for everything that can carry one, `KEY=VALUE`; repeatable")

	queue := pflag.NewFlagSet("Queue", pflag.ContinueOnError)
	durationVar(queue, &p.VisibilityTimeout, "visibility-timeout", "time that a worker has for a job before it is given to another")
	queue.BoolVar(&p.FIFO, "fifo", p.FIFO, "a FIFO queue: jobs in order, each exactly once (a switch replaces the queues)")

	function := pflag.NewFlagSet("Function", pflag.ContinueOnError)
	function.StringVar(&p.FunctionZip, "function-zip", "", "your own Lambda package, a zip `FILE` (default: the built-in ingest function)")
	function.StringVar(&p.Handler, "handler", p.Handler, "its handler")
	function.StringVar(&p.Runtime, "runtime", p.Runtime, "its Lambda runtime")
	intVar(function, &p.Memory, "memory", "its memory in `MB`")
	durationVar(function, &p.FunctionTimeout, "function-timeout", "its time for one event")
	function.StringArrayVar(&s.env, "env", nil, "environment variable of it, `NAME=VALUE`; repeatable")
	intVar(function, &p.LogRetention, "log-retention", "`days` that its logs are kept")

	s.flags = []*pflag.FlagSet{stackFlags, queue, s.scaling(), function}
	for _, g := range s.flags {
		g.SortFlags = false
	}
	return s.flags
}

// resolve returns the checked spec and the function's package.
func (s *settings) resolve(stackName string) (stack.Spec, []byte, error) {
	spec := s.spec
	spec.Complete(s.given)
	spec.Stack = stackName
	if spec.Stack == "" {
		spec.Stack = stack.DefaultStackName(spec.ASG)
	}
	errs := spec.Unused(s.given)
	var err error
	spec.Tags, err = pairs("tag", "KEY=VALUE", s.tags)
	errs = append(errs, err)
	env, err := pairs("env", "NAME=VALUE", s.env)
	errs = append(errs, err)
	spec.Env = secrets(env)
	if spec.ASG == "" {
		spec.Stack = "unnamed" // one error is enough: the missing group's
	}
	errs = append(errs, spec.Check())
	zip, err := s.zip()
	errs = append(errs, err)
	if err := errors.Join(errs...); err != nil {
		return spec, nil, err
	}
	spec.CodeSHA256 = stack.CodeSHA256(zip)
	return spec, zip, nil
}

// maxZip is the largest file that is read at all: Lambda takes 50 MB.
const maxZip = 256 << 20

// zip returns the function's package: the user's, checked, or the built-in one.
func (s *settings) zip() ([]byte, error) {
	path := s.spec.FunctionZip
	if path == "" {
		return s.builtIn()
	}
	refused := func(allowed string) error {
		return &stack.FieldError{Field: "function-zip", Value: path, Allowed: allowed, Advice: "give the path of a Lambda deployment package, or leave --function-zip out for the built-in function"}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, refused("cannot be read: " + cause(err))
	case !info.Mode().IsRegular():
		return nil, refused("must be a zip file, is none")
	case info.Size() > maxZip:
		return nil, refused("is too large: Lambda takes at most 50 MB")
	}
	zip, err := os.ReadFile(path)
	if err != nil {
		return nil, refused("cannot be read: " + cause(err))
	}
	err = ingest.Check(zip, s.spec.Handler, s.spec.Runtime)
	if invalid, ok := errors.AsType[*ingest.InvalidError](err); ok {
		err = &stack.FieldError{Field: "function-zip", Value: path, Allowed: invalid.Error(), Advice: invalid.Advice}
	}
	return zip, err
}

// builtIn returns the built-in function's package, if it can run with the handler and the runtime.
func (s *settings) builtIn() ([]byte, error) {
	zip := ingest.Zip()
	err := ingest.Check(zip, s.spec.Handler, s.spec.Runtime)
	if invalid, ok := errors.AsType[*ingest.InvalidError](err); ok {
		err = &stack.FieldError{
			Field: "function-zip", Allowed: "is missing; with the built-in function, " + invalid.Value,
			Advice: "give your own package with --function-zip, or leave --handler and --runtime out for the built-in function",
		}
	}
	return zip, err
}

// cause is what the system says of a file, without the path, which the error names already.
func cause(err error) string {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}

// pairs reads KEY=VALUE words. A key that comes twice has its last value.
func pairs(field, form string, words []string) (map[string]string, error) {
	m := map[string]string{}
	for _, word := range words {
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			if field == "env" {
				word = "(not shown)" // it may be a secret
			}
			return nil, &stack.FieldError{Field: field, Value: word, Allowed: "must have the form " + form}
		}
		m[key] = value
	}
	return m, nil
}

func secrets(values map[string]string) map[string]provision.Secret {
	m := map[string]provision.Secret{}
	for k, v := range values {
		m[k] = provision.NewSecret(v)
	}
	return m
}

// flagValue is a flag whose errors say what is allowed.
type flagValue[T any] struct {
	at      *T
	kind    string
	allowed string // "": what parse says
	parse   func(string) (T, error)
	format  func(T) string
}

func (v *flagValue[T]) String() string {
	if v.at == nil {
		return ""
	}
	return v.format(*v.at)
}
func (v *flagValue[T]) Type() string { return v.kind }
func (v *flagValue[T]) Set(s string) error {
	parsed, err := v.parse(s)
	switch {
	case err != nil && v.allowed != "":
		return errors.New(v.allowed)
	case err != nil:
		return err
	}
	*v.at = parsed
	return nil
}

func intVar(f *pflag.FlagSet, at *int, name, usage string) {
	f.Var(&flagValue[int]{at, "int", "must be a whole number", strconv.Atoi, strconv.Itoa}, name, usage)
}

func durationVar(f *pflag.FlagSet, at *stack.Duration, name, usage string) {
	parse := func(s string) (stack.Duration, error) {
		d, err := time.ParseDuration(s)
		return stack.Duration(d), err
	}
	f.Var(&flagValue[stack.Duration]{at, "duration", allowedDuration, parse, stack.Duration.String}, name, usage)
}

// The values that a flag takes, in words.
const (
	allowedBool     = "must be true or false"
	allowedDuration = "must be a duration such as 90s, 5m or 1h30m"
)

// allowed says what a flag takes, where its own error is pflag's and speaks of Go.
func allowed(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "bool":
		return allowedBool
	case "duration":
		return allowedDuration
	}
	return err.Error()
}

// groupedHelp prints the flags of a command under the titles of their groups.
func groupedHelp(groups []*pflag.FlagSet, global *pflag.FlagSet) string {
	var b strings.Builder
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s:\n%s", g.Name(), g.FlagUsages())
	}
	fmt.Fprintf(&b, "\nGlobal:\n%s", global.FlagUsages())
	return b.String()
}
