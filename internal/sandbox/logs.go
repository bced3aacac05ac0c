package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logGroup is a CloudWatch Logs group. It holds no log streams: nothing logs in the sandbox.
type logGroup struct {
	Name      string
	Created   int64 // milliseconds since 1970
	Retention int32 // days; 0 is for ever
	Class     types.LogGroupClass
	KMSKeyID  string
	Protected bool // from deletion
	Tags      map[string]string
}

func (w *world) logsOperations() []operation {
	return []operation{
		op("CreateLogGroup", w.createLogGroup),
		op("DescribeLogGroups", w.describeLogGroups),
		op("PutRetentionPolicy", w.putRetentionPolicy),
		op("DeleteRetentionPolicy", w.deleteRetentionPolicy),
		op("TagResource", w.tagLogGroup),
		op("UntagResource", w.untagLogGroup),
		op("ListTagsForResource", w.listTagsForLogGroup),
		op("DeleteLogGroup", w.deleteLogGroup),
	}
}

var logGroupChars = pattern(`^[\.\-_/#A-Za-z0-9]+$`)

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
func retentionDays() []int32 {
	return []int32{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
}

func (w *world) createLogGroup(r *request, in *cloudwatchlogs.CreateLogGroupInput) (*cloudwatchlogs.CreateLogGroupOutput, error) {
	name, class := aws.ToString(in.LogGroupName), in.LogGroupClass
	if class == "" {
		class = types.LogGroupClassStandard
	}
	tags, fault := addTags(nil, in.Tags)
	if err := logsInvalid(firstFault(checkLogGroupName(name), checkEnum(class, "logGroupClass", class.Values()), fault)); err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ToLower(name), "aws/") {
		return nil, logsInvalid("Log groups starting with AWS/ are reserved for AWS.")
	}
	place := w.in(r)
	if _, exists := place.LogGroups[name]; exists {
		return nil, &types.ResourceAlreadyExistsException{Message: aws.String("The specified log group already exists")}
	}
	place.LogGroups[name] = &logGroup{
		Name:      name,
		Created:   r.now.UnixMilli(),
		Class:     class,
		KMSKeyID:  aws.ToString(in.KmsKeyId),
		Protected: aws.ToBool(in.DeletionProtectionEnabled),
		Tags:      tags,
	}
	return &cloudwatchlogs.CreateLogGroupOutput{}, nil
}

// describeLogGroups searches by prefix, or by a part of the name in any case. There is no exact search.
func (w *world) describeLogGroups(r *request, in *cloudwatchlogs.DescribeLogGroupsInput) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	const most = 50
	if err := logsInvalid(checkOptional(in.Limit, "limit", 1, most)); err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, logsInvalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	var found []types.LogGroup
	for _, g := range byName(w.in(r).LogGroups) {
		if g.matches(r, in) {
			found = append(found, g.described(r))
		}
	}
	part, next, ok := page(found, in.NextToken, pageSize(in.Limit, most, most))
	if !ok {
		return nil, logsInvalid("The specified nextToken is invalid.")
	}
	return &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: part, NextToken: next}, nil
}

func (g *logGroup) matches(r *request, in *cloudwatchlogs.DescribeLogGroupsInput) bool {
	named := len(in.LogGroupIdentifiers) == 0 ||
		slices.Contains(in.LogGroupIdentifiers, g.Name) || slices.Contains(in.LogGroupIdentifiers, g.arn(r))
	return named &&
		strings.HasPrefix(g.Name, aws.ToString(in.LogGroupNamePrefix)) &&
		strings.Contains(strings.ToLower(g.Name), strings.ToLower(aws.ToString(in.LogGroupNamePattern))) &&
		(in.LogGroupClass == "" || in.LogGroupClass == g.Class)
}

func (g *logGroup) arn(r *request) string { return r.arn("logs", "log-group:"+g.Name) }

// described names the group by both its ARNs: the old field's ends in ":*", and the tagging
// operations take only the other.
func (g *logGroup) described(r *request) types.LogGroup {
	d := types.LogGroup{
		Arn:                       aws.String(g.arn(r) + ":*"),
		LogGroupArn:               aws.String(g.arn(r)),
		LogGroupName:              aws.String(g.Name),
		LogGroupClass:             g.Class,
		CreationTime:              aws.Int64(g.Created),
		DeletionProtectionEnabled: aws.Bool(g.Protected),
		KmsKeyId:                  orNil(g.KMSKeyID),
		MetricFilterCount:         aws.Int32(0),
		StoredBytes:               aws.Int64(0),
	}
	if g.Retention > 0 {
		d.RetentionInDays = aws.Int32(g.Retention)
	}
	return d
}

