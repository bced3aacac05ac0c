package stack

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

// made is a member of the list as AWS holds it after an up, for the golden files.
type made struct {
	LogicalID, Type, Name string
	DependsOn             []string `json:",omitempty"`
	PhysicalID, ARN       string   `json:",omitempty"`
	Properties            any
}

// reader reads what a record speaks of, tags included.
type reader func(context.Context, provision.Identity) (any, error)

func read[P any](k provision.Kind[P]) reader {
	return func(ctx context.Context, id provision.Identity) (any, error) {
		live, err := k.Read(ctx, id)
		return live.Properties, err
	}
}

// made reads all that the stack's resources are on AWS.
func (p *project) made() []made {
	p.Helper()
	k, _ := observe(p.theirs, home, p.spec)
	readers := map[string]reader{
		QueueType: read(k.queue), roleType: read(k.role), rolePolicyType: read(k.rolePolicy), logGroupType: read(k.logGroup),
		functionType: read(k.function), scalingPolicyType: read(k.policy), metricsCollectionType: read(k.metrics), alarmType: read(k.alarm),
	}
	var all []made
	for _, r := range p.recorded().engine.Resources {
		record := p.load().Record(r.LogicalID)
		if record == nil {
			p.Fatalf("%s is not recorded", r.LogicalID)
		}
		properties, err := readers[record.Type](p.Context(), provision.Identity{Name: record.Name, PhysicalID: record.PhysicalID, ARN: record.ARN})
		if err != nil {
			p.Fatalf("reading %s: %v", r.LogicalID, err)
		}
		all = append(all, made{
			LogicalID: r.LogicalID, Type: record.Type, Name: record.Name, DependsOn: record.DependsOn,
			PhysicalID: record.PhysicalID, ARN: record.ARN, Properties: inClear(properties),
		})
	}
	return all
}

// inClear shows the environment of a function, which is no secret in a test.
func inClear(properties any) any {
	f, ok := properties.(functionProperties)
	if !ok {
		return properties
	}
	variables := map[string]string{}
	for name, value := range f.Environment {
		variables[name] = value.Reveal()
	}
	f.Environment = nil
	return struct {
		functionProperties
		Environment map[string]string
	}{f, variables}
}

// goldenList compares the list with a golden file. What differs in it from run to run is the UUID in a policy's
// ARN, and the unique ID of the role.
func goldenList(t *testing.T, name string, list []made) {
	t.Helper()
	text := regexp.MustCompile(uuid).ReplaceAllString(indented(t, list), "UUID")
	golden(t, name, regexp.MustCompile("AROA[A-Z2-7]{17}").ReplaceAllString(text, "AROAEXAMPLE"))
}

func TestPresetsAreAsDesigned(t *testing.T) {
	for name, change := range map[string]func(*Spec){
		"safe":         func(*Spec) {},
		"classic":      func(s *Spec) { s.Preset = Classic },
		"safe-fifo":    func(s *Spec) { s.FIFO = true },
		"classic-fifo": func(s *Spec) { s.FIFO, s.Preset = true, Classic },
		"step":         func(s *Spec) { *s = testSpecOf(Step) },
		"table":        func(s *Spec) { *s = testSpecOf(Table) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newProject(newCloud(t, sandbox.Options{}))
			change(&p.spec)
			p.up()
			goldenList(t, name+".golden.json", p.made())
		})
	}
}

// Every setting has its place in the list.
func TestSettingsReachAWS(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	p.spec = otherSpec()
	p.zip = zipped("print()")
	p.up()
	p.settled()
	goldenList(t, "settings.golden.json", p.made())
}

func TestSettingsOfStepAndTableReachAWS(t *testing.T) {
	for preset, settings := range otherPolicies() {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.spec = testSpecOf(preset)
		p.up()
		p.spec = settings
		for _, s := range p.up().Steps {
			if rule := s.LogicalID; s.Action != provision.Keep && s.Action != provision.Update && rule != WakePolicy && rule != WakeAlarm && rule != GroupMetrics {
				t.Errorf("%s: %s of %s", preset, s.Action, rule)
			}
		}
		p.settled()
		list := slices.DeleteFunc(p.made(), func(m made) bool { return m.Type != scalingPolicyType && m.Type != alarmType })
		goldenList(t, "settings-"+preset+".golden.json", list)
	}
}

