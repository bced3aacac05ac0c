//go:build interop

package interop_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// TestCloudWatchInEveryProtocol makes one alarm in each protocol that CloudWatch's clients speak, and reads
// all of them in each.
func TestCloudWatchInEveryProtocol(t *testing.T) {
	server := serveSandbox(t, "0")
	cbor := newCloudWatch(server)
	json := newCloudWatch(server, func(o *cloudwatch.Options) { o.Protocol = awsjson.New10(schemas.GraniteServiceVersion20100801) })
	for name, client := range map[string]*cloudwatch.Client{"cbor": cbor, "json": json} {
		if _, err := client.PutMetricAlarm(t.Context(), alarmInput(name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	query(t, server, url.Values{
		"Action": {"PutMetricAlarm"}, "AlarmName": {"query"}, "Namespace": {"AWS/SQS"}, "MetricName": {"Jobs"},
		"Statistic": {"Maximum"}, "Period": {"60"}, "EvaluationPeriods": {"2"}, "Threshold": {"10.5"},
		"ComparisonOperator":       {"GreaterThanOrEqualToThreshold"},
		"Dimensions.member.1.Name": {"QueueName"}, "Dimensions.member.1.Value": {"jobs"},
	})
	for name, client := range map[string]*cloudwatch.Client{"cbor": cbor, "json": json} {
		out, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkAlarms(t, name, out.MetricAlarms)
	}
	answer := query(t, server, url.Values{"Action": {"DescribeAlarms"}})
	for _, part := range []string{"<AlarmName>cbor<", "<AlarmName>json<", "<AlarmName>query<", "<Threshold>10.5<", "<Value>jobs<"} {
		if !strings.Contains(answer, part) {
			t.Errorf("query: no %s in\n%s", part, answer)
		}
	}
}

// newCloudWatch makes a client that speaks CBOR, unless the options say otherwise.
func newCloudWatch(server string, options ...func(*cloudwatch.Options)) *cloudwatch.Client {
	return cloudwatch.NewFromConfig(aws.Config{
		Region: region, BaseEndpoint: &server, Credentials: credentials.NewStaticCredentialsProvider("interop", "interop", ""),
	}, options...)
}

func alarmInput(name string) *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("AWS/SQS"), MetricName: aws.String("Jobs"),
		Dimensions: []types.Dimension{{Name: aws.String("QueueName"), Value: aws.String("jobs")}},
		Statistic:  types.StatisticMaximum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(2),
		Threshold: aws.Float64(10.5), ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
	}
}

// checkAlarms wants the three alarms, all with what alarmInput says.
func checkAlarms(t *testing.T, protocol string, alarms []types.MetricAlarm) {
	t.Helper()
	var names []string
	for _, a := range alarms {
		names = append(names, aws.ToString(a.AlarmName))
		if aws.ToFloat64(a.Threshold) != 10.5 || aws.ToInt32(a.Period) != 60 || a.Statistic != types.StatisticMaximum ||
			len(a.Dimensions) != 1 || aws.ToString(a.Dimensions[0].Value) != "jobs" || a.StateUpdatedTimestamp == nil {
			t.Errorf("%s: alarm %s reads %+v", protocol, aws.ToString(a.AlarmName), a)
		}
	}
	if got := strings.Join(names, " "); got != "cbor json query" {
		t.Errorf("%s: alarms %s", protocol, got)
	}
}

// query asks in the Query protocol, as the SDKs did before they knew another.
func query(t *testing.T, server string, form url.Values) string {
	t.Helper()
	form.Set("Version", "2010-08-01")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=interop/20260101/"+region+"/monitoring/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("query: %s, %v\n%s", answer.Status, err, body)
	}
	return string(body)
}
