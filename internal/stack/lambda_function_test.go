package stack

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

const testFunction = "eventscale-gpu-workers-ingest"

func roleARN(name string) string { return "arn:aws:iam::123456789012:role/" + name }

func secrets(pairs ...string) map[string]provision.Secret {
	m := map[string]provision.Secret{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = provision.NewSecret(pairs[i+1])
	}
	return m
}

func functionSubject() subject[functionProperties] {
	return subject[functionProperties]{
		kind: func(k kinds) provision.Kind[functionProperties] { return k.function },
		setup: func(c *cloud) {
			c.addRole(testRole, "lambda.amazonaws.com")
			c.addRole("other", "lambda.amazonaws.com")
		},
		name: testFunction, other: testFunction + "-2",
		want: functionProperties{
			Handler: "index.handler", Runtime: "python3.13", Architecture: "arm64", MemorySize: 256, Timeout: 30,
			Role: roleARN(testRole), RoleID: "AROA1", Environment: secrets("QUEUE_URL", "https://a/b?c=d"), Code: codeOf(zipped("pass")),
			LogGroup: "/aws/lambda/other",
			Tags:     provision.Tags{"owner": "us"},
		},
		others: map[string][]any{
			"Handler":      {"main.run"},
			"Runtime":      {"python3.12", "nodejs22.x"},
			"Architecture": {"x86_64", "arm64"},
			"MemorySize":   {128, 10_240},
			"Timeout":      {1, 900},
			"Role":         {roleARN("other")},
			"Environment":  {secrets("QUEUE_URL", "x"), secrets("OTHER", "y"), secrets()},
			"RoleID":       {"AROA2", ""},
			"Code":         {codeOf(zipped("print()"))},
			"KmsKeyArn":    {"arn:aws:kms:us-east-1:123456789012:key/1", ""},
			"Layers":       {[]string{"arn:aws:lambda:us-east-1:123456789012:layer:a:1"}, []string(nil)},
			"VpcConfig":    {vpcConfig{[]string{"subnet-1"}, []string{"sg-1"}}, vpcConfig{}},
			"LogGroup":     {"/mine", "/aws/lambda/" + testFunction},
		},
		physicalID: testFunction,
		arn:        "arn:aws:lambda:us-east-1:123456789012:function:" + testFunction,
		meddle: func(c *cloud) {
			name := aws.String(testFunction)
			c.done(c.theirs.lambda.UpdateFunctionConfiguration(c.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Timeout: aws.Int32(3)}))
			c.done(c.theirs.lambda.UpdateFunctionCode(c.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: zipped("1/0")}))
			c.done(c.theirs.lambda.TagResource(c.Context(), &lambda.TagResourceInput{
				Resource: aws.String(home.arn("lambda", "function:"+testFunction)), Tags: map[string]string{"owner": "them"},
			}))
		},
		meddled: []string{"Code", "Tags", "Timeout"},
	}
}

func TestFunctionConforms(t *testing.T) { conforms(t, functionSubject()) }

// Nothing but the function waits for IAM, and its user is told why it does.
func TestFunctionWaitsUntilItsRoleCanBeAssumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{RoleAssumable: 15 * time.Second}}))
		start := time.Now()
		p.up()
		took(t, start, 15*time.Second, 15*time.Second+roleAssumable.Longest)
		p.told(IngestFunction, roleAssumable)
		for _, e := range p.events {
			if e.LogicalID != IngestFunction && e.Time.After(start) {
				t.Errorf("%s was %s only after %s", e.LogicalID, e.Status, e.Time.Sub(start))
			}
		}
		p.settled()
	})
}

// What Lambda says of a role too new it says of a wrong one for ever.
func TestFunctionOfAWrongRoleIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := functionSubject()
		s.setup = func(c *cloud) { c.addRole(testRole, "ec2.amazonaws.com") }
		c := s.stage(t)
		start := time.Now()
		_, err := c.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
		if _, ok := errors.AsType[*types.InvalidParameterValueException](err); !ok {
			t.Errorf("%v, want what Lambda said", err)
		}
		if !strings.Contains(fmt.Sprint(err), "waited 5m") || !strings.Contains(fmt.Sprint(err), "cannot be assumed by Lambda") {
			t.Errorf("%v does not say how long was waited, and for what", err)
		}
		took(t, start, 5*time.Minute, 5*time.Minute)
	})
}

func TestFunctionIsReadyWhenItIsActive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{FunctionPending: 5 * time.Second}}))
		start := time.Now()
		p.up()
		took(t, start, 5*time.Second, 5*time.Second+functionReady.Longest)
		p.told(IngestFunction, functionReady)
		if state := p.status().Function.State; state != "Active" {
			t.Errorf("the function is %s", state)
		}
	})
}

