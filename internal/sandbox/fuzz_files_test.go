package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eventscale/eventscale/internal/hostile"
)

func FuzzParseProfile(f *testing.F) {
	paths, err := filepath.Glob("../../testdata/faults/*.yaml")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no examples: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, text := range []string{"", "seed: 1", "faults: [{do: hang, nth: 0x10}]", "faults: [{do: rate, rate: .inf}]", `{"faults":[{"do":"throttle"}]}`, "faults: [&a {do: hang}, *a]", "delays: {role: 1h}", "faults:\n- do: hang\n  <<: {nth: 1}", "- 1\n---\n- 2", "? a"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProfile(data)
		if err != nil {
			faultIsNamed(t, err)
			return
		}
		var o Options
		p.Apply(&o)
		if _, err := Open(o); err != nil {
			t.Errorf("what was read is refused: %v", err)
		}
	})
}

func faultIsNamed(t *testing.T, err error) {
	t.Helper()
	fault := new(FaultError)
	if !errors.As(err, &fault) || fault.Allowed == "" || len(err.Error()) > 2000 {
		t.Errorf("%T of %d bytes: %.300v", err, len(err.Error()), err)
	}
}

func TestAMegabyteOfFaultsIsBounded(t *testing.T) {
	for _, size := range []int{5000, 60_000, hostile.Megabyte} {
		repeat := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
		for name, text := range map[string]string{
			"rules": "faults:\n" + repeat("- {do: hang}\n"), "lists": repeat("["), "dashes": repeat("- "), "mappings": repeat("{a: "), "aliases": "seed: &a 1\nfaults: [" + repeat("*a,") + "]", "quotes": repeat(`"`),
			"operations": "faults: [{do: hang, operation: [" + repeat("GetRole,") + "GetRole]}]", "a word": "faults: [{do: " + repeat("x") + "}]", "a number": "seed: " + repeat("9"), "a key": repeat("x") + ": 1", "percents": repeat("%"), "line ends": repeat("\n"),
		} {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				hostile.Within(t, func() {
					if _, err := ParseProfile([]byte(text)); err != nil {
						fault := new(FaultError)
						if !errors.As(err, &fault) {
							t.Errorf("%T %.200v", err, err)
						}
					}
				})
			})
		}
	}
}

const examplePolicy = `{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"a","Effect":"Allow","Action":["sqs:*","iam:Get*"],"Resource":"arn:aws:sqs:*:*:eventscale-*",
 "Condition":{"StringEquals":{"iam:PassedToService":"lambda.amazonaws.com"}}},{"Effect":"Deny","NotAction":"sts:GetCallerIdentity","NotResource":["arn:aws:iam::123456789012:role/${*}?"]}]}`

func FuzzParsePolicy(f *testing.F) {
	for _, text := range []string{examplePolicy, "{}", "", "[]", `{"Version":"2012-10-17","Statement":{}}`, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"${aws:username}"}]}`, `{"Statement":[[]]}`, `{"Version":"2008-10-17","Statement":[]}`} {
		f.Add([]byte(text), "sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:jobs")
	}
	f.Fuzz(func(t *testing.T, data []byte, action, resource string) {
		p, err := ParsePolicy(data)
		if err != nil {
			bad := new(PolicyError)
			if !errors.As(err, &bad) || bad.Problem == "" {
				t.Errorf("%T: %v", err, err)
			}
			return
		}
		if !json.Valid(data) {
			t.Error("what is no JSON is taken")
		}
		once := p.Judge(Access{Action: action, Resource: resource})
		if twice := p.Judge(Access{Action: action, Resource: resource}); once != twice {
			t.Errorf("%d, and then %d", once, twice)
		}
	})
}

func TestAMegabyteOfPolicyIsBounded(t *testing.T) {
	for _, size := range []int{maxPolicyDocument - 1000, hostile.Megabyte} {
		repeat := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
		statement := func(body string) string { return `{"Version":"2012-10-17","Statement":[` + body + "]}" }
		for name, text := range map[string]string{
			"lists": repeat("["), "statements": statement(repeat("{},") + "{}"), "actions": statement(`{"Effect":"Allow","Resource":"*","Action":[` + repeat(`"sqs:*",`) + `"sqs:*"]}`),
			"stars": statement(`{"Effect":"Allow","Action":"*","Resource":"` + repeat("*a") + `b"}`), "questions": statement(`{"Effect":"Allow","Action":"*","Resource":"arn:` + repeat("?*") + `"}`), "fields": "{" + repeat(`"a":1,`) + `"b":1}`,
		} {
			t.Run(fmt.Sprint(name, " ", size), func(t *testing.T) {
				hostile.Within(t, func() {
					p, err := ParsePolicy([]byte(text))
					if err != nil {
						return
					}
					p.Judge(Access{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:123456789012:" + strings.Repeat("a", 200)})
				})
			})
		}
	}
}

// FuzzSeries reads the datapoints of the world's file.
func FuzzSeries(f *testing.F) {
	for _, text := range []string{"29381760:0x1440 3 5+60x12", "", "1:", "0x9223372036854775807", "1:1e400", "5:3-1x4 x", "1:NaN", "9223372036854775807:1 1", "6440 3 5+688888880x16", "1e+06-2e-07x3", "-5e+20-6e+20x2", "1e6-2e-70x2", "-0-0", "-0-0x2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, again series
		if s.UnmarshalText([]byte(text)) != nil {
			return
		}
		written, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(written); err != nil {
			t.Fatalf("%q is written as %q: %v", text, written, err)
		}
		if twice, err := again.MarshalText(); err != nil || string(twice) != string(written) {
			t.Errorf("%q, and then %q: %v", written, twice, err)
		}
		s.at(minuteOf(time.Now()))
	})
}
