package stack

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/eventscale/eventscale/internal/provision"
	"github.com/eventscale/eventscale/internal/sandbox"
)

func metricsSubject() subject[metricsCollectionProperties] {
	return subject[metricsCollectionProperties]{
		kind: func(k kinds) provision.Kind[metricsCollectionProperties] { return k.metrics },
		setup: func(c *cloud) {
			c.addGroup(testGroup+"-2", 0)
		},
		name: testGroup + "/GroupInServiceInstances", other: testGroup + "-2/GroupInServiceInstances",
		want:       metricsCollectionProperties{Metric: inServiceMetric},
		physicalID: "gpu-workers/GroupInServiceInstances",
		arn:        "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:" + uuid + ":autoScalingGroupName/gpu-workers",
		meddle: func(c *cloud) {
			c.done(c.theirs.autoscaling.DisableMetricsCollection(c.Context(), &autoscaling.DisableMetricsCollectionInput{
				AutoScalingGroupName: aws.String(testGroup),
			}))
		},
	}
}

func TestMetricsCollectionConforms(t *testing.T) { conforms(t, metricsSubject()) }

// enabled returns the metrics that the group collects.
func (c *cloud) enabled() []string {
	c.Helper()
	group := must(c.T, func() (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
		return c.theirs.autoscaling.DescribeAutoScalingGroups(c.Context(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{testGroup}})
	}).AutoScalingGroups[0]
	var metrics []string
	for _, m := range group.EnabledMetrics {
		metrics = append(metrics, aws.ToString(m.Metric))
	}
	return metrics
}

func (c *cloud) enable(metrics ...string) {
	c.Helper()
	c.done(c.theirs.autoscaling.EnableMetricsCollection(c.Context(), &autoscaling.EnableMetricsCollectionInput{
		AutoScalingGroupName: aws.String(testGroup), Granularity: aws.String("1Minute"), Metrics: metrics,
	}))
}

// The group is not ours: what its owner collects is left as it is.
func TestMetricsOfOthersAreLeftOn(t *testing.T) {
	for _, c := range []struct {
		before, after []string
	}{
		{nil, nil},
		{[]string{"GroupMaxSize"}, []string{"GroupMaxSize"}},
		{[]string{inServiceMetric}, []string{inServiceMetric}},
	} {
		p := newProject(newCloud(t, sandbox.Options{}))
		if c.before != nil {
			p.enable(c.before...)
		}
		p.up()
		p.settled()
		if err := p.destroy(); err != nil {
			t.Fatal(err)
		}
		if got := p.enabled(); asJSON(got) != asJSON(c.after) {
			t.Errorf("%v before the stack, %v after it", c.before, got)
		}
	}
}

// What the owner of a group made anew collects is theirs, though the stack turned it on in the old one; and the other
// way round.
func TestMetricsOfAGroupMadeAnewAreItsOwners(t *testing.T) {
	for _, theirs := range []bool{false, true} {
		p := newProject(newCloud(t, sandbox.Options{}))
		if !theirs {
			p.enable(inServiceMetric)
		}
		p.up()
		p.remakeGroup()
		if theirs {
			p.enable(inServiceMetric)
		}
		p.up()
		p.settled()
		p.done(nil, p.destroy())
		if got := p.enabled(); (len(got) > 0) != theirs {
			t.Errorf("after destroy the group collects %v, and that it does is its owner's: %t", got, theirs)
		}
	}
}

func TestAnIDOnAGroupIsTakenApart(t *testing.T) {
	if group, metric := splitGroup("a/b/Metric"); group != "a/b" || metric != "Metric" {
		t.Errorf("%q, %q", group, metric)
	}
}

func TestMetricsOfNoGroupAreGone(t *testing.T) {
	c := newCloud(t, sandbox.Options{})
	if err := c.kinds().metrics.Delete(t.Context(), provision.Identity{Name: "no-group/" + inServiceMetric}); err != nil {
		t.Error(err)
	}
}