func (w *world) putRetentionPolicy(r *request, in *cloudwatchlogs.PutRetentionPolicyInput) (*cloudwatchlogs.PutRetentionPolicyOutput, error) {
	if days := aws.ToInt32(in.RetentionInDays); !slices.Contains(retentionDays(), days) {
		rule := "Member must satisfy enum value set: " + strings.ReplaceAll(fmt.Sprint(retentionDays()), " ", ", ")
		return nil, logsInvalid(constraint(fmt.Sprint(days), "retentionInDays", rule))
	}
	g, err := w.logGroupNamed(r, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.Retention = *in.RetentionInDays
	return &cloudwatchlogs.PutRetentionPolicyOutput{}, nil
}

func (w *world) deleteRetentionPolicy(r *request, in *cloudwatchlogs.DeleteRetentionPolicyInput) (*cloudwatchlogs.DeleteRetentionPolicyOutput, error) {
	g, err := w.logGroupNamed(r, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	g.Retention = 0
	return &cloudwatchlogs.DeleteRetentionPolicyOutput{}, nil
}

func (w *world) deleteLogGroup(r *request, in *cloudwatchlogs.DeleteLogGroupInput) (*cloudwatchlogs.DeleteLogGroupOutput, error) {
	g, err := w.logGroupNamed(r, in.LogGroupName)
	if err != nil {
		return nil, err
	}
	if g.Protected {
		return nil, &types.ValidationException{Message: aws.String("The log group cannot be deleted because deletion protection is enabled.")}
	}
	delete(w.in(r).LogGroups, g.Name)
	return &cloudwatchlogs.DeleteLogGroupOutput{}, nil
}

func (w *world) tagLogGroup(r *request, in *cloudwatchlogs.TagResourceInput) (*cloudwatchlogs.TagResourceOutput, error) {
	g, err := w.logGroupAt(r, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	tags, fault := addTags(g.Tags, in.Tags)
	if err := logsInvalid(fault); err != nil {
		return nil, err
	}
	g.Tags = tags
	return &cloudwatchlogs.TagResourceOutput{}, nil
}

func (w *world) untagLogGroup(r *request, in *cloudwatchlogs.UntagResourceInput) (*cloudwatchlogs.UntagResourceOutput, error) {
	g, err := w.logGroupAt(r, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	g.Tags = withoutTags(g.Tags, in.TagKeys)
	return &cloudwatchlogs.UntagResourceOutput{}, nil
}

func (w *world) listTagsForLogGroup(r *request, in *cloudwatchlogs.ListTagsForResourceInput) (*cloudwatchlogs.ListTagsForResourceOutput, error) {
	g, err := w.logGroupAt(r, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.ListTagsForResourceOutput{Tags: maps.Clone(g.Tags)}, nil
}

func (w *world) logGroupNamed(r *request, name *string) (*logGroup, error) {
	if err := logsInvalid(checkLogGroupName(aws.ToString(name))); err != nil {
		return nil, err
	}
	g, ok := w.in(r).LogGroups[*name]
	if !ok {
		return nil, logGroupNotFound()
	}
	return g, nil
}

// logGroupAt finds a group by its ARN without the ":*".
func (w *world) logGroupAt(r *request, arn *string) (*logGroup, error) {
	name, ok := strings.CutPrefix(aws.ToString(arn), r.arn("logs", "log-group:"))
	if !ok || !logGroupChars().MatchString(name) {
		return nil, logsInvalid("The specified resource ARN is not valid: " + aws.ToString(arn))
	}
	g, ok := w.in(r).LogGroups[name]
	if !ok {
		return nil, logGroupNotFound()
	}
	return g, nil
}

func logGroupNotFound() error {
	return &types.ResourceNotFoundException{Message: aws.String("The specified log group does not exist.")}
}

func checkLogGroupName(name string) string {
	return firstFault(checkLength(name, "logGroupName", 1, 512), checkPattern(name, "logGroupName", logGroupChars))
}

// logsInvalid returns the error for a fault, nil for none.
func logsInvalid(fault string) error {
	if fault == "" {
		return nil
	}
	return &types.InvalidParameterException{Message: aws.String(fault)}
}
