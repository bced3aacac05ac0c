package stack

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/eventscale/eventscale/internal/provision"
)

// metricsCollectionProperties are our part of the MetricsCollection of an AWS::AutoScaling::AutoScalingGroup.
// https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html
type metricsCollectionProperties struct {
	Metric string `replace:"true"` // one group metric, collected each minute, free of charge
}

type metricsCollectionAPI interface {
	EnableMetricsCollection(context.Context, *autoscaling.EnableMetricsCollectionInput, ...func(*autoscaling.Options)) (*autoscaling.EnableMetricsCollectionOutput, error)
	DisableMetricsCollection(context.Context, *autoscaling.DisableMetricsCollectionInput, ...func(*autoscaling.Options)) (*autoscaling.DisableMetricsCollectionOutput, error)
}

const metricsCollectionType = "AWS::AutoScaling::MetricsCollection"

// metricsCollectionKind turns on one metric of a group that is not ours. Name and physical ID are
// "GROUP/METRIC"; the ARN is the group's, by which it is told from one made anew under its name. A metric that the
// group's owner collects already is left on by destroy.
func metricsCollectionKind(api metricsCollectionAPI, groups groupReader) provision.Kind[metricsCollectionProperties] {
	m := metricsCollections{api, groups}
	return provision.Kind[metricsCollectionProperties]{
		Type:     metricsCollectionType,
		Borrowed: true,
		Read:     m.read,
		Create:   m.create,
		Delete:   m.delete,
	}
}

type metricsCollections struct {
	api    metricsCollectionAPI
	groups groupReader
}

func (m metricsCollections) read(ctx context.Context, id provision.Identity) (provision.Live[metricsCollectionProperties], error) {
	live := provision.Live[metricsCollectionProperties]{PhysicalID: id.Name}
	name, metric := splitGroup(id.Name)
	group, err := m.groups(ctx, name)
	if err != nil {
		return live, err
	}
	live.ARN, live.Properties.Metric = aws.ToString(group.AutoScalingGroupARN), metric
	if !slices.ContainsFunc(group.EnabledMetrics, func(e types.EnabledMetric) bool { return aws.ToString(e.Metric) == metric }) {
		return live, provision.ErrNotFound
	}
	return live, nil
}

func (m metricsCollections) create(ctx context.Context, id provision.Identity, want metricsCollectionProperties) (provision.Live[metricsCollectionProperties], error) {
	group, _ := splitGroup(id.Name)
	live := provision.Live[metricsCollectionProperties]{PhysicalID: id.Name, Properties: want}
	if g, err := m.groups(ctx, group); err == nil { // else the next call says what is wrong
		live.ARN = aws.ToString(g.AutoScalingGroupARN)
	}
	_, err := m.api.EnableMetricsCollection(ctx, &autoscaling.EnableMetricsCollectionInput{
		AutoScalingGroupName: &group, Granularity: aws.String("1Minute"), Metrics: []string{want.Metric},
	})
	return live, err
}

func (m metricsCollections) delete(ctx context.Context, id provision.Identity) error {
	group, metric := splitGroup(id.Name)
	_, err := m.api.DisableMetricsCollection(ctx, &autoscaling.DisableMetricsCollectionInput{
		AutoScalingGroupName: &group, Metrics: []string{metric},
	})
	if notFoundOnGroup(err) || notImplemented(err) {
		return nil
	}
	return err
}

// notImplemented reports whether a server broke down without AWS's error document, at every attempt: an
// emulator that can turn a metric on and not off. The metric costs nothing, and must not keep a stack alive.
func notImplemented(err error) bool {
	var answer *smithyhttp.ResponseError
	var documented smithy.APIError
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusInternalServerError && !errors.As(err, &documented)
}
