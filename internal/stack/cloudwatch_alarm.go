package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// alarmProperties are the properties of an AWS::CloudWatch::Alarm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
type alarmProperties struct {
	AlarmDescription   string
	Metrics            []alarmMetric // one that is no expression; or an expression, and what it needs by ID
	EvaluationPeriods  int
	DatapointsToAlarm  int
	Threshold          float64
	ComparisonOperator string
	TreatMissingData   string // missing where AWS shows nothing
	ActionsEnabled     bool
	AlarmActions       []string // ARNs
	Others             otherActions
	Tags               provision.Tags
}

// otherActions are actions that somebody else has given our alarm, such as a mail when it is OK again. A put
// replaces the whole alarm, so they are carried over; they are never a reason for one.
type otherActions struct{ ok, insufficientData []string }

// MarshalJSON makes any two of them equal, since properties are compared by their JSON.
func (otherActions) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// alarmMetric is one metric of an alarm, or an expression over the others.
type alarmMetric struct {
	ID         string            `json:",omitempty"`
	Expression string            `json:",omitempty"` // then the rest is empty
	Namespace  string            `json:",omitempty"`
	MetricName string            `json:",omitempty"`
	Dimensions map[string]string `json:",omitempty"`
	Statistic  string            `json:",omitempty"` // Maximum, Sum, p90, ...
	Period     int               `json:",omitempty"` // seconds
	Unit       string            `json:",omitempty"` // of the datapoints that count; "" for all
	AccountID  string            `json:",omitempty"` // of another account than the alarm's
	NotWatched bool              `json:",omitempty"` // of an expression: the alarm watches a metric in its place
}

type alarmAPI interface {
	PutMetricAlarm(context.Context, *cloudwatch.PutMetricAlarmInput, ...func(*cloudwatch.Options)) (*cloudwatch.PutMetricAlarmOutput, error)
	DescribeAlarms(context.Context, *cloudwatch.DescribeAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DescribeAlarmsOutput, error)
	ListTagsForResource(context.Context, *cloudwatch.ListTagsForResourceInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListTagsForResourceOutput, error)
	TagResource(context.Context, *cloudwatch.TagResourceInput, ...func(*cloudwatch.Options)) (*cloudwatch.TagResourceOutput, error)
	UntagResource(context.Context, *cloudwatch.UntagResourceInput, ...func(*cloudwatch.Options)) (*cloudwatch.UntagResourceOutput, error)
	DeleteAlarms(context.Context, *cloudwatch.DeleteAlarmsInput, ...func(*cloudwatch.Options)) (*cloudwatch.DeleteAlarmsOutput, error)
}

const alarmType = "AWS::CloudWatch::Alarm"

// alarmKind makes alarms. The physical ID is the alarm's name.
func alarmKind(api alarmAPI, account Account, all *alarmBatch) provision.Kind[alarmProperties] {
	a := alarms{api, account, all}
	return provision.Kind[alarmProperties]{
		Type:     alarmType,
		Tags:     func(p alarmProperties) provision.Tags { return p.Tags },
		Reuses:   true,
		Read:     a.read,
		ReadTags: a.readTags,
		Create:   a.create,
		Update:   a.update,
		Delete:   a.delete,
	}
}

type alarms struct {
	api     alarmAPI
	account Account
	all     *alarmBatch
}

// alarmBatch holds the alarms of a stack, by name.
type alarmBatch = batch[types.MetricAlarm]

// newAlarmBatch describes the alarms of a stack in one call. DescribeAlarms takes 100 names.
func newAlarmBatch(api alarmAPI, names []string) *alarmBatch {
	return &alarmBatch{call: func(ctx context.Context) (map[string]types.MetricAlarm, error) {
		out, err := api.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: names, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm},
		})
		if err != nil {
			return nil, err
		}
		alarms := map[string]types.MetricAlarm{}
		for _, a := range out.MetricAlarms {
			alarms[aws.ToString(a.AlarmName)] = a
		}
		return alarms, nil
	}}
}

