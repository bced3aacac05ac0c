package provision

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// every has a property of each shape that kinds use.
type every struct {
	Name     string `replace:"true"`
	Size     int
	Enabled  bool
	Actions  []string
	Limits   map[string]int
	Fixed    map[string]string `replace:"true"`
	Password Secret
	Env      map[string]Secret
	Tags     Tags
}

func TestDiffNamesEachPropertyThatDiffers(t *testing.T) {
	a, b := NewSecret("hunter2"), NewSecret("hunter3")
	for _, c := range []struct {
		name       string
		have, want every
		changes    []Change
	}{
		{"nothing", every{Size: 1}, every{Size: 1}, nil},
		{"a string that replaces", every{Name: "a"}, every{Name: "b"}, []Change{{"Name", "a", "b", true}}},
		{"a number", every{Size: 1}, every{Size: 2}, []Change{{"Size", "1", "2", false}}},
		{"a number from zero", every{}, every{Size: 2}, []Change{{"Size", "0", "2", false}}},
		{"a bool", every{Enabled: true}, every{}, []Change{{"Enabled", "true", "false", false}}},
		{"a list", every{Actions: []string{"a"}}, every{Actions: []string{"a", "b"}}, []Change{{"Actions", `["a"]`, `["a","b"]`, false}}},
		{"the order of a list", every{Actions: []string{"b", "a"}}, every{Actions: []string{"a", "b"}}, []Change{{"Actions", `["b","a"]`, `["a","b"]`, false}}},
		{"a list that empties", every{Actions: []string{"a"}}, every{Actions: []string{}}, []Change{{"Actions", `["a"]`, "", false}}},
		{"nil and empty", every{Actions: []string{}, Limits: map[string]int{}}, every{}, nil},
		{"empty and nil", every{}, every{Actions: []string{}, Tags: Tags{}}, nil},
		{
			"keys of a map, in order",
			every{Limits: map[string]int{"same": 1, "gone": 2, "other": 3}},
			every{Limits: map[string]int{"same": 1, "new": 4, "other": 5}},
			[]Change{{"Limits.gone", "2", "", false}, {"Limits.new", "", "4", false}, {"Limits.other", "3", "5", false}},
		},
		{"a map that replaces", every{Fixed: map[string]string{"a": "1"}}, every{}, []Change{{"Fixed.a", "1", "", true}}},
		{"a secret", every{Password: a}, every{Password: b}, []Change{{"Password", "(sensitive)", "(sensitive)", false}}},
		{"the same secret", every{Password: a}, every{Password: NewSecret("hunter2")}, nil},
		{"a secret in a map", every{Env: map[string]Secret{"A": a, "C": a}}, every{Env: map[string]Secret{"A": b, "B": a, "C": a}}, []Change{
			{"Env.A", "(sensitive)", "(sensitive)", false}, {"Env.B", "", "(sensitive)", false},
		}},
		{"several, in the order of the struct", every{Tags: Tags{"a": "1"}, Size: 1}, every{Size: 2}, []Change{
			{"Size", "1", "2", false}, {"Tags.a", "1", "", false},
		}},
		{"a value of JSON's special characters", every{Name: "<a&b>"}, every{Name: "null"}, []Change{{"Name", "<a&b>", "null", true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.changes, diff(c.have, c.want)); d != "" {
				t.Errorf("changes (-want +got):\n%s", d)
			}
		})
	}
}

func TestChangedNamesPropertiesWithoutMapKeys(t *testing.T) {
	c := changedProperties([]Change{{Property: "Size"}, {Property: "Tags.a.b"}})
	if d := cmp.Diff(Changed{"Size": true, "Tags": true}, c); d != "" {
		t.Error(d)
	}
	if !c.Any("Name", "Tags") || c.Any("Name") || c.Any() {
		t.Error("Any is wrong")
	}
}

func TestTagsThatAreNotOursAreNoDifference(t *testing.T) {
	for _, c := range []struct {
		name                      string
		have, want, applied, kept Tags
	}{
		{"somebody else's", Tags{"a": "1", "theirs": "x"}, Tags{"a": "1"}, nil, Tags{"a": "1"}},
		{"one that we applied once", Tags{"a": "1", "old": "x"}, Tags{"a": "1"}, Tags{"old": "x"}, Tags{"a": "1", "old": "x"}},
		{"one that we want and somebody changed", Tags{"a": "2"}, Tags{"a": "1"}, nil, Tags{"a": "2"}},
		{"another program's version", Tags{VersionTag: "1"}, Tags{VersionTag: "2"}, nil, Tags{VersionTag: "2"}},
		{"none", nil, Tags{"a": "1"}, nil, Tags{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			have := every{Size: 3, Tags: c.have}
			before := every{Size: 3, Tags: c.have}
			got := keepTags(have, c.have, c.want, c.applied)
			if d := cmp.Diff(every{Size: 3, Tags: c.kept}, got, plainly); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, have, plainly); d != "" {
				t.Errorf("the argument was changed:\n%s", d)
			}
		})
	}
}

func TestTagChanges(t *testing.T) {
	set, remove := Tags{"same": "1", "other": "2", "gone": "3", "away": ""}.Changes(Tags{"same": "1", "other": "x", "new": ""})
	if d := cmp.Diff(Tags{"other": "x", "new": ""}, set); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"away", "gone"}, remove); d != "" {
		t.Error(d)
	}
}
