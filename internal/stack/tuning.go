package stack

import (
	"fmt"
	"strings"
)

// Setting is one setting under the word that flag and configuration key have in common. One without values
// is at its default.
type Setting struct {
	Key    string
	Values []string // as one types them; more than one of --step and --table only
	Many   bool     // it is a list, even of one value
}

// Tuning returns every setting of the scaling, in the order of the flags. Only those have values that differ
// from what the preset has: a configuration file that shall mean this spec has them, and none of the others.
// The preset always has one. The policy never does, since the preset tells it.
func (s Spec) Tuning() []Setting {
	if s.Preset != Classic && presetOf(s.Policy) != "" {
		s.Preset = presetOf(s.Policy)
	}
	d := DefaultsOf(s.Preset)
	return []Setting{
		{Key: "preset", Values: []string{s.Preset}},
		{Key: "policy"},
		many("step", s.Steps, d.Steps),
		many("table", s.Table, d.Table),
		one("jobs-per-instance", s.JobsPerInstance, d.JobsPerInstance, len(s.Table) > 0),
		one("scale-out-at", s.ScaleOutAt, d.ScaleOutAt, s.Policy != SimplePolicy),
		one("scale-out-by", s.ScaleOutBy, d.ScaleOutBy, s.Policy != SimplePolicy),
		one("scale-in-at", s.ScaleInAt, d.ScaleInAt, false),
		one("scale-in-by", s.ScaleInBy, d.ScaleInBy, false),
		one("cooldown", s.Cooldown, d.Cooldown, s.Policy != SimplePolicy),
		one("warmup", s.Warmup, d.Warmup, s.Policy == SimplePolicy),
		one("period", s.Period, d.Period, false),
		one("periods", s.Periods, d.Periods, false),
	}
}

// one is a setting of one value, which stays at its default where it plays no part.
func one[T comparable](key string, have, standard T, unused bool) Setting {
	if have == standard || unused {
		return Setting{Key: key}
	}
	return Setting{Key: key, Values: []string{fmt.Sprint(have)}}
}

// many is a setting of many values.
func many[T fmt.Stringer](key string, have, standard []T) Setting {
	s := Setting{Key: key, Many: true}
	if fmt.Sprint(have) == fmt.Sprint(standard) {
		return s
	}
	for _, v := range have {
		s.Values = append(s.Values, v.String())
	}
	return s
}

// Settings returns the scaling of the spec as one types it: the preset, and what differs from it.
// "--preset table --jobs-per-instance 8 --scale-in-by 2".
func (s Spec) Settings() string {
	var words []string
	for _, setting := range s.Tuning() {
		if len(setting.Values) > 0 {
			words = append(words, "--"+setting.Key+" "+quoted(strings.Join(setting.Values, ",")))
		}
	}
	return strings.Join(words, " ")
}

// unshown stands for the value of a variable in a command that is shown. One that was copied as it stands must not
// put the dots in the place of the value.
const unshown = "..."

// Command returns the `eventscale up` that asks for this spec, as one would type it. The values of its
// environment are not known any more and stand as dots.
func (s Spec) Command() string {
	words := []string{"eventscale up --asg " + quoted(s.ASG)}
	add := func(flag string, have, standard any) {
		if have != standard {
			words = append(words, fmt.Sprintf("--%s %s", flag, quoted(fmt.Sprint(have))))
		}
	}
	d := Defaults()
	add("stack", s.Stack, DefaultStackName(s.ASG))
	if scaling := strings.TrimPrefix(s.Settings(), "--preset "+Safe); scaling != "" {
		words = append(words, strings.TrimSpace(scaling))
	}
	if s.FIFO {
		words = append(words, "--fifo")
	}
	add("visibility-timeout", s.VisibilityTimeout, d.VisibilityTimeout)
	add("function-zip", s.FunctionZip, d.FunctionZip)
	add("handler", s.Handler, d.Handler)
	add("runtime", s.Runtime, d.Runtime)
	add("memory", s.Memory, d.Memory)
	add("function-timeout", s.FunctionTimeout, d.FunctionTimeout)
	add("log-retention", s.LogRetention, d.LogRetention)
	for _, name := range sortedNames(s.Env) {
		words = append(words, "--env "+name+"="+unshown)
	}
	for _, key := range sortedNames(s.Tags) {
		words = append(words, "--tag "+quoted(key+"="+s.Tags[key]))
	}
	return strings.Join(words, " ")
}
