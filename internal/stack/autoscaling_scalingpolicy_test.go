package stack

import (
	"io"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/eventscale/eventscale/internal/provision"
)

const testPolicy = "eventscale-gpu-workers-scale-out"

const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

func policySubject() subject[scalingPolicyProperties] {
	arn := "arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:" + uuid + ":autoScalingGroupName/gpu-workers:policyName/" + testPolicy
	return subject[scalingPolicyProperties]{
		kind: func(k kinds) provision.Kind[scalingPolicyProperties] { return k.policy },
		name: testGroup + "/" + testPolicy, other: testGroup + "/" + testPolicy + "-2",
		want: scalingPolicyProperties{
			AutoScalingGroupName: testGroup, PolicyType: "SimpleScaling", AdjustmentType: "ChangeInCapacity",
			ScalingAdjustment: 2, Cooldown: 300, Enabled: true,
		},
		others: map[string][]any{
			"AdjustmentType":    {"PercentChangeInCapacity", "ExactCapacity", "PercentChangeInCapacity"},
			"ScalingAdjustment": {-1, 3},
			"Cooldown":          {0, 60},
			"Enabled":           {false, true},
		},
		unused:     []string{"StepAdjustments", "MetricAggregationType", "EstimatedInstanceWarmup"},
		physicalID: testGroup + "/" + testPolicy, arn: arn,
		meddle: func(c *cloud) {
			c.done(c.theirs.autoscaling.PutScalingPolicy(c.Context(), &autoscaling.PutScalingPolicyInput{
				AutoScalingGroupName: aws.String(testGroup), PolicyName: aws.String(testPolicy), Enabled: aws.Bool(false),
				AdjustmentType: aws.String("ChangeInCapacity"), ScalingAdjustment: aws.Int32(20), Cooldown: aws.Int32(300),
			}))
		},
		meddled: []string{"Enabled", "ScalingAdjustment"},
	}
}

func TestScalingPolicyConforms(t *testing.T) { conforms(t, policySubject()) }

func stepPolicySubject() subject[scalingPolicyProperties] {
	s := policySubject()
	s.want = scalingPolicyProperties{
		AutoScalingGroupName: testGroup, PolicyType: "StepScaling", AdjustmentType: "ChangeInCapacity",
		StepAdjustments: stepAdjustments{}.from(0, 2).from(40, 5), MetricAggregationType: "Maximum", Enabled: true,
	}
	down := stepAdjustments{{MetricIntervalUpperBound: aws.Float64(0), ScalingAdjustment: -1}}
	s.others = map[string][]any{
		"AdjustmentType":          {"ExactCapacity", "PercentChangeInCapacity", "ChangeInCapacity"},
		"StepAdjustments":         {stepAdjustments{}.from(0, 1).from(7, 2).from(14, 3), down, stepAdjustments{}.from(0, 2)},
		"MetricAggregationType":   {"Minimum", "Average"},
		"EstimatedInstanceWarmup": {aws.Int(60), aws.Int(0), (*int)(nil), aws.Int(90)},
		"Enabled":                 {false, true},
	}
	s.unused = []string{"ScalingAdjustment", "Cooldown"}
	s.meddle = func(c *cloud) {
		c.done(c.theirs.autoscaling.PutScalingPolicy(c.Context(), &autoscaling.PutScalingPolicyInput{
			AutoScalingGroupName: aws.String(testGroup), PolicyName: aws.String(testPolicy), PolicyType: aws.String("StepScaling"),
			AdjustmentType: aws.String("ChangeInCapacity"), StepAdjustments: stepAdjustments{}.from(0, 3).input(), EstimatedInstanceWarmup: aws.Int32(0),
		}))
	}
	s.meddled = []string{"EstimatedInstanceWarmup", "MetricAggregationType", "StepAdjustments"}
	return s
}

func TestStepScalingPolicyConforms(t *testing.T) { conforms(t, stepPolicySubject()) }

// A property that plays no part in policies of one type is tested with those of the other.
func TestEveryPropertyOfScalingPoliciesIsUpdated(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[scalingPolicyProperties]()) {
		_, simple := policySubject().others[f.Name]
		_, step := stepPolicySubject().others[f.Name]
		if f.Tag.Get("replace") != "true" && !simple && !step {
			t.Errorf("%s is updated by neither", f.Name)
		}
	}
}

