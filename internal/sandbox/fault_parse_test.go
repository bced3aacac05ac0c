package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAFileOfFaultsIsReadWhole(t *testing.T) {
	p, err := ParseProfile([]byte(`# all that can be said
seed: 7
faults:
  - {service: sqs, operation: CreateQueue, calls: mutating, nth: 2, each: operation, do: throttle}
  - service: iam
    operation: [GetRole, CreateRole]
    first: 3
    do: error
    status: 503
    code: Busy
    message: "not now: busy"
  - {every: 4, each: call, do: delay, for: 1m30s}
  - {probability: 0.25, do: cut-after}
  - {operation: PutScalingPolicy, do: omit, field: PolicyARN}
  - {service: monitoring, do: rate, rate: 2.5, burst: 4}
  - {do: stale, for: 2s}
delays:
  role: 15s
  queue-deleted: 1m
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Fault{
		{Service: "sqs", Operations: []string{"CreateQueue"}, Calls: MutatingCalls, Nth: 2, Each: EachOperation, Do: DoThrottle},
		{Service: "iam", Operations: []string{"GetRole", "CreateRole"}, First: 3, Do: DoError, Status: 503, Code: "Busy", Message: "not now: busy"},
		{Every: 4, Each: EachCall, Do: DoDelay, For: 90 * time.Second},
		{Probability: 0.25, Do: DoCutAfter},
		{Operations: []string{"PutScalingPolicy"}, Do: DoOmit, Field: "PolicyARN"},
		{Service: "monitoring", Do: DoRate, Rate: 2.5, Burst: 4},
		{Do: DoStale, For: 2 * time.Second},
	}
	for i := range want {
		want[i].Seed = 7 + uint64(i)<<32
	}
	same(t, p.Faults, want)
	options := Options{Delays: DefaultDelays()}
	p.Apply(&options)
	changed := DefaultDelays()
	changed.RoleAssumable, changed.QueueDeleted = 15*time.Second, time.Minute
	same(t, options.Delays, changed)
	same(t, options.Faults, want)
}

func TestAFileOfFaultsMayBeJSONOrEmpty(t *testing.T) {
	rules, err := ParseFaults([]byte("\ufeff" + `{"seed": 1, "faults": [{"service": "sqs", "do": "hang", "nth": 1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	same(t, rules, []Fault{{Service: "sqs", Nth: 1, Seed: 1, Do: DoHang}})
	for _, nothing := range []string{"", "# nothing\n", "faults: []", "{}", "faults:\n"} {
		if rules, err := ParseFaults([]byte(nothing)); err != nil || len(rules) != 0 {
			t.Errorf("%q: got %v, %v", nothing, rules, err)
		}
	}
}

func TestABadFileOfFaultsIsRefusedWithItsPlace(t *testing.T) {
	rule := func(text string) string { return "seed: 1\nfaults:\n  - {do: hang}\n  - " + text + "\n" }
	for content, want := range map[string]string{
		"faults: {":                        "line 1: ",
		"seed: 1\n---\nseed: 2\n":          "line 2: a second document begins; there must be only one",
		"- 1":                              "line 1: must be a mapping with the keys delays, faults, seed",
		"seed: -1":                         `line 1: seed: "-1": must be a whole number between 0 and 18446744073709551615`,
		"fault: []":                        "line 1: fault: there is no such key",
		"faults: 7":                        "line 1: faults: must be a list of rules",
		"delays:\n  rolle: 1s":             "line 2: delays.rolle: there is no such key",
		"delays:\n  role: soon":            `line 2: delays.role: "soon": must be a time between 0s and 24h, such as 3s or 1m30s`,
		"delays:\n  role: -1s":             `line 2: delays.role: "-1s": must be a time`,
		rule("7"):                          "line 4: faults[1]: must be a mapping with the keys burst, calls, code, do, each, every, field, first, for, message, nth, operation, probability, rate, service, status",
		rule("{nth: 1}"):                   "line 4: faults[1].do: must be one of throttle, error, cut-before",
		rule("\n    do: hang\n    nht: 1"): "line 6: faults[1].nht: there is no such key",
		rule("service: sqs\n    nth: 1\n    do: explode"):          `line 6: faults[1].do: "explode": must be one of`,
		rule("{do: explode}"):                                      `line 4: faults[1].do: "explode": must be one of throttle, error, cut-before`,
		rule("{do: [hang]}"):                                       "line 4: faults[1].do: must be a word",
		rule("{do: hang, nth: 0}"):                                 `line 4: faults[1].nth: "0": must be a whole number between 1 and 2147483647`,
		rule("{do: hang, nth: often}"):                             `line 4: faults[1].nth: "often": must be a whole number`,
		rule("{do: hang, nth: 1, first: 2}"):                       "line 4: faults[1]: only one of nth, first, every and probability can be given",
		rule("{do: hang, probability: 1.5}"):                       `line 4: faults[1].probability: "1.5": must be a number above 0 and at most 1`,
		rule("{do: hang, probability: .nan}"):                      `line 4: faults[1].probability: ".nan": must be a number above 0 and at most 1`,
		rule("{do: hang, each: minute}"):                           `line 4: faults[1].each: "minute": must be operation or call, or be left out`,
		rule("{do: hang, calls: all}"):                             `line 4: faults[1].calls: "all": must be mutating or reading, or be left out`,
		rule("{do: hang, service: ec2}"):                           `line 4: faults[1].service: "ec2": must be one of autoscaling, iam, lambda, logs, monitoring, sqs, sts`,
		rule("{do: hang, operation: CreateQueues}"):                `line 4: faults[1].operation: "CreateQueues": the sandbox has no such operation`,
		rule("{do: hang, service: sqs, operation: []}"):            "line 4: faults[1].operation: must name one or more",
		rule("{do: hang, operation: GetRole, calls: mutating}"):    "line 4: faults[1]: no operation matches service, operation and calls together",
		rule("{do: hang, for: 3s}"):                                "line 4: faults[1].for: is of no use with do: hang",
		rule("{do: delay}"):                                        "line 4: faults[1].for: is missing; do: delay needs it",
		rule("{do: delay, for: 25h}"):                              `line 4: faults[1].for: "25h": must be a time between 0s and 24h`,
		rule("{do: throttle, code: X}"):                            "line 4: faults[1].code: is of no use with do: throttle",
		rule("{do: error, status: 200}"):                           `line 4: faults[1].status: "200": must be a whole number between 400 and 599`,
		rule("{do: omit, operation: PutScalingPolicy}"):            "line 4: faults[1].field: is missing; do: omit needs it",
		rule("{do: omit, service: autoscaling, field: PolicyArn}"): `line 4: faults[1].field: "PolicyArn": no answer that matches has such a member`,
		rule("{do: rate}"):                                         "line 4: faults[1].rate: is missing; do: rate needs it",
		rule("{do: rate, rate: 0}"):                                `line 4: faults[1].rate: "0": must be a number above 0`,
		rule("{do: rate, rate: 3, nth: 1}"):                        `line 4: faults[1].do: "rate": counts by itself`,
		rule("{do: stale, for: 1s, calls: mutating}"):              `line 4: faults[1].do: "stale": only calls that read can be stale, and none matches`,
		strings.Repeat("#", 64<<10+1):                              "the file is larger than 65536 bytes",
	} {
		_, err := ParseFaults([]byte(content))
		var fault *FaultError
		if !errors.As(err, &fault) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.80q:\ngot  %v\nwant %s", content, err, want)
		}
	}
}

func TestARuleOfTheProgramsOwnIsChecked(t *testing.T) {
	for name, rule := range map[string]Fault{
		"no effect": {}, "negative": {Do: DoHang, Nth: -1}, "status": {Do: DoError, Status: 200}, "for": {Do: DoDelay, For: -1},
		"rate": {Do: DoRate, Rate: -1}, "burst": {Do: DoRate, Rate: 1, Burst: -1}, "probability": {Do: DoHang, Probability: 2},
	} {
		if _, err := Open(Options{Faults: []Fault{{Do: DoHang}, rule}}); err == nil || !strings.HasPrefix(err.Error(), "fault rule 2: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestTheProfilesCanBeUsed reads the ready profiles that tests and users take.
func TestTheProfilesCanBeUsed(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/faults/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d profiles, %v", len(paths), err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParseProfile(content)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(p.Faults) == 0 && len(p.Delays) == 0 {
			t.Errorf("%s says nothing", path)
		}
	}
}
