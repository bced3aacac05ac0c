package stack

import (
	"archive/zip"
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
	"github.com/eventscale/eventscale/internal/state"
)

// What the sandbox is: one account, and one group that can be empty.
const (
	testAccount = "123456789012"
	testRegion  = "us-east-1"
	testGroup   = "gpu-workers"
)

var home = Account{Partition: "aws", ID: testAccount, Region: testRegion}

// cloud is a sandbox under the SDK's clients. Every call of ours is kept, and must be among the
// permissions that `eventscale iam-policy` prints.
type cloud struct {
	*testing.T
	ours   *Clients
	theirs *Clients // of somebody else in the account, whose calls are not kept
	faults *faults  // of our calls

	options sandbox.Options
	world   http.RoundTripper // the sandbox

	theirTurn atomic.Bool
	permitted map[string]bool
	mu        sync.Mutex
	calls     []sandbox.Call
}

// newCloud returns an AWS in which nothing takes any time, except as the options say.
func newCloud(t *testing.T, o sandbox.Options) *cloud {
	t.Helper()
	c := &cloud{T: t, faults: &faults{}, permitted: actionsOf(Permissions(testSpec(), home))}
	o.Log = c.log
	o.Workers = cmp.Or(o.Workers, &sandbox.Workers{}) // who take no jobs, on instances that are there at once
	c.options = o
	c.open()
	c.faults.next = transport(func(r *http.Request) (*http.Response, error) { return c.world.RoundTrip(r) })
	c.ours = clientsOver(testRegion, c.faults)
	c.theirs = clientsOver(testRegion, transport(func(r *http.Request) (*http.Response, error) {
		c.theirTurn.Store(true)
		defer c.theirTurn.Store(false)
		return c.world.RoundTrip(r)
	}))
	return c
}

// open opens the sandbox as the options say: with a path, the world of before in another weather.
func (c *cloud) open() {
	c.Helper()
	world, err := sandbox.Open(c.options)
	if err != nil {
		c.Fatal(err)
	}
	c.world = world
}

// transport is a function as a http.RoundTripper.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// clientsOver returns clients that do not keep to AWS's rates: tests ask more than commands do.
func clientsOver(region string, t http.RoundTripper) *Clients {
	return newClients(configOver(region, t), false)
}

func configOver(region string, t http.RoundTripper) aws.Config {
	return aws.Config{
		Region:      region,
		Credentials: credentials.NewStaticCredentialsProvider("key", "secret", ""),
		HTTPClient:  &http.Client{Transport: t},
	}
}

func (c *cloud) log(call sandbox.Call) {
	if c.theirTurn.Load() {
		return
	}
	if action := actionOf(call); !c.permitted[action] {
		c.Errorf("%s was called, which Permissions does not name", action)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call)
}

// asked returns the calls since it was last asked.
func (c *cloud) asked() []sandbox.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

// timesCalled returns how many of the calls are of the operation.
func timesCalled(calls []sandbox.Call, operation string) int {
	n := 0
	for _, call := range calls {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

// mutating returns the calls that change something.
func mutating(calls []sandbox.Call) []sandbox.Call {
	return slices.DeleteFunc(slices.Clone(calls), func(call sandbox.Call) bool { return !call.Mutating })
}

// kinds returns kinds that have asked nothing yet.
func (c *cloud) kinds() kinds {
	k, _ := observe(c.ours, home, testSpec())
	return k
}

// addGroup makes a group.
func (c *cloud) addGroup(name string, least int32) {
	c.Helper()
	c.done(c.theirs.autoscaling.CreateAutoScalingGroup(c.Context(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, MinSize: &least, MaxSize: aws.Int32(9), AvailabilityZones: []string{testRegion + "a"},
		LaunchTemplate: &astypes.LaunchTemplateSpecification{LaunchTemplateName: aws.String("worker")},
	}))
}

// setMinimum sets the least size of the group.
func (c *cloud) setMinimum(least int32) {
	c.Helper()
	c.done(c.theirs.autoscaling.UpdateAutoScalingGroup(c.Context(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), MinSize: &least,
	}))
}

// setMaximum sets the largest size of the group.
func (c *cloud) setMaximum(most int32) {
	c.Helper()
	c.done(c.theirs.autoscaling.UpdateAutoScalingGroup(c.Context(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), MaxSize: &most,
	}))
}