// listed makes the list of a spec in a region, on paper.
func listed(s Spec, region string, wakes bool) []provision.Resource {
	account := Account{Partition: "aws", ID: testAccount, Region: region}
	k, _ := observe(clientsOver(region, nil), account, s)
	group := bounds{least: 1, most: 20}
	if wakes {
		group.least = 0
	}
	return list(design{Spec: s, account: account, bounds: group}, k)
}

func logicalIDs(list []provision.Resource) []string {
	var ids []string
	for _, r := range list {
		ids = append(ids, r.LogicalID)
	}
	return ids
}

func TestOnlyGroupsThatCanBeEmptyAreWoken(t *testing.T) {
	for _, c := range []struct {
		preset string
		least  int32
		wakes  bool
	}{
		{Safe, 0, true}, {Safe, 1, false}, {Classic, 0, false}, {Classic, 1, false},
		{Step, 0, true}, {Step, 1, false}, {Table, 0, false}, {Table, 1, false},
	} {
		p := newProject(newCloud(t, sandbox.Options{}))
		p.setMinimum(c.least)
		p.spec = testSpecOf(c.preset)
		p.up()
		for _, id := range []string{GroupMetrics, WakePolicy, WakeAlarm} {
			if p.load().Record(id) != nil != c.wakes {
				t.Errorf("preset %s, min %d: %s is there: %t", c.preset, c.least, id, !c.wakes)
			}
		}
		p.settled()
	}
}

// A table wakes the group by itself, unless its first row leaves the first job waiting.
func TestTableWithoutTheFirstJobWakesTheGroup(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec = otherPolicies()[Table]
	for jobs, wakes := range map[int]bool{1: false, 2: true} {
		p.spec.Table[0].Jobs = jobs
		p.up()
		if got := p.load().Record(WakeAlarm) != nil; got != wakes {
			t.Errorf("a table from %d jobs on: the wake alarm is there: %t", jobs, got)
		}
		p.settled()
	}
}

// The table that is derived goes up to the group's maximum, and follows it.
func TestTableFollowsTheGroup(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec = testSpecOf(Table)
	for most, want := range map[int32]string{
		3:  "1 job: 1, 6 jobs: 2, 11 jobs: 3",
		1:  "1 job: 1",
		20: rowsText(20, func(i int) (int, int) { return 5*(i-1) + 1, i }),
		40: rowsText(20, func(i int) (int, int) {
			counts := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 22, 27, 33, 40}
			return 5*counts[i-1] + 1, counts[i]
		}),
	} {
		p.setMaximum(most)
		p.up()
		if got := p.status().Policies[0].Rule; got != want {
			t.Errorf("maximum %d: %s, want %s", most, got, want)
		}
		p.settled()
	}
}

func rowsText(n int, row func(i int) (jobs, instances int)) string {
	var words []string
	for i := 1; i <= n; i++ {
		jobs, instances := row(i)
		words = append(words, fmt.Sprintf("%s: %d", jobCount(jobs), instances))
	}
	return strings.Join(words, ", ")
}

// A group that can no longer be empty needs no waking, and one that can again does.
func TestWakeRuleFollowsTheGroup(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	for _, least := range []int32{0, 1, 0} {
		p.setMinimum(least)
		p.up()
		if got, want := p.load().Record(WakeAlarm) != nil, least == 0; got != want {
			t.Errorf("min %d: the wake alarm is there: %t", least, got)
		}
		p.settled()
	}
}

func TestEachResourceComesAfterThoseItDependsOn(t *testing.T) {
	for _, preset := range Presets() {
		s := testSpecOf(preset)
		before := map[string]bool{}
		for _, r := range listed(s, testRegion, true) {
			for _, id := range r.DependsOn {
				if !before[id] {
					t.Errorf("%s comes before %s, which it depends on", r.LogicalID, id)
				}
			}
			before[r.LogicalID] = true
		}
	}
}

// The reference design has nine resources, and the policy of its role.
func TestClassicIsTheReferenceDesign(t *testing.T) {
	s := testSpec()
	s.Preset = Classic
	want := []string{JobQueue, IngestRole, IngestRolePolicy, IngestLogGroup, IngestFunction, ScaleOutPolicy, ScaleInPolicy, ScaleOutAlarm, ScaleInAlarm}
	if got := logicalIDs(listed(s, testRegion, true)); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	want = slices.Concat([]string{DeadLetterQueue}, want[:7], []string{WakePolicy, GroupMetrics}, want[7:], []string{WakeAlarm})
	if got := logicalIDs(listed(testSpec(), testRegion, true)); !slices.Equal(got, want) {
		t.Errorf("safe: %v, want %v", got, want)
	}
}