// AWS says of a policy more than plays a part in its type, and does not say in which order it gives the steps.
func TestScalingPolicyIsReadByItsType(t *testing.T) {
	want := stepAdjustments{{nil, aws.Float64(-5), -2}, {aws.Float64(-5), aws.Float64(0), -1}, {aws.Float64(0), nil, 1}}
	steps := want.input()
	slices.Reverse(steps)
	p := types.ScalingPolicy{
		PolicyType: aws.String("StepScaling"), StepAdjustments: steps, MetricAggregationType: aws.String("Average"),
		ScalingAdjustment: aws.Int32(7), Cooldown: aws.Int32(300), EstimatedInstanceWarmup: aws.Int32(10),
	}
	if got := scalingPolicyFrom(p); asJSON(got.StepAdjustments) != asJSON(want) || got.ScalingAdjustment != 0 || got.Cooldown != 0 {
		t.Errorf("%+v", got)
	}
	p.PolicyType = aws.String("SimpleScaling")
	if got := scalingPolicyFrom(p); got.StepAdjustments != nil || got.MetricAggregationType != "" || got.EstimatedInstanceWarmup != nil || got.ScalingAdjustment != 7 {
		t.Errorf("%+v", got)
	}
}

func TestStepsAreShownBriefly(t *testing.T) {
	if got, want := (stepAdjustments{}.from(0, 2).from(40, 5)).String(), "0..40: 2, 40..: 5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A policy goes with its group, and a stack of a group that is gone can be destroyed.
func TestScalingPolicyOfNoGroupIsGone(t *testing.T) {
	s := policySubject().stage(t)
	live := s.create(s.name)
	s.done(s.theirs.autoscaling.DeleteAutoScalingGroup(t.Context(), &autoscaling.DeleteAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(testGroup), ForceDelete: aws.Bool(true),
	}))
	s.missing(s.identity(live))
	if err := s.fresh().Delete(t.Context(), s.identity(live)); err != nil {
		t.Error(err)
	}
}

// The name tells on which group a policy is, after the stack was given another.
func TestScalingPolicyIsFoundOnItsOwnGroup(t *testing.T) {
	s := policySubject().stage(t)
	s.addGroup("other", 1)
	there := "other/" + testPolicy
	want := s.want
	want.AutoScalingGroupName = "other"
	live, err := s.fresh().Create(t.Context(), provision.Identity{Name: there}, want)
	if err != nil {
		t.Fatal(err)
	}
	s.missing(provision.Identity{Name: s.name})
	s.create(s.name)
	id := provision.Identity{Name: there, PhysicalID: live.PhysicalID, ARN: live.ARN}
	if found := s.read(id); found.ARN != live.ARN || len(differing(found.Properties, want)) > 0 {
		t.Errorf("found %+v, want %s", found, live.ARN)
	}
	if err := s.fresh().Delete(t.Context(), id); err != nil {
		t.Error(err)
	}
	s.missing(id)
	s.read(provision.Identity{Name: s.name})
}

func TestScalingPolicyIsFoundAmongFifty(t *testing.T) {
	s := policySubject().stage(t)
	for _, a := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW" {
		s.create(s.name + string(a))
	}
	s.missing(provision.Identity{Name: s.name})
	s.reads(s.create(s.name), s.want)
}

// Emulators leave the ARN out of the answer; the alarm's action needs it.
func TestScalingPolicyLooksUpAnARNThatTheAnswerLacks(t *testing.T) {
	s := policySubject().stage(t)
	s.faults.set("PutScalingPolicy", 1, func(answer *http.Response) (*http.Response, error) {
		body, err := io.ReadAll(answer.Body)
		cut := regexp.MustCompile(`<PolicyARN>.*</PolicyARN>`).ReplaceAllString(string(body), "")
		answer.Body, answer.ContentLength = io.NopCloser(strings.NewReader(cut)), int64(len(cut))
		return answer, err
	})
	s.reads(s.create(s.name), s.want)
	if s.faults.hit != 1 {
		t.Error("the answer was not cut")
	}
}

func TestScalingPolicyThatAWSRefusesIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := policySubject().stage(t)
		s.atOnce("PutScalingPolicy", "ValidationError", func() error {
			_, err := s.fresh().Create(t.Context(), provision.Identity{Name: "no-group/" + testPolicy}, s.want)
			return err
		})
	})
}