// done wants a call of no interest to have worked.
func (c *cloud) done(_ any, err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// must wants a call to have worked.
func must[T any](t testing.TB, call func() (T, error)) T {
	t.Helper()
	result, err := call()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// faults is a network that does badly by the operations named, as often as is said.
type faults struct {
	next http.RoundTripper
	mu   sync.Mutex
	left map[string]int
	how  func(*http.Response) (*http.Response, error) // of an answer that was given: what the client gets
	hit  int
}

// set makes the next answers to the operation go wrong.
func (f *faults) set(operation string, times int, how func(*http.Response) (*http.Response, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.how, f.hit = map[string]int{operation: times}, how, 0
}

func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := f.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if operation := middleware.GetOperationName(r.Context()); f.left[operation] > 0 {
		f.left[operation]--
		f.hit++
		return f.how(answer)
	}
	return answer, nil
}

// project is one stack of a user, with the state file that the commands keep of it.
type project struct {
	*cloud
	spec   Spec
	zip    []byte
	adopt  bool
	file   []byte
	events []provision.Event
}

func newProject(c *cloud) *project {
	return &project{cloud: c, spec: testSpec(), zip: zipped("pass")}
}

// testSpec is what a user asks for who names nothing but the group.
func testSpec() Spec {
	s := Defaults()
	s.ASG, s.Stack, s.CodeSHA256 = testGroup, testGroup, CodeSHA256(zipped("pass"))
	return s
}

// testSpecOf is what one asks for who names a preset too.
func testSpecOf(preset string) Spec {
	s := DefaultsOf(preset)
	s.ASG, s.Stack, s.CodeSHA256 = testGroup, testGroup, CodeSHA256(zipped("pass"))
	return s
}

// otherPolicies are specs of a step and of a table policy of which every setting is not the default.
func otherPolicies() map[string]Spec {
	step, table := testSpecOf(Step), testSpecOf(Table)
	step.Steps, step.ScaleInAt, step.ScaleInBy = []ScaleStep{{8, 1}, {20, 3}, {60, 9}}, 3, 2
	step.Warmup, step.Period, step.Periods = Duration(90*time.Second), Duration(2*time.Minute), 2
	table.Table, table.JobsPerInstance = []TableRow{{2, 1}, {8, 2}, {15, 6}}, 0
	table.ScaleInAt, table.ScaleInBy, table.Periods = 1, 3, 2
	table.Warmup, table.Period = Duration(4*time.Minute), Duration(3*time.Minute)
	return map[string]Spec{Step: step, Table: table}
}

// zipped is a deployment package, of the same bytes by any version of Go.
func zipped(source string) []byte {
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	if w, err := archive.CreateHeader(&zip.FileHeader{Name: "index.py", Method: zip.Store}); err == nil {
		_, _ = w.Write([]byte(source))
	}
	_ = archive.Close()
	return b.Bytes()
}

// load reads the state file.
func (p *project) load() *state.Snapshot {
	p.Helper()
	if p.file == nil {
		return state.New(p.spec.Stack, "", p.ours.region, p.spec.ASG)
	}
	return must(p.T, func() (*state.Snapshot, error) { return state.Decode(p.file) })
}

func (p *project) save(s *state.Snapshot) (err error) {
	s.Serial++
	p.file, err = s.Encode()
	return err
}

func (p *project) open(spec Spec) *Stack {
	p.Helper()
	p.events = nil
	return must(p.T, func() (*Stack, error) {
		return Open(Options{
			Clients: p.ours, Spec: spec, Zip: p.zip, Version: "v1", Adopt: p.adopt,
			Snapshot: p.load(), Save: p.save, Emit: func(e provision.Event) { p.events = append(p.events, e) },
		})
	})
}

// recorded opens the stack as status and destroy do: with the spec that is in the state.
func (p *project) recorded() *Stack {
	p.Helper()
	return p.open(must(p.T, func() (Spec, error) { return SpecOf(p.load()) }))
}

// try reads, plans and applies.
func (p *project) try() (*provision.Plan, error) {
	p.Helper()
	s := p.open(p.spec)
	if err := s.Read(p.Context()); err != nil {
		return nil, err
	}
	plan, err := s.Plan()
	if err != nil {
		return plan, err
	}
	return plan, s.Apply(p.Context(), plan)
}

func (p *project) up() *provision.Plan {
	p.Helper()
	return must(p.T, p.try)
}

func (p *project) plan() *provision.Plan {
	p.Helper()
	s := p.open(p.spec)
	if err := s.Read(p.Context()); err != nil {
		p.Fatal(err)
	}
	return must(p.T, s.Plan)
}

// settled wants a further up to find nothing to do, and to change nothing.
func (p *project) settled() {
	p.Helper()
	p.asked()
	for _, s := range p.up().Steps {
		if s.Action != provision.Keep {
			p.Errorf("%s: %s %v, want nothing to do", s.LogicalID, s.Action, s.Changes)
		}
	}
	if calls := mutating(p.asked()); len(calls) > 0 {
		p.Errorf("a run without changes called %v", calls)
	}
}

func (p *project) status() Status {
	p.Helper()
	return must(p.T, func() (Status, error) { return p.recorded().Status(p.Context(), time.Now()) })
}

func (p *project) destroy() error {
	p.Helper()
	s := p.recorded()
	if err := s.Inspect(p.Context()); err != nil {
		return err
	}
	return s.Destroy(p.Context())
}

// events of one resource, in their order.
func (p *project) eventsOf(logicalID string) []provision.Event {
	return slices.DeleteFunc(slices.Clone(p.events), func(e provision.Event) bool { return e.LogicalID != logicalID })
}