// The longest stack in the region of the longest name, on the group of the longest, keeps to every limit.
func TestNamesKeepToTheLimits(t *testing.T) {
	limits := map[string]*regexp.Regexp{
		QueueType:             regexp.MustCompile(`^([0-9A-Za-z_-]{1,80}|[0-9A-Za-z_-]{1,75}\.fifo)$`),
		roleType:              regexp.MustCompile(`^[\w+=,.@-]{1,64}$`),
		rolePolicyType:        regexp.MustCompile(`^[\w+=,.@-]{1,64}/[\w+=,.@-]{1,128}$`),
		logGroupType:          regexp.MustCompile(`^[.\-_/#A-Za-z0-9]{1,512}$`),
		functionType:          regexp.MustCompile(`^[a-zA-Z0-9-_]{1,64}$`),
		scalingPolicyType:     regexp.MustCompile(`^.{1,255}/[^/]{1,255}$`),
		metricsCollectionType: regexp.MustCompile(`^.{1,255}/GroupInServiceInstances$`),
		alarmType:             regexp.MustCompile(`^.{1,255}$`),
	}
	s := testSpec()
	s.Stack, s.ASG = strings.Repeat("x", maxStackName), strings.Repeat("g", 255)
	for _, fifo := range []bool{false, true} {
		s.FIFO = fifo
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		for _, region := range []string{"us-isof-south-1", "ap-northeast-1", "eusc-de-east-1"} {
			for _, r := range listed(s, region, true) {
				if !limits[r.Type.Name].MatchString(r.Name) {
					t.Errorf("%s %s (%d characters)", r.LogicalID, r.Name, len(r.Name))
				}
			}
		}
	}
}

// Two stacks of an account share no name, nor do two regions of one stack share a global one.
func TestNamesAreApart(t *testing.T) {
	a, b := testSpec(), testSpec()
	b.Stack = "gpu-workers-2"
	names := map[string]string{}
	for what, list := range map[string][]provision.Resource{"a": listed(a, testRegion, false), "b": listed(b, testRegion, false)} {
		for _, r := range list {
			key := r.Type.Name + " " + r.Name
			if other, taken := names[key]; taken {
				t.Errorf("%s of %s is also in %s", key, what, other)
			}
			names[key] = what
		}
	}
	if namesOf(a, "us-east-1").role == namesOf(a, "eu-west-1").role {
		t.Error("roles are global, and two regions have one name")
	}
}

// By its tags an object is known for ours, and for whose it is.
func TestEverythingTaggableIsTagged(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.spec.Tags = map[string]string{"team": "a b"}
	p.up()
	untaggable := map[string]bool{rolePolicyType: true, scalingPolicyType: true, metricsCollectionType: true}
	for _, r := range p.made() {
		want := provision.Tags{
			provision.StackTag: testGroup, provision.LogicalIDTag: r.LogicalID, provision.VersionTag: "v1", "team": "a b",
			groupTag: testGroup,
		}
		if untaggable[r.Type] {
			continue
		}
		if got := taggedWith(r.Properties); asJSON(got) != asJSON(want) {
			t.Errorf("%s is tagged %v, want %v", r.LogicalID, got, want)
		}
	}
}

func taggedWith(properties any) any { return field(properties, "Tags") }

// Every alarm stays within what one call takes, and runs one policy that is in the list before it.
func TestAlarmsRunPoliciesOfTheStack(t *testing.T) {
	p := newProject(newCloud(t, sandbox.Options{}))
	p.up()
	policies := map[string]string{ScaleOutAlarm: ScaleOutPolicy, ScaleInAlarm: ScaleInPolicy, WakeAlarm: WakePolicy}
	for _, r := range p.made() {
		if alarm, ok := r.Properties.(alarmProperties); ok {
			want := []string{p.load().Record(policies[r.LogicalID]).ARN}
			if !slices.Equal(alarm.AlarmActions, want) {
				t.Errorf("%s runs %v, want %v", r.LogicalID, alarm.AlarmActions, want)
			}
			delete(policies, r.LogicalID)
		}
	}
	if len(policies) > 0 {
		t.Error(fmt.Sprint(policies) + " are not run")
	}
}