func (a alarms) read(ctx context.Context, id provision.Identity) (provision.Live[alarmProperties], error) {
	tags := tagsOf(ctx, id.ARN, a.readTags)
	alarm, err := a.all.find(ctx, id.Name)
	if err != nil {
		return provision.Live[alarmProperties]{}, err
	}
	live := provision.Live[alarmProperties]{PhysicalID: id.Name, ARN: aws.ToString(alarm.AlarmArn), Properties: alarmFrom(alarm)}
	live.Properties.Tags, err = tags(live.ARN)
	return live, err
}

func (a alarms) readTags(ctx context.Context, id provision.Identity) (provision.Tags, error) {
	out, err := a.api.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: &id.ARN})
	if _, absent := errors.AsType[*types.ResourceNotFoundException](err); absent {
		err = fmt.Errorf("%w: %w", provision.ErrNotFound, err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading its tags: %w", err)
	}
	tags := provision.Tags{}
	for _, t := range out.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}

// create makes the alarm. PutMetricAlarm overwrites one of the same name silently; the engine has read
// before it that there is none.
func (a alarms) create(ctx context.Context, id provision.Identity, want alarmProperties) (provision.Live[alarmProperties], error) {
	input := want.input(id.Name)
	input.Tags = alarmTags(want.Tags)
	_, err := a.api.PutMetricAlarm(ctx, input)
	return provision.Live[alarmProperties]{
		PhysicalID: id.Name, ARN: a.account.arn("cloudwatch", "alarm:"+id.Name), Properties: want,
	}, err
}

// update puts the whole definition: what is left out would be reset. Tags go by calls of their own,
// since PutMetricAlarm ignores them on an alarm that exists.
func (a alarms) update(ctx context.Context, live provision.Live[alarmProperties], want alarmProperties, changed provision.Changed) error {
	if delete(changed, "Tags"); len(changed) > 0 {
		input := want.input(live.PhysicalID)
		input.OKActions, input.InsufficientDataActions = live.Properties.Others.ok, live.Properties.Others.insufficientData
		if _, err := a.api.PutMetricAlarm(ctx, input); err != nil {
			return err
		}
	}
	return retag(live.Properties.Tags, want.Tags,
		func(set provision.Tags) error {
			_, err := a.api.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: &live.ARN, Tags: alarmTags(set)})
			return err
		},
		func(keys []string) error {
			_, err := a.api.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: &live.ARN, TagKeys: keys})
			return err
		})
}

func (a alarms) delete(ctx context.Context, id provision.Identity) error {
	_, err := a.api.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{id.Name}})
	if _, absent := errors.AsType[*types.ResourceNotFound](err); absent {
		return nil
	}
	return err
}

// input is the whole definition of an alarm, without tags.
func (p alarmProperties) input(name string) *cloudwatch.PutMetricAlarmInput {
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName:          &name,
		AlarmDescription:   &p.AlarmDescription,
		EvaluationPeriods:  aws.Int32(int32(p.EvaluationPeriods)),
		DatapointsToAlarm:  aws.Int32(int32(p.DatapointsToAlarm)),
		Threshold:          &p.Threshold,
		ComparisonOperator: types.ComparisonOperator(p.ComparisonOperator),
		TreatMissingData:   &p.TreatMissingData,
		ActionsEnabled:     &p.ActionsEnabled,
		AlarmActions:       p.AlarmActions,
	}
	if len(p.Metrics) > 1 {
		for _, m := range p.Metrics {
			in.Metrics = append(in.Metrics, m.query())
		}
		return in
	}
	m := p.Metrics[0]
	in.Namespace, in.MetricName, in.Dimensions = &m.Namespace, &m.MetricName, dimensions(m.Dimensions)
	in.Statistic, in.Period = types.Statistic(m.Statistic), aws.Int32(int32(m.Period))
	return in
}

