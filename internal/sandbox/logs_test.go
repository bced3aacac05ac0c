package sandbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

const logGroupARN = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/ingest"

func (s *stage) logGroup(name string) error {
	_, err := s.createLogGroup(s.request(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"a": "1"}})
	return err
}

func (s *stage) found(prefix string) []types.LogGroup {
	s.Helper()
	out, err := s.describeLogGroups(s.request(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &prefix})
	s.accepts(err)
	return out.LogGroups
}

func TestLogGroupHasTwoARNs(t *testing.T) {
	s := newStage(t)
	s.accepts(s.logGroup("/aws/lambda/ingest"))
	got := s.found("/aws/lambda/ingest")[0]
	same(t, []string{*got.Arn, *got.LogGroupArn}, []string{logGroupARN + ":*", logGroupARN})
	same(t, *got.CreationTime, s.now.UnixMilli())
	same(t, got.RetentionInDays, nil)
	same(t, got.LogGroupClass, types.LogGroupClassStandard)
	s.refuses(s.logGroup("/aws/lambda/ingest"), "ResourceAlreadyExistsException", "The specified log group already exists")
}

func TestLogGroupNamesFollowTheRules(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"", "a b", strings.Repeat("x", 513), "aws/x", "AWS/x"} {
		s.refuses(s.logGroup(name), "InvalidParameterException", "")
	}
}

func TestLogGroupsAreFoundByPrefixAndPattern(t *testing.T) {
	s := newStage(t)
	for _, name := range []string{"/aws/lambda/ingest-dlq", "/aws/lambda/ingest", "/other/Ingest"} {
		s.accepts(s.logGroup(name))
	}
	var names []string
	for _, g := range s.found("/aws/lambda/ingest") {
		names = append(names, *g.LogGroupName)
	}
	same(t, names, []string{"/aws/lambda/ingest", "/aws/lambda/ingest-dlq"})
	out := must(s.describeLogGroups(s.request(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("INGEST"), Limit: aws.Int32(2)}))
	same(t, len(out.LogGroups), 2)
	rest := must(s.describeLogGroups(s.request(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("INGEST"), Limit: aws.Int32(2), NextToken: out.NextToken}))
	same(t, *rest.LogGroups[0].LogGroupName, "/other/Ingest")
	_, err := s.describeLogGroups(s.request(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("a"), LogGroupNamePrefix: aws.String("a")})
	s.refuses(err, "InvalidParameterException", "mutually exclusive")
}

func TestRetentionTakesOnlySomeDays(t *testing.T) {
	s := newStage(t)
	put := func(name string, days int32) error {
		_, err := s.putRetentionPolicy(s.request(), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &name, RetentionInDays: &days})
		return err
	}
	s.refuses(put("jobs", 7), "ResourceNotFoundException", "The specified log group does not exist.")
	s.accepts(s.logGroup("jobs"))
	s.refuses(put("jobs", 2), "InvalidParameterException", "enum value set: [1, 3, 5, 7")
	s.refuses(put("jobs", 0), "InvalidParameterException", "enum value set")
	s.accepts(put("jobs", 7))
	s.accepts(put("jobs", 14))
	same(t, *s.found("jobs")[0].RetentionInDays, 14)
	must(s.deleteRetentionPolicy(s.request(), &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("jobs")}))
	same(t, s.found("jobs")[0].RetentionInDays, nil)
}

func TestLogGroupTagsWantTheARNWithoutItsEnd(t *testing.T) {
	s := newStage(t)
	s.accepts(s.logGroup("/aws/lambda/ingest"))
	arn := aws.String(logGroupARN)
	must(s.tagLogGroup(s.request(), &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"b": "2"}}))
	must(s.untagLogGroup(s.request(), &cloudwatchlogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a"}}))
	same(t, must(s.listTagsForLogGroup(s.request(), &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: arn})).Tags, map[string]string{"b": "2"})
	_, err := s.listTagsForLogGroup(s.request(), &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(logGroupARN + ":*")})
	s.refuses(err, "InvalidParameterException", ":*")
	_, err = s.listTagsForLogGroup(s.request(), &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: aws.String(logGroupARN + "2")})
	s.refuses(err, "ResourceNotFoundException", "")
}

func TestDeletedLogGroupIsGone(t *testing.T) {
	s := newStage(t)
	remove := func(name string) error {
		_, err := s.deleteLogGroup(s.request(), &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: &name})
		return err
	}
	s.accepts(s.logGroup("jobs"))
	s.accepts(remove("jobs"))
	s.refuses(remove("jobs"), "ResourceNotFoundException", "The specified log group does not exist.")
	same(t, len(s.found("jobs")), 0)
	must(s.createLogGroup(s.request(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("kept"), DeletionProtectionEnabled: aws.Bool(true)}))
	s.refuses(remove("kept"), "ValidationException", "deletion protection")
}
