package tune

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/eventscale/eventscale/internal/loop"
	"github.com/eventscale/eventscale/internal/stack"
)

// drawScale is the measure of any problem that there can be.
func drawScale(t *rapid.T) scale {
	most := int(logarithmic(t, "most", 1, mostAtOnce))
	least := rapid.IntRange(0, most).Draw(t, "least")
	s := scale{
		spec: stack.Defaults(), least: least, most: most, jobs: logarithmic(t, "jobs", 1e-3, 1e7),
		fleet: int(logarithmic(t, "fleet", 1, mostFleet)), standing: rapid.Bool().Draw(t, "standing"),
	}
	s.spec.Warmup = stack.Duration(rapid.IntRange(0, 3600).Draw(t, "warmup")) * stack.Duration(time.Second)
	s.spec.VisibilityTimeout = stack.Duration(rapid.IntRange(0, 43200).Draw(t, "visibility timeout")) * stack.Duration(time.Second)
	return s
}

// logarithmic draws small numbers as often as large ones.
func logarithmic(t *rapid.T, name string, least, most float64) float64 {
	return least * math.Pow(most/least, rapid.Float64Range(0, 1).Draw(t, name))
}

// drawAt draws a place of a family's grid, and then goes some way from there or jumps anywhere.
func drawAt(t *rapid.T, f *family) []int {
	at := rapid.SampledFrom(f.grid()).Draw(t, "at")
	for i, a := range f.axes {
		switch rapid.IntRange(0, 3).Draw(t, "how") {
		case 0:
			at[i] = a.within(int(logarithmic(t, "anywhere", float64(max(1, a.least)), float64(max(1, a.most)))))
		case 1:
			at[i] = rapid.SampledFrom([]int{a.least, a.most}).Draw(t, "edge")
		case 2:
			for level := range steps {
				at[i] = a.move(at[i], rapid.IntRange(-1, 1).Draw(t, "move"), level)
			}
		}
	}
	return at
}

// What a search finds must be something that `eventscale up` takes, and that the model takes.
func TestEveryCandidateCanBeApplied(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScale(t)
		for _, f := range s.families(Families()) {
			at := drawAt(t, &f)
			for i, a := range f.axes {
				if at[i] < a.least || at[i] > a.most {
					t.Fatalf("%s: number %d is %d, not from %d to %d", f.name, i, at[i], a.least, a.most)
				}
			}
			c := f.build(at)
			c.Spec.ASG, c.Spec.Stack = "workers", "workers"
			if err := c.Spec.Check(); err != nil {
				t.Fatalf("%s %v: %v", f.name, at, err)
			}
			base := loop.DefaultConfig()
			base.Group.Min, base.Group.Max, base.Group.Initial = s.least, s.most, s.least
			if err := c.config(&base).Validate(); err != nil {
				t.Fatalf("%s %v: %v", f.name, at, err)
			}
			if (c.Least != s.least) && !s.standing {
				t.Fatalf("%s: the least is %d, not the group's %d", f.name, c.Least, s.least)
			}
		}
	})
}

func TestCountsAreSpreadUpToTheMost(t *testing.T) {
	for most := 1; most <= 300; most++ {
		for _, n := range []int{mostSteps, mostRows} {
			counts := stack.Spread(most, n)
			if len(counts) != min(most, n) || counts[0] != 1 || counts[len(counts)-1] != most {
				t.Fatalf("%d in %d: %v", most, n, counts)
			}
			for i := range counts[1:] {
				if counts[i] >= counts[i+1] {
					t.Fatalf("%d in %d: %v", most, n, counts)
				}
			}
		}
	}
}

// A group that always has an instance needs none that wakes it: its rules are those of its own bounds, the
// presets' too.
func TestPoliciesAreThoseForTheGroupsMinimum(t *testing.T) {
	p := usual(t)
	p.Config.Group.Min, p.Config.Group.Initial = 2, 2
	p.Families, p.Most = []string{Simple}, 1
	r := tuned(t, p)
	for i, name := range stack.Presets() {
		spec := stack.DefaultsOf(name)
		config := p.Config
		config.Queue, config.Policies = spec.Queue(), spec.Rules(2, 12)
		c := Candidate{Family: spec.Policy, Spec: spec}
		if d := cmp.Diff(config.Policies, c.config(&p.Config).Policies); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		want, err := loop.Run(&config, p.Trace, loop.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Presets[i]; got.Name != "preset "+name || got.Totals != want.Totals {
			t.Errorf("%s: %+v\nwant %+v", got.Name, got.Totals, want.Totals)
		}
	}
}