// Lambda takes one update at a time: code must wait until the configuration is in force, and the
// function is done only when the code is.
func TestFunctionIsUpdatedOneStepAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := functionSubject()
		c := newCloud(t, sandbox.Options{Delays: sandbox.Delays{FunctionUpdate: 10 * time.Second}})
		s.setup(c)
		at := &stage[functionProperties]{c, s}
		live := at.create(s.name)
		want := s.want
		want.Timeout, want.Code = 60, codeOf(zipped("print()"))
		start := time.Now()
		c.asked()
		at.update(live, want, provision.Changed{"Timeout": true, "Code": true})
		took(t, start, 20*time.Second, 20*time.Second+2*functionReady.Longest)
		for _, call := range mutating(c.asked()) {
			if call.Code != "" {
				t.Errorf("%s was refused: %s", call.Operation, call.Code)
			}
		}
		at.reads(live, want)
	})
}

func TestFunctionWaitsForTheUpdateOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newProject(newCloud(t, sandbox.Options{Delays: sandbox.Delays{FunctionUpdate: 10 * time.Second}}))
		p.up()
		p.done(p.theirs.lambda.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{
			FunctionName: aws.String(testFunction), Timeout: aws.Int32(3),
		}))
		p.spec.Memory = 512
		start := time.Now()
		p.up()
		took(t, start, 20*time.Second, 20*time.Second+functionUpdatable.Longest+functionReady.Longest)
		p.told(IngestFunction, functionUpdatable)
		p.settled()
	})
}

func TestFunctionThatFailedIsNotWaitedFor(t *testing.T) {
	for _, c := range []struct {
		configuration types.FunctionConfiguration
		passing       bool
		says          string // "" for a function that is settled
	}{
		{types.FunctionConfiguration{State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusSuccessful}, false, ""},
		{types.FunctionConfiguration{State: types.StateInactive}, false, ""},
		{types.FunctionConfiguration{State: types.StatePending}, true, "not settled"},
		{types.FunctionConfiguration{State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusInProgress}, true, "not settled"},
		{types.FunctionConfiguration{
			State: types.StateFailed, StateReasonCode: types.StateReasonCodeInvalidRuntime, StateReason: aws.String("no such thing"),
		}, false, "InvalidRuntime: no such thing"},
		{types.FunctionConfiguration{
			State: types.StateActive, LastUpdateStatus: types.LastUpdateStatusFailed, LastUpdateStatusReason: aws.String("no such role"),
		}, false, "no such role"},
	} {
		err := settled(&c.configuration)
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", c.configuration.State, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.says) || functionReady.Passing(err) != c.passing {
			t.Errorf("%s, %s: %v, passing %t", c.configuration.State, c.configuration.LastUpdateStatus, err, functionReady.Passing(err))
		}
	}
}

func TestFunctionThatLambdaRefusesIsNotTriedAgain(t *testing.T) {
	spoil := map[string]func(*functionProperties){
		"no zip":      func(p *functionProperties) { p.Code = codeOf([]byte("no zip")) },
		"bad timeout": func(p *functionProperties) { p.Timeout = 901 },
		"no such cpu": func(p *functionProperties) { p.Architecture = "pdp11" },
	}
	code := map[string]string{"no zip": "InvalidParameterValueException", "bad timeout": "ValidationException", "no such cpu": "ValidationException"}
	for what := range spoil {
		synctest.Test(t, func(t *testing.T) {
			s := functionSubject().stage(t)
			spoil[what](&s.want)
			s.atOnce("CreateFunction", code[what], func() error {
				_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
				return err
			})
		})
	}
}

// The error of a create that says "exists" must not be taken for one that says "busy", or the wait for
// a conflict that will not pass would last minutes.
func TestFunctionThatExistsIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := functionSubject().stage(t)
		s.create(s.name)
		s.atOnce("CreateFunction", "ResourceConflictException", func() error {
			_, err := s.fresh().Create(t.Context(), provision.Identity{Name: s.name}, s.want)
			if !errors.Is(err, provision.ErrExists) {
				t.Errorf("%v, want ErrExists", err)
			}
			return err
		})
	})
}

func TestCodeIsComparedByItsDigest(t *testing.T) {
	zip := zipped("pass")
	if codeOf(zip).sha256 != CodeSHA256(zip) || CodeSHA256(zip) == CodeSHA256(zipped("print()")) {
		t.Error("a digest is not that of its bytes")
	}
	if got, want := asJSON(codeOf(zip)), asJSON(code{sha256: CodeSHA256(zip)}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