// query is a metric of a metric-math alarm; the expression is what the alarm watches.
func (m alarmMetric) query() types.MetricDataQuery {
	q := types.MetricDataQuery{Id: &m.ID, ReturnData: aws.Bool(m.Expression != "")}
	if m.Expression != "" {
		q.Expression = &m.Expression
		return q
	}
	q.MetricStat = &types.MetricStat{
		Metric: &types.Metric{Namespace: &m.Namespace, MetricName: &m.MetricName, Dimensions: dimensions(m.Dimensions)},
		Stat:   &m.Statistic, Period: aws.Int32(int32(m.Period)),
	}
	return q
}

func dimensions(values map[string]string) []types.Dimension {
	return tagList(values, func(k, v *string) types.Dimension { return types.Dimension{Name: k, Value: v} })
}

func alarmFrom(a types.MetricAlarm) alarmProperties {
	p := alarmProperties{
		AlarmDescription:   aws.ToString(a.AlarmDescription),
		EvaluationPeriods:  int(aws.ToInt32(a.EvaluationPeriods)),
		DatapointsToAlarm:  int(aws.ToInt32(a.DatapointsToAlarm)),
		Threshold:          aws.ToFloat64(a.Threshold),
		ComparisonOperator: string(a.ComparisonOperator),
		TreatMissingData:   aws.ToString(a.TreatMissingData),
		ActionsEnabled:     aws.ToBool(a.ActionsEnabled),
		AlarmActions:       a.AlarmActions,
		Others:             otherActions{a.OKActions, a.InsufficientDataActions},
	}
	if p.TreatMissingData == "" {
		p.TreatMissingData = "missing" // the default that AWS leaves out
	}
	if p.DatapointsToAlarm == 0 {
		p.DatapointsToAlarm = p.EvaluationPeriods
	}
	if len(a.Metrics) == 0 {
		p.Metrics = []alarmMetric{{
			Namespace: aws.ToString(a.Namespace), MetricName: aws.ToString(a.MetricName), Dimensions: dimensionValues(a.Dimensions),
			Statistic: cmp.Or(string(a.Statistic), aws.ToString(a.ExtendedStatistic)), Period: int(aws.ToInt32(a.Period)), Unit: string(a.Unit),
		}}
		return p
	}
	for _, q := range a.Metrics {
		p.Metrics = append(p.Metrics, alarmMetricFrom(q))
	}
	slices.SortFunc(p.Metrics, func(a, b alarmMetric) int {
		return cmp.Or(expressionsFirst(a)-expressionsFirst(b), strings.Compare(a.ID, b.ID))
	})
	return p
}

// expressionsFirst ranks an expression before the metrics, which follow by ID: AWS promises no order.
func expressionsFirst(m alarmMetric) int {
	if m.Expression != "" {
		return 0
	}
	return 1
}

func alarmMetricFrom(q types.MetricDataQuery) alarmMetric {
	m := alarmMetric{ID: aws.ToString(q.Id), Expression: aws.ToString(q.Expression), AccountID: aws.ToString(q.AccountId)}
	m.NotWatched = m.Expression != "" && q.ReturnData != nil && !*q.ReturnData
	if s := q.MetricStat; s != nil && s.Metric != nil {
		m.Namespace, m.MetricName = aws.ToString(s.Metric.Namespace), aws.ToString(s.Metric.MetricName)
		m.Dimensions, m.Statistic, m.Period = dimensionValues(s.Metric.Dimensions), aws.ToString(s.Stat), int(aws.ToInt32(s.Period))
		m.Unit = string(s.Unit)
	}
	return m
}

func dimensionValues(list []types.Dimension) map[string]string {
	values := map[string]string{}
	for _, d := range list {
		values[aws.ToString(d.Name)] = aws.ToString(d.Value)
	}
	return values
}

func alarmTags(tags provision.Tags) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}
