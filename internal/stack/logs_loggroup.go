package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/eventscale/eventscale/internal/provision"
)

// logGroupProperties are the properties of an AWS::Logs::LogGroup.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
type logGroupProperties struct {
	RetentionInDays int // one of retentionDays; 0, which is never wanted, keeps events for ever
	Tags            provision.Tags
}

type logGroupAPI interface {
	CreateLogGroup(context.Context, *cloudwatchlogs.CreateLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.CreateLogGroupOutput, error)
	DescribeLogGroups(context.Context, *cloudwatchlogs.DescribeLogGroupsInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DescribeLogGroupsOutput, error)
	PutRetentionPolicy(context.Context, *cloudwatchlogs.PutRetentionPolicyInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.PutRetentionPolicyOutput, error)
	ListTagsForResource(context.Context, *cloudwatchlogs.ListTagsForResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.ListTagsForResourceOutput, error)
	TagResource(context.Context, *cloudwatchlogs.TagResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.TagResourceOutput, error)
	UntagResource(context.Context, *cloudwatchlogs.UntagResourceInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.UntagResourceOutput, error)
	DeleteLogGroup(context.Context, *cloudwatchlogs.DeleteLogGroupInput, ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.DeleteLogGroupOutput, error)
}

const logGroupType = "AWS::Logs::LogGroup"

// logGroupKind makes log groups. The physical ID is the group's name; the ARN has no `:*` at its end,
// as the tag operations want it.
func logGroupKind(api logGroupAPI, account Account) provision.Kind[logGroupProperties] {
	l := logGroups{api, account}
	return provision.Kind[logGroupProperties]{
		Type:     logGroupType,
		Tags:     func(p logGroupProperties) provision.Tags { return p.Tags },
		Read:     l.read,
		ReadTags: l.readTags,
		Create:   l.create,
		Update:   l.update,
		Delete:   l.delete,
	}
}

type logGroups struct {
	api     logGroupAPI
	account Account
}

func (l logGroups) read(ctx context.Context, id provision.Identity) (provision.Live[logGroupProperties], error) {
	live := provision.Live[logGroupProperties]{PhysicalID: id.Name}
	tags := tagsOf(ctx, id.ARN, l.readTags)
	group, err := l.find(ctx, id.Name)
	if err != nil {
		return live, err
	}
	live.ARN = strings.TrimSuffix(aws.ToString(group.Arn), ":*")
	live.Properties.RetentionInDays = int(aws.ToInt32(group.RetentionInDays))
	live.Properties.Tags, err = tags(live.ARN)
	return live, err
}

func (l logGroups) readTags(ctx context.Context, id provision.Identity) (provision.Tags, error) {
	out, err := l.api.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: &id.ARN})
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		err = fmt.Errorf("%w: %w", provision.ErrNotFound, err)
	}
	if err != nil {
		return nil, fmt.Errorf("reading its tags: %w", err)
	}
	return out.Tags, nil
}

// find looks a group up by its exact name: AWS finds by prefix only. In the order of names the group
// comes before all whose names go on, so the first page holds it if it exists.
func (l logGroups) find(ctx context.Context, name string) (types.LogGroup, error) {
	out, err := l.api.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	if err != nil {
		return types.LogGroup{}, err
	}
	i := slices.IndexFunc(out.LogGroups, func(g types.LogGroup) bool { return aws.ToString(g.LogGroupName) == name })
	if i < 0 {
		return types.LogGroup{}, provision.ErrNotFound
	}
	return out.LogGroups[i], nil
}

// create makes the group without retention: that takes a second call, which is Update's.
func (l logGroups) create(ctx context.Context, id provision.Identity, want logGroupProperties) (provision.Live[logGroupProperties], error) {
	live := provision.Live[logGroupProperties]{
		PhysicalID: id.Name,
		ARN:        l.account.arn("logs", "log-group:"+id.Name),
		Properties: logGroupProperties{Tags: want.Tags},
	}
	_, err := l.api.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &id.Name, Tags: want.Tags})
	if _, taken := errors.AsType[*types.ResourceAlreadyExistsException](err); taken {
		err = fmt.Errorf("%w: %w", provision.ErrExists, err)
	}
	return live, err
}

func (l logGroups) update(ctx context.Context, live provision.Live[logGroupProperties], want logGroupProperties, changed provision.Changed) error {
	if changed.Any("RetentionInDays") {
		if err := l.retain(ctx, live.PhysicalID, want.RetentionInDays); err != nil {
			return err
		}
	}
	return retag(live.Properties.Tags, want.Tags,
		func(set provision.Tags) error {
			_, err := l.api.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: &live.ARN, Tags: set})
			return err
		},
		func(keys []string) error {
			_, err := l.api.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: &live.ARN, TagKeys: keys})
			return err
		})
}

func (l logGroups) retain(ctx context.Context, name string, days int) error {
	_, err := provision.Retry(ctx, logGroupVisible, func(ctx context.Context) (*cloudwatchlogs.PutRetentionPolicyOutput, error) {
		return l.api.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{
			LogGroupName: &name, RetentionInDays: aws.Int32(int32(days)),
		})
	})
	return err
}

func (l logGroups) delete(ctx context.Context, id provision.Identity) error {
	_, err := l.api.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &id.Name})
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return nil
	}
	return err
}

// logGroupVisible: right after its creation a group can be missing.
var logGroupVisible = provision.Patience{
	Reason: "CloudWatch Logs to show the new log group",
	Cap:    30 * time.Second, First: 500 * time.Millisecond,
	Passing: func(err error) bool {
		_, missing := errors.AsType[*types.ResourceNotFoundException](err)
		return missing
	},
}

// retentionDays are the periods that CloudWatch Logs takes.
var retentionDays = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}
